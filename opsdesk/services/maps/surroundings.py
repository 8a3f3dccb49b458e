"""What the location picker offers: the tree of our own places, and what lies around a position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.tickets import State
from opsdesk.services import pasting
from opsdesk.services.directory import in_tree
from opsdesk.services.maps.finding import entries, icon_of
from opsdesk.services.positions import Position, distance_m
from opsdesk.services.query import nearby
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
        PlaceNode(
            record,
            pasting.clean(name),
            sort,
            parent if record in shown else None,
            depth,
            place_position(lat, lon, accuracy),
        )
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
    boxes = nearby.box(lat, lon, _REACH_M)
    inside = " OR ".join(["(lat BETWEEN ? AND ? AND lon BETWEEN ? AND ?)"] * len(boxes))
    rows: list[tuple[Any, ...]] = reader.rows(
        "SELECT id, name, coalesce(sort, ''), lat, lon, accuracy_m FROM place WHERE voided IS NULL "
        f"AND ({inside}) LIMIT 2000",
        tuple(corner for box in boxes for corner in box),
    )
    found = [
        Near(record, pasting.clean(name), sort or "Place", at, far)
        for record, name, sort, *where in rows
        if (at := place_position(*where)) is not None and (far := distance_m(lat, lon, at.lat, at.lon)) <= _REACH_M
    ]
    known = {one.name.casefold() for one in found}
    south, north = boxes[0][:2]
    for entry in entries():
        # Of a town, its airport and its port under one name the town is meant; they come in this order.
        if not south <= entry.lat <= north or entry.name.casefold() in known:
            continue
        far = distance_m(lat, lon, entry.lat, entry.lon)
        if far <= _REACH_M:
            known.add(entry.name.casefold())
            found.append(Near(None, entry.name, entry.sort, Position(entry.lat, entry.lon, source="place"), far))
    return tuple(sorted(found, key=lambda one: one.distance_m)[:limit])
