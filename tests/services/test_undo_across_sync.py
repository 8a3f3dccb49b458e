"""Undo wherever the change that it undoes has come to: the exact value comes back, and nothing of others is lost."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from opsdesk.models.base import Id
from opsdesk.models.tickets import Ticket
from opsdesk.services import tickets, undo
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.tickets import State, bulk, past
from opsdesk.store.work import Reader
from tests.support.desks import writer_seconds
from tests.support.exchange import Exchange


@pytest.fixture
def anna(exchange: Exchange) -> Desk:
    return exchange.desk("Anna")


@pytest.fixture
def ben(exchange: Exchange) -> Desk:
    return exchange.desk("Ben")


def make(exchange: Exchange, anna: Desk, *others: Desk, **values: Any) -> Id:
    """A ticket that all desks know."""
    more = {"description": "One\n\nTwo", "assignee": anna.person, **values}
    made = anna.do(tickets.create, title="Pump", values=more).result().value
    for desk in (anna, *others):
        exchange.round(desk)
    assert isinstance(made, bytes)
    return made


def shown(desk: Desk, ticket: Id, *names: str) -> tuple[Any, ...]:
    """What stands in the ticket's columns."""

    def ask(reader: Reader) -> tuple[Any, ...]:
        return reader.row(f"SELECT {', '.join(names)} FROM ticket WHERE id = ?", (ticket,)) or ()

    return desk.ask(ask).result()


def take_back(desk: Desk, done: Outcome, *, confirmed: bool = False) -> Outcome:
    """Undo as screens do."""
    assert done.act is not None
    return undo.run(desk, done.act, confirmed=confirmed).result()


def open_conflicts(exchange: Exchange) -> int:
    return sum(one.open for one in exchange.server.held.conflicts.values())


def answered(exchange: Exchange, desk: Desk) -> None:
    """The server has it, and the desk does not know."""
    session = exchange.session(desk)
    session.begin()
    message = session.next(1)
    assert message is not None
    exchange.server.receive(message, session.link)


ACTS: dict[str, Callable[[Desk, Id], Outcome]] = {
    "title": lambda desk, ticket: desk.do(tickets.edit, ticket, {"title": "Other"}).result(),
    "description": lambda desk, ticket: desk.do(tickets.edit, ticket, {"description": "One more\n\nTwo"}).result(),
    "assignee": lambda desk, ticket: desk.do(tickets.assign, ticket, None).result(),
    "state": lambda desk, ticket: desk.do(tickets.transition, ticket, "accept").result(),
    "voided": lambda desk, ticket: desk.do(tickets.void, ticket, "twice").result(),
}
COLUMNS = ("title", "description", "assignee", "state", "voided", "waiting_reason", "priority")
REACHED = ("not sent", "at the server", "answered", "settled")


def bring(exchange: Exchange, desk: Desk, reached: str) -> None:
    """Let what waits come as far as said."""
    {"not sent": lambda _: None, "at the server": lambda one: answered(exchange, one), "answered": exchange.push,
     "settled": exchange.round}[reached](desk)  # fmt: skip


@pytest.mark.parametrize("act", sorted(ACTS))
def test_an_undo_that_nobody_came_between_restores_the_exact_value(
    exchange: Exchange, anna: Desk, ben: Desk, act: str
) -> None:
    ticket = make(exchange, anna, ben)
    before = shown(anna, ticket, *COLUMNS)
    for reached, later in product(REACHED, REACHED):
        done = ACTS[act](anna, ticket)
        assert shown(anna, ticket, *COLUMNS) != before
        bring(exchange, anna, reached)
        undone = take_back(anna, done)
        assert shown(anna, ticket, *COLUMNS) == before, reached
        bring(exchange, anna, later)
        redone = take_back(anna, undone)
        assert shown(anna, ticket, *COLUMNS) != before, (reached, later)
        bring(exchange, anna, later)
        take_back(anna, redone)
        for desk in (anna, ben, anna):
            exchange.round(desk)
        assert shown(anna, ticket, *COLUMNS) == shown(ben, ticket, *COLUMNS) == before, (reached, later)
        assert open_conflicts(exchange) == 0, (reached, later)
        assert exchange.server.problems == []


