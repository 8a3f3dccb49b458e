"""What the location picker offers: the tree of our own places, and what lies around a position."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.tickets import State
from opsdesk.services.directory import in_tree
from opsdesk.services.maps.finding import entries, icon_of
from opsdesk.services.positions import EARTH_RADIUS_M, Position, distance_m
from opsdesk.services.tickets.placing import place_position
from opsdesk.store.work import Reader

PLACES: Final = 3_000
"""Places of the tree that are handed out; more are found by typing."""
_REACH_M: Final = 50_000.0
"""So far around a position something is still near it."""


@dataclass(frozen=True, slots=True)
class PlaceNode:
    """A place in the tree, after its parent. `at` is None for one without a position."""

    id: Id
    name: str
    sort: str
    parent: Id | None
    depth: int
    at: Position | None


@dataclass(frozen=True, slots=True)
class Near:
    """Something with a name near a position: one of our places, or with `place` None a town, an airport or a port."""

    place: Id | None
    name: str
    sort: str
    at: Position
    distance_m: float

    @property
    def icon(self) -> str:
        """The sign of what it is."""
        return icon_of(self.name, self.place, self.sort)


def place_tree(reader: Reader, limit: int = PLACES) -> tuple[PlaceNode, ...]:
    """Our places from the top, children below their parent by name."""
    rows = reader.rows(
        "SELECT id, name, coalesce(sort, ''), parent, lat, lon, accuracy_m FROM place WHERE voided IS NULL "
        "ORDER BY name COLLATE NOCASE LIMIT ?",
        (limit,),
    )
    walked = in_tree(rows, parent_at=3)
    shown = {row[0] for row, depth in walked if depth}
    return tuple(
        PlaceNode(record, name, sort, parent if record in shown else None, depth, place_position(lat, lon, accuracy))
        for (record, name, sort, parent, lat, lon, accuracy), depth in walked
    )


def open_at_places(reader: Reader) -> dict[Id, int]:
    """How many open tickets there are at each place of the tree and at all below it; places without any are left out.

    A question of its own: where there are many tickets the tree need not wait for it.
    """
    counts: dict[Id, int] = dict(
        reader.rows(
            "SELECT place, count(*) FROM ticket WHERE voided IS NULL AND place IS NOT NULL AND state < ? "
            "GROUP BY place",
            (int(State.RESOLVED),),
        )
    )
    for node in reversed(place_tree(reader)):
        if node.parent is not None and node.id in counts:
            counts[node.parent] = counts.get(node.parent, 0) + counts[node.id]
    return counts


def near(reader: Reader, lat: float, lon: float, limit: int = 4) -> tuple[Near, ...]:
    """What has a name within 50 km of a position, the nearest first: places of ours, towns, airports, ports."""
    high = math.degrees(_REACH_M / EARTH_RADIUS_M)
    wide = min(180.0, high / max(0.01, math.cos(math.radians(lat))))
    rows: list[tuple[Any, ...]] = reader.rows(
        "SELECT id, name, coalesce(sort, ''), lat, lon, accuracy_m FROM place WHERE voided IS NULL "
        "AND lat BETWEEN ? AND ? AND (abs(lon - ?) <= ? OR abs(lon - ?) >= 360 - ?) LIMIT 2000",
        (lat - high, lat + high, lon, wide, lon, wide),
    )
    found = [
        Near(record, name, sort or "Place", at, distance_m(lat, lon, at.lat, at.lon))
        for record, name, sort, *where in rows
        if (at := place_position(*where)) is not None
    ]
    known = {one.name.casefold() for one in found}
    for entry in entries():
        # Of a town, its airport and its port under one name the town is meant; they come in this order.
        if abs(entry.lat - lat) <= high and entry.name.casefold() not in known:
            known.add(entry.name.casefold())
            at = Position(entry.lat, entry.lon, source="place")
            found.append(Near(None, entry.name, entry.sort, at, distance_m(lat, lon, entry.lat, entry.lon)))
    return tuple(sorted((one for one in found if one.distance_m <= _REACH_M), key=lambda one: one.distance_m)[:limit])
