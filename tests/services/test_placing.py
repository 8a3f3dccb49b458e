"""A place brings its position along, and what lies near a position is found."""

from __future__ import annotations

from typing import Any

import pytest

from opsdesk.models.places import Place
from opsdesk.services import maps, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.store.work import Work

FERRY = {"name": "North ferry", "sort": "ferry", "lat": 5.77, "lon": 20.68, "accuracy_m": 50.0}


def place(desk: Desk, **values: Any) -> bytes:
    made: list[bytes] = []

    def insert(work: Work) -> Changes:
        made.append(work.insert(Place, values))
        return Changes(everything=True)

    desk.do(insert).result()
    return made[0]


def made(desk: Desk, **values: Any) -> bytes:
    ticket = desk.do(tickets.create, title="Leak", values=values).result().value
    assert isinstance(ticket, bytes)
    return ticket


def where(desk: Desk, ticket: bytes) -> tuple[Any, ...]:
    card = desk.ask(tickets.card, ticket).result()
    return card.row.lat, card.row.lon, card.accuracy_m, card.position_source


def test_a_ticket_at_a_place_has_the_position_of_the_place(desk: Desk) -> None:
    ferry = place(desk, **FERRY)
    assert where(desk, made(desk, place=ferry)) == (5.77, 20.68, 50.0, "place")


def test_a_position_that_is_told_stands_before_that_of_the_place(desk: Desk) -> None:
    ferry = place(desk, **FERRY)
    ticket = made(desk, place=ferry, lat=5.8, lon=20.7, accuracy_m=10.0, position_source="gps")
    assert where(desk, ticket) == (5.8, 20.7, 10.0, "gps")
    desk.do(tickets.edit, ticket, {"place": None}).result()
    assert where(desk, ticket) == (5.8, 20.7, 10.0, "gps")


def test_another_place_brings_another_position_and_none_takes_it_away(desk: Desk) -> None:
    ferry, ford = place(desk, **FERRY), place(desk, name="Ford 4", lat=6.0, lon=21.0)
    ticket = made(desk, place=ferry)
    desk.do(tickets.edit, ticket, {"place": ford}).result()
    assert where(desk, ticket) == (6.0, 21.0, None, "place")
    desk.do(tickets.edit, ticket, {"place": None}).result()
    assert where(desk, ticket) == (None, None, None, None)


def test_a_place_without_a_position_brings_none(desk: Desk) -> None:
    assert where(desk, made(desk, place=place(desk, name="Somewhere"))) == (None, None, None, None)


def test_a_source_that_nobody_knows_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="Source of the position is one of GPS"):
        desk.do(tickets.create, title="Leak", values={"position_source": "rumour"}).result()


def test_the_tree_of_places_counts_the_open_tickets_at_each_and_below(desk: Desk) -> None:
    sector = place(desk, name="Sector East")
    ferry = place(desk, **FERRY, parent=sector)
    made(desk, place=ferry)
    made(desk, place=sector)
    tree = desk.ask(maps.place_tree).result()
    assert [(node.name, node.depth, node.parent) for node in tree] == [
        ("Sector East", 0, None), ("North ferry", 1, sector),
    ]  # fmt: skip
    assert desk.ask(maps.open_at_places).result() == {sector: 2, ferry: 1}


def test_what_is_near_is_told_with_its_distance_the_nearest_first(desk: Desk) -> None:
    place(desk, **FERRY)
    place(desk, name="Far away", lat=-40.0, lon=20.0)
    found = desk.ask(maps.near, 5.77, 20.69, 10).result()
    assert (found[0].name, round(found[0].distance_m, -2)) == ("North ferry", 1100)
    assert "Bambari" in [one.name for one in found]
    assert [one.distance_m for one in found] == sorted(one.distance_m for one in found)
    assert "Far away" not in [one.name for one in found]


def test_what_is_near_is_told_though_a_town_far_away_is_called_the_same(desk: Desk) -> None:
    # The port of Richmond in California; the town of that name on the same latitude is in Virginia.
    assert "Richmond" in [one.name for one in desk.ask(maps.near, 37.9, -122.4, 20).result()]


def test_near_goes_across_the_date_line(desk: Desk) -> None:
    place(desk, name="Beyond", lat=-17.0, lon=-179.95)
    assert "Beyond" in [one.name for one in desk.ask(maps.near, -17.0, 179.95, 20).result()]