FOREIGN: dict[str, Callable[[Desk, Id], Outcome]] = {
    "title": lambda desk, ticket: desk.do(tickets.edit, ticket, {"title": "Ben's"}).result(),
    "assignee": lambda desk, ticket: desk.do(tickets.assign, ticket, desk.person).result(),
    "state": lambda desk, ticket: desk.do(tickets.transition, ticket, "start").result(),
}


@pytest.mark.parametrize("act", sorted(FOREIGN))
def test_what_others_wrote_on_top_stays_unless_one_says_otherwise(
    exchange: Exchange, anna: Desk, ben: Desk, act: str
) -> None:
    ticket = make(exchange, anna, ben)
    done = ACTS[act](anna, ticket)
    exchange.round(anna)
    exchange.round(ben)
    FOREIGN[act](ben, ticket)
    exchange.round(ben)
    theirs = shown(ben, ticket, *COLUMNS)
    exchange.round(anna)
    with pytest.raises(Refused):
        take_back(anna, done)
    with pytest.raises(Refused):
        take_back(anna, done, confirmed=True)
    for desk in (anna, ben, anna):
        exchange.round(desk)
    assert shown(anna, ticket, *COLUMNS) == shown(ben, ticket, *COLUMNS) == theirs
    assert open_conflicts(exchange) == 0


@pytest.mark.parametrize("reached", ["at the server", "answered"])
def test_an_undo_that_crosses_with_what_others_wrote_on_top_leaves_theirs(
    exchange: Exchange, anna: Desk, ben: Desk, reached: str
) -> None:
    ticket = make(exchange, anna, ben)
    for act in FOREIGN:
        done = ACTS[act](anna, ticket)
        bring(exchange, anna, reached)
        exchange.round(ben)
        FOREIGN[act](ben, ticket)
        exchange.round(ben)
        theirs = shown(ben, ticket, *COLUMNS)
        take_back(anna, done)  # she has not heard of his yet
        for desk in (anna, ben, anna):
            exchange.round(desk)
        assert shown(anna, ticket, *COLUMNS) == shown(ben, ticket, *COLUMNS) == theirs, act
        assert open_conflicts(exchange) == 0, act
        ben.do(tickets.edit, ticket, {"title": "Pump"}).result()
        exchange.round(ben)
        exchange.round(anna)
        if act == "state":
            break


def test_withdrawing_shows_what_the_server_has_by_now(exchange: Exchange, anna: Desk, ben: Desk) -> None:
    ticket = make(exchange, anna, ben)
    done = ACTS["title"](anna, ticket)
    FOREIGN["title"](ben, ticket)
    exchange.round(ben)
    exchange.pull(anna)
    assert shown(anna, ticket, "title") == ("Other",), "her own edit waits"
    take_back(anna, done)
    assert shown(anna, ticket, "title") == ("Ben's",)
    for desk in (anna, ben, anna):
        exchange.round(desk)
    assert shown(anna, ticket, "title") == shown(ben, ticket, "title") == ("Ben's",)
    assert open_conflicts(exchange) == 0


def test_a_candidate_is_dropped_and_the_conflict_closes(exchange: Exchange, anna: Desk, ben: Desk) -> None:
    ticket = make(exchange, anna, ben)
    FOREIGN["title"](ben, ticket)
    exchange.round(ben)
    done = ACTS["title"](anna, ticket)
    exchange.round(anna)
    assert (shown(anna, ticket, "title"), open_conflicts(exchange)) == (("Ben's",), 1)
    undone = take_back(anna, done)
    assert undone.changes.conflicts
    for desk in (anna, ben, anna):
        exchange.round(desk)
    assert open_conflicts(exchange) == 0
    assert shown(anna, ticket, "title") == shown(ben, ticket, "title") == ("Ben's",)
    with pytest.raises(Refused, match="Nothing of this is left"):
        take_back(anna, undone)


def test_a_creation_that_was_never_sent_is_voided_with_all_that_hangs_on_it(
    exchange: Exchange, anna: Desk, ben: Desk
) -> None:
    exchange.round(anna)
    made = anna.do(tickets.create, title="Slip", answers={"depth": 3}).result()
    undone = take_back(anna, made)
    assert shown(anna, made.value, "voided") == ("undone",)
    take_back(anna, undone)
    assert shown(anna, made.value, "voided") == (None,)
    for desk in (anna, ben):
        exchange.round(desk)
    assert shown(ben, made.value, "title", "voided") == ("Slip", None)


