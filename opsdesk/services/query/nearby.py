"""Distances in a query: `near:(5.36,-4.01),10km`, `near:31UFT1234556789,2km`, `near:"Kemp Bridge",500m`.

The great-circle distance is computed in SQL by plain arithmetic, since this SQLite has no sines: the haversine
formula on a sphere of 6 371 008.8 m with power series for 1 − cos and sin. They have as many terms as the radius needs
to come within 1e-9 of the exact haversine anywhere on Earth, poles and date line included, and give the same on every
machine. (Sphere against ellipsoid is the larger error: up to 0.5 %, 50 m in 10 km.)
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from opsdesk.models import geometry
from opsdesk.services.errors import QueryError, Refused
from opsdesk.services.positions import EARTH_RADIUS_M, METRES_IN
from opsdesk.services.positions import parse as parse_position
from opsdesk.services.query.conditions import Condition, Lead
from opsdesk.services.query.nodes import Term, Value

_MARGIN: Final = 1e-4
"""Degrees."""
_HALF_WAY_M: Final = math.pi * EARTH_RADIUS_M

_DISTANCE = re.compile(r"(\d{1,7}(?:\.\d{1,6})?)\s*(m|km|nm|mi)", re.I)

MOST: Final = 100
"""Places or drawings that a term may name: each is a way of its own to the tickets."""

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
        position = parse_position(text, ".")
    except Refused as refused:
        if len(where) == 1 and re.search(r"[^\W\d]{3}", text) and not re.match(r"\d", text):
            return Near(0.0, 0.0, where[0], radius)
        raise QueryError(refused.text, where[0].start, where[-1].end) from None
    return Near(position.lat, position.lon, None, radius)


def _radius(value: Value) -> float | None:
    match = _DISTANCE.fullmatch(value.text.strip())
    return float(match[1]) * METRES_IN[match[2].lower()] if match else None


def box(lat: float, lon: float, radius_m: float) -> tuple[tuple[float, float, float, float], ...]:
    """Boxes (south, north, west, east) in degrees that hold the circle: two where it crosses the date line."""
    return boxes_in(geometry.extent_of_circle(lat, lon, radius_m))


def boxes_in(extent: geometry.Extent) -> tuple[tuple[float, float, float, float], ...]:
    """The boxes of a rectangle, a little too large, since the R*Tree keeps 32-bit numbers."""
    return extent.widened(_MARGIN).parts


def _series(variable: str, first: int, largest: float) -> str:
    """1 − cos x (first = 2) or 1 − sin x ÷ x (first = 3) as a polynomial in the square of x, by Horner's rule.

    So many terms that the rest is below 1e-16 of the first one, for x up to `largest`.
    """
    factors: list[int] = []
    rest = 1.0
    while rest > 1e-16 and len(factors) < 16:
        step = 2 * len(factors) + first
        factors.append(step * (step - 1))
        rest = rest * largest * largest / ((step + 2) * (step + 1))
    text = ""
    for factor in reversed(factors):
        text = f"{variable}*(1-{text})/{factor}.0" if text else f"{variable}/{factor}.0"
    return text


def condition(lat: float, lon: float, radius_m: float) -> Condition:
    """True for tickets within the circle; the index of positions leads to them."""
    angle = min(radius_m, _HALF_WAY_M) / EARTH_RADIUS_M
    boxes = box(lat, lon, radius_m)
    south, north = boxes[0][:2]
    whole = boxes[0][3] - boxes[0][2] >= 360
    width = math.radians(360 if whole else sum(east - west for _, _, west, east in boxes))
    # x is the difference in latitude, y in longitude, both in radians; y the short way round.
    y = "iif(y > ?, y - ?, iif(y < ?, y + ?, y))" if whole or len(boxes) > 1 else "y"
    turn = [math.pi, 2 * math.pi, -math.pi, 2 * math.pi] if y != "y" else []
    versine_x = _series("x*x", 2, angle + 1e-3)
    sine_x = f"x*(1-{_series('x*x', 3, angle + 1e-3)})"
    versine_y = _series("y*y", 2, min(math.pi, width / 2 + 1e-3))
    within = " OR ".join(["t.lon BETWEEN ? AND ?"] * len(boxes))
    angles = f"SELECT x, {y} AS y, ? AS c, ? AS s, ? AS far FROM (SELECT (t.lat - ?) * ? AS x, (t.lon - ?) * ? AS y)"
    versine = f"{versine_x}+c*(c*(1-{versine_x})-s*{sine_x})*({versine_y})"
    sql = f"(t.lat BETWEEN ? AND ? AND ({within}) AND (SELECT {versine} <= far FROM ({angles})))"
    phi, degree = math.radians(lat), math.pi / 180
    parameters = [south, north]
    for _, _, west, east in boxes:
        parameters += [west, east]
    parameters += [*turn, math.cos(phi), math.sin(phi), 2 * math.sin(angle / 2) ** 2 * (1 + 1e-12)]
    parameters += [lat, degree, lon, degree]
    return Condition(sql, tuple(parameters), narrow=True, lead=lead_to(boxes))


def lead_to(boxes: Sequence[tuple[float, float, float, float]]) -> Lead:
    """The way by the index of positions to the tickets in boxes (south, north, west, east)."""
    overlap = "SELECT key FROM ticket_area WHERE max_lat >= ? AND min_lat <= ? AND max_lon >= ? AND min_lon <= ?"
    return Lead("key", " UNION ALL ".join([overlap] * len(boxes)), tuple(value for one in boxes for value in one))
