"""Points on the map are those of the query in the rectangle, and what a person types finds its position."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsdesk.models.places import Place
from opsdesk.services import maps, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.errors import QueryError
from opsdesk.services.maps import Box
from opsdesk.store.work import Work

WORLD = Box(-90, -180, 90, 180)


def ticket(desk: Desk, title: str, lat: float | None, lon: float | None) -> str:
    made = desk.do(tickets.create, title=title, values={"lat": lat, "lon": lon}).result().value
    assert isinstance(made, bytes)
    return made.hex()


def titles(desk: Desk, query: str, box: Box) -> set[str]:
    return {point.t for point in desk.ask(maps.tickets, query, box).result().points}


@pytest.fixture
def spread(desk: Desk) -> Desk:
    for title, lat, lon in (
        ("Abidjan", 5.36, -4.01), ("Suva", -18.14, 178.44), ("Apia", -13.83, -171.77), ("North", 84.0, 20.0),
    ):  # fmt: skip
        ticket(desk, title, lat, lon)
    ticket(desk, "Nowhere", None, None)
    return desk


def test_only_tickets_of_the_query_with_a_position_in_the_rectangle_are_points(spread: Desk) -> None:
    assert titles(spread, "is:open", WORLD) == {"Abidjan", "Suva", "Apia", "North"}
    assert titles(spread, "is:open", Box(0, -10, 10, 0)) == {"Abidjan"}
    assert titles(spread, "is:open Abidjan", WORLD) == {"Abidjan"}
    assert titles(spread, "is:closed", WORLD) == set()


@pytest.mark.parametrize(
    "box",
    [Box(-20, 170, -10, -165), Box(-20, 170, -10, 195), Box(-20, -190, -10, -165)],
    ids=["west beyond east", "east of 180", "west of -180"],
)
def test_a_rectangle_may_cross_the_date_line(spread: Desk, box: Box) -> None:
    assert titles(spread, "", box) == {"Suva", "Apia"}


def test_the_newest_are_drawn_and_all_are_counted_where_there_are_too_many(spread: Desk) -> None:
    found = spread.ask(maps.tickets, "", WORLD, 2).result()
    assert ([point.t for point in found.points], found.total) == (["North", "Apia"], 4)


def test_a_voided_ticket_is_no_point(spread: Desk) -> None:
    gone = ticket(spread, "Gone", 1.0, 1.0)
    spread.do(tickets.void, bytes.fromhex(gone), "entered twice").result()
    assert "Gone" not in titles(spread, "", WORLD)
    assert "Gone" in titles(spread, "is:voided", WORLD)


def test_a_query_that_cannot_be_read_is_told_with_its_place(spread: Desk) -> None:
    with pytest.raises(QueryError) as refused:
        spread.ask(maps.tickets, "state:opne", WORLD).result()
    assert (refused.value.start, refused.value.end) == (6, 10)


def test_the_extent_holds_the_tickets_of_the_query(spread: Desk) -> None:
    assert spread.ask(maps.extent, "Suva").result() == Box(-18.14, 178.44, -18.14, 178.44)
    assert spread.ask(maps.extent, "is:closed").result() is None


@example(lat=0.0, lon=0.0, south=0.0, west=1.0, width=359.99999999999994)
@settings(max_examples=200)
@given(
    st.floats(-90, 90), st.floats(-179.99, 179.99), st.floats(-90, 90), st.floats(-400, 400), st.floats(0, 360)
)  # fmt: skip
def test_the_parts_of_a_rectangle_hold_just_what_it_holds(
    lat: float, lon: float, south: float, west: float, width: float
) -> None:
    box = Box(south, west, 90.0, west + width)
    inside = lat >= south and (lon - west) % 360 <= width
    held = any(s <= lat <= n and w <= lon <= e for s, n, w, e in box.parts)
    edge = min(abs((lon - west) % 360 - width), (lon - west) % 360, 360 - (lon - west) % 360) < 1e-6
    assert held == inside or edge


def test_a_coordinate_is_found_before_any_name(desk: Desk) -> None:
    (found,) = desk.ask(maps.find, "31U FT 1480 6012").result()
    assert (found.label, found.at.grid, found.at.accuracy_m) == ("31U FT 1480 6012", "31U FT 1480 6012", 7.1)


def test_a_coordinate_with_two_meanings_is_offered_with_both(desk: Desk) -> None:
    found = desk.ask(maps.find, "52° N, 13° O").result()
    assert [(one.detail, one.at.lon) for one in found] == [("East", 13), ("West", -13)]


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("bangui", "Bangui"),
        ("sao paulo", "São Paulo"),
        ("abidjn", "Abidjan"),
        ("GVA", "Geneva"),
        ("Rotterdam", "Rotterdam"),
    ],
)
def test_a_town_or_airport_is_found_as_people_type_it(desk: Desk, typed: str, label: str) -> None:
    assert desk.ask(maps.find, typed).result()[0].label == label


def test_a_place_of_our_own_comes_before_a_town_of_that_name(desk: Desk) -> None:
    def name(work: Work) -> Changes:
        work.insert(Place, {"name": "Bangui", "sort": "checkpoint", "lat": 1.0, "lon": 2.0})
        return Changes(everything=True)

    desk.do(name).result()
    first = desk.ask(maps.find, "Bangui").result()[0]
    assert (first.detail, first.at.lat) == ("checkpoint", 1.0)
    assert [point.t for point in desk.ask(maps.places, WORLD).result().points] == ["Bangui"]


def test_what_names_nothing_finds_nothing(desk: Desk) -> None:
    assert desk.ask(maps.find, "  ").result() == ()
    assert desk.ask(maps.find, "xqzzwv").result() == ()
