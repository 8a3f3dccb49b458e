"""A GeoJSON geometry as it comes from a person, a file or another desk: checked, bounded, its longitudes in one run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, NamedTuple

MOST_VERTICES: Final = 2_000
"""Of one drawing: it travels whole, on links of a few kilobits a second."""
MOST_CHARACTERS: Final = 200_000
"""Of the text of one geometry."""
MOST_RADIUS_M: Final = 5_000_000.0
EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius (IUGG)."""
MERCATOR_END: Final = math.degrees(math.atan(math.sinh(math.pi)))
"""Degrees of latitude, 85.0511, at which a map in web Mercator ends: it is a square."""
DIGITS: Final = 6
"""Places after the point that are kept: 11 cm."""

TYPES: Final = {"Point": "point", "LineString": "line", "Polygon": "area", "MultiPolygon": "area"}
"""The geometries that a drawing can have, with the word for each."""
_NESTED: Final = {"Point": 0, "LineString": 1, "Polygon": 2, "MultiPolygon": 3}
_FAR: Final = 540.0
"""Longitudes that programs write for shapes across the date line."""
_KEPT: Final = 48
"""Texts whose geometry is kept: more than an import writes at once. The largest take 16 MB together."""

Position = tuple[float, float]
"""Longitude and latitude."""
Ring = tuple[Position, ...]


class BadGeometry(ValueError):
    """What is no geometry of a drawing; the text says why."""


class Extent(NamedTuple):
    """A rectangle in degrees. `west` greater than `east`, or beyond ±180, goes across the date line; that around a
    shape has `east` never below `west`."""

    south: float
    west: float
    north: float
    east: float

    def widened(self, degrees: float) -> Extent:
        """Larger on each side, up to the poles."""
        south, north = max(self.south - degrees, -90.0), min(self.north + degrees, 90.0)
        return Extent(south, self.west - degrees, north, self.east + degrees)

    @property
    def parts(self) -> tuple[tuple[float, float, float, float], ...]:
        """(south, north, west, east) of one rectangle, or of two where it crosses the date line."""
        # A hair less than a turn would begin and end at the same degree, as if it were nothing.
        if self.east - self.west >= 360 - 1e-9:
            return ((self.south, self.north, -180.0, 180.0),)
        west, east = (self.west + 180) % 360 - 180, (self.east + 180) % 360 - 180
        if west <= east:
            return ((self.south, self.north, west, east),)
        return ((self.south, self.north, west, 180.0), (self.south, self.north, -180.0, east))


@dataclass(frozen=True, slots=True)
class Geometry:
    """A checked geometry. `parts` are its polygons, each an outer ring and its holes, rings closed; of a point or a
    line the one part has the one ring of its positions."""

    type: str
    parts: tuple[tuple[Ring, ...], ...]

    @property
    def rings(self) -> Iterator[Ring]:
        """All rings."""
        return (ring for part in self.parts for ring in part)

    @property
    def vertices(self) -> int:
        """How many positions it has, the closing ones too."""
        return sum(map(len, self.rings))

    @property
    def is_area(self) -> bool:
        """Whether something can lie inside it (a circle is a point with a radius)."""
        return self.type in ("Polygon", "MultiPolygon")


def read(said: Any, *, most: int = MOST_VERTICES) -> Geometry:
    """Read a GeoJSON geometry, as text or as decoded. `most` is the number of positions it may have.

    Heights are dropped, rings that are not closed are closed, and longitudes run on where it crosses the date line.
    Raises BadGeometry.
    """
    return _of_text(said, most) if isinstance(said, str) else _checked(said, most)


# One text is read over and over on its way into the folder: where it came from, for what it says, and by the triggers.
@lru_cache(_KEPT)
def _of_text(text: str, most: int) -> Geometry:
    return _checked(_decoded(text), most)


