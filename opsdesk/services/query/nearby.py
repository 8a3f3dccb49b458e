"""Distances in a query: `near:(5.36,-4.01),10km`, `near:31UFT1234556789,2km`, `near:"Kemp Bridge",500m`.

The great-circle distance is computed in SQL by plain arithmetic, since this SQLite has no sines: the haversine
formula on a sphere of 6 371 008.8 m with power series for 1 − cos and sin. The series are cut so far out that the
result is within 1e-7 of the exact haversine anywhere on Earth, poles and date line included, and the same on every
machine. (Sphere against ellipsoid is the larger error: up to 0.5 %, 50 m in 10 km.)
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from opsdesk.services.errors import QueryError, Refused
from opsdesk.services.positions import parse as parse_position
from opsdesk.services.query.nodes import Term, Value

EARTH_RADIUS_M: Final = 6_371_008.8
_HALF_WAY_M: Final = math.pi * EARTH_RADIUS_M

_DISTANCE = re.compile(r"(\d{1,7}(?:\.\d{1,6})?)\s*(m|km|nm|mi)", re.I)
_METRES: Final = {"m": 1.0, "km": 1000.0, "nm": 1852.0, "mi": 1609.344}

EXAMPLE = "near:(5.36,-4.01),10km or near:31UFT1234556789,2km"


@dataclass(frozen=True, slots=True)
class Near:
    """Where and how far: a position in degrees or else the name of a place, and a radius in metres."""

    lat: float
    lon: float
    place: Value | None
    radius_m: float


def check(term: Term) -> None:
    """Raise QueryError for what can be no position with a distance."""
    read(term)


def read(term: Term) -> Near:
    """What the values of a `near` term mean. Raises QueryError at the value that is wrong."""
    *where, far = term.values
    radius = _radius(far)
    if radius is None or not where:
        raise QueryError(f"Say where and how far: {EXAMPLE}", far.start if radius is None else term.start, term.end)
    if len(where) > 2:
        raise QueryError(f"One position and one distance: {EXAMPLE}", where[0].start, where[-1].end)
    text = ",".join(value.text for value in where)
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    try:
        position = parse_position(text)
    except Refused as refused:
        if len(where) == 1 and re.search(r"[^\W\d]{3}", text) and not re.match(r"\d", text):
            return Near(0.0, 0.0, where[0], radius)
        raise QueryError(refused.text, where[0].start, where[-1].end) from None
    return Near(position.lat, position.lon, None, radius)


def _radius(value: Value) -> float | None:
    match = _DISTANCE.fullmatch(value.text.strip())
    return float(match[1]) * _METRES[match[2].lower()] if match else None


def box(lat: float, lon: float, radius_m: float) -> tuple[tuple[float, float, float, float], ...]:
    """Boxes (south, north, west, east) in degrees that hold the circle: two where it crosses the date line.

    A little too large, since the R*Tree keeps 32-bit numbers.
    """
    angle = min(radius_m, _HALF_WAY_M) / EARTH_RADIUS_M
    margin = 1e-4
    reach = math.degrees(angle) + margin
    south, north = max(lat - reach, -90.0), min(lat + reach, 90.0)
    spread = math.sin(angle) / math.cos(math.radians(lat)) if abs(lat) < 90 else 1.0
    if south <= -90 or north >= 90 or spread >= 1 or angle >= math.pi / 2:
        return ((south, north, -180.0, 180.0),)
    half = math.degrees(math.asin(spread)) + margin
    west, east = lon - half, lon + half
    if west < -180:
        return ((south, north, west + 360, 180.0), (south, north, -180.0, east))
    if east > 180:
        return ((south, north, west, 180.0), (south, north, -180.0, east - 360))
    return ((south, north, west, east),)


def _series(variable: str, first: int) -> str:
    """1 − cos x (first = 2) or 1 − sin x ÷ x (first = 3) as a polynomial in xx, the square of x, by Horner's rule."""
    terms = 10
    text = ""
    for step in reversed(range(terms)):
        factor = (2 * step + first) * (2 * step + first - 1)
        text = f"{variable}/{factor}.0*(1.0-{text})" if text else f"{variable}/{factor}.0"
    return text


def condition(lat: float, lon: float, radius_m: float) -> tuple[str, list[float]]:
    """SQL that is true for tickets within the circle, and its parameters. The position's columns must not be NULL."""
    angle = min(radius_m, _HALF_WAY_M) / EARTH_RADIUS_M
    boxes = box(lat, lon, radius_m)
    overlap = "max_lat >= ? AND min_lat <= ? AND max_lon >= ? AND min_lon <= ?"
    rows = " UNION ALL ".join(f"SELECT key FROM ticket_area WHERE {overlap}" for _ in boxes)
    # x is the difference in latitude, y in longitude, both in radians; y the short way round.
    inner = (
        "SELECT n.key, n.x, n.x * n.x AS xx, iif(n.y > pi, n.y - 2 * pi, iif(n.y < -pi, n.y + 2 * pi, n.y)) AS y FROM ("
        "SELECT p.key, (p.lat - ?) * ? AS x, (p.lon - ?) * ? AS y, ? AS pi "
        f"FROM ({rows}) AS a CROSS JOIN ticket AS p ON p.key = a.key) AS n"
    )
    versine_x, versine_y = _series("xx", 2), _series("y*y", 2)
    sine_x = f"x*(1.0-({_series('xx', 3)}))"
    cosine = f"(?*(1.0-({versine_x}))-?*({sine_x}))"
    sql = f"t.key IN (SELECT key FROM ({inner}) WHERE ({versine_x})+?*{cosine}*({versine_y}) <= ?)"
    phi, degree = math.radians(lat), math.pi / 180
    parameters = [lat, degree, lon, degree, math.pi]
    for south, north, west, east in boxes:
        parameters += [south, north, west, east]
    parameters += [math.cos(phi), math.cos(phi), math.sin(phi), 2 * math.sin(angle / 2) ** 2 * (1 + 1e-12)]
    return sql, parameters
