"""How a ticket stands with other stations, told from what two desks and their server have said to each other."""

from __future__ import annotations

from opsdesk.models.base import Id
from opsdesk.services import forms, tickets
from opsdesk.services.desk import Desk
from opsdesk.services.station import Station, station
from opsdesk.services.tickets import Mark, Stage, lists
from tests.support.exchange import Exchange


def make(desk: Desk, title: str = "Pump") -> Id:
    """A new ticket."""
    made = desk.do(tickets.create, title=title).result().value
    assert isinstance(made, bytes)
    return made


def mark(desk: Desk, ticket: Id) -> Mark:
    """The mark that the list shows; what `sync:` finds must agree."""
    shown = desk.ask(tickets.card, ticket).result().row.mark
    query = lists.ListQuery(f"sync:{shown.value.replace(' ', '-')}")
    assert ticket in [row.id for row in desk.ask(lists.first_page, query).result().rows]
    return shown


def counted(desk: Desk) -> tuple[int, int, int]:
    """What waits, open conflicts, and things in the Returned box."""
    found: Station = desk.ask(station).result()
    assert found.need_you == found.conflicts + found.returned
    return found.waiting, found.conflicts, found.returned


def test_a_ticket_goes_from_queued_to_in_step_and_is_new_where_it_arrives(exchange: Exchange) -> None:
    anna, ben = exchange.desk("Anna"), exchange.desk("Ben")
    exchange.round(anna)
    ticket = make(anna)
    assert (mark(anna, ticket), counted(anna)) == (Mark.QUEUED, (1, 0, 0))
    exchange.round(anna)
    exchange.round(ben)
    assert (mark(anna, ticket), counted(anna)) == (Mark.IN_STEP, (0, 0, 0))
    assert mark(ben, ticket) == Mark.NEW
    ben.do(tickets.mark_seen, ticket).result()
    assert mark(ben, ticket) == Mark.IN_STEP


def test_what_hangs_on_a_ticket_counts_for_its_mark(exchange: Exchange) -> None:
    anna = exchange.desk("Anna")
    ticket, other = make(anna), make(anna)
    exchange.round(anna)
    for command in (
        (tickets.comment, ticket, "Leaks"),
        (tickets.tag, ticket, "water"),
        (tickets.answer, ticket, "depth", 3),
        (tickets.link, ticket, "relates", other),
        (tickets.watch, ticket),
        (tickets.untag, ticket, "water"),
    ):
        anna.do(*command).result()
        assert (mark(anna, ticket), mark(anna, other)) == (Mark.QUEUED, Mark.IN_STEP)
        exchange.round(anna)
        assert mark(anna, ticket) == Mark.IN_STEP


def test_a_comment_that_is_not_sent_is_a_draft_of_its_ticket(exchange: Exchange) -> None:
    anna = exchange.desk("Anna")
    ticket = make(anna)
    place = forms.COMMENT + ticket.hex()
    anna.do(forms.save_draft, place, {"body": "Half a"}).result()
    assert mark(anna, ticket) == Mark.DRAFT
    anna.do(tickets.comment, ticket, "Half a sentence", draft=place).result()
    assert mark(anna, ticket) == Mark.QUEUED


def test_a_conflict_stands_above_all_else_on_both_desks(exchange: Exchange) -> None:
    anna, ben = exchange.desk("Anna"), exchange.desk("Ben")
    ticket = make(anna)
    comment = anna.do(tickets.comment, ticket, "Leaks").result().value
    for desk in (anna, ben):
        exchange.round(desk)
    for desk, body in ((anna, "Leaks oil"), (ben, "Leaks water")):
        desk.do(tickets.edit, ticket, {"title": body}).result()
        exchange.round(desk)
    exchange.round(anna)
    ben.do(forms.save_draft, forms.COMMENT + ticket.hex(), {"body": "But"}).result()
    for desk in (anna, ben):
        assert (mark(desk, ticket), counted(desk)[1]) == (Mark.CONFLICT, 1)
    assert comment is not None


def test_what_came_back_is_marked_and_counted_as_one_thing_for_each_act(exchange: Exchange) -> None:
    anna = exchange.desk("Anna")
    ticket = make(anna)
    exchange.round(anna)
    exchange.server.permit = lambda _batch, _change, _record: "not allowed"
    anna.do(tickets.edit, ticket, {"title": "Pump 2", "location": "Quay"}).result()
    exchange.round(anna)
    assert (mark(anna, ticket), counted(anna)) == (Mark.RETURNED, (0, 0, 1))


def test_a_creation_that_came_back_is_one_thing_with_all_that_hangs_on_it(exchange: Exchange) -> None:
    anna = exchange.desk("Anna")
    exchange.round(anna)
    exchange.server.permit = lambda _batch, _change, _record: "not allowed"
    ticket = make(anna)
    anna.do(tickets.comment, ticket, "Leaks").result()
    anna.do(tickets.edit, ticket, {"title": "Pump 2"}).result()
    exchange.round(anna)
    assert counted(anna) == (0, 0, 1)


def test_an_own_change_tells_how_far_it_has_come(exchange: Exchange) -> None:
    anna, ben = exchange.desk("Anna"), exchange.desk("Ben")
    ticket = make(anna)
    anna.do(tickets.comment, ticket, "Leaks").result()

    def stages(desk: Desk) -> set[Stage | None]:
        said = {row.stage for row in desk.ask(tickets.conversation, ticket).result()}
        return said | {row.stage for row in desk.ask(tickets.history, ticket).result()}

    assert stages(anna) == {Stage.HERE}
    exchange.push(anna)
    assert stages(anna) == {Stage.CENTRE}, "the answer is enough, the feed need not have told it"
    exchange.round(anna)
    exchange.round(ben)
    assert stages(anna) == {Stage.CENTRE}
    assert stages(ben) == {None}, "what others wrote has no stage here"
    assert "centre" in Stage.CENTRE.words
