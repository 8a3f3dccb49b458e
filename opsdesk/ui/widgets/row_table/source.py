"""The port of a row table: what it asks of the Desk, and the comparison that a refresh is made of.

The functions of a `RowSource` run on a reader thread; they are services functions, handed over as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from opsdesk.ui.widgets.row_table.columns import Column
from opsdesk.ui.widgets.row_table.marks import Keys
from opsdesk.ui.widgets.row_table.sections import Group


class Asked(Protocol):
    """The part of the Desk that a table needs."""

    def ask(self, fn: Callable[..., Any], /, *args: Any, channel: str | None = None) -> Future[Any]:
        """Run `fn(reader, *args)` on a reader thread; a newer question on the channel interrupts the older."""


class FirstPage(Protocol):
    """The first rows of a query: `keys` is as long as `rows`; `order` is how they stand; `complete` when there are
    no more. `groups`, where there is such, are those of the whole query.
    """

    @property
    def rows(self) -> Sequence[Any]: ...
    @property
    def keys(self) -> Any: ...
    @property
    def order(self) -> Sequence[str]: ...
    @property
    def complete(self) -> bool: ...


@dataclass(frozen=True)
class RowSource:
    """Where the rows of one kind of table come from.

    `first_page(reader, query, size)`, `count(reader, query)`, `keys(reader, query, emit)` and `rows(reader, keys)`;
    `groups(reader, query)`, where there is such, the groups of a query, none for one without; the rows of each follow
    each other in the order of the keys. `name` begins the channels of its questions.
    """

    name: str
    columns: tuple[Column, ...]
    first_page: Callable[..., FirstPage]
    count: Callable[..., int]
    keys: Callable[..., int]
    rows: Callable[..., Sequence[Any]]
    page_size: int = field(default=200)
    groups: Callable[..., Sequence[Group]] | None = None

    def groups_of(self, reader: Any, query: Any) -> Sequence[Group]:
        """The groups of a query; runs on a reader thread."""
        return () if self.groups is None else tuple(self.groups(reader, query))


@dataclass(frozen=True)
class Comparison:
    """A query asked again: its keys now, and how they differ from those on the screen."""

    keys: Keys
    added: Keys
    gone: Keys
    moved: bool
    first_rows: Sequence[Any]
    """Of the first page, those rows that whoever asked had not."""
    groups: Sequence[Group] = ()
    regrouped: bool = False
    """Whether a group has another number of rows now, or is called otherwise."""

    def __bool__(self) -> bool:
        return bool(len(self.added) or len(self.gone) or self.moved or self.regrouped)


def all_keys(reader: Any, source: RowSource, query: Any) -> Keys:
    """Return the keys of a whole query; runs on a reader thread."""
    pieces: list[Keys] = []
    source.keys(reader, query, pieces.append)
    return np.concatenate(pieces).astype(np.int32, copy=False) if pieces else np.zeros(0, dtype=np.int32)


def keys_and_groups(
    reader: Any, source: RowSource, query: Any, emit: Callable[[Keys], None]
) -> tuple[int, Sequence[Group]]:
    """Emit the keys of a whole query; return how many, and its groups at that moment. Runs on a reader thread."""
    return source.keys(reader, query, emit), source.groups_of(reader, query)


def compare(
    reader: Any,
    source: RowSource,
    query: Any,
    shown: Keys,
    groups: Sequence[Group] = (),
    held: Collection[int] = frozenset(),
) -> Comparison:
    """Ask a query again and compare it with the keys on the screen; of its first rows those are read that are not
    `held`. Runs on a reader thread."""
    keys = all_keys(reader, source, query)
    top = int(max(keys.max(initial=0), shown.max(initial=0))) + 1
    was, now = np.zeros(top, dtype=np.bool_), np.zeros(top, dtype=np.bool_)
    was[shown], now[keys] = True, True
    added, gone = keys[~was[keys]], shown[~now[shown]]
    stayed_now, stayed_then = keys[was[keys]], shown[now[shown]]
    moved = not np.array_equal(stayed_now, stayed_then)
    page = [key for key in keys[: source.page_size].tolist() if key not in held]
    now_groups = source.groups_of(reader, query)
    first_rows = source.rows(reader, page) if page else ()
    return Comparison(keys, added, gone, moved, first_rows, now_groups, tuple(now_groups) != tuple(groups))
