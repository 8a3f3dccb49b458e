"""What a person never wants to be told, and what is acknowledged with a note."""

from __future__ import annotations

import itertools

import pytest

from opsdesk.services import notifications, tickets, undo
from opsdesk.services.desk import Desk
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.notifications import EVENTS, EXCEPTIONS, SWITCHES, exception
from opsdesk.store import notices
from tests.services.test_notifications import both, lines, make, me, pair, told
from tests.support.exchange import Exchange

__all__ = ["pair"]


def happen(anna: Desk, ben: Desk) -> None:
    """Everything of which Ben may be told, once: on a ticket that he watches, one in his unit, one that he reported."""
    watched, reported = make(anna), make(anna)
    anna.do(tickets.watch, watched, ben.person).result()
    anna.do(tickets.edit, reported, {"requester": ben.person}).result()
    in_unit = anna.do(tickets.create, title="Pump", values={"unit": ben.unit}).result().value
    for ticket in (watched, in_unit):
        anna.do(tickets.comment, ticket, "Seen").result()
        anna.do(tickets.assign, ticket, anna.person).result()
        anna.do(tickets.transition, ticket, "accept").result()
    anna.do(tickets.comment, reported, "Done", visibility="requester").result()
    anna.do(tickets.comment, watched, f"{me(ben)} please").result()
    anna.do(tickets.assign, make(anna), ben.person).result()


def test_each_exception_takes_away_just_its_own_events(exchange: Exchange, pair: tuple[Desk, Desk]) -> None:
    anna, ben = pair
    ben.settings.set("notify.unit", True)
    happen(anna, ben)
    both(exchange, anna, ben)
    usual = sorted(told(ben))
    assert set(usual) == set(EVENTS) - {notices.GROUP, notices.DUE}
    ben.do(notifications.read_all).result()
    ben.settings.set("notify.watched.moved", False)
    ben.settings.set("notify.watched.answered", False)
    ben.settings.set("notify.mentions.named", False)
    known = {line.keys[0] for line in lines(ben)}
    happen(anna, ben)
    both(exchange, anna, ben)
    fresh = sorted(line.kind for line in lines(ben) if line.keys[0] not in known)
    # Of the two tickets that moved one is only in the unit, where moves are told.
    wanted = list(usual)
    for kind in (notices.MOVED, notices.ANSWERED, notices.NAMED):
        wanted.remove(kind)
    assert fresh == wanted


def test_every_event_has_a_word_and_every_exception_an_event() -> None:
    kinds = set(itertools.chain.from_iterable(EXCEPTIONS.values()))
    assert kinds == set(EVENTS)
    assert EXCEPTIONS.keys() == SWITCHES.keys()


def test_who_never_wants_to_be_told_of_what_is_due_is_not(exchange: Exchange, pair: tuple[Desk, Desk]) -> None:
    _anna, ben = pair
    ticket = make(ben)
    now = ben.ask(lambda reader: reader.now).result()
    ben.do(tickets.edit, ticket, {"assignee": ben.person, "due_at": now + 600_000}).result()
    assert ben.ask(notifications.due_waits).result()
    ben.settings.set(exception("notify.watched", notices.DUE), False)
    ben.do(notifications.due_soon).result()
    assert not ben.ask(notifications.due_waits).result()
    assert told(ben) == []


def test_a_note_stands_below_the_comment_that_it_acknowledges_and_is_one_undo(
    exchange: Exchange, pair: tuple[Desk, Desk]
) -> None:
    anna, ben = pair
    ticket = make(anna)
    comment = anna.do(tickets.comment, ticket, f"{me(ben)} please look").result().value
    both(exchange, anna, ben)
    (line,) = lines(ben)
    with pytest.raises(Refused, match="Write something first"):
        ben.do(notifications.acknowledge, line.keys[0], "  ").result()
    assert not lines(ben)[0].read
    outcome = ben.do(notifications.acknowledge, line.keys[0], "On it, 20 min").result()
    assert lines(ben)[0].read
    (row,) = ben.ask(tickets.conversation, ticket).result()
    (reply,) = row.replies
    assert (row.id, reply.body, reply.visibility) == (comment, "On it, 20 min", "internal")
    assert outcome.label.startswith("Acknowledge T-")
    both(exchange, ben, anna)
    assert anna.ask(tickets.conversation, ticket).result()[0].replies[0].body == "On it, 20 min"
    assert outcome.act is not None
    undo.run(ben, outcome.act).result()
    assert ben.ask(tickets.conversation, ticket).result()[0].replies == ()
    with pytest.raises(NotFound):
        ben.do(notifications.acknowledge, 10_000, "x").result()


def test_a_mention_in_a_description_is_told_like_one_in_a_comment_and_once(
    exchange: Exchange, pair: tuple[Desk, Desk]
) -> None:
    anna, ben = pair
    told_at_once = anna.do(
        tickets.create, title="Pump", values={"description": f"{me(ben)} knows it"}
    ).result().value  # fmt: skip
    told_later = make(anna)
    both(exchange, anna, ben)
    (line,) = lines(ben)
    assert (line.kind, line.ticket, line.record) == (notices.MENTIONED, told_at_once, told_at_once)
    for text in (f"Ask {me(ben)}", f"Ask {me(ben)} twice", "Ask nobody"):
        anna.do(tickets.edit, told_later, {"description": text}).result()
        both(exchange, anna, ben)
    assert [line.ticket for line in lines(ben)] == [told_later, told_at_once]
    anna.do(tickets.edit, told_at_once, {"description": f"{me(ben)} knows it well"}).result()
    both(exchange, anna, ben)
    assert len(lines(ben)) == 2
