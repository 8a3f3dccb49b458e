"""Where something is, by whatever a person types: a grid, degrees, a place of ours, a town, an airport or a port."""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import dataclass
from functools import cache
from typing import Final

from opsdesk import RESOURCES
from opsdesk.models.base import Id
from opsdesk.services import pasting, positions
from opsdesk.services.errors import Refused
from opsdesk.services.positions import Ambiguous, Position
from opsdesk.store.work import Reader

_GAZETTEER: Final = {"places": "Town", "airports": "Airport", "ports": "Port"}
"""Layers of the map that can be found by name → what one of them is."""
_NEAREST: Final = 14.0
"""The largest scale that is gone to: the base map knows nothing finer."""
_CIRCLE_PX: Final = 45
"""Pixels that the radius of a circle of error is to have."""
_CLOSE: Final = 78
"""From 0 to 100: names that are less alike are not what was meant."""


@dataclass(frozen=True, slots=True)
class Found:
    """A position under a name. `zoom` is the scale at which one sees what was meant, `name` that of a place (empty for
    a coordinate), and `place` the id of one of ours."""

    label: str
    detail: str
    at: Position
    zoom: float
    name: str = ""
    place: Id | None = None
    sort: str = ""
    """Of what the map knows itself: Town, Airport or Port."""

    @property
    def icon(self) -> str:
        """The sign of what it is."""
        return icon_of(self.name, self.place, self.sort)


def icon_of(name: str, place: Id | None, sort: str) -> str:
    """The sign of a place of ours, of a town, an airport or a port; of a coordinate where there is no name."""
    if not name:
        return "crosshair"
    return "map-pin" if place else {"Airport": "airplane-tilt", "Port": "anchor"}.get(sort, "buildings")


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    plain: str
    detail: str
    sort: str
    lat: float
    lon: float
    weight: int


def find(reader: Reader, text: str, limit: int = 8) -> tuple[Found, ...]:
    """What a text may mean, the likeliest first: one position for a coordinate, or those that it may mean, else places
    by their names."""
    said = text.strip()
    if not said:
        return ()
    try:
        at = positions.parse(said)
    except Ambiguous as several:
        asked = tuple(_coordinate(one.at, one.label) for one in several.readings)
        return asked or _named(reader, said, limit)
    except Refused:
        return _named(reader, said, limit)
    return (_coordinate(at),)


def _coordinate(at: Position, words: str = "") -> Found:
    """A position as it was written, with its other writing or with what it would mean."""
    shown = at.grid or positions.latlon(at.lat, at.lon)
    other = positions.latlon(at.lat, at.lon) if at.grid else positions.mgrs(at.lat, at.lon)
    return Found(shown, words or other, at, scale_for(at.accuracy_m))


def _named(reader: Reader, said: str, limit: int) -> tuple[Found, ...]:
    return (*_ours(reader, said, limit), *_gazetteer(said, limit))[:limit]


def scale_for(accuracy_m: float | None) -> float:
    """The scale of the map at which the circle of error is a few finger breadths wide."""
    if not accuracy_m:
        return _NEAREST - 0.5
    # At zoom 0 a pixel of the map is 156,543 m wide at the equator; the map goes by halves of a zoom.
    zoom = math.floor(2 * math.log2(156_543 * _CIRCLE_PX / accuracy_m)) / 2
    return max(3.0, min(_NEAREST, zoom))


def _ours(reader: Reader, said: str, limit: int) -> list[Found]:
    from rapidfuzz import fuzz, process

    rows = reader.rows(
        "SELECT name, coalesce(sort, ''), lat, lon, accuracy_m, id FROM place "
        "WHERE voided IS NULL AND lat IS NOT NULL AND lon IS NOT NULL ORDER BY key DESC LIMIT 20000"
    )
    best = process.extract(
        said.casefold(), [row[0].casefold() for row in rows], scorer=fuzz.WRatio, score_cutoff=_CLOSE, limit=limit
    )
    return [
        Found(name, sort or "Place", Position(lat, lon, accuracy, source="place"), 12.5, name, record)
        for name, sort, lat, lon, accuracy, record in ((pasting.clean(rows[at][0]), *rows[at][1:]) for _, _, at in best)
    ]


def _gazetteer(said: str, limit: int) -> list[Found]:
    from rapidfuzz import fuzz, process

    wanted = said.casefold()
    known = entries()
    found = process.extract(
        wanted, [one.plain for one in known], scorer=fuzz.WRatio, score_cutoff=_CLOSE, limit=limit * 4
    )
    # Among names that are alike, a beginning counts before a part, and a large town before a small one.
    ranked = sorted(
        found,
        key=lambda hit: (
            not known[hit[2]].plain.startswith(wanted),
            -round(hit[1] / 5),
            -known[hit[2]].weight,
        ),
    )
    return [
        Found(one.name, one.detail, Position(one.lat, one.lon, source="place"), 10.0, one.name, None, one.sort)
        for one in (known[at] for _, _, at in ranked[:limit])
    ]


@cache
def entries() -> tuple[_Entry, ...]:
    """The gazetteer: what Natural Earth names, some three thousand towns, airports and ports."""
    found = []
    for layer, sort in _GAZETTEER.items():
        packed = (RESOURCES / "map" / f"{layer}.geojson.gz").read_bytes()
        for feature in json.loads(gzip.decompress(packed))["features"]:
            said, (lon, lat) = feature["properties"], feature["geometry"]["coordinates"][:2]
            where = ", ".join(part for part in (said.get("r"), said.get("c")) if part)
            code = said.get("a", "") if layer == "airports" else ""
            plain = f"{said.get('a') or said['n']} {said['n'] if code else ''}".strip().casefold()
            detail = " · ".join(part for part in (where or sort, code) if part)
            found.append(_Entry(said["n"], plain, detail, sort, lat, lon, said.get("p", 0)))
    return tuple(found)
