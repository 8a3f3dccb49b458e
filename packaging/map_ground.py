"""Packs a layer of the map's ground so that the page (ground.js) draws it from where it lies, without parsing.

A packed layer is a row of 32-bit integers with a sign, the low byte first:

    4       the letters ODGD, the version (1), how many lines there are, how many points
    lines   how many points each line has, at least 2
    lines   1 for a line that is drawn dashed, 0 for others
    points  x and y of each point, line after line

x grows to the east and y to the south, in Web Mercator from 0 to 2**30 over the world: a unit is 4 cm at the equator.
What lies beyond the ends of that map (85.05 degrees) lies on them. A ring ends where it begins. Outer rings turn one
way and holes the other, so that any number of areas are filled in one go.
"""

import math
import struct
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from shapely.geometry import mapping, shape
from shapely.geometry.polygon import orient

MAGIC = b"ODGD"
VERSION = 1
WORLD = 2**30

Line = list[tuple[int, int]]


def packed(features: Iterable[dict[str, Any]]) -> bytes:
    """GeoJSON features of lines or polygons as a packed layer; a property `d` asks for dashes. Raises ValueError for
    another kind of geometry."""
    lines = [(line, bool(feature["properties"].get("d"))) for feature in features for line in _lines(feature)]
    numbers = [len(lines), sum(len(line) for line, _dashed in lines)]
    numbers += [len(line) for line, _dashed in lines]
    numbers += [int(dashed) for _line, dashed in lines]
    numbers += [number for line, _dashed in lines for point in line for number in point]
    return MAGIC + struct.pack(f"<{len(numbers) + 1}i", VERSION, *numbers)


def _lines(feature: dict[str, Any]) -> Iterator[Line]:
    """The lines of a feature, without points that fall together; what has shrunk to a point is left out."""
    geometry = shape(feature["geometry"])
    for part in getattr(geometry, "geoms", (geometry,)):
        if part.geom_type == "Polygon":
            drawn = mapping(orient(part))["coordinates"]
        elif part.geom_type == "LineString":
            drawn = (part.coords,)
        else:
            raise ValueError(f"{part.geom_type} is neither a line nor an area")
        for line in drawn:
            points = [at(lon, lat) for lon, lat in line]
            points = points[:1] + [point for before, point in pairwise(points) if point != before]
            if len(points) > 1:
                yield points


def at(lon: float, lat: float) -> tuple[int, int]:
    """x and y of a position in degrees."""
    phi = math.radians(lat)
    y = 0.5 - math.asinh(math.tan(phi)) / math.tau if abs(lat) < 90 else float(lat < 0)
    return _held(lon / 360 + 0.5), _held(y)


def _held(part: float) -> int:
    return round(max(0.0, min(1.0, part)) * WORLD)
