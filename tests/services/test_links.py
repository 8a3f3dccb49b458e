"""Links: what may be linked, what both sides show, and circles that two desks made apart."""

from __future__ import annotations

from typing import Any

import pytest

from opsdesk.models import ids
from opsdesk.models.base import Id
from opsdesk.models.threads import LINK_KINDS, Link
from opsdesk.services import tickets, undo
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.store.work import Work
from tests.support.exchange import Exchange


def make(desk: Desk, title: str = "Pump", **values: Any) -> Id:
    made = desk.do(tickets.create, title=title, values=values).result().value
    assert isinstance(made, bytes)
    return made


def link(desk: Desk, ticket: Id, kind: str, other: Id, **more: Any) -> Any:
    return desk.do(tickets.link, ticket, kind, other, **more).result()


def card(desk: Desk, ticket: Id) -> tickets.TicketCard:
    return desk.ask(tickets.card, ticket).result()


def words(desk: Desk, ticket: Id) -> list[tuple[str, str]]:
    return [(row.words, row.title) for row in card(desk, ticket).links]


BAD = (
    ("to itself", "relates", ("a", "a"), (), "A ticket cannot be linked to itself"),
    ("to an unknown one", "relates", ("a", "nobody"), (), "This ticket is not here"),
    ("from an unknown one", "relates", ("nobody", "a"), (), "This ticket is not here"),
    ("of an unknown kind", "loves", ("a", "b"), (), "A link is one of relates, duplicates, blocks, parent, caused"),
    ("to a voided one", "relates", ("a", "gone"), (), "T-GON was voided: twice"),
    ("from a voided one", "relates", ("gone", "a"), (), "This ticket was voided: twice"),
    ("twice", "blocks", ("a", "b"), (("a", "blocks", "b"),), "They are linked so already"),
    ("twice from the other side", "relates", ("b", "a"), (("a", "relates", "b"),), "They are linked so already"),
    ("blocking each other", "blocks", ("b", "a"), (("a", "blocks", "b"),), "they would block each other for ever"),
    (
        "blocking in a ring", "blocks", ("c", "a"), (("a", "blocks", "b"), ("b", "blocks", "c")),
        "they would block each other for ever",
    ),
    ("parent of its parent", "parent", ("b", "a"), (("a", "parent", "b"),), "it would be part of itself"),
    ("a second parent", "parent", ("c", "b"), (("a", "parent", "b"),), "is part of T-A already"),
    ("a duplicate of its duplicate", "duplicates", ("b", "a"), (("a", "duplicates", "b"),), "duplicate itself"),
    ("caused by what it caused", "caused", ("b", "a"), (("a", "caused", "b"),), "have caused itself"),
)  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "ends", "before", "said"), BAD, ids=[row[0] for row in BAD])
def test_a_link_that_makes_no_sense_is_refused_in_words_and_leaves_nothing(
    desk: Desk, name: str, kind: str, ends: tuple[str, str], before: tuple[tuple[str, str, str], ...], said: str
) -> None:
    made = {key: make(desk, key) for key in ("a", "b", "c", "gone")} | {"nobody": b"\x01" * 16}
    desk.do(tickets.void, made["gone"], "twice").result()
    names = {card(desk, made[key]).row.number: f"T-{key[:3].upper()}" for key in ("a", "b", "c", "gone")}
    for first, how, second in before:
        link(desk, made[first], how, made[second])
    count = desk.ask(lambda reader: reader.value("SELECT count(*) FROM link")).result()
    with pytest.raises(Refused) as refusal:
        link(desk, made[ends[0]], kind, made[ends[1]])
    text = refusal.value.text
    for number, short in names.items():
        text = text.replace(number, short)
    assert said in text, name
    assert desk.ask(lambda reader: reader.value("SELECT count(*) FROM link")).result() == count


@pytest.mark.parametrize("kind", LINK_KINDS)
def test_both_sides_show_a_link_and_it_goes_and_comes_back_for_both(desk: Desk, kind: str) -> None:
    here, there = make(desk, "Here"), make(desk, "There")
    link(desk, there, kind, here, back=True)
    assert words(desk, here) == [(LINK_KINDS[kind][0], "There")]
    assert words(desk, there) == [(LINK_KINDS[kind][1], "Here")]
    gone = desk.do(tickets.unlink, card(desk, there).links[0].id).result()
    assert words(desk, here) == words(desk, there) == []
    desk.do(undo.undo, gone.act).result()
    assert len(words(desk, here)) == len(words(desk, there)) == 1


