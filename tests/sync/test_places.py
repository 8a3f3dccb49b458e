"""Whoever is named on a record reads it from anywhere, by a feed of his own, and no longer than he is named."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from opsdesk.models.threads import Comment, Watcher
from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import PEOPLE, SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.simulator.world import PLACES, UNITS
from opsdesk.sync.core import codec
from opsdesk.sync.core.feed import EVERYTHING, Reader
from opsdesk.sync.core.messages import Code, EntryKind, Frame, Pull
from tests.sync.queues import NOW, edit, make, shown, talk

U1, U2 = UNITS
PAUL, QUIN = PEOPLE[:2]


def desk(name: str, reader: Reader = EVERYTHING) -> SimDesk:
    own = [reader.person] if reader.person else []
    places = [*(place for place in PLACES if reader.reads(place)), *own]
    return SimDesk.new(name, Random(name), UNITS, places, reader)


@pytest.fixture
def anna() -> Iterator[SimDesk]:
    """Reads everything."""
    made = desk("ANN")
    yield made
    made.database.close()


@pytest.fixture
def paul() -> Iterator[SimDesk]:
    """Reads the second unit up to OFFICIAL, and what names Paul."""
    made = desk("PAU", Reader(PAUL, {U2}, 1))
    yield made
    made.database.close()


def comment(desk: SimDesk, ticket: bytes, body: str = "Seen") -> bytes:
    values = {"subject": ticket, "body": body, "visibility": "internal", "written_at": NOW, "unit": U1}
    return desk._insert(Comment, values, NOW)


def held(desk: SimDesk, table: str = "ticket") -> set[bytes]:
    return {row[0] for row in desk.rows(f'SELECT id FROM "{table}"')}


def told(desk: SimDesk, server: MemoryServer, place: bytes, cursor: int = 0) -> list[tuple[int, bytes]]:
    """What a feed tells a desk, from a position on: kinds and records, empty positions left out."""
    asked = codec.encode(Pull(0, place, cursor), desk.link)
    frame = codec.decode(server.receive(asked, desk.link, desk.reader), desk.link)
    assert isinstance(frame, Frame)
    return [(entry.kind, entry.record) for entry in frame.entries if entry.kind]


def test_naming_brings_the_record_with_what_hangs_on_it(server: MemoryServer, anna: SimDesk, paul: SimDesk) -> None:
    ticket = make(anna)
    said = comment(anna, ticket)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == set()
    edit(anna, ticket, assignee=PAUL)
    talk(anna, server)
    talk(paul, server)
    assert (held(paul), held(paul, "comment")) == ({ticket}, {said})
    edit(anna, ticket, title="Well")
    more = comment(anna, ticket, "More")
    talk(anna, server)
    talk(paul, server)
    assert shown(paul, ticket, "title") == "Well"
    assert held(paul, "comment") == {said, more}


def test_an_open_conflict_comes_with_its_record(server: MemoryServer, anna: SimDesk, paul: SimDesk) -> None:
    ben = desk("BEN")
    ticket = make(anna)
    talk(anna, server)
    talk(ben, server)
    edit(anna, ticket, title="A")
    edit(ben, ticket, title="B")
    talk(anna, server)
    talk(ben, server)
    edit(anna, ticket, assignee=PAUL)
    talk(anna, server)
    talk(paul, server)
    assert paul.rows("SELECT record, open FROM conflict") == [(ticket, 1)]


@pytest.mark.parametrize("way", ["another", "nobody", "watcher", "shared"])
def test_who_is_named_no_more_loses_the_record(server: MemoryServer, anna: SimDesk, paul: SimDesk, way: str) -> None:
    ticket = make(anna)
    comment(anna, ticket)
    talk(anna, server)
    watcher = b""
    if way == "shared":
        server.share(ticket, PAUL)
    elif way == "watcher":
        watcher = anna._insert(Watcher, {"subject": ticket, "person": PAUL, "unit": U1}, NOW)
    else:
        edit(anna, ticket, assignee=PAUL)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == {ticket}
    if way == "shared":
        server.share(ticket, PAUL, shared=False)
    elif way == "watcher":
        edit(anna, watcher, Watcher, voided="removed")
    else:
        edit(anna, ticket, assignee=QUIN if way == "another" else None)
    talk(anna, server)
    talk(paul, server)
    assert (held(paul), held(paul, "comment"), held(paul, "watcher")) == (set(), set(), set())


def test_who_is_named_twice_keeps_the_record_until_both_end(server: MemoryServer, anna: SimDesk, paul: SimDesk) -> None:
    ticket = make(anna, assignee=PAUL, requester=PAUL)
    talk(anna, server)
    talk(paul, server)
    edit(anna, ticket, assignee=None)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == {ticket}
    edit(anna, ticket, requester=None)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == set()


def test_what_is_read_in_a_partition_is_not_told_twice(server: MemoryServer, anna: SimDesk, paul: SimDesk) -> None:
    ticket = make(anna, unit=U2, assignee=PAUL)
    talk(anna, server)
    talk(paul, server)
    edit(anna, ticket, title="Well")
    talk(anna, server)
    assert len(server.held.feeds[PAUL]) == 2
    assert told(paul, server, PAUL) == []
    edit(anna, ticket, assignee=None)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == {ticket}, "the unit's partition tells of it still"


def test_a_record_goes_from_one_feed_to_the_other_and_stays(server: MemoryServer, anna: SimDesk, paul: SimDesk) -> None:
    ticket = make(anna, unit=U2, assignee=PAUL)
    said = comment(anna, ticket)
    for unit in (U1, U2, U1, U2):
        talk(anna, server)
        talk(paul, server)
        assert (held(paul), held(paul, "comment")) == ({ticket}, {said})
        edit(anna, ticket, unit=unit)
    edit(anna, ticket, assignee=None)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == {ticket}
    edit(anna, ticket, unit=U1)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == set()


def test_who_is_named_reads_up_to_a_marking_only(server: MemoryServer, anna: SimDesk, paul: SimDesk) -> None:
    ticket = make(anna, assignee=PAUL)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == {ticket}
    edit(anna, ticket, marking=3)
    edit(anna, ticket, title="Secret")
    talk(anna, server)
    start = len(server.held.feeds[PAUL]) - 3
    assert told(paul, server, PAUL, start) == [(EntryKind.LEAVE, ticket)]
    talk(paul, server)
    assert held(paul) == set()
    edit(anna, ticket, marking=1)
    talk(anna, server)
    talk(paul, server)
    assert shown(paul, ticket, "title") == "Secret"


def test_an_own_edit_of_a_record_that_names_one_is_settled_by_ones_own_feed(
    server: MemoryServer, anna: SimDesk, paul: SimDesk
) -> None:
    ticket = make(anna, assignee=PAUL)
    talk(anna, server)
    talk(paul, server)
    edit(paul, ticket, title="From Paul")
    talk(paul, server)
    assert paul.rows("SELECT outcome FROM change") == [(int(Code.ACCEPTED),)]
    assert shown(paul, ticket, "title") == "From Paul"
    edit(paul, ticket, assignee=QUIN)
    talk(paul, server)
    assert paul.session.outbox.waiting() == 0
    assert held(paul) == set(), "given to another, it is another's"


def test_what_one_makes_elsewhere_for_oneself_stays(server: MemoryServer, paul: SimDesk) -> None:
    ticket = make(paul, assignee=PAUL)
    talk(paul, server)
    assert (held(paul), paul.session.outbox.waiting()) == ({ticket}, 0)
    assert paul.rows("SELECT ver FROM ticket") != [(0,)]


def test_whoever_is_named_on_what_has_not_come_yet_reads_what_hangs_on_it(
    server: MemoryServer, anna: SimDesk, paul: SimDesk
) -> None:
    ticket = b"not yet".ljust(16, b".")
    watcher = anna._insert(Watcher, {"subject": ticket, "person": PAUL, "unit": U1}, NOW)
    talk(anna, server)
    talk(paul, server)
    assert held(paul, "watcher") == {watcher}
    anna._insert(Ticket, _needed(), NOW, ticket)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == {ticket}


def _needed() -> dict[str, Any]:
    times = dict.fromkeys(("occurred_at", "created_at", "updated_at"), NOW)
    return {"number": "T-1", "title": "Pump", "unit": U1, **times}


def test_a_record_that_hangs_on_itself_does_no_harm(server: MemoryServer, anna: SimDesk) -> None:
    circle = b"circle".ljust(16, b".")
    anna._insert(Comment, {"subject": circle, "body": "x", "written_at": NOW, "unit": U1}, NOW, circle)
    edit_later = {"unit": U2}
    edit(anna, circle, Comment, **edit_later)
    talk(anna, server)
    assert anna.session.outbox.waiting() == 0
    assert server.problems == []


def grant(desk: SimDesk, server: MemoryServer, units: set[bytes], marking: int = 1) -> None:
    """Give the desk's person other rights, and let the desk hear of it."""
    desk.reader = Reader(desk.reader.person, units, marking, desk.reader.epoch + 1)
    desk.session.receive(server.receive(desk.session.look(0), desk.link, desk.reader), NOW)
    talk(desk, server)
    desk.session.end(NOW)