def test_what_would_stay_is_told_by_field_with_who_wrote_it(exchange: Exchange, anna: Desk, ben: Desk) -> None:
    ticket = make(exchange, anna, ben)
    done = anna.do(tickets.edit, ticket, {"title": "Other", "location": "Gate", "urgency": 3}).result()
    exchange.round(anna)
    exchange.round(ben)
    FOREIGN["title"](ben, ticket)
    exchange.round(ben)
    exchange.round(anna)
    with pytest.raises(undo.WouldStay, match="1 field was changed since and stays") as asked:
        take_back(anna, done)
    found = asked.value.preview
    assert (found.gives_back, found.left) == (3, 1)  # the priority has followed the urgency
    (one,) = found.stays
    assert (one.label, one.yours, one.now, one.by) == ("Title", "Other", "Ben's", "Ben")
    assert one.ticket == ticket
    assert one.at is not None
    assert shown(anna, ticket, "title", "location") == ("Ben's", "Gate"), "nothing was done"
    undone = take_back(anna, done, confirmed=True)
    assert undone.value == 1
    assert shown(anna, ticket, "title", "location", "urgency") == ("Ben's", None, 2)


def test_what_came_back_needs_no_undo(exchange: Exchange, anna: Desk) -> None:
    ticket = make(exchange, anna)
    exchange.server.permit = lambda _batch, _change, _record: "not allowed"
    done = ACTS["title"](anna, ticket)
    exchange.round(anna)
    with pytest.raises(Refused, match="Nothing of this is left"):
        take_back(anna, done)


def test_a_step_is_taken_back_only_while_it_is_the_last(exchange: Exchange, anna: Desk) -> None:
    ticket = make(exchange, anna)
    first = anna.do(tickets.transition, ticket, "accept").result()
    second = anna.do(tickets.transition, ticket, "start").result()
    exchange.round(anna)
    with pytest.raises(Refused):
        take_back(anna, first)
    take_back(anna, second)
    take_back(anna, first)
    exchange.round(anna)
    assert shown(anna, ticket, "state") == (int(State.NEW),)
    assert exchange.server.held.records[ticket].values[past.number_of("state")] == int(State.NEW)


@pytest.mark.parametrize("sent", [False, True])
def test_a_large_act_is_undone_in_pieces_between_which_others_have_their_turn(
    exchange: Exchange, anna: Desk, sent: bool
) -> None:
    def many(work: Any) -> Changes:
        for number in range(900):
            tickets.create(work, title=f"Ticket {number}")
        return Changes(everything=True)

    anna.do(many).result()
    if sent:
        exchange.round(anna)
    keys = list(range(1, 901))
    report = bulk.set_many(anna, keys, {"priority": 4, "location": "Gate"}, label="All").result()
    assert report.act is not None
    if sent:
        exchange.round(anna)
    undoing = undo.run(anna, report.act)
    waits: list[float] = []
    while not undoing.done():
        began = writer_seconds(anna)
        anna.do(lambda _work: Changes()).result()
        waits.append(writer_seconds(anna) - began)
    outcome = undoing.result()
    assert len(waits) > 5, "it went in pieces"
    assert sorted(waits)[len(waits) // 2] < 0.1
    assert outcome.label == "Undo: All"
    row = anna.ask(lambda reader: reader.row("SELECT count(*), sum(location IS NULL), max(priority) FROM ticket"))
    assert row.result() == (900, 900, 2)
    assert undo.run(anna, outcome.act or b"").result().label == "All"
    if sent:
        exchange.round(anna)
        held = [one.values for one in exchange.server.held.records.values() if one.entity == Ticket.entity]
        assert {values.get(past.number_of("location")) for values in held} == {"Gate"}


def test_pieces_leave_what_others_wrote_and_say_how_much(exchange: Exchange, anna: Desk) -> None:
    made = [anna.do(tickets.create, title=f"Ticket {number}").result().value for number in range(120)]
    report = bulk.set_many(anna, list(range(1, 121)), {"location": "Gate"}, label="All").result()
    anna.do(tickets.edit, made[7], {"location": "Mine"}).result()
    assert report.act is not None
    with pytest.raises(undo.WouldStay):
        undo.run(anna, report.act).result()
    outcome = undo.run(anna, report.act, confirmed=True).result()
    assert outcome.value == 1
    assert shown(anna, made[7], "location") == ("Mine",)
    assert shown(anna, made[8], "location") == (None,)
