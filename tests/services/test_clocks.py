"""Clocks at a desk: up to date with each command, right away or soon, and the same as from all events anew."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opsdesk.models.base import Id
from opsdesk.services import tickets, times, undo
from opsdesk.services.desk import Desk
from opsdesk.services.errors import QueryError
from opsdesk.services.tickets import Clocks, Standing, State, lists
from opsdesk.store import clock_marks, clocks
from opsdesk.store.work import Reader
from tests.support.clock import Clock
from tests.support.patience import PATIENCE_S


@pytest.fixture
def clock() -> Clock:
    made = Clock()
    made.ms = 1_900_000_000_000  # after the folder was made, since stamps never run backwards
    return made


@pytest.fixture
def desk(folder: Path, clock: Clock) -> Iterator[Desk]:
    """A desk whose time is set by hand."""
    opened = Desk.open(folder, now=clock)
    yield opened
    opened.close()


def made(desk: Desk, title: str = "Pump", **values: Any) -> Id:
    """A ticket of high priority: two hours to answer, a day to resolve."""
    values = {"urgency": 3, "impact": 2, "assignee": desk.person, **values}
    record: Id = desk.do(tickets.create, title=title, values=values).result().value
    return record


def shown(desk: Desk, ticket: Id) -> Clocks:
    found = desk.ask(tickets.card, ticket).result().row.clocks
    assert found is not None
    return found


def found(desk: Desk, query: str, *order: str) -> list[str]:
    page = desk.ask(lists.first_page, lists.ListQuery(query, order)).result()
    return [row.title for row in page.rows]


def until_at_rest(desk: Desk) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while desk.ask(lambda reader: reader.value("SELECT count(*) FROM stale_clock")).result():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def anew(desk: Desk) -> dict[bytes, tuple[Any, ...]]:
    """The columns of all tickets, folded from all events once more."""

    def fold(database: Any, _now: int) -> None:
        with database.transaction():
            clock_marks.mark(database.connection, [row[0] for row in _rows(database.connection)])
            clocks.refresh(database.connection, limit=10_000)

    desk.background(fold).result()
    return columns(desk)


def _rows(connection: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = connection.execute("SELECT id FROM ticket").fetchall()
    return found


def columns(desk: Desk) -> dict[bytes, tuple[Any, ...]]:
    def read(reader: Reader) -> dict[bytes, tuple[Any, ...]]:
        rows = reader.rows(
            "SELECT id, response, response_due, resolution, resolution_due, clock_due, clocks FROM ticket"
        )
        return {row[0]: row[1:] for row in rows}

    return desk.ask(read).result()


def test_a_command_shows_its_clocks_at_once(desk: Desk, clock: Clock) -> None:
    ticket = made(desk)
    start = desk.now()
    assert shown(desk, ticket).response.due == start + 2 * times.HOUR
    clock.ms += 10 * times.MINUTE
    desk.do(tickets.transition, ticket, "accept").result()
    desk.do(tickets.transition, ticket, "start").result()
    assert shown(desk, ticket).response.standing is Standing.MET
    desk.do(tickets.transition, ticket, "wait", waiting_reason="parts").result()
    paused = shown(desk, ticket).resolution
    assert (paused.standing, paused.spent) == (Standing.PAUSED, 10 * times.MINUTE)
    clock.ms += times.HOUR
    desk.do(tickets.transition, ticket, "resume").result()
    assert shown(desk, ticket).due == start + 25 * times.HOUR, "an hour later for the hour of the wait"
    clock.ms += 30 * times.MINUTE
    outcome = desk.do(tickets.transition, ticket, "resolve", solution="fixed").result()
    assert shown(desk, ticket).resolution.spent == 40 * times.MINUTE
    assert outcome.act is not None
    desk.do(undo.undo, outcome.act).result()
    assert shown(desk, ticket).resolution.standing is Standing.RUNNING


def test_the_answer_that_the_requester_can_see_is_the_first(desk: Desk, clock: Clock) -> None:
    ticket = made(desk, requester=None)
    desk.do(tickets.comment, ticket, "I look into it", visibility="internal").result()
    assert shown(desk, ticket).response.standing is Standing.RUNNING
    clock.ms += 12 * times.MINUTE
    desk.do(tickets.comment, ticket, "We are on our way", visibility="requester").result()
    assert (shown(desk, ticket).response.standing, shown(desk, ticket).response.spent) == (
        Standing.MET, 12 * times.MINUTE
    )  # fmt: skip


def test_the_list_sorts_by_the_nearest_of_due_time_and_clocks(desk: Desk, clock: Clock) -> None:
    now = desk.now()
    made(desk, "target in two hours")
    made(desk, "due in one", due_at=now + times.HOUR)
    made(desk, "due in three, target before", due_at=now + 3 * times.HOUR)
    made(desk, "urgent", impact=3)
    made(desk, "low and never", urgency=1, impact=1)
    assert found(desk, "is:open", "due") == [
        "urgent", "due in one", "target in two hours", "due in three, target before", "low and never"
    ]  # fmt: skip
    assert found(desk, "due<61min", "due") == ["urgent", "due in one"]
    clock.ms += 45 * times.MINUTE
    assert found(desk, "is:overdue") == ["urgent"]


def test_many_changed_at_once_follow_soon_and_all_are_as_from_the_events_anew(desk: Desk) -> None:
    made_ = [made(desk, f"Pump {number}") for number in range(40)]

    def all_urgent(work: Any) -> Any:
        changes = tickets.edit(work, made_[0], {"urgency": 3, "impact": 3})
        for ticket in made_[1:]:
            changes |= tickets.edit(work, ticket, {"urgency": 3, "impact": 3})
        return changes

    desk.do(all_urgent).result()
    until_at_rest(desk)
    kept = columns(desk)
    assert {row[1] for row in kept.values()} == {desk.now() + 30 * times.MINUTE}
    assert kept == anew(desk)


def test_clocks_are_found_by_how_they_stand_and_by_what_is_left(desk: Desk, clock: Clock) -> None:
    made(desk, "fresh")
    made(desk, "urgent", impact=3)
    waits, done = made(desk, "waits"), made(desk, "done")
    for ticket in (waits, done):
        desk.do(tickets.transition, ticket, "accept").result()
        desk.do(tickets.transition, ticket, "start").result()
    desk.do(tickets.transition, waits, "wait", waiting_reason="parts").result()
    made(desk, "low", urgency=1, impact=1)
    clock.ms += 25 * times.HOUR
    desk.do(tickets.transition, done, "resolve", solution="fixed").result()
    made(desk, "new")
    said = {
        "sla:late": {"fresh", "urgent"},
        "response:late": {"fresh", "urgent"},
        "response:met": {"waits", "done"},
        "resolution:missed": {"done"},
        "sla:missed": {"done"},
        "sla:met": set(),
        "sla:paused": {"waits"},
        "sla:none": {"low"},
        "response:running,paused": {"fresh", "urgent", "new"},
        "sla<3h": {"fresh", "urgent", "new"},
        "response>1h": {"new"},
        "resolution<30h -sla:late": {"new"},
        "-sla:none is:closed": {"done"},
    }
    assert {query: set(found(desk, query)) for query in said} == said
    with pytest.raises(QueryError, match="one of late, running"):
        found(desk, "sla:soon")
    with pytest.raises(QueryError, match="Write sla:late"):
        found(desk, "sla<late")


def test_a_desk_alone_wakes_what_it_snoozed(desk: Desk, clock: Clock) -> None:
    ticket = made(desk)
    desk.do(tickets.transition, ticket, "accept").result()
    until = desk.now() + 2 * times.HOUR
    desk.do(tickets.transition, ticket, "wait", waiting_reason="scheduled", until=until).result()
    clock.ms += times.HOUR
    assert not desk.do(tickets.wake).result().changes
    clock.ms += times.HOUR
    assert desk.do(tickets.wake).result().changes.tickets == {ticket}
    card = desk.ask(tickets.card, ticket).result()
    assert (card.row.state, card.row.waiting_until, card.row.waiting_reason) == (State.IN_PROGRESS, None, None)
    assert card.state_reason == f"Woken: it waited until {times.dtg(until)}"
    assert shown(desk, ticket).resolution.spent == 0, "a scheduled wait does not count"
