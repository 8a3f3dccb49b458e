"""What a query bar asks of the query language: the conditions of a text, and words that may follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol


class Chip(Protocol):
    """One condition of a query: `text[start:end]` is how it is written."""

    @property
    def label(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Completion(Protocol):
    """Words that may stand at `start`–`end` of the text."""

    @property
    def text(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


Chips = Callable[[str, Callable[[Sequence[Chip]], None]], None]
Complete = Callable[[str, int, Callable[[Sequence[Completion]], None]], None]