def _checked(told: Any, most: int) -> Geometry:
    if not isinstance(told, dict):
        raise BadGeometry("It is no geometry")
    kind = told.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise BadGeometry(f"A drawing is a point, a line or an area, this is {str(kind)[:40]!r}")
    found = told.get("coordinates")
    budget = _Budget(most)
    if kind == "Point":
        return Geometry(kind, (((budget.position(found),),),))
    if kind == "LineString":
        line = _run(_distinct(budget.positions(found)))
        if len(line) < 2:
            raise BadGeometry("A line has at least two different points")
        return Geometry(kind, ((line,),))
    polygons = [found] if kind == "Polygon" else found
    if not isinstance(polygons, list) or not polygons:
        raise BadGeometry("An area has at least one ring")
    parts = [_polygon(budget, one) for one in polygons]
    first = parts[0][0]
    beside = [parts[0], *(_beside(first, part) for part in parts[1:])]
    return Geometry(kind if len(parts) > 1 else "Polygon", tuple(beside))


def extent(shape: Geometry, radius_m: float | None = None) -> Extent:
    """The rectangle around a shape, or around the circle of a point with a radius."""
    if radius_m is not None and shape.type == "Point":
        ((lon, lat),) = shape.parts[0][0]
        return extent_of_circle(lat, lon, radius_m)
    lons = [lon for ring in shape.rings for lon, _ in ring]
    lats = [lat for ring in shape.rings for _, lat in ring]
    return Extent(min(lats), min(lons), max(lats), max(lons))


def extent_of_circle(lat: float, lon: float, radius_m: float) -> Extent:
    """The rectangle around a circle on the sphere, by the meridians that touch it; all of them if it holds a pole."""
    angle = min(radius_m / EARTH_RADIUS_M, math.pi)
    reach = math.degrees(angle)
    wide = math.sin(angle) / max(math.cos(math.radians(lat)), 1e-12)
    over_pole = abs(lat) + reach >= 90 or wide >= 1 or angle >= math.pi / 2
    half = 180.0 if over_pole else math.degrees(math.asin(wide))
    return Extent(max(lat - reach, -90.0), lon - half, min(lat + reach, 90.0), lon + half)


def shape_box(said: Any, radius_m: Any) -> str | None:
    """The extent of a stored geometry as a JSON list, for the index of drawings; None for what cannot be read.

    Called by the database's triggers, five times for a row, on whatever stands in the columns: it never fails.
    """
    try:
        return _box(said if isinstance(said, str) else "", read_radius(radius_m))
    except BadGeometry:
        return None


@lru_cache(4)
def _box(text: str, radius_m: float | None) -> str:
    return json.dumps(extent(read(text), radius_m))


def read_radius(said: Any) -> float | None:
    """The radius of a circle in metres; None for none. Raises BadGeometry."""
    if said is None:
        return None
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 < said <= MOST_RADIUS_M:
        raise BadGeometry(f"A radius lies above 0 and up to {MOST_RADIUS_M / 1000:,.0f} km")
    return float(said)


def _decoded(text: str) -> Any:
    if len(text) > MOST_CHARACTERS:
        raise BadGeometry(f"A geometry has at most {MOST_CHARACTERS:,} characters, this one has {len(text):,}")
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadGeometry("It is no JSON that can be read") from None


def _no_number(word: str) -> float:
    raise ValueError(word)


class _Budget:
    """Counts positions while they are read, so that nothing is read beyond what a drawing may have."""

    def __init__(self, most: int) -> None:
        self._most, self._left = most, most

    def positions(self, said: Any) -> Ring:
        if not isinstance(said, list):
            raise BadGeometry("The positions are no list")
        if len(said) > self._left:
            raise BadGeometry(f"A drawing has at most {self._most:,} points")
        found: list[Position] = []
        for one in said:
            # Nearly all are like this, and there are many. NaN and the infinite are in no range.
            if (
                type(one) is list and len(one) == 2 and type(lon := one[0]) is float and type(lat := one[1]) is float
                and -90 <= lat <= 90 and -_FAR <= lon <= _FAR
            ):  # fmt: skip
                self._left -= 1
                found.append((round(lon, DIGITS) + 0.0, round(lat, DIGITS) + 0.0))
            else:
                found.append(self.position(one))
        return tuple(found)

    def position(self, said: Any) -> Position:
        self._left -= 1
        if not isinstance(said, list | tuple) or not 2 <= len(said) <= 4:
            raise BadGeometry("A position is a longitude and a latitude")
        lon, lat = said[0], said[1]
        # A whole number may have more digits than any other number can hold, so it is never turned into one first.
        if not all(type(one) is int or (type(one) is float and math.isfinite(one)) for one in (lon, lat)):
            raise BadGeometry("A position holds something that is no number")
        if not -90 <= lat <= 90:
            raise BadGeometry(f"Latitude lies between −90 and 90, this is {str(lat)[:12]}")
        if not -_FAR <= lon <= _FAR:
            raise BadGeometry(f"Longitude lies between −180 and 180, this is {str(lon)[:12]}")
        return round(float(lon), DIGITS) + 0.0, round(float(lat), DIGITS) + 0.0