def test_what_names_one_stays_when_its_partition_is_lost(server: MemoryServer, anna: SimDesk, paul: SimDesk) -> None:
    ticket, other = make(anna, unit=U2, assignee=PAUL), make(anna, unit=U2)
    said, gone = comment(anna, ticket), comment(anna, other)
    talk(anna, server)
    talk(paul, server)
    assert (held(paul), held(paul, "comment")) == ({ticket, other}, {said, gone})
    grant(paul, server, set())
    assert (held(paul), held(paul, "comment")) == ({ticket}, {said})
    grant(paul, server, {U2})
    assert (held(paul), held(paul, "comment")) == ({ticket, other}, {said, gone})
    edit(anna, ticket, assignee=None)
    talk(anna, server)
    grant(paul, server, set())
    assert held(paul) == set()


def test_what_names_one_follows_ones_ceiling(server: MemoryServer, anna: SimDesk, paul: SimDesk) -> None:
    ticket = make(anna, assignee=PAUL, marking=3)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == set()
    grant(paul, server, {U2}, 3)
    assert held(paul) == {ticket}
    grant(paul, server, {U2}, 1)
    assert held(paul) == set()


def test_an_own_move_that_waits_does_not_count_for_where_a_record_stands(
    server: MemoryServer, anna: SimDesk, paul: SimDesk
) -> None:
    here, there = make(anna, unit=U2), make(anna, assignee=PAUL)
    talk(anna, server)
    talk(paul, server)
    edit(paul, here, unit=U1)
    edit(paul, there, assignee=None)
    server.permit = lambda _batch, _change, _record: "outside your unit"
    grant(paul, server, {U2}, 3)
    assert held(paul) == {here, there}, "both came back, and stand where they stood"


def test_an_edit_that_waits_for_a_lost_feed_is_asked_again(server: MemoryServer, anna: SimDesk, paul: SimDesk) -> None:
    ticket = make(anna, unit=U2, assignee=PAUL)
    talk(anna, server)
    talk(paul, server)
    edit(paul, ticket, title="From Paul")
    paul.session.begin()
    message = paul.session.next(NOW)
    assert message is not None
    paul.session.receive(server.receive(message, paul.link, paul.reader), NOW)
    grant(paul, server, set())
    talk(paul, server)
    assert (paul.session.outbox.waiting(), shown(paul, ticket, "title")) == (0, "From Paul")
