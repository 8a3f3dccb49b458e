"""Drawings are checked, found on the map and by `in:`, and given back by undo."""

from __future__ import annotations

import json
from typing import Any

import pytest

from opsdesk.models import geometry
from opsdesk.models.drawings import Drawing
from opsdesk.models.places import Place
from opsdesk.services import conflicts, drawings, maps, tickets, undo
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.drawings import DrawingKind, ThreatLevel
from opsdesk.services.errors import Invalid, NotFound, QueryError, Refused
from opsdesk.services.maps import Box
from opsdesk.services.query import complete, directory
from opsdesk.services.tickets import lists
from opsdesk.store.work import Work
from tests.support.clock import NOW, Clock
from tests.support.exchange import Exchange

DAY = 86_400_000
WORLD = Box(-90, -180, 90, 180)
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}
HOLED = {"type": "Polygon", "coordinates": [SQUARE["coordinates"][0], [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]]}
PACIFIC = {"type": "Polygon", "coordinates": [[[170, -20], [-170, -20], [-170, -10], [170, -10]]]}
LEVEL: dict[str, Any] = {"kind": 3, "level": 4, "valid_until": NOW + DAY, "note": "Patrol report"}


@pytest.fixture
def desk(folder: Any) -> Any:
    clock = Clock()
    clock.at(0)
    opened = Desk.open(folder, now=clock)
    yield opened
    opened.close()


def draw(desk: Desk, name: str, shape: Any = SQUARE, **more: Any) -> bytes:
    made = desk.do(drawings.create, {"name": name, "geometry": shape, **more}).result().value
    assert isinstance(made, bytes)
    return made


def ticket(desk: Desk, title: str, lat: float | None, lon: float | None) -> bytes:
    made = desk.do(tickets.create, title=title, values={"lat": lat, "lon": lon}).result().value
    assert isinstance(made, bytes)
    return made


def found(desk: Desk, query: str) -> set[str]:
    page = desk.ask(lists.first_page, lists.ListQuery(query), size=50).result()
    assert desk.ask(lists.count, lists.ListQuery(query)).result() == len(page.rows)
    on_map = {point.t for point in desk.ask(maps.tickets, query, WORLD).result().points}
    titles = {row.title for row in page.rows}
    assert on_map == {title for title in titles if title != "Nowhere"}
    return titles


@pytest.fixture
def spread(desk: Desk) -> Desk:
    for title, lat, lon in (
        ("Middle", 5.0, 5.0), ("Edge", 1.0, 9.0), ("Beside", 5.0, 11.0), ("Suva", -18.14, 178.44),
        ("Apia", -13.83, -171.77), ("Nowhere", None, None),
    ):  # fmt: skip
        ticket(desk, title, lat, lon)
    return desk


def test_in_finds_what_lies_in_an_area_a_hole_left_out(spread: Desk) -> None:
    draw(spread, "Whole")
    draw(spread, "Holed", HOLED)
    assert found(spread, "in:whole") == {"Middle", "Edge"}
    assert found(spread, 'in:"Holed"') == {"Edge"}
    assert found(spread, "in:whole -in:holed") == {"Middle"}
    assert found(spread, "-in:whole") == {"Beside", "Suva", "Apia", "Nowhere"}
    assert found(spread, "in:whole,holed is:open middle") == {"Middle"}
    assert found(spread, "(in:holed OR suva)") == {"Edge", "Suva"}


def test_in_finds_over_the_date_line_and_in_a_circle(spread: Desk) -> None:
    draw(spread, "Pacific", PACIFIC)
    draw(spread, "Ring", {"type": "Point", "coordinates": [179, -18]}, radius_m=2_000_000)
    assert found(spread, "in:pacific") == {"Suva", "Apia"}
    assert found(spread, "in:ring") == {"Suva", "Apia"}
    assert found(spread, 'near:(-18,179),100km in:"Pacific"') == {"Suva"}


def test_a_name_that_no_drawing_has_and_one_that_holds_nothing_are_told_at_their_place(spread: Desk) -> None:
    draw(spread, "Bria axis")
    draw(spread, "Route Amber", {"type": "LineString", "coordinates": [[0, 0], [9, 9]]})
    for query, words, start in (
        ("is:open in:brai", "No drawing is called “brai”. Did you mean bria axis?", 11),
        ('in:"Route Amber"', "“Route Amber” is no area: nothing lies inside a point or a line", 3),
    ):
        with pytest.raises(QueryError) as refused:
            spread.ask(maps.tickets, query, WORLD).result()
        assert (str(refused.value), refused.value.start) == (words, start)


