"""Whether a position lies in a shape: the even-odd rule (W. R. Franklin's crossing test) over edges sorted into bands.

The database asks it for one ticket after another by the function `in_shape`, which gets the shape by a short token, not
by its text: that would be copied for each row.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable
from itertools import pairwise
from threading import Lock
from typing import Any, Final

from opsdesk.models.geometry.reading import EARTH_RADIUS_M, Extent, Geometry, extent, read, read_radius

_BANDS: Final = 128
_KEPT: Final = 512
"""Shapes that are kept ready."""

_Edge = tuple[float, float, float, float]
"""Lower latitude, upper latitude, longitude at the lower one, degrees of longitude for one of latitude."""


class Inside:
    """A shape made ready: `holds` takes microseconds whatever the number of its points. A point and a line hold
    nothing; what lies on the southern or western edge is inside, on the others outside."""

    def __init__(self, shape: Geometry, radius_m: float | None = None) -> None:
        self.shape, self.radius_m = shape, radius_m if shape.type == "Point" else None
        self.extent: Extent = extent(shape, self.radius_m)
        self.holds: Callable[[float, float], bool] = lambda _lat, _lon: False
        """Whether latitude and longitude lie inside."""
        if self.radius_m is not None:
            self.holds = self._in_circle
        elif shape.is_area:
            self._bands = self._sorted()
            self.holds = self._in_rings

    @property
    def is_area(self) -> bool:
        """Whether anything can lie inside."""
        return self.radius_m is not None or self.shape.is_area

    def _sorted(self) -> list[list[_Edge]]:
        south, _, north, _ = self.extent
        self._per_degree = _BANDS / max(north - south, 1e-9)
        bands: list[list[_Edge]] = [[] for _ in range(_BANDS + 1)]
        for ring in self.shape.rings:
            for (x1, y1), (x2, y2) in pairwise(ring):
                if y1 == y2:
                    continue
                low, high, at = (y1, y2, x1) if y1 < y2 else (y2, y1, x2)
                edge = low, high, at, (x2 - x1) / (y2 - y1)
                for band in range(self._band(low), self._band(high) + 1):
                    bands[band].append(edge)
        return bands

    def _band(self, lat: float) -> int:
        return min(int((lat - self.extent.south) * self._per_degree), _BANDS)

    def _in_rings(self, lat: float, lon: float) -> bool:
        south, west, north, east = self.extent
        if not south <= lat <= north:
            return False
        edges = self._bands[self._band(lat)]
        at = lon + 360 * math.ceil((west - lon) / 360)
        while at <= east:
            odd = False
            for low, high, beginning, slope in edges:
                if low <= lat < high and at < beginning + (lat - low) * slope:
                    odd = not odd
            if odd:
                return True
            at += 360
        return False

    def _in_circle(self, lat: float, lon: float) -> bool:
        ((lon0, lat0),) = self.shape.parts[0][0]
        assert self.radius_m is not None
        return distance_m(lat0, lon0, lat, lon) <= self.radius_m


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in metres (haversine)."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    a = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(a)))


_ready: OrderedDict[str, Inside] = OrderedDict()
_lock: Final = Lock()


def inside_of(said: Any, radius_m: Any = None) -> tuple[str, Inside]:
    """Make a stored geometry ready. Returns the token by which `in_shape` of SQL knows it. Raises BadGeometry."""
    token = hashlib.blake2b(f"{said}\0{radius_m}".encode("utf-8", "replace"), digest_size=12).hexdigest()
    with _lock:
        known = _ready.get(token)
    made = known or Inside(read(said), read_radius(radius_m))
    with _lock:
        _ready[token] = made
        _ready.move_to_end(token)
        while len(_ready) > _KEPT:
            _ready.popitem(last=False)
    return token, made


def is_inside(token: str, lat: Any, lon: Any) -> bool | None:
    """The function `in_shape` of SQL: whether a position lies in the shape of a token; None for no position."""
    if lat is None or lon is None:
        return None
    return _ready[token].holds(lat, lon)
