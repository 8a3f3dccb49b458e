"""What came back, settled one by one: nothing vanishes, and each thing is told in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opsdesk.models.base import Id
from opsdesk.services import returned, tickets, undo
from opsdesk.services.desk import Desk
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.returned import reasons
from opsdesk.services.tickets import Stage, State
from tests.support.exchange import Exchange


@pytest.fixture
def anna(exchange: Exchange) -> Desk:
    return exchange.desk("Anna")


def make(exchange: Exchange, anna: Desk, *others: Desk, **values: Any) -> Id:
    made = anna.do(tickets.create, title="Pump", values=values).result().value
    for desk in (anna, *others):
        exchange.round(desk)
    assert isinstance(made, bytes)
    return made


def refuse(exchange: Exchange, reason: str | None) -> None:
    """Let the server send back everything, or nothing more."""
    exchange.server.permit = lambda _batch, _change, _record: reason


def come_back(exchange: Exchange, anna: Desk, reason: str = "no right: edit") -> None:
    """Send what waits to a server that takes none of it, and let it take all from then on."""
    refuse(exchange, reason)
    exchange.round(anna)
    refuse(exchange, None)


def box(anna: Desk) -> tuple[returned.Item, ...]:
    return anna.ask(returned.items).result()


def only(anna: Desk) -> returned.Item:
    (one,) = box(anna)
    return one


def title(anna: Desk, ticket: Id) -> str:
    return str(anna.ask(tickets.card, ticket).result().row.title)


def test_a_returned_edit_is_told_with_reason_difference_and_times(exchange: Exchange, anna: Desk) -> None:
    ben = exchange.desk("Ben")
    ticket = make(exchange, anna, ben, location="Quay")
    ben.do(tickets.edit, ticket, {"location": "Dock"}).result()
    anna.do(tickets.edit, ticket, {"title": "Pump 2", "location": "Gate"}).result()
    come_back(exchange, anna)
    exchange.round(ben)
    exchange.round(anna)
    one = only(anna)
    assert (one.number, one.title, one.ticket, one.by) == ("T-" + anna.tag + "-00001", "Pump", ticket, "Anna")
    assert one.sentence == "Your role does not let you change this."
    assert one.reason == "No right"
    told = {line.label: (line.before, line.sent, line.now) for line in one.differences}
    assert told == {"Title": ("Pump", "Pump 2", "Pump"), "Location": ("Quay", "Gate", "Dock")}
    assert one.made_at <= one.returned_at
    assert one.words == "title to Pump 2, location to Gate"
    assert (one.can_send, one.creation) == (True, False)


def test_sending_again_is_a_new_change_on_what_stands_there_now_and_settles_it(exchange: Exchange, anna: Desk) -> None:
    ticket = make(exchange, anna)
    anna.do(tickets.edit, ticket, {"title": "Pump 2", "location": "Gate"}).result()
    come_back(exchange, anna)
    one = only(anna)
    titled = next(line for line in one.differences if line.label == "Title")
    assert titled.editor is not None
    assert titled.answer == "Pump 2"
    anna.do(returned.send_again, one.key, {titled.editor.code: "Pump 3"}).result()
    assert box(anna) == ()
    exchange.round(anna)
    values = exchange.server.held.records[ticket].values
    assert (values[13], title(anna, ticket)) == ("Pump 3", "Pump 3")
    (done,) = anna.ask(returned.settled).result()
    assert (done.how, done.words) == (returned.SENT, "title to Pump 2, location to Gate")
    with pytest.raises(NotFound):
        anna.do(returned.send_again, one.key).result()


def test_sending_what_stands_there_already_is_refused_and_nothing_is_settled(exchange: Exchange, anna: Desk) -> None:
    ticket = make(exchange, anna)
    anna.do(tickets.edit, ticket, {"title": "Pump 2"}).result()
    come_back(exchange, anna)
    one = only(anna)
    editor = one.differences[0].editor
    assert editor is not None
    with pytest.raises(Refused, match="what stands there now"):
        anna.do(returned.send_again, one.key, {editor.code: "Pump"}).result()
    with pytest.raises(Refused):
        anna.do(returned.send_again, one.key, {editor.code: "  "}).result()
    assert len(box(anna)) == 1


def test_undoing_a_sending_opens_the_thing_again_and_redo_settles_it(exchange: Exchange, anna: Desk) -> None:
    ticket = make(exchange, anna)
    anna.do(tickets.edit, ticket, {"title": "Pump 2"}).result()
    come_back(exchange, anna)
    sent = anna.do(returned.send_again, only(anna).key).result()
    assert sent.act is not None
    undone = undo.run(anna, sent.act).result()
    assert (len(box(anna)), title(anna, ticket)) == (1, "Pump")
    assert undone.act is not None
    undo.run(anna, undone.act).result()
    assert (len(box(anna)), title(anna, ticket)) == (0, "Pump 2")


@pytest.mark.parametrize(
    "what",
    [
        *("state", "waits", "solved", "assignee", "comment", "tag", "answer", "link", "void", "urgency", "priority"),
    ],
)
def test_everything_that_can_come_back_can_be_sent_again(exchange: Exchange, anna: Desk, what: str) -> None:
    ticket, other = make(exchange, anna, assignee=anna.person), make(exchange, anna)
    for event in ("accept", "start") if what in ("waits", "solved") else ():
        anna.do(tickets.transition, ticket, event).result()
    exchange.round(anna)
    waits = {"reason": "ordered", "waiting_reason": "parts", "until": anna.now() + 10**7}
    commands: dict[str, tuple[Any, ...]] = {
        "state": (tickets.transition, ticket, "accept"),
        "assignee": (tickets.assign, ticket, None),
        "comment": (tickets.comment, ticket, "Leaks"),
        "tag": (tickets.tag, ticket, "water"),
        "answer": (tickets.answer, ticket, "depth", 3),
        "link": (tickets.link, ticket, "relates", other),
        "void": (tickets.void, ticket, "twice"),
        "urgency": (tickets.edit, ticket, {"urgency": 3}),
        "priority": (tickets.edit, ticket, {"priority": 4, "priority_reason": "The colonel asked"}),
        "waits": (tickets.transition, ticket, "wait"),
        "solved": (tickets.transition, ticket, "resolve"),
    }
    more: dict[str, dict[str, Any]] = {"waits": waits, "solved": {"solution": "fixed", "reason": "New hose"}}
    anna.do(*commands[what], **more.get(what, {})).result()
    come_back(exchange, anna)
    one = only(anna)
    assert one.can_send
    assert one.words
    anna.do(returned.send_again, one.key).result()
    exchange.round(anna)
    assert box(anna) == ()
    card = anna.ask(tickets.card, ticket).result()
    there = {
        "state": lambda: card.row.state is State.OPEN,
        "assignee": lambda: card.row.assignee is None,
        "comment": lambda: [row.body for row in anna.ask(tickets.conversation, ticket).result()] == ["Leaks"],
        "tag": lambda: card.row.tags == ("water",),
        "answer": lambda: [answer.value for answer in card.answers] == [3],
        "link": lambda: [link.ticket for link in card.links] == [other],
        "void": lambda: card.voided == "twice",
        "urgency": lambda: (card.urgency, card.row.priority) == (3, 3),
        "priority": lambda: (card.row.priority, card.priority_reason) == (4, "The colonel asked"),
        "waits": lambda: (
            (card.row.state, card.row.waiting_reason, card.state_reason, card.waiting_until)
            == (State.WAITING, "parts", "ordered", waits["until"])
        ),
        "solved": lambda: (card.row.state, card.solution, card.state_reason) == (State.RESOLVED, "fixed", "New hose"),
    }
    assert there[what]()
    assert anna.ask(returned.heads).result() == 0


def test_a_step_that_cannot_be_made_any_more_says_so(exchange: Exchange, anna: Desk) -> None:
    ticket = make(exchange, anna, assignee=anna.person)
    anna.do(tickets.transition, ticket, "accept").result()
    come_back(exchange, anna)
    assert only(anna).can_send
    anna.do(tickets.transition, ticket, "accept").result()
    assert not only(anna).can_send


def test_a_returned_ticket_with_all_that_hangs_on_it_is_made_anew_in_the_own_unit(
    exchange: Exchange, anna: Desk
) -> None:
    exchange.round(anna)
    made = anna.do(tickets.create, title="Slip", answers={"depth": 3}).result().value
    number = anna.ask(tickets.card, made).result().row.number
    anna.do(tickets.comment, made, "Leaks").result()
    anna.do(tickets.edit, made, {"location": "Gate"}).result()
    come_back(exchange, anna, "outside your unit")
    one = only(anna)
    assert (one.creation, one.number, one.title, one.ticket) == (True, number, "Slip", None)
    assert one.parts == ("Depth: 3", "comment “Leaks”", "location to Gate")
    sent = anna.do(returned.send_again, one.key, {"title": "Slip on the quay"}).result()
    exchange.round(anna)
    card = anna.ask(tickets.card, sent.value).result()
    assert (card.row.title, card.location, card.row.number) == ("Slip on the quay", "Gate", number)
    assert card.row.unit is not None
    assert card.row.unit.id == anna.unit
    assert [answer.value for answer in card.answers] == [3]
    assert [row.body for row in anna.ask(tickets.conversation, sent.value).result()] == ["Leaks"]
    assert exchange.server.held.records[sent.value].values[13] == "Slip on the quay"
    assert (box(anna), exchange.server.problems) == ((), [])


def test_what_came_back_is_handed_to_a_person_by_a_ticket_that_says_it_all(exchange: Exchange, anna: Desk) -> None:
    ben = exchange.desk("Ben")
    ticket = make(exchange, anna, ben)
    anna.do(tickets.edit, ticket, {"title": "Pump 2"}).result()
    come_back(exchange, anna)
    exchange.round(ben)
    exchange.round(anna)
    given = anna.do(returned.hand_over, only(anna).key, ben.person, "Please look").result().value
    for desk in (anna, ben):
        exchange.round(desk)
    card = ben.ask(tickets.card, given).result()
    assert card.row.assignee is not None
    assert card.row.assignee.id == ben.person
    assert card.row.title == "Returned: Pump"
    for words in ("Please look", "Title: Pump 2 (before: Pump; now: Pump)", "does not let you change this"):
        assert words in card.description
    assert [link.ticket for link in card.links] == [ticket]
    (done,) = anna.ask(returned.settled).result()
    assert (done.how, done.said) == (returned.HANDED, "Ben")


def test_discarding_needs_a_reason_stays_listed_and_can_be_taken_back(exchange: Exchange, anna: Desk) -> None:
    ticket = make(exchange, anna)
    anna.do(tickets.edit, ticket, {"title": "Pump 2"}).result()
    come_back(exchange, anna)
    key = only(anna).key
    with pytest.raises(Refused, match="Give a reason"):
        anna.do(returned.discard, key, "  ").result()
    anna.do(returned.discard, key, "Not needed").result()
    assert (box(anna), anna.ask(returned.heads).result()) == ((), 0)
    (done,) = anna.ask(returned.settled).result()
    assert (done.how, done.said, done.title) == (returned.DISCARDED, "Not needed", "Pump")
    stages = {row.after: row.stage for row in anna.ask(tickets.history, ticket).result() if row.field == "title"}
    assert stages == {"Pump 2": Stage.RETURNED}, "the history of the record keeps it"
    anna.do(returned.reopen, key).result()
    assert len(box(anna)) == 1
    with pytest.raises(NotFound):
        anna.do(returned.reopen, key).result()


def test_a_returned_thing_is_written_to_a_file_and_stays(exchange: Exchange, anna: Desk, tmp_path: Path) -> None:
    ticket = make(exchange, anna)
    anna.do(tickets.edit, ticket, {"title": "Pump 2"}).result()
    come_back(exchange, anna)
    path = anna.ask(returned.export, only(anna).key, tmp_path / "out", anna.tag).result()
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["fields"] == [{"field": "Title", "before": "Pump", "sent": "Pump 2", "now": "Pump"}]
    assert (told["changes"][0]["field"], told["changes"][0]["value"]) == ("title", "Pump 2")
    assert len(box(anna)) == 1


def test_the_box_survives_a_restart(exchange: Exchange, anna: Desk) -> None:
    ticket = make(exchange, anna)
    for name in ("Pump 2", "Pump 3"):
        anna.do(tickets.edit, ticket, {"title": name}).result()
        come_back(exchange, anna)
    anna.do(returned.discard, box(anna)[0].key, "Twice").result()
    folder = anna.folder
    exchange.forget(anna)
    again = Desk.open(folder)
    try:
        assert [one.words for one in box(again)] == ["title to Pump 2"]
        assert [one.words for one in again.ask(returned.settled).result()] == ["title to Pump 3"]
    finally:
        again.close()


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("no right: assign", "Your role does not let you assign it to others."),
        ("title is needed", "It came without title, which is needed."),
        ("outside your unit", "The record belongs to a unit for which you may not write."),
        ("beyond 64 bits", "The server could not take it: beyond 64 bits."),
        ("", "The server could not take it: no reason given."),
    ],
)
def test_each_reason_is_a_sentence(reason: str, words: str) -> None:
    assert reasons.sentence(reason) == words
    assert reasons.short(reason)