def test_resolving_names_the_open_blockers_and_waits_for_them(desk: Desk) -> None:
    blocked = make(desk, "Blocked", assignee=desk.person)
    blockers = [make(desk, f"Blocker {number}") for number in range(5)]
    for blocker in blockers:
        link(desk, blocked, "blocks", blocker, back=True)
    for event in ("accept", "start"):
        desk.do(tickets.transition, blocked, event).result()
    numbers = [card(desk, blocker).row.number for blocker in blockers]
    assert [row.number for row in card(desk, blocked).blockers] == numbers
    said = f"An open ticket still blocks this one: {', '.join(numbers[:3])} and 2 more"
    with pytest.raises(Refused, match=said):
        desk.do(tickets.transition, blocked, "resolve", solution="fixed").result()
    resolve = next(event for event in card(desk, blocked).events if event.event == "resolve")
    assert resolve.missing == (said,)
    for blocker in blockers:
        desk.do(tickets.void, blocker, "done").result()
    assert card(desk, blocked).blockers == ()
    desk.do(tickets.transition, blocked, "resolve", solution="fixed").result()


def test_what_is_out_of_sight_is_told_as_such(desk: Desk) -> None:
    here = make(desk, "Here")

    def from_elsewhere(work: Work) -> Changes:
        near, far = ids.new_id(work.now), ids.new_id(work.now)
        work.insert(Link, {"subject": here, "kind": "blocks", "target": near})
        work.insert(Link, {"subject": far, "kind": "parent", "target": here})
        return Changes(tickets=frozenset({here}))

    desk.do(from_elsewhere).result()
    found = card(desk, here)
    assert [(row.words, row.title, row.state) for row in found.links] == [
        ("blocks", "A record you cannot read", None), ("part of", "A record you cannot read", None),
    ]  # fmt: skip
    with pytest.raises(Refused, match="is part of a record you cannot read already"):
        link(desk, make(desk, "Other"), "parent", here)
    desk.do(tickets.unlink, found.links[0].id).result()
    with pytest.raises(Refused, match="belongs to the other record, which you cannot read"):
        desk.do(tickets.unlink, found.links[1].id).result()
    assert len(card(desk, here).links) == 1


@pytest.mark.parametrize("kind", ["blocks", "parent"])
def test_a_circle_that_two_desks_made_apart_is_shown_and_ends_no_walk(exchange: Exchange, kind: str) -> None:
    anna, ben = exchange.desk("Anna"), exchange.desk("Ben")
    first, second, third = (make(anna, title) for title in ("First", "Second", "Third"))
    link(anna, first, kind, second)
    for desk in (anna, ben):
        exchange.round(desk)
    link(anna, second, kind, third)
    link(ben, third, kind, first)
    for desk in (anna, ben, anna):
        exchange.round(desk)
    for desk in (anna, ben):
        for ticket in (first, second, third):
            assert [row.circle for row in card(desk, ticket).links] == [True, True]
        with pytest.raises(Refused):
            link(desk, first, kind, third)
    found = next(row for row in card(ben, first).links if row.title == "Third")
    ben.do(tickets.unlink, found.id).result()
    for desk in (ben, anna):
        exchange.round(desk)
        assert not any(row.circle for ticket in (first, second, third) for row in card(desk, ticket).links)


def test_the_same_link_from_two_desks_shows_once_and_goes_as_one(exchange: Exchange) -> None:
    anna, ben = exchange.desk("Anna"), exchange.desk("Ben")
    here, there = make(anna, "Here"), make(anna, "There")
    for desk in (anna, ben):
        exchange.round(desk)
    link(anna, here, "relates", there)
    link(ben, there, "relates", here)
    for desk in (anna, ben, anna):
        exchange.round(desk)
    for desk in (anna, ben):
        assert words(desk, here) == [("related to", "There")]
        assert words(desk, there) == [("related to", "Here")]
    anna.do(tickets.unlink, card(anna, here).links[0].id).result()
    for desk in (anna, ben):
        exchange.round(desk)
        assert words(desk, here) == words(desk, there) == []


def test_suggestions_say_why_and_leave_out_what_is_linked_or_done(desk: Desk) -> None:
    hour = 3_600_000
    at = {"lat": 51.5, "lon": 5.3, "occurred_at": 1_795_357_920_000}
    here = make(desk, "Fuel leaks from the generator", **at)
    near = make(desk, "Smell in the yard", **at | {"lat": 51.509, "occurred_at": at["occurred_at"] - hour})
    alike = make(desk, "Generator leaking fuel again", occurred_at=1_000_000_000_000)
    make(desk, "Bridge closed", lat=10.0, lon=10.0)
    make(desk, "The generator hums", occurred_at=1_000_000_000_000)
    done = make(desk, "Fuel leaks from the generator", **at)
    desk.do(tickets.transition, done, "decline", reason="twice").result()
    found = {row.ticket: row.reason for row in desk.ask(tickets.related, here).result()}
    assert found == {near: "1.0 km away, 1 h earlier", alike: "2 words in common"}
    link(desk, here, "relates", near)
    assert {row.ticket for row in desk.ask(tickets.related, here).result()} == {alike}
