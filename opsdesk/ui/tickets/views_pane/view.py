"""What the pane knows of a view, and the counter beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from opsdesk.services import times

STALE_MS = 3 * times.MINUTE
"""From this age on a counter says how old it is."""


class View(Protocol):
    """A saved view; `id` is None for one that comes with the program."""

    @property
    def id(self) -> bytes | None: ...
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def icon(self) -> str: ...
    @property
    def query(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def columns(self) -> Sequence[tuple[str, int]]: ...
    @property
    def order(self) -> Sequence[str]: ...
    @property
    def mine(self) -> bool: ...
    @property
    def shared(self) -> bool: ...
    @property
    def group(self) -> str: ...


class Counter:
    """How many tickets a view has, and when that was counted (UTC milliseconds)."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.at = 0
        self.problem = ""

    def words(self, now: int) -> str:
        """Return how old the figure is, once that matters."""
        return (
            f"counted {times.age(now - self.at)} ago" if self.number is not None and now - self.at >= STALE_MS else ""
        )
