"""Drawings in words: what shape it is and how large, and the fields as conflicts tell them."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, Final

from opsdesk.models import geometry
from opsdesk.models.drawings import DrawingKind, ThreatLevel
from opsdesk.models.geometry import BadGeometry, Geometry
from opsdesk.services import positions, times
from opsdesk.services.positions import EARTH_RADIUS_M, distance_m

LABELS: Final = {
    "radius_m": "Radius", "geometry": "Shape", "valid_from": "Valid from", "valid_until": "Valid until",
    "level": "Threat level", "note": "Note", "kind": "Kind", "name": "Name",
}  # fmt: skip


def shape_words(said: Any, radius_m: float | None) -> str:
    """What shape it is and how large: `Area with 5 points, 1,240 km²`."""
    try:
        shape = geometry.read(said)
        reach = geometry.extent(shape, radius_m)
    except BadGeometry as bad:
        return f"Cannot be drawn: {bad}"
    beyond = max(abs(reach.south), abs(reach.north)) > geometry.MERCATOR_END
    return _kind_words(shape, radius_m) + (", partly beyond the edge of the map at 85°" if beyond else "")


def _kind_words(shape: Geometry, radius_m: float | None) -> str:
    if shape.type == "Point":
        return "Point" if radius_m is None else f"Circle of {length_words(radius_m)}"
    if shape.type == "LineString":
        return f"Line with {shape.vertices} points, {length_words(length_m(shape))}"
    return f"Area with {shape.vertices - sum(1 for _ in shape.rings)} points, {area_words(area_m2(shape))}"


def length_words(metres: float) -> str:
    """`800 m`, `2.5 km`, `124 km`."""
    if metres < 1_000:
        return f"{metres:.0f} m"
    return f"{metres / 1000:.3g} km" if metres < 100_000 else f"{metres / 1000:,.0f} km"


def area_words(square_metres: float) -> str:
    """`5,200 m²`, `2.5 km²`, `12,400 km²`."""
    if square_metres < 100_000:
        return f"{square_metres:,.0f} m²"
    return f"{square_metres / 1e6:.2g} km²" if square_metres < 1e7 else f"{square_metres / 1e6:,.0f} km²"


def length_m(shape: Geometry) -> float:
    """Metres along all lines of a shape."""
    return sum(
        distance_m(lat1, lon1, lat2, lon2) for ring in shape.rings for (lon1, lat1), (lon2, lat2) in pairwise(ring)
    )


def area_m2(shape: Geometry) -> float:
    """Square metres of an area on a sphere; its edges are straight in degrees.

    A strip between an edge and the equator has the area R² · Δλ · (sin φ averaged along the edge), which is exact.
    """
    total = 0.0
    for part in shape.parts:
        for at, ring in enumerate(part):
            total += abs(_strips(ring)) * (1 if at == 0 else -1)
    return max(total, 0.0) * EARTH_RADIUS_M**2


def _strips(ring: tuple[tuple[float, float], ...]) -> float:
    found = 0.0
    for (lon1, lat1), (lon2, lat2) in pairwise(ring):
        one, other = math.radians(lat1), math.radians(lat2)
        mean = math.sin((one + other) / 2)
        if abs(other - one) > 1e-9:
            mean *= math.sin((other - one) / 2) / ((other - one) / 2)
        found += math.radians(lon2 - lon1) * mean
    return found


def value_text(name: str, value: Any) -> str | None:
    """A field of a drawing as a person reads it; None for fields that say so themselves."""
    match name:
        case "geometry":
            return f"{shape_words(value, None)}{_where(value)}"
        case "radius_m":
            return length_words(float(value))
        case "kind":
            return DrawingKind(value).label if value in tuple(DrawingKind) else "Of a newer version"
        case "level":
            return ThreatLevel(value).label if value in tuple(ThreatLevel) else "Of a newer version"
        case "valid_from" | "valid_until":
            return times.dtg(int(value))
    return None


def _where(said: Any) -> str:
    try:
        shape = geometry.read(said)
    except BadGeometry:
        return ""
    lon, lat = shape.parts[0][0][0]
    return f", from {positions.show(lat, (lon + 180) % 360 - 180)}"
