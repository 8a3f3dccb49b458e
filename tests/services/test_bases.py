"""What an editor had seen goes with its edit, whatever became of the desk's own changes meanwhile."""

from typing import Any

import pytest

from opsdesk.models.base import Id
from opsdesk.services import tickets
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import BulkChange, bulk
from tests.support.exchange import Exchange


def make(desk: Desk, title: str) -> Id:
    """A new ticket."""
    made = desk.do(tickets.create, title=title).result().value
    assert isinstance(made, bytes)
    return made


def card(desk: Desk, ticket: Id) -> tickets.TicketCard:
    """The ticket as it is shown."""
    return desk.ask(tickets.card, ticket).result()


def conflicts(exchange: Exchange) -> list[tuple[Any, ...]]:
    """The values that the candidates of each open conflict would have."""
    known = exchange.server.held.conflicts.values()
    return [tuple(candidate.value for candidate in one.candidates) for one in known if one.open]


def save(desk: Desk, ticket: Id, seen: tickets.Base, way: str, title: str) -> None:
    """Save a form's title in one of the ways that there are."""
    if way == "edit":
        desk.do(tickets.edit, ticket, {"title": title}, seen=seen).result()
    else:
        change = BulkChange("Title", {"title": title})
        keys = [card(desk, ticket).row.key]
        assert bulk.run(desk, keys, change, seen=seen).result().done == 1


@pytest.mark.parametrize("way", ["edit", "bulk"])
def test_a_form_opened_over_an_own_edit_that_settles_before_it_is_saved_had_seen_that_edit_alone(
    exchange: Exchange, way: str
) -> None:
    anna, ben = exchange.desk("Anna"), exchange.desk("Ben")
    ticket = make(anna, "Pump")
    exchange.round(anna)
    exchange.round(ben)
    ben.do(tickets.edit, ticket, {"title": "From Ben"}).result()
    exchange.round(ben)
    anna.do(tickets.edit, ticket, {"title": "From Anna"}).result()
    opened = card(anna, ticket).row.base
    exchange.round(anna)  # Anna's edit meets Ben's and becomes a conflict, his title is shown now
    assert card(anna, ticket).row.title == "From Ben"
    save(anna, ticket, opened, way, "From Anna again")
    exchange.round(anna)
    assert exchange.server.held.records[ticket].values[13] == "From Ben", "what she had not seen stays"
    assert [set(values) for values in conflicts(exchange)] == [{"From Anna again"}]


def test_an_own_edit_that_settles_while_its_form_is_open_is_no_conflict(exchange: Exchange) -> None:
    anna = exchange.desk("Anna")
    ticket = make(anna, "Pump")
    anna.do(tickets.edit, ticket, {"title": "Pump 2"}).result()
    opened = card(anna, ticket).row.base
    exchange.round(anna)
    anna.do(tickets.edit, ticket, {"title": "Pump 3"}, seen=opened).result()
    exchange.round(anna)
    assert (card(anna, ticket).row.title, conflicts(exchange)) == ("Pump 3", [])


def test_an_answer_and_a_comment_are_based_on_what_their_own_row_showed(exchange: Exchange) -> None:
    anna, ben = exchange.desk("Anna"), exchange.desk("Ben")
    ticket = make(anna, "Pump")
    anna.do(tickets.answer, ticket, "depth", 1).result()
    comment = anna.do(tickets.comment, ticket, "Leaks").result().value
    exchange.round(anna)
    exchange.round(ben)
    opened = card(ben, ticket).answer_base("depth")
    (said,) = ben.ask(tickets.conversation, ticket).result()
    anna.do(tickets.answer, ticket, "depth", 2).result()
    anna.do(tickets.edit_comment, comment, "Leaks oil").result()
    exchange.round(anna)
    exchange.round(ben)
    ben.do(tickets.answer, ticket, "depth", 3, seen=opened).result()
    ben.do(tickets.edit_comment, comment, "Leaks water", seen=said.base)
    exchange.round(ben)
    assert conflicts(exchange) == [("3",)], "the answers stand against each other"
    # A later edit of what is shown now is one that has seen it.
    exchange.round(anna)
    anna.do(tickets.answer, ticket, "width", 4, seen=card(anna, ticket).answer_base("width")).result()
    exchange.round(anna)
    assert len(conflicts(exchange)) == 1
