"""The ticket list: the first page of a query at once, its count, all its keys in order, and rows by their keys.

A list asks `first_page` and paints, asks `count`, and lets `keys` run on a reader thread; rows that come into sight are
fetched by their keys. All are interrupted when a newer question comes on their channel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from opsdesk.services.errors import Refused
from opsdesk.services.query import compile_query, parse
from opsdesk.services.tickets import fetch
from opsdesk.services.tickets.lists import groups as grouping
from opsdesk.services.tickets.lists import orders
from opsdesk.services.tickets.lists.columns import COLUMNS, Column
from opsdesk.services.tickets.lists.groups import GROUPINGS, Group, Grouping
from opsdesk.services.tickets.lists.plan import Plan
from opsdesk.services.tickets.lists.roads import Sql
from opsdesk.services.tickets.rows import TicketRow
from opsdesk.store.work import Reader

Keys = NDArray[np.int32]

PAGE = 200
"""Rows of the first page."""

_PIECE = 100_000
"""Bytes of keys that are read at a time: at most 20 000 keys, 2 ms during which no other Python code runs."""


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list shows. `order` names columns, a leading minus is downwards.

    No order means the latest change first; for a query with search words the latest received first, which is at hand
    without reading all that was found. `group` names what the rows stand in groups by (one of `GROUPINGS`), empty for
    none; `order` then holds within each group. By a time, groups are days and weeks, and rows stand by the time itself.
    """

    text: str = "is:open"
    order: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The first rows of a list with their keys. `order` is the order they stand in (within their groups), told in full.

    `complete` is True when there are no more rows; `groups` are all groups of the list where it has any.
    """

    rows: tuple[TicketRow, ...]
    keys: Keys
    order: tuple[str, ...]
    complete: bool
    groups: tuple[Group, ...] = ()


def first_page(reader: Reader, query: ListQuery, size: int = PAGE) -> Page:
    """The first rows. Raises QueryError for a query that cannot be read, Refused for an unknown order."""
    plan, order = _plan(reader, query)
    found = plan.first(size)
    page = Page(rows(reader, found), np.array(found, dtype=np.int32), order, len(found) < size)
    if not query.group:
        return page
    return replace(page, order=order[1:], groups=_groups(plan, query, order))


def groups(reader: Reader, query: ListQuery) -> tuple[Group, ...]:
    """The groups of a list in their order with their numbers of tickets; none for a list without groups."""
    if not query.group:
        return ()
    plan, order = _plan(reader, query)
    return _groups(plan, query, order)


def _groups(plan: Plan, query: ListQuery, order: Sequence[str]) -> tuple[Group, ...]:
    return grouping.counted(plan, query.group, down=order[0].startswith("-"))


def count(reader: Reader, query: ListQuery) -> int:
    """How many tickets the query finds."""
    return _plan(reader, query)[0].count()


def keys(reader: Reader, query: ListQuery, emit: Callable[[Keys], None]) -> int:
    """Hand all keys in order to `emit`, in pieces of at most 20 000; returns how many there are.

    The engine joins the keys to one text, which it does without holding Python's lock: a list of a million keys
    costs the window thread nothing but the reading of the pieces.
    """
    return _joined(reader, _plan(reader, query)[0].all(), emit)


def _joined(reader: Reader, roads: Iterable[Sql], emit: Callable[[Keys], None]) -> int:
    total = 0
    waiting = b""
    for sql in roads:
        joined = f"SELECT CAST(group_concat(k) AS BLOB) FROM ({sql.text})"
        found: bytes | None = reader.value(joined, sql.parameters)
        if found is None:
            continue
        waiting = waiting + b"," + found if waiting else found
        start = 0
        while len(waiting) - start > _PIECE:
            end = waiting.rindex(b",", start, start + _PIECE)
            total += _emit(waiting[start:end], emit)
            start = end + 1
        waiting = waiting[start:]
    return total + (_emit(waiting, emit) if waiting else 0)


def _emit(text: bytes, emit: Callable[[Keys], None]) -> int:
    piece: Keys = np.fromstring(text, dtype=np.int32, sep=",")
    emit(piece)
    return len(piece)


def rows(reader: Reader, keys: Sequence[int]) -> tuple[TicketRow, ...]:
    """The rows with these keys in the order given; keys that are not there are left out."""
    limit = fetch.ROWS_LIMIT
    if len(keys) <= limit:
        return fetch.rows(reader, keys)
    return tuple(row for at in range(0, len(keys), limit) for row in fetch.rows(reader, keys[at : at + limit]))


def position(reader: Reader, query: ListQuery, key: int) -> int | None:
    """The row at which a ticket stands, 0-based; None when the query does not find it. As costly as `keys`."""
    before = 0
    found: int | None = None

    def look(piece: Keys) -> None:
        nonlocal before, found
        at = np.flatnonzero(piece == key)
        if len(at) and found is None:
            found = before + int(at[0])
        before += len(piece)

    keys_of(reader, query, look)
    return found


keys_of = keys
"""`keys` where a parameter of the same name hides it."""


def _plan(reader: Reader, query: ListQuery) -> tuple[Plan, tuple[str, ...]]:
    compiled = compile_query(reader, parse(query.text))
    asked = query.order
    if query.group:
        if query.group not in GROUPINGS:
            raise Refused(f"The list cannot be grouped by “{query.group}”", field="group")
        first = grouping.step_of(query.group, query.order)
        asked = (first, *(said for said in query.order if said.removeprefix("-") != query.group))
    order = orders.effective(asked, searched=compiled.search is not None)
    return Plan(reader, compiled, orders.steps(order)), order


__all__ = [
    "COLUMNS",
    "GROUPINGS",
    "PAGE",
    "Column",
    "Group",
    "Grouping",
    "Keys",
    "ListQuery",
    "Page",
    "count",
    "first_page",
    "groups",
    "keys",
    "position",
    "rows",
]