def _polygon(budget: _Budget, said: Any) -> tuple[Ring, ...]:
    if not isinstance(said, list) or not said:
        raise BadGeometry("An area has at least one ring")
    outer, *holes = [_ring(budget.positions(ring)) for ring in said]
    return (outer, *(_near(outer, hole) for hole in holes))


def _ring(said: Ring) -> Ring:
    open_ring = _distinct(said)
    if len(open_ring) > 1 and _same(open_ring[0], open_ring[-1]):
        open_ring = open_ring[:-1]
    if len(set(open_ring)) < 3:
        raise BadGeometry("An area has at least three different points")
    run = _run((*open_ring, open_ring[0]))
    if abs(run[-1][0] - run[0][0]) > 1e-6:
        raise BadGeometry("An area round a pole cannot be drawn; draw a circle, or its halves, each up to the pole")
    closed = (*run[:-1], run[0])
    if abs(twice_area(closed)) < 1e-12:
        raise BadGeometry("The points of this area lie on one line")
    return closed


def widest_turn(shape: Geometry, lat: float) -> float:
    """Degrees of longitude that the widest edge turns, of those that lie nearer to a pole than a latitude; 0 where
    there are none. Along the pole itself nothing is turned."""
    return max(
        (
            abs(lon2 - lon1)
            for ring in shape.rings
            if any(not -lat <= one <= lat for _, one in ring)
            for (lon1, lat1), (lon2, lat2) in pairwise(ring)
            if min(abs(lat1), abs(lat2)) > lat and lat1 * lat2 > 0 and min(abs(lat1), abs(lat2)) < 90
        ),
        default=0.0,
    )


def twice_area(ring: Ring) -> float:
    """Twice the area in square degrees, above 0 where the ring runs against the clock."""
    x0, y0 = ring[0]
    return sum([(x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) for (x1, y1), (x2, y2) in pairwise(ring)])


def _same(one: Position, other: Position) -> bool:
    return one[1] == other[1] and (one[0] - other[0]) % 360 == 0


def _distinct(ring: Ring) -> Ring:
    """Without positions that repeat the one before."""
    return (*ring[:1], *[one for before, one in pairwise(ring) if one[1] != before[1] or not _same(one, before)])


def _run(ring: Ring) -> Ring:
    """The same positions with each longitude within half a turn of the one before; the first lies within ±180."""
    if not ring:
        return ring
    if -180 <= ring[0][0] <= 180 and all(-179 < lon - before < 179 for (before, _), (lon, _) in pairwise(ring)):
        return ring  # as nearly all do
    last = (ring[0][0] + 180) % 360 - 180 if not -180 <= ring[0][0] <= 180 else ring[0][0]
    found = [(round(last, DIGITS), ring[0][1])]
    for (before, _), (lon, lat) in pairwise(ring):
        step = (lon - last + 180) % 360 - 180
        # Half a turn goes the way that it was written.
        last += 180.0 if step == -180 and lon > before else step
        found.append((round(last, DIGITS), lat))
    return tuple(found)


def _near(outer: Ring, ring: Ring) -> Ring:
    """The ring as many turns further as brings its middle nearest to that of another."""
    turns = round((_middle(outer) - _middle(ring)) / 360)
    return tuple((round(lon + 360 * turns, DIGITS), lat) for lon, lat in ring) if turns else ring


def _middle(ring: Ring) -> float:
    lons = [lon for lon, _ in ring]
    return (min(lons) + max(lons)) / 2


def _beside(first: Ring, part: tuple[Ring, ...]) -> tuple[Ring, ...]:
    outer, *holes = part
    moved = _near(first, outer)
    return (moved, *(_near(moved, hole) for hole in holes))
