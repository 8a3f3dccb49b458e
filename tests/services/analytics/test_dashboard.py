"""The ticket dashboard: whatever a bar counts, its query finds exactly that many tickets."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from opsdesk.analysis import calendar
from opsdesk.models.organisation import Unit
from opsdesk.services import analytics, tickets, times
from opsdesk.services.analytics import Dashboard
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import lists
from opsdesk.store.work import Reader, Work

DAY = times.DAY


def bars(found: Dashboard) -> Iterator[tuple[str, int, str]]:
    """Every count of a dashboard with its name and its query."""
    for name in ("opened", "closed", "open", "overdue", "in_time", "late", "closed_unknown"):
        figure = getattr(found, name)
        yield name, figure.count, figure.query
    for name in ("flow", "due", "response", "age", "units", "hours"):
        table = getattr(found, name)
        for line in table.lines:
            for series, value, query in zip(table.series, line.values, line.queries, strict=True):
                yield f"{name}/{line.name}/{series}", value, query


def check(desk: Desk, text: str, days: int) -> Dashboard:
    """Compare every bar with the list that it opens."""

    def ask(reader: Reader) -> tuple[Dashboard, list[str]]:
        found = analytics.dashboard(reader, text, days)
        wrong = [
            f"{name}: {value}, but “{query}” finds {count}"
            for name, value, query in bars(found)
            if value != (count := lists.count(reader, lists.ListQuery(query)))
        ]
        return found, wrong

    found, wrong = desk.ask(ask).result()
    assert wrong == []
    return found


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """A desk with tickets of many ages, units, dues and ways to end."""
    chance = random.Random(20261126)
    now = desk.now()

    def organise(work: Work) -> Changes:
        ids = [work.insert(Unit, {"name": f"Unit {n}", "code": f"U{n}"}) for n in range(12)]
        # Two of one name, and one named as another's code: a query by name cannot tell them apart.
        ids += [work.insert(Unit, {"name": name, "code": code}) for name, code in (("Twin", "X1"), ("Twin", "X2"))]
        ids.append(work.insert(Unit, {"name": "U3", "code": "X3"}))
        work.value_out = ids
        return Changes()

    units = desk.do(organise).result().value
    assert isinstance(units, list)
    for number in range(80):
        age = int(chance.choice((chance.random() * 2, chance.random() * 60)) * DAY)
        values = {
            "assignee": desk.person,
            "unit": chance.choice(units),
            "occurred_at": now - age,
            "due_at": chance.choice((None, now - age + DAY, now + DAY)),
        }
        made = desk.do(tickets.create, title=f"Ticket {number}", values=values, durable=False).result().value
        assert isinstance(made, bytes)
        ending = "open" if number < 30 else chance.choice(("resolve", "close", "cancel", "again"))
        steps = {
            "resolve": ("accept", "start", "resolve"),
            "close": ("accept", "start", "resolve", "confirm"),
            "cancel": ("decline",),
            "again": ("accept", "start", "resolve", "reopen", "resolve"),
        }.get(ending, ())
        at = now - age
        for event in steps:
            at = min(now, at + int(chance.random() * 0.6 * age))
            said: dict[str, Any] = {
                "resolve": {"solution": "fixed"}, "reopen": {"reason": "again"}, "decline": {"reason": "no"}
            }.get(event, {})  # fmt: skip
            desk.do(tickets.transition, made, event, happened=at, durable=False, **said).result()
    return desk


FILTERS = ("priority:normal ticket", 'unit:"Unit 1","Unit 2"', "is:open OR state:resolved", "is:voided", "-is:closed")


def test_every_bar_counts_the_rows_that_its_query_finds_whatever_the_filter(busy: Desk) -> None:
    for days in (7, 30, 365):
        found = check(busy, "", days)
        assert min(found.opened.count, found.closed.count, found.overdue.count, found.late.count) > 0
        assert found.hours.total == found.opened.count
        assert 0 < found.response.total <= found.opened.count
        assert found.flow.total == found.opened.count + found.closed.count
    for text in FILTERS:
        check(busy, text, 30)


def test_units_of_one_name_share_a_bar_and_the_last_bar_has_all_others(busy: Desk) -> None:
    found = check(busy, "", 30)
    told = [line.name for line in found.units.lines]
    assert len(told) == len(set(told))
    assert told[-1] == "Other units"
    assert found.units.total == found.open.count


def test_a_day_on_which_clocks_change_has_its_own_length() -> None:
    zone = ZoneInfo("Europe/Zurich")
    edges = calendar.day_edges(date(2026, 10, 24), 3, zone=zone)
    assert [int(length) / times.HOUR for length in edges[1:] - edges[:-1]] == [24, 25, 24]
    slots = [int(edges[1]) // calendar.SLOT, int(edges[2]) // calendar.SLOT - 1, int(edges[2]) // calendar.SLOT]
    assert list(calendar.per_span(slots, [1, 2, 4], edges)) == [0, 3, 4]


def test_hours_of_the_week_are_those_of_the_zone_even_of_half_an_hour() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    monday = date(2026, 11, 23)
    start = int(calendar.day_edges(monday, 1, zone=zone)[0])
    slots = [start // calendar.SLOT + number for number in range(-1, 5)]
    table = calendar.per_week_hour(slots, [1] * 6, zone)
    assert (table[6, 23], table[0, 0], table[0, 1]) == (1, 4, 1)
    assert monday + timedelta(days=1) == date(2026, 11, 24)