def test_a_name_of_too_many_drawings_is_told_at_its_place_and_a_hundred_are_looked_in(spread: Desk) -> None:
    def hundred(work: Work) -> Changes:
        for number in range(100):
            drawings.create(work, {"name": f"Sector {number}", "geometry": HOLED})
        return Changes()

    spread.do(hundred).result()
    draw(spread, "Whole")
    assert found(spread, "in:sector") == {"Edge"}
    with pytest.raises(QueryError, match="“whole” makes it 101 drawings; at most 100") as refused:
        spread.ask(maps.tickets, "in:sector,whole", WORLD).result()
    assert refused.value.start == 10


def test_areas_are_offered_to_complete_a_query(desk: Desk) -> None:
    draw(desk, "Bria axis", **LEVEL)
    draw(desk, "Route Amber", {"type": "LineString", "coordinates": [[0, 0], [9, 9]]})
    known = desk.ask(directory).result()
    assert [(one.text, one.detail) for one in complete("in:", 3, known)] == [('"Bria axis"', "threat area")]
    assert 'in:"Bria axis"' in [one.text for one in complete("bria", 4, known)]


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"name": " "}, ["name"]),
        ({"name": "x" * 81}, ["name"]),
        ({"kind": 3}, ["level", "valid_until", "note"]),
        ({**LEVEL, "valid_from": NOW + DAY}, ["valid_until"]),
        ({**LEVEL, "level": 9}, ["level", "level"]),
        ({"kind": 2, "geometry": {"type": "Point", "coordinates": [1, 1]}}, ["kind"]),
        ({"kind": 9}, ["kind"]),
        ({"geometry": {"type": "Point", "coordinates": [1, 91]}}, ["geometry"]),
        ({"geometry": {"type": "Point", "coordinates": [1, 1]}, "radius_m": -5}, ["radius_m"]),
        ({"geometry": "{}"}, ["geometry"]),
        ({"valid_until": 253_402_300_800_000}, ["valid_until"]),
        ({"valid_from": "soon"}, ["valid_from"]),
    ],
)
def test_a_wrong_drawing_is_refused_at_its_fields(desk: Desk, values: dict[str, Any], fields: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        desk.do(drawings.create, {"name": "Axis", "geometry": SQUARE, **values}).result()
    assert [problem.field for problem in refused.value.problems] == fields


def test_a_threat_area_says_until_when_it_holds_and_that_it_has_expired(desk: Desk) -> None:
    area = draw(desk, "Axis", **LEVEL)
    past = draw(desk, "Old", **{**LEVEL, "valid_until": NOW - DAY})
    one, old = (desk.ask(drawings.row, record).result() for record in (area, past))
    assert one is not None
    assert old is not None
    assert (one.level, one.validity, one.expired) == (ThreatLevel.SEVERE, "until 23 1432Z", False)
    assert (old.validity, old.expired) == ("expired 21 1432Z", True)
    (threats,) = desk.ask(drawings.shown, (DrawingKind.THREAT,), WORLD).result()
    assert (threats.total, threats.expired, threats.unreadable, len(threats.rows)) == (2, 1, 0, 2)
    assert threats.newest_at == NOW
    assert [one.name for one in desk.ask(drawings.around, 5.0, 5.0).result()] == ["Old", "Axis"]
    assert desk.ask(drawings.around, 5.0, 50.0).result() == ()


def test_the_map_is_told_what_is_in_view_and_how_many_there_are_in_all(desk: Desk) -> None:
    for name, shape in (("Square", SQUARE), ("Pacific", PACIFIC)):
        draw(desk, name, shape)
    for box, names in (
        (Box(1, 1, 2, 2), ["Square"]), (Box(-15, -175, -14, -174), ["Pacific"]), (Box(-15, 175, -14, 200), ["Pacific"]),
        (Box(40, 40, 50, 50), []), (WORLD, ["Pacific", "Square"]),
    ):  # fmt: skip
        (found,) = desk.ask(drawings.shown, (DrawingKind.DRAWING,), box).result()
        assert ([row.name for row in found.rows], found.total) == (names, 2)


def test_undo_gives_the_shape_back_and_brings_back_what_was_removed(desk: Desk) -> None:
    record = draw(desk, "Axis")
    before = desk.ask(drawings.row, record).result()
    assert before is not None
    moved = desk.do(drawings.edit, record, {"geometry": PACIFIC}, seen=before.base).result()
    assert moved.label == "Redraw “Axis”"
    desk.do(undo.undo, moved.act).result()
    assert desk.ask(drawings.row, record).result().geometry == before.geometry  # type: ignore[union-attr]
    gone = desk.do(drawings.remove, record).result()
    assert desk.ask(drawings.row, record).result() is None
    with pytest.raises(NotFound):
        desk.do(drawings.edit, record, {"name": "x"}).result()
    desk.do(undo.undo, gone.act).result()
    assert desk.ask(drawings.row, record).result() is not None


def test_an_edit_of_nothing_is_no_change(desk: Desk) -> None:
    record = draw(desk, "Axis")
    assert desk.do(drawings.edit, record, {"name": "Axis", "geometry": SQUARE}).result().act is None


def test_an_area_that_is_no_threat_any_more_has_no_level(desk: Desk) -> None:
    record = draw(desk, "Axis", **LEVEL)
    desk.do(drawings.edit, record, {"kind": 2}).result()
    row = desk.ask(drawings.row, record).result()
    assert row is not None
    assert (row.kind, row.level) == (DrawingKind.AREA, None)


def test_what_came_from_elsewhere_and_cannot_be_read_harms_nothing(desk: Desk) -> None:
    """Another desk may send anything: it is counted, said to be unreadable, and no query fails by it."""

    def write(work: Work) -> Changes:
        for name, shape, radius in (("Bad", "[[[", None), ("Worse", json.dumps(SQUARE), 1.0), ("Neg", "{}", -3.0)):
            work.insert(Drawing, {"name": name, "geometry": shape, "radius_m": radius, "kind": 99, "updated_at": 1})
        return Changes(everything=True)

    desk.do(write).result()
    draw(desk, "Bad", SQUARE)
    ticket(desk, "Middle", 5.0, 5.0)
    assert found(desk, "in:bad") == {"Middle"}
    assert found(desk, "in:worse") == {"Middle"}
    with pytest.raises(QueryError):
        desk.ask(maps.tickets, "in:neg", WORLD).result()
    rows = desk.ask(drawings.everything).result()
    assert {drawings.shape_words(row.geometry, row.radius_m)[:15] for row in rows} == {
        "Cannot be drawn",
        "Area with 4 poi",
    }
    told = [one for row in rows if (one := desk.ask(drawings.measured, row.id).result()) is not None]
    assert len(told) == len(rows)
    assert [one.extent is None for one in told] == [one.shape.startswith("Cannot be drawn") for one in told]
    assert desk.ask(drawings.around, 5.0, 5.0).result()


def test_typed_positions_make_each_shape(desk: Desk) -> None:
    made = drawings.trace("area", "31U FT 1480 6012\n 52.4, 4.9\n52°22′N 5°0′E\n")
    assert json.loads(made.geometry)["type"] == "Polygon"
    assert drawings.trace("circle", "5, 6", "2.5 km") == drawings.Traced(
        '{"type":"Point","coordinates":[6.0,5.0]}', 2_500
    )
    kind, lines = drawings.lines_of(made.geometry)
    assert (kind, len(lines.splitlines())) == ("area", 3)
    assert drawings.trace(kind, lines).geometry == made.geometry
    assert drawings.lines_of(json.dumps(HOLED)) == ("", "")


@pytest.mark.parametrize(
    ("shape", "text", "radius", "field", "words"),
    [
        ("area", "5, 6\nnowhere\n7, 8", "", "points", "Line 2: This is no position"),
        ("area", "5, 6\n7, 8", "", "points", "at least 3 positions"),
        ("line", "", "", "points", "at least 2 positions"),
        ("point", "1, 2\n3, 4", "", "points", "one position, these are 2"),
        ("circle", "5, 6", "far", "radius", "800 m or 2.5 km"),
        ("circle", "5, 6", "9999999 km", "radius", "up to 5,000 km"),
    ],
)
def test_a_wrong_line_is_named(shape: str, text: str, radius: str, field: str, words: str) -> None:
    with pytest.raises(Refused, match=words) as refused:
        drawings.trace(shape, text, radius)
    assert refused.value.field == field


def test_two_desks_that_edit_other_fields_come_together_and_two_shapes_are_a_conflict(exchange: Exchange) -> None:
    one, other = exchange.desk("one"), exchange.desk("other")
    record = draw(one, "Axis")
    for desk in (one, other):
        exchange.round(desk)
    seen = other.ask(drawings.row, record).result()
    assert seen is not None
    one.do(drawings.edit, record, {"name": "Bria axis"}).result()
    other.do(drawings.edit, record, {"note": "By patrol"}, seen=seen.base).result()
    for desk in (one, other, one):
        exchange.round(desk)
    for desk in (one, other):
        row = desk.ask(drawings.row, record).result()
        assert row is not None
        assert (row.name, row.note) == ("Bria axis", "By patrol")
    one.do(drawings.edit, record, {"geometry": PACIFIC}).result()
    other.do(drawings.edit, record, {"geometry": HOLED}).result()
    for desk in (one, other, one):
        exchange.round(desk)
    told = one.ask(conflicts.record, record).result()
    (conflict,) = told.conflicts
    assert (told.title, conflict.label) == ("Bria axis", "Shape")
    assert {version.text.split(",")[0] for version in conflict.versions if version.side != "base"} == {
        "Area with 4 points", "Area with 8 points",
    }  # fmt: skip


EDGE_OF_ICE = [[lon, 86] for lon in (0, 15, 30, 45)]


@pytest.mark.parametrize(
    ("ring", "good"),
    [
        ([[0, 86], [40, 86], [40, 88], [0, 88]], False),
        ([[0, -86], [0, -88], [170, -88]], False),
        ([*EDGE_OF_ICE, [45, 90], [0, 90]], True),
        ([[0, 80], [40, 80], [40, 84], [0, 84]], True),
    ],
)
def test_an_area_beside_a_pole_has_points_close_enough_to_lie_where_they_say(desk: Desk, ring: Any, good: bool) -> None:
    shape = {"type": "Polygon", "coordinates": [ring]}
    if good:
        draw(desk, "Ice", shape)
        (row,) = desk.ask(drawings.everything).result()
        assert ("beyond the edge of the map" in drawings.shape_words(row.geometry, None)) == (ring[-1][1] == 90)
    else:
        with pytest.raises(Invalid, match="put points between"):
            draw(desk, "Ice", shape)


def test_a_circle_about_a_pole_finds_what_lies_round_it(desk: Desk) -> None:
    draw(desk, "Ice", {"type": "Point", "coordinates": [0, 89.9]}, kind=2, radius_m=100_000.0)
    ticket(desk, "Beyond the pole", 89.9, 180)
    ticket(desk, "Far", 85, 180)
    assert found(desk, "in:ice") == {"Beyond the pole"}


TURNED = "Camp \u202egnidart\u202c east"


def turned_from_elsewhere(work: Work) -> Changes:
    """What a desk of another version may send: a drawing and a place whose names turn what follows."""
    shape = geometry.text(geometry.read(SQUARE))
    work.insert(Drawing, {"name": TURNED, "note": "Basis \u2067turned", "geometry": shape, "updated_at": work.now})
    work.insert(Place, {"name": TURNED, "lat": 5.0, "lon": 5.0})
    return Changes(everything=True)


def test_signs_that_turn_what_follows_are_neither_kept_nor_shown(desk: Desk) -> None:
    draw(desk, TURNED, note="Basis \u2067turned")
    desk.do(turned_from_elsewhere).result()
    for row in desk.ask(drawings.everything).result():
        assert (row.name, row.note) == ("Camp gnidart east", "Basis turned")
    assert desk.ask(maps.places, WORLD).result().points[0].t == "Camp gnidart east"
    assert desk.ask(maps.find, "camp gnidart").result()[0].label == "Camp gnidart east"
    assert [node.name for node in desk.ask(maps.place_tree).result()] == ["Camp gnidart east"]
    ticket(desk, "Inside", 5, 5)
    assert found(desk, 'in:"Camp gnidart east"') == {"Inside"}
