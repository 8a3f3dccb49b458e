"""The queue in words: one line for what one act did to one record, why it waits, and how much it is."""

from __future__ import annotations

from typing import Any

from opsdesk.models.base import Id
from opsdesk.services import tickets, undo, waiting
from opsdesk.services.desk import Desk
from opsdesk.services.waiting import WaitingLine, Why
from opsdesk.sync.core.messages import Code
from tests.support.exchange import Exchange


def make(desk: Desk, title: str = "Generator 2 failed", **values: Any) -> Id:
    made = desk.do(tickets.create, title=title, values=values).result().value
    assert isinstance(made, bytes)
    return made


def lines(desk: Desk) -> tuple[WaitingLine, ...]:
    """All lines; the ways to ask for them must agree."""
    page = desk.ask(waiting.first_page, None, 500).result()
    pieces: list[Any] = []
    assert desk.ask(waiting.keys, None, pieces.append).result() == len(page.rows)
    assert [int(key) for piece in pieces for key in piece] == page.keys.tolist() == [row.key for row in page.rows]
    assert desk.ask(waiting.count, None).result() == len(page.rows)
    total = desk.ask(waiting.total).result()
    assert (total.changes, total.size) == (sum(row.changes for row in page.rows), sum(row.size for row in page.rows))
    assert (total.oldest is None) == (not page.rows)
    return page.rows


def told(desk: Desk) -> list[tuple[str, str]]:
    return [(row.title, row.words) for row in lines(desk)]


def test_a_line_says_what_an_act_changes_and_by_whom(exchange: Exchange) -> None:
    anna = exchange.desk("Anna")
    exchange.round(anna)
    assert lines(anna) == ()
    ticket = make(anna, assignee=anna.person)
    (line,) = lines(anna)
    assert (line.number, line.words, line.by, line.kind) == (f"T-{anna.tag}-00001", "new ticket", "Anna", "ticket")
    assert line.ticket == ticket
    assert line.size > 60
    exchange.round(anna)
    other = make(anna, "Pump")
    exchange.round(anna)
    for command in (
        (tickets.edit, ticket, {"urgency": 3, "impact": 3}),
        (tickets.transition, ticket, "accept"),
        (tickets.comment, ticket, "Fuel is low"),
        (tickets.tag, ticket, "power"),
        (tickets.untag, ticket, "power"),
        (tickets.answer, ticket, "fuel_left", 40),
        (tickets.link, ticket, "blocks", other),
        (tickets.edit, ticket, {"location": None, "description": "Long"}),
        (tickets.void, other, "twice"),
    ):
        anna.do(*command).result()
    title = "Generator 2 failed"
    assert told(anna) == [
        (title, "urgency to High, impact to High, priority to Urgent"),
        (title, "state Open"),
        (title, "comment “Fuel is low”"),
        (title, "tag power"),
        (title, "tag power removed"),
        (title, "Fuel left: 40"),
        (title, f"blocks T-{anna.tag}-00002"),
        (title, "description to Long"),
        ("Pump", "voided: twice"),
    ]
    exchange.round(anna)
    assert lines(anna) == ()


def test_what_was_taken_back_and_what_settles_a_conflict_is_told_as_that(exchange: Exchange) -> None:
    anna = exchange.desk("Anna")
    ticket = make(anna)
    exchange.round(anna)
    done = anna.do(tickets.edit, ticket, {"title": "Other"}).result()
    assert done.act is not None
    undo.run(anna, done.act).result()
    assert [words for _, words in told(anna)] == ["title to Other", "title taken back"]


def test_a_line_says_why_it_waits_and_on_what(exchange: Exchange) -> None:
    anna = exchange.desk("Anna")
    ticket = make(anna)
    exchange.round(anna)
    anna.do(tickets.edit, ticket, {"title": "First"}).result()
    anna.do(tickets.edit, ticket, {"title": "Second"}).result()
    assert [line.why for line in lines(anna)] == [Why.UNSENT, Why.UNSENT]

    def answered(code: Code, seq: int) -> None:
        def write(database: Any, _now: int) -> None:
            with database.transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO sent_change (seq, digest, code) VALUES (?, x'00', ?)",
                                   (seq, int(code)))  # fmt: skip

        anna.background(write).result()

    newest = lines(anna)[-1].key
    for code, why, note in (
        (Code.DEFERRED, Why.DEFERRED, "Waits for an earlier change: T-"),
        (Code.NEED_OLD, Why.NEED_OLD, "asks for the text"),
        (Code.UNSUPPORTED, Why.UNSUPPORTED, "older version"),
        (Code.ACCEPTED, Why.ANSWERED, "At the server"),
    ):
        answered(code, newest)
        line = lines(anna)[-1]
        assert line.why is why
        assert note in line.note


def test_a_bulk_act_waits_as_a_line_for_each_record(exchange: Exchange) -> None:
    anna = exchange.desk("Anna")
    made = [make(anna, f"Ticket {number}") for number in range(3)]
    exchange.round(anna)
    tickets.set_many(anna, [1, 2, 3], {"location": "Gate"}, label="All").result()
    assert [(line.ticket, line.words) for line in lines(anna)] == [(ticket, "location to Gate") for ticket in made]
