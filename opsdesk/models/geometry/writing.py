"""Geometries written out: as they are stored and travel, and as GeoJSON wants them, cut at the date line."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any, Final

from opsdesk.models.geometry.reading import DIGITS, Geometry, Position, Ring, extent, twice_area

_HALF: Final = 180.0
_NOTHING: Final = 1e-12
"""Square degrees below which what is rounded to `DIGITS` is a line."""


def text(shape: Geometry) -> str:
    """The geometry as it is stored: the same shape gives the same text, so that nothing is a change that is none."""
    return json.dumps(as_stored(shape), separators=(",", ":"))


def as_stored(shape: Geometry) -> dict[str, Any]:
    """The geometry as GeoJSON whose longitudes run on past 180."""
    parts = [[[list(one) for one in ring] for ring in part] for part in shape.parts]
    if shape.type == "Point":
        return {"type": "Point", "coordinates": parts[0][0][0]}
    if shape.type == "LineString":
        return {"type": "LineString", "coordinates": parts[0][0]}
    return {"type": shape.type, "coordinates": parts[0] if shape.type == "Polygon" else parts}


def cut(shape: Geometry) -> dict[str, Any]:
    """The geometry as RFC 7946 has it: longitudes within ±180, cut at the date line, outer rings against the clock."""
    if shape.type == "Point":
        ((lon, lat),) = shape.parts[0][0]
        return {"type": "Point", "coordinates": [_within(lon), lat]}
    _, west, _, east = extent(shape)
    first = math.floor((west + _HALF) / 360)
    worlds = range(first, max(first + 1, math.ceil((east + _HALF) / 360)))
    if shape.type == "LineString":
        lines = [piece for turn in worlds for piece in _line_in(shape.parts[0][0], turn)]
        if len(lines) == 1:
            return {"type": "LineString", "coordinates": lines[0]}
        return {"type": "MultiLineString", "coordinates": lines}
    polygons = []
    for turn in worlds:
        for part in shape.parts:
            clipped = [_ring_in(ring, turn) for ring in part]
            if clipped[0]:
                rings = [clipped[0], *(hole for hole in clipped[1:] if hole)]
                polygons.append([_wound(ring, outer=at == 0) for at, ring in enumerate(rings)])
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _within(lon: float) -> float:
    return lon if -_HALF <= lon <= _HALF else round((lon + _HALF) % 360 - _HALF, DIGITS)


def _wound(ring: Ring, *, outer: bool) -> list[list[float]]:
    turned = ring if (twice_area(ring) > 0) is outer else ring[::-1]
    return [list(one) for one in turned]


def _ring_in(ring: Ring, turn: int) -> Ring:
    """The part of a closed ring in one turn of the world, moved to ±180 (Sutherland and Hodgman, at two meridians)."""
    found = tuple((lon - 360 * turn, lat) for lon, lat in ring)
    for side, edge in ((1, -_HALF), (-1, _HALF)):
        kept: list[Position] = []
        for one, other in pairwise(found):
            a, b = side * (one[0] - edge), side * (other[0] - edge)
            if a >= 0:
                kept.append(one)
            if (a > 0 > b) or (a < 0 < b):
                kept.append((edge, one[1] + (other[1] - one[1]) * a / (a - b)))
        found = (*kept, kept[0]) if kept else ()
    # What only touches the meridian has no area on the other side of it.
    found = tuple((round(lon, DIGITS) + 0.0, round(lat, DIGITS) + 0.0) for lon, lat in found)
    return found if found and abs(twice_area(found)) > _NOTHING else ()


def _line_in(line: Ring, turn: int) -> list[list[list[float]]]:
    moved = [(lon - 360 * turn, lat) for lon, lat in line]
    pieces: list[list[list[float]]] = []
    piece: list[list[float]] = []
    for one, other in pairwise(moved):
        low, high = _span(one[0], other[0])
        if low >= high and not (one[0] == other[0] and -_HALF <= one[0] < _HALF):
            pieces, piece = _ended(pieces, piece), []
            continue
        ends = [_along(one, other, at) for at in ((low, high) if one[0] <= other[0] else (high, low))]
        if one[0] == other[0]:
            ends = [list(one), list(other)]
        if piece and piece[-1] == ends[0]:
            piece.append(ends[1])
        else:
            pieces, piece = _ended(pieces, piece), ends
    return _ended(pieces, piece)


def _span(one: float, other: float) -> tuple[float, float]:
    return max(-_HALF, min(one, other)), min(_HALF, max(one, other))


def _along(one: Position, other: Position, lon: float) -> list[float]:
    if lon in (one[0], other[0]):
        return [round(lon, DIGITS), one[1] if lon == one[0] else other[1]]
    lat = one[1] + (other[1] - one[1]) * (lon - one[0]) / (other[0] - one[0])
    return [round(lon, DIGITS), round(lat, DIGITS)]


def _ended(pieces: list[list[list[float]]], piece: list[list[float]]) -> list[list[list[float]]]:
    return [*pieces, piece] if len(piece) > 1 else pieces
