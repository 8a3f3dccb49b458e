"""What a desk reads follows what it is told it may read, and it asks only where something is new."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from opsdesk.models.drawings import Drawing
from opsdesk.models.threads import Comment
from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import PEOPLE, SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.simulator.world import UNITS
from opsdesk.store.database import Database
from opsdesk.store.queue.applied import Applied
from opsdesk.store.queue.session import Session
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.sync.core import codec, feed
from opsdesk.sync.core.feed import Reader
from opsdesk.sync.core.messages import Entry, EntryKind, Frame, Look, News, Pull, Scope, digest_of
from opsdesk.sync.core.state import place_of
from tests.support.desks import new_folder
from tests.sync.queues import NOW, edit, make, talk

U1, U2 = UNITS
P1, P2 = place_of(U1, 1), place_of(U2, 1)


def desk(name: str) -> SimDesk:
    return SimDesk.new(name, Random(name), UNITS, [])


def tell(desk: SimDesk, server: MemoryServer, *places: bytes) -> Applied:
    """Tell a desk what it may read."""
    desk.reader = Reader(None, {place[:16] for place in places}, 1)
    scope = Scope(server.held.epoch, 0, tuple((place, len(server.held.feeds.get(place, ()))) for place in places))
    return desk.session.receive(codec.encode(scope, desk.link), NOW)


def held(desk: SimDesk, table: str = "ticket") -> int:
    return int(desk.rows(f'SELECT count(*) FROM "{table}"')[0][0])


def comment(desk: SimDesk, ticket: bytes) -> bytes:
    values = {"subject": ticket, "body": "Seen", "visibility": "internal", "written_at": NOW, "unit": U1}
    return desk._insert(Comment, values, NOW)


def test_a_partition_that_comes_into_reach_is_read_from_its_begin(server: MemoryServer) -> None:
    anna, ben = desk("ANN"), desk("BEN")
    make(anna)
    talk(anna, server)
    tell(ben, server, P1)
    talk(ben, server)
    assert held(ben) == 1


def test_news_tell_what_there_is_and_what_has_come_in_one_go(server: MemoryServer) -> None:
    anna, ben = desk("ANN"), desk("BEN")
    ticket = make(anna)
    talk(anna, server)
    tell(ben, server, P1)
    talk(ben, server)
    before = len(server.held.feeds[P1])
    edit(anna, ticket, title="Told")
    talk(anna, server)
    question = codec.encode(Pull(server.held.epoch, P1, before), ben.link)
    frame = codec.decode(server.receive(question, ben.link, ben.reader), ben.link)
    assert isinstance(frame, Frame)
    scope = Scope(server.held.epoch, 0, ((P1, before + 1),))
    applied = ben.session.receive(codec.encode(News(scope, (frame,)), ben.link), NOW)
    assert applied.records == {Ticket.entity: {ticket}}
    ben.session.begin()
    assert ben.session.next(NOW) is None, "it has been told all there is"
    assert codec.decode(ben.session.look(30), ben.link) == Look(digest_of(scope), 30, ben.session.pace.room)
    assert ben.session.behind == 0


def test_a_transaction_asks_once_what_is_old_and_a_question_once_where_the_desk_stands(server: MemoryServer) -> None:
    anna, ben = desk("ANN"), desk("BEN")
    for _ in range(4):
        make(anna)
    talk(anna, server)
    ben.session.piece, ben.session.most = 1, 100
    asked: list[str] = []
    tell(ben, server, P1)
    ben.session.begin()
    question = ben.session.next(NOW)
    assert question is not None
    answer = codec.decode(server.receive(question, ben.link, ben.reader), ben.link)
    ben.session.database.connection.set_trace_callback(asked.append)
    assert ben.session.hold(answer)
    ben.session.ahead()
    assert sum("FROM feed_cursor" in sql for sql in asked) == 1
    ben.session.go_on(NOW, lambda _taken: True)
    ben.session.database.connection.set_trace_callback(None)
    assert held(ben) == 4
    assert sum(sql.startswith("SELECT place, quiet") for sql in asked) == 1


def test_news_of_what_was_not_read_so_far_are_asked_for(server: MemoryServer) -> None:
    anna, ben = desk("ANN"), desk("BEN")
    ticket = make(anna)
    talk(anna, server)
    tell(ben, server, P1)
    edit(anna, ticket, title="Told")
    talk(anna, server)
    head = len(server.held.feeds[P1])
    frame = Frame(server.held.epoch, P1, head - 1, head, False, (server.held.feeds[P1][-1],))
    ben.session.receive(codec.encode(News(Scope(server.held.epoch, 0, ((P1, head),)), (frame,)), ben.link), NOW)
    assert held(ben) == 0, "a frame that does not begin where this desk is is none of its own"
    talk(ben, server)
    assert held(ben) == 1


def test_where_nothing_is_new_nothing_is_asked(server: MemoryServer) -> None:
    anna = desk("ANN")
    make(anna)
    talk(anna, server)
    tell(anna, server, P1, P2)
    talk(anna, server)
    tell(anna, server, P1, P2)
    assert anna.session.behind == 0
    assert talk(anna, server) == []


def test_what_was_pushed_is_fetched_in_the_same_round(server: MemoryServer) -> None:
    anna = desk("ANN")
    ticket = make(anna)
    talk(anna, server)
    tell(anna, server, P1)
    talk(anna, server)
    edit(anna, ticket, title="Well")
    talk(anna, server)
    assert anna.session.outbox.waiting() == 0


def test_what_is_no_longer_in_reach_goes_with_what_hangs_on_it(server: MemoryServer) -> None:
    anna, ben = desk("ANN"), desk("BEN")
    ticket = make(anna)
    make(anna, unit=U2)
    comment(anna, ticket)
    talk(anna, server)
    tell(ben, server, P1, P2)
    talk(ben, server)
    assert (held(ben), held(ben, "comment")) == (2, 1)
    tell(ben, server, P2)
    talk(ben, server)
    assert ticket in ben.session.end(NOW).gone
    assert (held(ben), held(ben, "comment")) == (1, 0)


def test_what_still_waits_is_not_dropped_before_it_is_answered(server: MemoryServer) -> None:
    ben = desk("BEN")
    ticket = make(ben)
    talk(ben, server)
    tell(ben, server, P1, P2)
    talk(ben, server)
    edit(ben, ticket, title="Mine")
    tell(ben, server, P2)
    assert ben.session.end(NOW).gone == set(), "the edit waits"
    talk(ben, server)
    assert ben.session.end(NOW).gone == {ticket}
    assert server.held.records[ticket].values[13] == "Mine", "nothing is lost"


def test_an_own_record_in_a_partition_that_is_new_stays_when_it_may_be_read(server: MemoryServer) -> None:
    anna = desk("ANN")
    tell(anna, server)
    make(anna)
    anna.reader = Reader(None, {U1}, 1)
    talk(anna, server)
    assert anna.session.end(NOW).gone == set()
    assert (held(anna), anna.session.outbox.waiting()) == (1, 0)


def test_an_own_record_in_a_partition_that_may_not_be_read_goes_once_it_is_answered(server: MemoryServer) -> None:
    anna = desk("ANN")
    tell(anna, server)
    ticket = make(anna)
    talk(anna, server)
    assert anna.session.outbox.waiting() == 0
    assert anna.session.end(NOW).gone == {ticket}


def test_the_question_names_what_is_known(server: MemoryServer) -> None:
    anna = desk("ANN")

    def asked() -> Any:
        return codec.decode(anna.session.look(60), anna.link)

    room = anna.session.pace.room
    assert asked() == Look(b"", 60, room)
    tell(anna, server, P1)
    assert asked() == Look(digest_of(Scope(0, 0, ((P1, 0),))), 60, room)


def test_a_drawing_that_has_left_leaves_the_index_of_places_as_well(tmp_path: Path) -> None:
    database, made, where = Database.open(new_folder(tmp_path / "data")), b"d" * 16, "SELECT count(*) FROM drawing_area"
    session = Session(database, lambda count: bytes(count), codec.Link(database.identity.dev, None))
    with database.transaction(origin=ORIGIN_RECEIVED, now=NOW) as connection:
        connection.execute(
            "INSERT INTO drawing (id, unit, name, geometry, kind, ver, updated_at) VALUES (?, ?, 'Here', ?, 1, 3, 1)",
            (made, U1, '{"type":"Point","coordinates":[5,5]}'),
        )
        connection.execute(f"INSERT INTO leaving_record VALUES (?, {Drawing.entity}, 4)", (made,))
    assert database.connection.execute(where).fetchone() == (1,)
    assert session.end(NOW).gone == {made}
    assert database.connection.execute(where).fetchone() == (0,)
    database.close()


def test_what_comes_in_whole_and_cannot_be_shown_is_told_as_nothing() -> None:
    class Hidden:
        def record(self, record: bytes) -> tuple[None, bytes]:
            return None, P1

        def reads(self, place: bytes) -> bool:
            return True

        def conflict(self, conflict: bytes) -> None:
            return None

    told = [Entry(EntryKind.ENTER, Ticket.entity, b"t" * 16, 5), Entry(EntryKind.CHANGE, Ticket.entity, b"t" * 16, 6)]
    frame = feed.frame(Pull(0, P1, 1), 0, 3, told, Hidden())
    assert frame.entries == (Entry(EntryKind.EMPTY), told[1])


def test_a_record_that_had_gone_and_came_back_has_each_change_in_its_history_once(server: MemoryServer) -> None:
    anna, ben = desk("ANN"), desk("BEN")
    ticket = make(anna)
    talk(anna, server)
    edit(anna, ticket, title="West")
    edit(anna, ticket, description="one\n\n")
    talk(anna, server)
    history = "SELECT ver, field, new, old FROM received_change WHERE record = ? ORDER BY seq"
    tell(ben, server, P1)
    talk(ben, server)
    before = ben.rows(history, ticket)
    assert [row[1] for row in before] == [0, 13, 14]
    tell(ben, server, P2)
    talk(ben, server)
    ben.session.end(NOW)
    assert held(ben) == 0
    edit(anna, ticket, title="South")
    talk(anna, server)
    tell(ben, server, P1)
    talk(ben, server)
    after = ben.rows(history, ticket)
    assert after[:-1] == before
    assert after[-1][1:] == (13, "South", "West")


@pytest.mark.parametrize("learns", ["the rights", "an answer"])
@pytest.mark.parametrize("walks_from", [1, 10_000], ids=["walk", "feed"])
def test_what_left_a_persons_feed_stays_where_other_rights_let_it_be_read_elsewhere(
    server: MemoryServer, walks_from: int, learns: str
) -> None:
    """The share ends, and before that is done with the person may read all of the unit, where nothing was written
    since: what its feed tells is older than the leaving. The desk learns of the feed by the new rights, or sooner by
    the answer to what was made there."""
    anna, ben, person = desk("ANN"), desk("BEN"), PEOPLE[0]
    ticket = make(anna)
    talk(anna, server)
    server.share(ticket, person, shared=True)
    server.walks_from = walks_from

    def may_read(units: set[bytes], epoch: int) -> None:
        ben.reader = Reader(person, frozenset(units), 1, epoch)
        ben.session.receive(server.receive(ben.session.look(0), ben.link, ben.reader), NOW)

    may_read(set(), 1)
    talk(ben, server)
    assert held(ben) == 1
    server.share(ticket, person, shared=False)
    (before,) = ben.session.inbox.cursors().values()
    question = codec.encode(Pull(server.held.epoch, person, before), ben.link)
    frame = codec.decode(server.receive(question, ben.link, ben.reader), ben.link)
    assert isinstance(frame, Frame)
    scope = Scope(server.held.epoch, 1, ((person, frame.end),))
    ben.session.receive(codec.encode(News(scope, (frame,)), ben.link), NOW)
    if learns == "an answer":
        ben.reader = Reader(person, frozenset({U1}), 1, 2)
        make(ben)
        talk(ben, server)
        ben.session.end(NOW)
    may_read({U1}, 2)
    talk(ben, server)
    ben.session.end(NOW)
    assert ben.rows("SELECT 1 FROM ticket WHERE id = ?", ticket)


def test_what_hangs_on_a_ticket_that_a_restored_server_let_go_goes_with_it(server: MemoryServer) -> None:
    """Ben has edited a ticket whose newest state is lost, and may read its unit no more. The comment's own row names
    another unit, which he reads still."""
    anna, ben = desk("ANN"), desk("BEN")
    tell(ben, server, P1, P2)
    ticket = make(anna, unit=U2)
    comment(anna, ticket)
    talk(anna, server)
    backup = server.held.backup()
    edit(anna, ticket, title="Lost")
    talk(anna, server)
    for _ in range(2):
        tell(ben, server, P1, P2)
        talk(ben, server)
    assert (held(ben), held(ben, "comment")) == (1, 1)
    edit(ben, ticket, priority=1)
    server.restore(backup)
    ben.reader = Reader(None, {U1}, 1, 1)
    for _ in range(3):
        talk(ben, server)
        ben.session.end(NOW)
    scope = Scope(server.held.epoch, 1, ((P1, len(server.held.feeds.get(P1, ()))),))
    ben.session.receive(codec.encode(scope, ben.link), NOW)
    talk(ben, server)
    ben.session.end(NOW)
    assert (held(ben), held(ben, "comment")) == (0, 0)
