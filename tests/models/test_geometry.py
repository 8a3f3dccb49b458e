"""Geometries from strangers are read within bounds, and what lies inside is what a library of geometry says."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.algorithms.cga import signed_area
from shapely.geometry import Point, Polygon, shape

from opsdesk.models import geometry
from opsdesk.models.geometry import BadGeometry, inside_of
from opsdesk.services.drawings.words import area_m2

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [list(ring) for ring in rings]}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("", "no JSON"),
        ("nonsense", "no JSON"),
        ("[1, 2]", "no geometry"),
        ("[" * 100_000, "no JSON"),
        ('{"a":' * 30_000 + "1" + "}" * 30_000, "no JSON"),
        ("x" * 300_000, "at most 200,000 characters"),
        ({"type": ["Point"], "coordinates": [0, 0]}, "a point, a line or an area"),
        ({"type": "MultiPoint", "coordinates": [[0, 0]]}, "a point, a line or an area"),
        ({"type": "Point"}, "a longitude and a latitude"),
        ({"type": "Point", "coordinates": "here"}, "a longitude and a latitude"),
        ({"type": "Point", "coordinates": [1, 2, 3, 4, 5]}, "a longitude and a latitude"),
        ({"type": "Point", "coordinates": [True, 1]}, "no number"),
        ({"type": "Point", "coordinates": ["1", "2"]}, "no number"),
        ({"type": "Point", "coordinates": [float("nan"), 1]}, "no number"),
        ({"type": "Point", "coordinates": [float("inf"), 1]}, "no number"),
        ('{"type":"Point","coordinates":[NaN,1]}', "no JSON"),
        ({"type": "Point", "coordinates": [10**400, 1]}, "Longitude lies between"),
        ({"type": "Point", "coordinates": [0, 90.001]}, "Latitude lies between"),
        ({"type": "Point", "coordinates": [541, 0]}, "Longitude lies between"),
        ({"type": "LineString", "coordinates": [[1, 1], [1, 1]]}, "two different points"),
        ({"type": "LineString", "coordinates": []}, "two different points"),
        (polygon([[0, 0], [1, 1], [0, 0]]), "three different points"),
        (polygon([[0, 0], [1, 1], [2, 2], [0, 0]]), "on one line"),
        (polygon(), "at least one ring"),
        ({"type": "Polygon", "coordinates": [0, 0]}, "no list"),
        ({"type": "MultiPolygon", "coordinates": [1]}, "at least one ring"),
        (polygon([[lon, 80] for lon in range(-180, 180, 60)]), "round a pole"),
        (polygon([[0, 89], [100, 89], [-160, 89]]), "draw a circle"),
        ({"type": "LineString", "coordinates": [[0, 0]] * 2_001}, "at most 2,000 points"),
    ],
)
def test_what_is_no_drawing_is_refused_with_the_reason(said: Any, words: str) -> None:
    with pytest.raises(BadGeometry, match=words):
        geometry.read(said)


@settings(max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=5)
            | st.dictionaries(st.sampled_from(["type", "coordinates", "x"]), inner, max_size=3)
        ),
        max_leaves=30,
    ),
    st.sampled_from([*geometry.TYPES, "Nothing"]),
)
def test_no_value_of_any_kind_brings_it_down(said: Any, kind: str) -> None:
    for told in (said, {"type": kind, "coordinates": said}):
        try:
            geometry.read(told)
        except BadGeometry:
            continue
        geometry.text(geometry.read(told))
    assert geometry.shape_box(said, said) is None or isinstance(geometry.shape_box(said, said), str)


def test_rings_are_closed_heights_dropped_and_repeats_left_out() -> None:
    said = polygon([[0, 0, 99], [10, 0, 99], [10, 0, 99], [10, 10, 99], [0, 10, 99]])
    assert json.loads(geometry.text(geometry.read(said)))["coordinates"] == [SQUARE]


corner = st.tuples(st.floats(-12, 12), st.floats(-12, 12)).map(lambda at: (round(at[0], 3), round(at[1], 3)))


@st.composite
def rings(draw: st.DrawFn) -> Polygon:
    """A polygon without crossings, with a hole as often as not."""
    outer = Polygon(draw(st.lists(corner, min_size=3, max_size=12, unique=True))).buffer(0).convex_hull
    assume(outer.geom_type == "Polygon" and outer.area > 0.5)
    cut = Polygon(draw(st.lists(corner, min_size=3, max_size=8, unique=True))).buffer(0)
    found = outer.difference(cut)
    assume(found.geom_type == "Polygon" and found.area > 0.5)
    return found


@settings(max_examples=100)
@given(rings(), st.lists(corner, min_size=20, max_size=20), st.sampled_from([0.0, 100.0, 175.0, 180.0, -179.0]))
def test_what_lies_inside_is_what_a_library_of_geometry_says(
    drawn: Polygon, points: list[tuple[float, float]], moved: float
) -> None:
    """Holes and the date line too: the same shape anywhere on Earth holds the same points."""
    turned = shapely.transform(drawn, lambda at: at + np.array([moved, 40.0]))
    said = json.loads(shapely.to_geojson(turned))
    _, ready = inside_of(json.dumps(said))
    for x, y in points:
        at = Point(x + moved, y + 40)
        if turned.boundary.distance(at) < 1e-5:
            continue
        lon = (x + moved + 180) % 360 - 180
        assert ready.holds(y + 40, lon) == turned.contains(at)


@settings(max_examples=60)
@given(rings(), st.sampled_from([0.0, 175.0, 180.0, -179.0, 190.0]))
def test_written_out_it_is_cut_at_the_date_line_and_read_again_it_is_the_same(drawn: Polygon, moved: float) -> None:
    turned = shapely.transform(drawn, lambda at: at + np.array([moved, 0.0]))
    before = geometry.read(json.loads(shapely.to_geojson(turned)))
    told = geometry.cut(before)
    written = shape(told)
    west, _, east, _ = written.bounds
    assert west >= -180
    assert east <= 180
    assert written.area == pytest.approx(drawn.area, rel=1e-4)
    for part in getattr(written, "geoms", [written]):
        assert signed_area(part.exterior) > 0
        assert all(signed_area(hole) < 0 for hole in part.interiors)
    again = geometry.read(told)
    assert area_m2(again) == pytest.approx(area_m2(before), rel=1e-3)


def test_a_line_over_the_date_line_is_written_as_two() -> None:
    line = geometry.read({"type": "LineString", "coordinates": [[170, 0], [-170, 10]]})
    assert geometry.extent(line) == (0, 170, 10, 190)
    told = geometry.cut(line)
    assert told == {"type": "MultiLineString", "coordinates": [[[170, 0], [180, 5]], [[-180, 5], [-170, 10]]]}


def test_an_area_in_two_parts_as_the_standard_cuts_it_is_one_over_the_date_line() -> None:
    east, west = [[170, 0], [180, 0], [180, 10], [170, 10]], [[-180, 0], [-170, 0], [-170, 10], [-180, 10]]
    read = geometry.read({"type": "MultiPolygon", "coordinates": [[east], [west]]})
    assert geometry.extent(read) == (0, 170, 10, 190)
    _, ready = inside_of(geometry.text(read))
    assert [ready.holds(5, lon) for lon in (175, -175, 0, 165, -165)] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("lat", "lon", "radius_m", "inside"),
    [(0, 0, 111_000, False), (0, 0, 112_000, True), (1, 179.9999, 1_000, False), (89.9, 180, 1_500_000, False)],
)
def test_a_circle_is_measured_on_the_sphere(lat: float, lon: float, radius_m: float, inside: bool) -> None:
    _, ready = inside_of('{"type":"Point","coordinates":[%s,%s]}' % (lon, lat), radius_m)  # noqa: UP031
    assert ready.holds(0, 1) is inside
    assert ready.holds(lat, lon)
    south, west, north, east = ready.extent
    assert south <= lat <= north
    assert west <= lon <= east


def test_a_degree_square_at_the_equator_has_its_known_size() -> None:
    square = geometry.read(polygon([[0, 0], [1, 0], [1, 1], [0, 1]]))
    assert area_m2(square) == pytest.approx(12_364e6, rel=1e-3)


@pytest.mark.parametrize(("west", "east"), [(-90, 90), (0, 180), (-180, 0)])
def test_a_hemisphere_stays_on_the_side_where_it_was_written(west: int, east: int) -> None:
    found = geometry.extent(geometry.read(polygon([[west, 0], [east, 0], [east, 60], [west, 60]])))
    assert (found.south, found.west, found.north, found.east) == (0, west, 60, east)
