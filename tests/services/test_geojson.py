"""Drawings go out as GeoJSON and come back the same; broken and hostile files are refused, and nothing hangs."""

from __future__ import annotations

import json
import math
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk import cli
from opsdesk.models import geometry
from opsdesk.services import drawings, exporting, tickets, undo
from opsdesk.services.desk import Desk
from opsdesk.services.drawings import importing
from opsdesk.services.drawings.importing import Report
from opsdesk.services.drawings.simplifying import simplified
from opsdesk.services.errors import OpsDeskError, Refused
from opsdesk.services.tickets import lists

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}
PACIFIC = {"type": "Polygon", "coordinates": [[[170, -20], [190, -20], [190, -10], [170, -10]]]}


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def feature(shape: Any, **said: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": shape, "properties": said}


def bring(desk: Desk, tmp_path: Path, content: Any, **more: Any) -> Report:
    path = tmp_path / "in.geojson"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return importing.run(desk, path, **more).result(60)


def names(desk: Desk) -> list[str]:
    return [row.name for row in desk.ask(drawings.everything).result()]


def test_what_is_exported_comes_in_again_and_what_is_here_already_does_not(desk: Desk, tmp_path: Path) -> None:
    for values in (
        {"name": "Axis", "kind": 3, "level": 4, "note": "Patrol", "valid_until": 1_900_000_000_000, "geometry": SQUARE},
        {"name": "Pacific", "kind": 2, "geometry": PACIFIC},
        {"name": "Circle", "geometry": {"type": "Point", "coordinates": [1, 2]}, "radius_m": 500},
        {"name": "Line", "geometry": {"type": "LineString", "coordinates": [[170, 0], [-170, 10]]}},
    ):
        desk.do(drawings.create, values).result()
    path = tmp_path / "out.geojson"
    from opsdesk.services.drawings import exporting as drawn

    assert drawn.export(desk, path).result() == 4
    told = json.loads(path.read_text(encoding="utf-8"))
    flat = [lon for one in told["features"] for lon in _longitudes(one["geometry"]["coordinates"])]
    assert max(map(abs, flat)) <= 180
    assert importing.run(desk, path).result().duplicates == 4
    before = desk.ask(drawings.everything).result()
    for row in before:
        desk.do(drawings.remove, row.id).result()
    report = importing.run(desk, path).result()
    assert (report.read, report.imported, report.rejected, report.duplicates) == (4, 4, 0, 0)
    after = desk.ask(drawings.everything).result()
    for one, other in zip(before, after, strict=True):
        assert (one.name, one.kind, one.level, one.note, one.valid_until, one.radius_m) == (
            other.name, other.kind, other.level, other.note, other.valid_until, other.radius_m,
        )  # fmt: skip
        if one.name != "Pacific":
            assert one.geometry == other.geometry
    desk.do(undo.undo, report.act).result()
    assert names(desk) == []


def _longitudes(said: Any) -> list[float]:
    return [said[0]] if isinstance(said[0], int | float) else [lon for one in said for lon in _longitudes(one)]


def test_every_geometry_of_the_standard_comes_in_as_what_can_be_drawn(desk: Desk, tmp_path: Path) -> None:
    point, line = {"type": "Point", "coordinates": [1, 2, 300]}, {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}
    report = bring(desk, tmp_path, collection(
        feature(point, Name="Well"), feature({"type": "MultiPoint", "coordinates": [[1, 1], [2, 2]]}, title="Posts"),
        feature({"type": "MultiLineString", "coordinates": [[[1, 1], [2, 2]], [[5, 5], [6, 6]]]}, name="Roads"),
        feature({"type": "GeometryCollection", "geometries": [point, SQUARE]}, name="Both"), feature(line),
        feature(None, name="Nothing"), "no feature",
    ))  # fmt: skip
    assert (report.read, report.imported, report.rejected) == (7, 8, 2)
    assert sorted(names(desk)) == [
        "Both 1", "Both 2", "Feature 5", "Posts 1", "Posts 2", "Roads 1", "Roads 2", "Well",
    ]  # fmt: skip
    assert [(text, first) for text, _, first in report.reasons] == [("It has no geometry", 6), ("It is no feature", 7)]


@pytest.mark.parametrize("said", [feature(SQUARE, name="Alone"), SQUARE], ids=["one feature", "one geometry"])
def test_a_file_may_be_one_feature_or_one_geometry(desk: Desk, tmp_path: Path, said: Any) -> None:
    assert bring(desk, tmp_path, said).imported == 1


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (b'{"type":"Point","coordinates":[NaN,1]}', "NaN is no number"),
        (b'{"type":"Point","coordinates":[1e999,1]}', "no number|out of range"),
        (b'{"type":"Point","coordinates":[1,91]}', "Latitude lies between"),
        (b'{"type":"Point","coordinates":[600,1]}', "Longitude lies between"),
        (b'{"type":"Polygon","coordinates":[[[0,0],[1,1]]]}', "three different points"),
        (b'{"type":"Polygon","coordinates":"x"}', "at least one ring"),
        (b'{"type":"Curve","coordinates":[]}', "a point, a line or an area"),
        (b'{"type":"Point","coordinates":' + b"[" * 40 + b"]" * 40 + b"}", "nested deeper"),
        (b'{"type":"GeometryCollection","geometries":[' * 8 + b"]}" * 8, "too deep"),
        (b'{"type":"MultiPoint","coordinates":[' + b"[0,0]," * 300 + b"[0,0]]}", "more than 200 parts"),
        (
            b'{"type":"GeometryCollection","geometries":['
            + b",".join([b'{"type":"MultiPoint","coordinates":[' + b"[0,0]," * 149 + b"[0,0]]}"] * 150)
            + b"]}",
            "more than 200 parts",
        ),
        (b'{"type":"LineString","coordinates":[' + b"[0.1234567,0.7654321]," * 250_000 + b"[1,1]]}", "longer than"),
    ],
)
def test_a_hostile_feature_is_left_out_alone_and_the_others_come(
    desk: Desk, tmp_path: Path, shape: bytes, words: str
) -> None:
    good = json.dumps(feature(SQUARE, name="Good")).encode()
    content = (
        b'{"features":['
        + good
        + b',{"type":"Feature","geometry":'
        + shape
        + b"},"
        + good.replace(b"Good", b"More")
        + b"]}"
    )
    report = bring(desk, tmp_path, content)
    assert (report.read, report.imported, report.rejected) == (3, 2, 1)
    ((why, _, first),) = report.reasons
    assert first == 2
    import re

    assert re.search(words, why)
    assert names(desk) == ["Good", "More"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no GeoJSON"),
        (b"PK\x03\x04", "no GeoJSON"),
        (b"[1,2]", "no GeoJSON"),
        (b"{}", "no features and no geometry"),
        (b'{"a":1}', "no features and no geometry"),
        (b'{"features":[', "cut off|comma|no JSON"),
        (b'{"features":[{"type":"Feature"', "cut off"),
        (b'{"features":[] trailing', "comma"),
        (b'{"features":[]} {}', "follows after the end"),
        (b'{"x":' + b"[" * 100_000, "cut off|nested"),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper"),
        (b'{"crs":{"type":"name","properties":{"name":"EPSG:3857"}},"features":[]}', "WGS 84"),
        (b"\xff\xfe{\x00}\x00", "no GeoJSON"),
    ],
)
def test_a_file_that_is_none_is_refused_with_words(desk: Desk, tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        bring(desk, tmp_path, content)
    assert names(desk) == []


def test_a_ring_of_50_000_points_is_simplified_with_a_word(desk: Desk, tmp_path: Path) -> None:
    count = 50_000
    rng = random.Random(1)
    ring = [
        [round((4 + rng.random() * 0.001) * math.cos(2 * math.pi * at / count), 6),
         round((4 + rng.random() * 0.001) * math.sin(2 * math.pi * at / count), 6)]
        for at in range(count)
    ]  # fmt: skip
    began = time.process_time()
    report = bring(desk, tmp_path, collection(feature({"type": "Polygon", "coordinates": [ring]}, name="Coast")))
    assert time.process_time() - began < 20
    assert report.imported == 1
    assert report.notes[0].startswith("“Coast” was simplified from 50,001 to 2,000 points, at most ")
    (row,) = desk.ask(drawings.everything).result()
    assert geometry.read(row.geometry).vertices == 2_000
    _, ready = geometry.inside_of(row.geometry)
    assert ready.holds(0, 3.99)
    assert not ready.holds(0, 4.01)


def test_a_million_points_are_read_past_in_bounded_time(desk: Desk, tmp_path: Path) -> None:
    big = b'{"type":"LineString","coordinates":[' + b"[10.123456,20.123456]," * 999_999 + b"[1,1]]}"
    content = b'{"features":[{"type":"Feature","geometry":' + big + b"}]}"
    seen: list[int] = []
    began = time.process_time()
    report = bring(desk, tmp_path, content, progress=lambda done, _all: seen.append(done))
    assert time.process_time() - began < 30
    assert (report.imported, report.rejected) == (0, 1)
    assert "longer than 4,000,000 characters" in report.reasons[0][0]


def test_an_import_is_cancelled_between_features_and_undone_as_one(desk: Desk, tmp_path: Path) -> None:
    many = collection(*(feature({"type": "Point", "coordinates": [at / 10, 1]}, name=f"P{at}") for at in range(200)))
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 100

    report = bring(desk, tmp_path, many, cancelled=cancelled)
    assert report.cancelled
    assert 0 < report.imported < 200
    assert len(names(desk)) == report.imported
    desk.do(undo.undo, report.act).result()
    assert names(desk) == []


def test_a_file_of_too_many_is_refused_and_says_what_came(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MOST", 50)
    many = collection(*(feature({"type": "Point", "coordinates": [at / 10, 1]}, name=f"P{at}") for at in range(60)))
    with pytest.raises(Refused, match=r"at most 50 drawings.* 50 drawings before it were imported"):
        bring(desk, tmp_path, many)


@settings(max_examples=30)
@given(st.data())
def test_no_damage_to_a_file_does_more_than_refuse_it(desk: Desk, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(json.dumps(collection(feature(SQUARE, name="A"), feature(PACIFIC, name="B"))).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        report = bring(desk, tmp_path, bytes(content))
    except OpsDeskError:
        return
    assert report.imported + report.rejected + report.duplicates >= 0


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=12, max_size=60), st.integers(8, 12))
def test_a_simplified_line_is_off_by_no_more_than_it_says(points: list[tuple[float, float]], most: int) -> None:
    import shapely

    try:
        line = geometry.read({"type": "LineString", "coordinates": [list(one) for one in points]})
    except geometry.BadGeometry:
        return
    less, off = simplified(line, most)
    assert less.vertices <= most
    flat = [
        shapely.LineString([(lon * 111_195, lat * 111_195) for lon, lat in one.parts[0][0]]) for one in (line, less)
    ]
    assert max((flat[1].distance(shapely.Point(at)) for at in flat[0].coords), default=0) <= off * 1.05 + 1


def test_tickets_go_out_as_points_those_without_a_position_left_out(desk: Desk, tmp_path: Path) -> None:
    for title, lat, lon in (("Here", 5.0, -4.0), ("There", -1.0, 2.0), ("Nowhere", None, None)):
        desk.do(tickets.create, title=title, values={"lat": lat, "lon": lon}).result()
    path = tmp_path / "tickets.geojson"
    assert exporting.export(desk, lists.ListQuery(""), None, path).result() == 2
    told = json.loads(path.read_text(encoding="utf-8"))
    assert {(one["properties"]["title"], *one["geometry"]["coordinates"]) for one in told["features"]} == {
        ("Here", -4.0, 5.0), ("There", 2.0, -1.0),
    }  # fmt: skip


def test_the_command_line_brings_drawings_in_and_out(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "in.geojson", tmp_path / "out.geojson"
    source.write_text(json.dumps(collection(feature(SQUARE, name="A"), feature("x"))), encoding="utf-8")
    assert cli.main(["import", "drawings", str(source), "--data", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"read": 2, "imported": 1, "rejected": 1, "duplicates": 0}
    assert cli.main(["export", "drawings", str(target), "--data", str(folder)]) == 0
    assert "1 drawings in" in capsys.readouterr().out
    assert cli.main(["export", "drawings", str(tmp_path / "out.txt"), "--data", str(folder)]) == 1
    assert "ends in .geojson" in capsys.readouterr().err
    assert cli.main(["import", "drawings", str(tmp_path / "none"), "--data", str(folder)]) == 1
