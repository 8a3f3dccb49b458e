"""Records as points on the map: what a query finds, within a rectangle, by the index of positions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.geometry import Extent
from opsdesk.services import pasting
from opsdesk.services.query import compile_query, parse
from opsdesk.services.query.conditions import NOT_VOIDED, PLACED, Condition
from opsdesk.services.query.nearby import lead_to
from opsdesk.services.tickets import fetch
from opsdesk.services.tickets.rows import TicketRow
from opsdesk.store.work import Reader

LIMIT: Final = 10_000
"""Points that one layer draws at most: more are neither told apart nor moved in time."""


Box = Extent
"""A rectangle that a map asks for."""


@dataclass(frozen=True, slots=True)
class Point:
    """A ticket on the map. `id` is hexadecimal, `p` its priority and `s` its state as numbers, `n` its number, `t` its
    title and `w` when it happened: short names, since thousands of these are told to the page as they are."""

    id: str
    lat: float
    lon: float
    p: int
    s: int
    n: str
    t: str
    w: int | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """What a layer shows: its points, how many there are in the rectangle, and when the newest of them last changed.

    `total` is greater than the number of points where only some are drawn: the newest `LIMIT`, or, where a moment to
    begin from was asked for, the first `LIMIT` from then on. `covers` are the moments between which all are here.
    """

    points: tuple[Point, ...]
    total: int
    newest_at: int | None
    covers: tuple[float, float] | None = None


def tickets(reader: Reader, query: str, box: Box, limit: int = LIMIT, since: int | None = None) -> Layer:
    """The tickets of a query within a rectangle, the newest arrivals first. Raises QueryError.

    With `since`, a moment, and more than `limit` of them: what happened first from then on.
    """
    asked, parameters = where_of(reader, query)
    inside, corners = _inside(box)
    where = f"{inside} AND {asked}"
    values = (*corners, *parameters)
    found = _told(reader, f"{where} ORDER BY t.key DESC LIMIT ?", (*values, limit))
    total, covers = len(found), (-inf, inf)
    if total == limit:
        total = reader.value(f"SELECT count(*) FROM ticket t WHERE {where}", values)
    if total > limit and since is not None:
        found = _told(reader, f"{where} AND t.occurred_at >= ? ORDER BY t.occurred_at LIMIT ?", (*values, since, limit))
        covers = (since, found[-1][7] if len(found) == limit else inf)
    return Layer(
        tuple(Point(*record[:8]) for record in found),
        total,
        max((record[8] for record in found), default=None),
        covers if total <= limit or since is not None else None,
    )


def _told(reader: Reader, rest: str, values: tuple[Any, ...]) -> list[list[Any]]:
    # One text instead of thousands of rows: see `fetch`.
    said: list[list[Any]] = json.loads(
        reader.value(
            "SELECT json_group_array(json_array("
            "lower(hex(id)), lat, lon, priority, state, number, title, occurred_at, updated_at)) "
            f"FROM (SELECT t.* FROM ticket t WHERE {rest})",
            values,
        )
    )
    return said


def extent(reader: Reader, query: str, limit: int = LIMIT) -> Box | None:
    """The rectangle around the tickets of a query that have a position; None when none has. Raises QueryError.

    Of the newest `limit` of them; the outermost hundredth on each side is left out, since a slip of the finger puts a
    ticket on the other side of the world.
    """
    asked, parameters = where_of(reader, query)
    found = reader.rows(
        f"SELECT t.lat, t.lon FROM ticket t WHERE {PLACED} AND {asked} ORDER BY t.key DESC LIMIT ?",
        (*parameters, limit),
    )
    if not found:
        return None
    cut = len(found) // 100
    lats, lons = sorted(lat for lat, _ in found), sorted(lon for _, lon in found)
    return Box(lats[cut], lons[cut], lats[-1 - cut], lons[-1 - cut])


def card(reader: Reader, ticket: Id) -> TicketRow | None:
    """The ticket as lists show it; None when it is not here."""
    key = reader.value("SELECT key FROM ticket WHERE id = ?", (ticket,))
    return None if key is None else next(iter(fetch.rows(reader, (key,))), None)


def places(reader: Reader, box: Box, limit: int = LIMIT) -> Layer:
    """Our own named places within a rectangle."""
    boxes = " OR ".join(["(p.lat BETWEEN ? AND ? AND p.lon BETWEEN ? AND ?)"] * len(box.parts))
    found = reader.rows(
        f"SELECT lower(hex(p.id)), p.lat, p.lon, 0, 0, coalesce(p.sort, ''), p.name FROM place p "
        f"WHERE p.voided IS NULL AND ({boxes}) ORDER BY p.key DESC LIMIT ?",
        (*(value for part in box.parts for value in part), limit),
    )
    points = tuple(
        Point(record, lat, lon, priority, state, sort, pasting.clean(name))
        for record, lat, lon, priority, state, sort, name in found
    )
    return Layer(points, len(found), None)


def where_of(reader: Reader, query: str) -> tuple[str, tuple[Any, ...]]:
    """The condition on `ticket t` that a query says, and its values. Raises QueryError."""
    compiled = compile_query(reader, parse(query))
    conditions: list[Condition] = list(compiled.conditions)
    if compiled.search is not None:
        conditions.append(compiled.search.condition())
    if not compiled.voided_too:
        conditions.append(Condition(NOT_VOIDED))
    return " AND ".join(one.sql for one in conditions) or "1", tuple(v for one in conditions for v in one.parameters)


def _inside(box: Box) -> tuple[str, tuple[float, ...]]:
    """The condition that a ticket lies in the rectangle: the index leads there, the columns are exact."""
    lead = lead_to(box.parts)
    exact = " OR ".join(["(t.lat BETWEEN ? AND ? AND t.lon BETWEEN ? AND ?)"] * len(box.parts))
    return f"t.key IN ({lead.select}) AND ({exact})", lead.parameters * 2
