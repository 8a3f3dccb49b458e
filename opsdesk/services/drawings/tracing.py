"""Shapes by typed positions, one a line: how a person without a mouse draws, and how an order is copied in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models import geometry
from opsdesk.models.geometry import BadGeometry, Geometry
from opsdesk.services import positions
from opsdesk.services.errors import Refused

SHAPES: Final = {"point": "Point", "line": "Line", "area": "Area", "circle": "Circle"}
"""What can be drawn, with the word for each."""
_LEAST: Final = {"point": 1, "line": 2, "area": 3, "circle": 1}
_RADIUS: Final = re.compile(r"(\d{1,7}(?:[.,]\d{1,6})?)\s*(m|km|nm|mi)?", re.I)


@dataclass(frozen=True, slots=True)
class Traced:
    """A shape that was drawn or typed: its geometry as it is stored, and the radius of a circle in metres."""

    geometry: str
    radius_m: float | None = None


def trace(shape: str, text: str, radius: str = "") -> Traced:
    """Read a shape of `SHAPES` from positions in any notation, one a line. Raises Refused naming a wrong line."""
    found: list[list[float]] = []
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if len(found) >= geometry.MOST_VERTICES:
            raise Refused(f"At most {geometry.MOST_VERTICES:,} positions", field="points")
        try:
            position = positions.parse(line)
        except Refused as refused:
            raise Refused(f"Line {at}: {refused.text}", field="points") from None
        found.append([position.lon, position.lat])
    least = _LEAST[shape]
    if len(found) < least:
        raise Refused(f"{SHAPES[shape]}: at least {least} position{'s' if least > 1 else ''}, one a line",
                      field="points")  # fmt: skip
    if least == 1 and len(found) > 1:
        raise Refused(f"{SHAPES[shape]}: one position, these are {len(found)}", field="points")
    radius_m = read_radius(radius) if shape == "circle" else None
    told: dict[str, Any]
    if shape == "line":
        told = {"type": "LineString", "coordinates": found}
    elif shape == "area":
        told = {"type": "Polygon", "coordinates": [found]}
    else:
        told = {"type": "Point", "coordinates": found[0]}
    try:
        return Traced(geometry.text(geometry.read(told)), radius_m)
    except BadGeometry as bad:
        raise Refused(str(bad), field="points") from None


def read_radius(said: str) -> float:
    """A radius as typed: `800 m`, `2.5 km`, `3 nm`; without a unit kilometres. Metres. Raises Refused."""
    match = _RADIUS.fullmatch(said.strip())
    if match is None:
        raise Refused("Write the radius as 800 m or 2.5 km", field="radius")
    metres = float(match[1].replace(",", ".")) * positions.METRES_IN[(match[2] or "km").lower()]
    try:
        return geometry.read_radius(metres) or 0.0
    except BadGeometry as bad:
        raise Refused(str(bad), field="radius") from None


def lines_of(said: str) -> tuple[str, str]:
    """A stored geometry as (shape, positions one a line) for the same editor; an empty shape for what it cannot show:
    an area with holes or of several parts is edited on the map."""
    try:
        shape: Geometry = geometry.read(json.loads(said))
    except (BadGeometry, ValueError, RecursionError):
        return "", ""
    rings = list(shape.rings)
    kind = geometry.TYPES[shape.type]
    if len(rings) > 1:
        return "", ""
    points = rings[0][:-1] if kind == "area" else rings[0]
    return kind, "\n".join(f"{lat:.6f}, {(lon + 180) % 360 - 180:.6f}" for lon, lat in points)
