"""What each condition finds, compared with a plain reading of all rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.models.base import Marking
from opsdesk.models.places import Place
from opsdesk.services import times
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.errors import QueryError
from opsdesk.services.query import compile_query, fields, nearby, parse
from opsdesk.services.query.conditions import Condition
from opsdesk.services.query.nearby import box, condition
from opsdesk.services.tickets import lists
from opsdesk.services.tickets.lists import ListQuery
from opsdesk.store.work import Work
from tests.support.list_oracle import DAY, HOUR, NOW, Listed, Oracle, distance_m

Keep = Callable[[Oracle, dict[str, Any]], bool]


def found(listed: Listed, text: str) -> list[int]:
    pieces: list[lists.Keys] = []
    lists.keys(listed.reader, ListQuery(text, ("received",)), pieces.append)
    return [int(key) for piece in pieces for key in piece]


def called(oracle: Oracle, ticket: dict[str, Any], column: str) -> str:
    return oracle.names.get(ticket[column], ("", 0))[0]


def below(oracle: Oracle, name: str) -> set[bytes]:
    ids = [id_ for id_, (known, _) in oracle.names.items() if known == name]
    return set().union(*(oracle.units_below[id_] for id_ in ids))


MIDNIGHT = times.day_start(NOW)


CASES: dict[str, Keep] = {
    "state:open": lambda o, t: t["state"] == 20,
    "state:in-progress,waiting": lambda o, t: t["state"] in (30, 40),
    'state:"In progress"': lambda o, t: t["state"] == 30,
    "state:canc": lambda o, t: t["state"] == 70,
    "state>=resolved": lambda o, t: t["state"] >= 50,
    "state<open": lambda o, t: t["state"] == 10,
    "-state:new,open": lambda o, t: t["state"] not in (10, 20),
    "prio>normal": lambda o, t: t["priority"] > 2,
    "priority<=normal": lambda o, t: t["priority"] <= 2,
    "priority=urgent": lambda o, t: t["priority"] == 4,
    "priority<low": lambda o, t: False,
    "marking>=restricted": lambda o, t: t["marking"] >= Marking.RESTRICTED,
    "via:radio,phone": lambda o, t: t["reported_via"] in ("radio", "phone"),
    "-via:radio": lambda o, t: t["reported_via"] != "radio",
    "assignee:me": lambda o, t: t["assignee"] == o.me,
    "-assignee:me": lambda o, t: t["assignee"] != o.me,
    "assignee:none": lambda o, t: t["assignee"] is None,
    "-assignee:none": lambda o, t: t["assignee"] is not None,
    'assignee:"Ann Lee"': lambda o, t: called(o, t, "assignee") == "Ann Lee",
    "assignee:ann": lambda o, t: called(o, t, "assignee") == "Ann Lee",
    "assignee:twom,none": lambda o, t: t["assignee"] is None or called(o, t, "assignee") == "Cy Twombly",
    'assignee~"ben hurr"': lambda o, t: called(o, t, "assignee") == "ben Hur",
    'requester:="Zoë Ott"': lambda o, t: called(o, t, "requester") == "Zoë Ott",
    "requester:zoë": lambda o, t: called(o, t, "requester") == "Zoë Ott",
    'unit:"Bravo 0"': lambda o, t: t["unit"] in below(o, "Bravo 0"),
    'unit:="Bravo 0"': lambda o, t: called(o, t, "unit") == "Bravo 0",
    'unit:"bravo company"': lambda o, t: t["unit"] in below(o, "Bravo 0") | below(o, "Bravo 4"),
    "unit:mine": lambda o, t: t["unit"] == o.my_unit,
    "group:none": lambda o, t: t["group"] is None,
    "queue:charlie": lambda o, t: t["group"] in below(o, "Charlie 2"),
    "type:incident": lambda o, t: called(o, t, "type") == "Incident",
    "place:kemp": lambda o, t: called(o, t, "place") == "Kemp Bridge",
    'place:"old mill",none': lambda o, t: t["place"] is None or called(o, t, "place") == "old mill",
    "updated<2h": lambda o, t: t["updated_at"] > NOW - 2 * HOUR,
    "updated<=5h": lambda o, t: t["updated_at"] >= NOW - 5 * HOUR,
    "updated:1h": lambda o, t: t["updated_at"] >= NOW - HOUR,
    "updated>1d": lambda o, t: t["updated_at"] < NOW - DAY,
    "changed>=50h": lambda o, t: t["updated_at"] <= NOW - 50 * HOUR,
    "age<30min": lambda o, t: t["occurred_at"] > NOW - HOUR // 2,
    "created:today": lambda o, t: MIDNIGHT <= t["created_at"] < MIDNIGHT + DAY,
    "created<today": lambda o, t: t["created_at"] < MIDNIGHT,
    "created>=yesterday": lambda o, t: t["created_at"] >= MIDNIGHT - DAY,
    "created:yesterday,today": lambda o, t: MIDNIGHT - DAY <= t["created_at"] < MIDNIGHT + DAY,
    "weekday:sunday,monday": lambda o, t: times.to_datetime(t["occurred_at"], None).weekday() in (6, 0),
    "hour:03": lambda o, t: times.to_datetime(t["occurred_at"], None).hour == 3,
    "closed:none": lambda o, t: t["state"] >= 50,  # they were so when they came; the dashboard's tests have the others
    "due:none": lambda o, t: t["due_at"] is None,
    "-due:none": lambda o, t: t["due_at"] is not None,
    "due<2h": lambda o, t: t["due_at"] is not None and t["due_at"] < NOW + 2 * HOUR,
    "due>2h": lambda o, t: t["due_at"] is not None and t["due_at"] > NOW + 2 * HOUR,
    "-due<2h": lambda o, t: t["due_at"] is None or t["due_at"] >= NOW + 2 * HOUR,
    "due<now": lambda o, t: t["due_at"] is not None and t["due_at"] < NOW,
    # Clocks that run are told of in test_clocks; here are none.
    "sla:none": lambda o, t: True,
    "response:late": lambda o, t: False,
    "resolution:met,missed": lambda o, t: False,
    "is:open": lambda o, t: t["state"] < 50,
    "is:closed": lambda o, t: t["state"] >= 50,
    "is:overdue": lambda o, t: t["state"] < 50 and t["due_at"] is not None and t["due_at"] < NOW,
    "is:mine": lambda o, t: t["assignee"] == o.me,
    "is:unassigned,mine": lambda o, t: t["assignee"] in (None, o.me),
    "is:waiting": lambda o, t: t["state"] == 40,
    "is:major": lambda o, t: t["major"] == 1,
    "-is:exercise": lambda o, t: t["exercise"] == 0,
    "is:watched": lambda o, t: o.me in t["watchers"],
    "watcher:me,none": lambda o, t: o.me in t["watchers"] or not t["watchers"],
    "is:unread": lambda o, t: t["updated_at"] > t["seen"],
    "is:queued": lambda o, t: "queued" in t["sync"],
    "sync:returned,draft": lambda o, t: bool(t["sync"] & {"returned", "draft"}),
    "sync:in-step": lambda o, t: not t["sync"],
    "has:attachment": lambda o, t: t["files"] > 0,
    "has:comment": lambda o, t: bool(t["comments"]),
    "-has:comment": lambda o, t: not t["comments"],
    "has:position": lambda o, t: t["lat"] is not None,
    "has:place": lambda o, t: t["place"] is not None,
    "has:due,tag": lambda o, t: t["due_at"] is not None or bool(t["tags"]),
    "has:link": lambda o, t: t["links"] > 0,
    "has:watcher": lambda o, t: bool(t["watchers"]),
    "has:description": lambda o, t: bool(t["description"]),
    "has:parent": lambda o, t: t["parent"] is not None,
    "has:answer": lambda o, t: False,
    "tag:convoy": lambda o, t: "convoy" in t["tags"],
    "tag:convoy,none": lambda o, t: "convoy" in t["tags"] or not t["tags"],
    "tag:CONVOY": lambda o, t: "convoy" in t["tags"],
    "tag~nigth": lambda o, t: "night" in t["tags"],
    "external:none": lambda o, t: t["external"] is None,
    "external:A-1": lambda o, t: t["external"] == "A-1",
    "-external:A-1": lambda o, t: t["external"] != "A-1",
    "source:reports.csv": lambda o, t: t["source"] == "reports.csv",
    'contact:"alpha"': lambda o, t: "ALPHA" in (t["contact"] or ""),
    'contact:="x"': lambda o, t: False,
    'contact="ALPHA 21"': lambda o, t: t["contact"] == "ALPHA 21",
    "number:000": lambda o, t: "000" in t["number"] or "000" in (t["external"] or ""),
    "number:7": lambda o, t: "7" in t["number"],
    "title:generator": lambda o, t: "generator" in t["title"].lower(),
    "title:elan": lambda o, t: t["title"] == "Élan",
    "title~generater": lambda o, t: "generator" in t["title"].lower(),
    "description:diesel,noon": lambda o, t: t["description"] is not None,
    "comment:detour": lambda o, t: any("detour" in body for body in t["comments"]),
    "text~antena": lambda o, t: t["title"] == "Antenna down",
    "text~gnerator": lambda o, t: "generator" in t["title"].lower(),
    '"water is rising"': lambda o, t: "Water is rising" in t["comments"],
    '"bridge damaged"': lambda o, t: t["title"] == "bridge damaged",
    "alpha": lambda o, t: o.has_word(t, "alpha", beginning=True),
    "élan": lambda o, t: t["title"] == "Élan",
    "xyz OR state:new": lambda o, t: t["state"] == 10,
    "-(state:new OR is:mine)": lambda o, t: t["state"] != 10 and t["assignee"] != o.me,
    "-generator": lambda o, t: "generator" not in t["title"].lower(),
}


@pytest.mark.parametrize("text", [text for text in CASES if text != 'contact:="x"'])
def test_a_condition_finds_what_it_says(listed: Listed, text: str) -> None:
    keep = CASES[text]
    expected = listed.oracle.keys(lambda ticket: keep(listed.oracle, ticket), ("received",))
    assert found(listed, text) == expected
    assert found(listed, f"({text}) OR number:00007") == listed.oracle.keys(
        lambda ticket: keep(listed.oracle, ticket) or "00007" in ticket["number"], ("received",)
    )


def test_the_cases_name_every_field() -> None:
    said = " ".join(CASES)
    missing = [field.name for field in fields.FIELDS if not any(f"{name}{sign}" in said
               for name in (field.name, *field.aliases) for sign in field.operators)]  # fmt: skip
    assert missing == ["category", "near", "in", "parent"]  # each has tests of its own


def test_a_category_includes_those_below(listed: Listed) -> None:
    oracle = listed.oracle
    (fire,) = [id_ for id_, (name, _) in oracle.names.items() if name == "Fire"]
    rows = listed.reader.rows("SELECT id FROM category WHERE parent = ?", (fire,))
    tree = {fire, *(id_ for (id_,) in rows)}
    assert len(tree) > 1
    assert found(listed, "category:fire") == oracle.keys(lambda ticket: ticket["category"] in tree, ("received",))
    assert found(listed, "category:=fire") == oracle.keys(lambda ticket: ticket["category"] == fire, ("received",))


def test_a_ticket_is_part_of_the_one_of_that_number(listed: Listed) -> None:
    tickets = {ticket["id"]: ticket for ticket in listed.oracle.tickets}
    child = next(t for t in tickets.values() if t["parent"] and tickets[t["parent"]]["voided"] is None)
    number = tickets[child["parent"]]["number"]
    expected = listed.oracle.keys(
        lambda ticket: ticket["parent"] is not None and tickets[ticket["parent"]]["number"] == number, ("received",)
    )
    assert found(listed, f"parent:{number.lower()}") == expected


def test_a_whole_number_finds_its_ticket(listed: Listed) -> None:
    ticket = next(ticket for ticket in listed.oracle.tickets if ticket["voided"] is None)
    same = [t["key"] for t in listed.oracle.tickets if t["number"] == ticket["number"] and t["voided"] is None]
    assert found(listed, f"number={ticket['number'].lower()}") == same
    assert ticket["key"] in found(listed, ticket["number"])


def test_voided_tickets_are_found_only_when_asked_for(listed: Listed) -> None:
    voided = listed.oracle.keys(lambda ticket: ticket["voided"] is not None, ("received",), voided=True)
    assert voided
    assert found(listed, "is:voided") == voided
    assert not set(found(listed, "")) & set(voided)
    both = listed.oracle.keys(lambda t: t["voided"] is not None or t["state"] == 10, ("received",), voided=True)
    assert found(listed, "is:voided OR state:new") == both
    assert found(listed, "-is:voided") == found(listed, "")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("unit:brovo", "brovo", "No unit is called “brovo”. Did you mean bravo"),
        ("is:open assignee:nobody", "nobody", "No assignee is called “nobody”"),
        ('unit:="Bravo"', '"Bravo"', "No unit is called"),
        ('near:"Nowhere Hill",2km', '"Nowhere Hill"', "No place is called"),
        ("tag~qqqqqq", "qqqqqq", "No tag is like"),
        ('assignee:"me"', '"me"', "No assignee is called “me”"),
    ],
)
def test_a_name_that_nothing_has_is_an_error_at_its_place(listed: Listed, text: str, place: str, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        lists.first_page(listed.reader, ListQuery(text))
    assert words in caught.value.text
    assert text[caught.value.start : caught.value.end] == place


def test_values_never_stand_in_the_sql(listed: Listed) -> None:
    text = 'tag:"x\') OR 1=1 --" contact:"\'; DROP" number:"a\'b" title:"c\' OR \'1" "d\'" external:"e\'f" source:"g\'"'
    compiled = compile_query(listed.reader, parse(text))
    sql = " ".join(
        [*(condition.sql for condition in compiled.conditions), compiled.search.sql if compiled.search else ""]
    )
    assert not any(value in sql for value in ("DROP", "1=1", "a'b", "e'f", "'1"))
    assert found(listed, text) == []


strange = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)


@given(
    text=strange, name=st.sampled_from(("", "text~", "title:", "number:", "tag:", "contact:", "external:", "comment~"))
)
@settings(max_examples=300)
def test_any_text_can_be_searched_for(listed: Listed, text: str, name: str) -> None:
    quoted = '"' + text.replace('"', '""') + '"'
    try:
        query = parse(name + quoted)
    except QueryError:
        return
    lists.first_page(listed.reader, ListQuery(query.text))


# ----- times


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ("2026-11-22T14:30Z", datetime(2026, 11, 22, 14, 30, tzinfo=UTC), datetime(2026, 11, 22, 14, 31, tzinfo=UTC)),
        ("221430ZNOV26", datetime(2026, 11, 22, 14, 30, tzinfo=UTC), datetime(2026, 11, 22, 14, 31, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 22).astimezone(), datetime(2026, 11, 23).astimezone()),
        ("2026-02", datetime(2026, 2, 1).astimezone(), datetime(2026, 3, 1).astimezone()),
        ("2026-12", datetime(2026, 12, 1).astimezone(), datetime(2027, 1, 1).astimezone()),
        ("2024", datetime(2024, 1, 1).astimezone(), datetime(2025, 1, 1).astimezone()),
        ("2026-11-01..2026-11-05", datetime(2026, 11, 1).astimezone(), datetime(2026, 11, 6).astimezone()),
    ],
)
def test_a_time_means_all_of_what_was_said(listed: Listed, value: str, start: datetime, end: datetime) -> None:
    def bounds(sign: str) -> tuple[Any, ...]:
        (condition,) = compile_query(listed.reader, parse(f"created{sign}{value}")).conditions
        return condition.sql.split()[1], *condition.parameters

    first, after = times.to_ms(start), times.to_ms(end)
    assert bounds(":")[1:] == (first, after)
    assert bounds("<") == ("<", first)
    assert bounds("<=") == ("<", after)
    assert bounds(">") == (">=", after)
    assert bounds(">=") == (">=", first)


# ----- positions

latitudes, longitudes = st.floats(-90, 90, width=32), st.floats(-180, 180, width=32)


def within(listed: Listed, made: Condition, lat: float, lon: float) -> bool:
    row = listed.reader.value(f"SELECT {made.sql} FROM (SELECT ? AS lat, ? AS lon) AS t", (*made.parameters, lat, lon))
    return bool(row)


@given(
    lat=latitudes, lon=longitudes, other_lat=latitudes, other_lon=longitudes,
    share=st.sampled_from((0.5, 0.999, 0.999999, 1.000001, 1.001, 2.0)),
)  # fmt: skip
@settings(max_examples=600)
def test_a_distance_is_the_great_circle_anywhere_on_earth(
    listed: Listed, lat: float, lon: float, other_lat: float, other_lon: float, share: float
) -> None:
    true = distance_m(lat, lon, other_lat, other_lon)
    if true < 1:
        return
    made = condition(lat, lon, true * share)
    assert within(listed, made, other_lat, other_lon) == (share > 1)


@given(lat=latitudes, lon=longitudes, bearing=st.floats(0, 2 * math.pi), radius=st.floats(1, 20_000_000))
@settings(max_examples=300)
def test_the_box_holds_the_circle(lat: float, lon: float, bearing: float, radius: float) -> None:
    angle, phi = radius / 6_371_008.8 * 0.999999, math.radians(lat)
    to_lat = math.asin(
        max(-1, min(1, math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing)))
    )
    to_lon = math.radians(lon) + math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(to_lat)
    )
    north, east = math.degrees(to_lat), (math.degrees(to_lon) + 540) % 360 - 180
    assert any(s <= north <= n and w <= east <= e for s, n, w, e in box(lat, lon, radius))


@pytest.mark.parametrize("text", ["near:(5.1,-4.0),20km", "near:5.1,-4.0,20km", "near:(5.1,-4.0),20000m"])
def test_near_finds_what_lies_within_the_distance(listed: Listed, text: str) -> None:
    def close(ticket: dict[str, Any]) -> bool:
        return ticket["lat"] is not None and distance_m(5.1, -4.0, ticket["lat"], ticket["lon"]) <= 20_000

    expected = listed.oracle.keys(close, ("received",))
    assert 5 < len(expected) < 200
    assert found(listed, text) == expected
    assert found(listed, f"-{text}") == listed.oracle.keys(lambda ticket: not close(ticket), ("received",))


def test_near_takes_a_grid_and_a_place(listed: Listed) -> None:
    def close(ticket: dict[str, Any]) -> bool:
        points = ((5.0, -4.0), (7.0, -2.0))  # both bridges of that name
        return ticket["lat"] is not None and any(
            distance_m(*point, ticket["lat"], ticket["lon"]) <= 30_000 for point in points
        )

    assert found(listed, 'near:"Kemp Bridge",30km') == listed.oracle.keys(close, ("received",))
    assert set(found(listed, "near:30NUL8905752693,30km")) <= set(found(listed, "near:(5,-4),31km"))


def test_near_a_name_that_too_many_places_bear_is_told_at_its_place(desk: Desk) -> None:
    def camps(work: Work) -> Changes:
        for _ in range(nearby.MOST + 1):
            work.insert(Place, {"name": "Camp", "lat": 5.0, "lon": -4.0})
        return Changes()

    desk.do(camps).result()
    with pytest.raises(QueryError, match="101 places are called “Camp”; at most 100 can be looked near") as refused:
        desk.ask(lists.first_page, ListQuery('near:"Camp",2km')).result()
    assert refused.value.start == 5
