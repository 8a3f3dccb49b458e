"""The tickets of a query that are nearest to a position, however far they are."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

from opsdesk.models.base import Id
from opsdesk.services.maps.points import where_of
from opsdesk.services.positions import distance_m
from opsdesk.services.query import nearby
from opsdesk.store.work import Reader

_FIRST_M: Final = 1_000.0
_WIDER: Final = 5
_HALF_WORLD_M: Final = 20_100_000.0
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Nearby:
    """A ticket and how far it is, on a sphere."""

    id: Id
    number: str
    title: str
    metres: float


def nearest(reader: Reader, query: str, lat: float, lon: float, count: int = 10) -> tuple[Nearby, ...]:
    """The `count` tickets of a query nearest to a position, the nearest first. Raises QueryError.

    Looked for in circles, each five times as wide as the one before, along the index of positions.
    """
    asked, parameters = where_of(reader, query)
    reach, found = _FIRST_M, list[tuple[Id, str, str, float, float]]()
    while True:
        circle = nearby.condition(lat, lon, reach)
        assert circle.lead is not None
        found = reader.rows(
            f"SELECT t.id, t.number, t.title, t.lat, t.lon FROM ticket t WHERE t.key IN ({circle.lead.select}) "
            f"AND {circle.sql} AND {asked}",
            (*circle.lead.parameters, *circle.parameters, *parameters),
        )
        if len(found) >= count or reach >= _HALF_WORLD_M:
            break
        reach = min(reach * _WIDER, _HALF_WORLD_M)
    ranked = heapq.nsmallest(
        min(count, MOST), ((distance_m(lat, lon, one[3], one[4]), one[1], one) for one in found), key=lambda it: it[:2]
    )
    return tuple(Nearby(one[0], one[1], one[2], metres) for metres, _, one in ranked)
