"""A desk that begins in a large partition walks through what stands there, and misses nothing that moves meanwhile."""

import json
from collections.abc import Iterator
from random import Random

import msgspec
import pytest

from opsdesk.models.threads import Comment
from opsdesk.models.tickets import Ticket
from opsdesk.services.tickets import past
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.simulator.world import PLACES, UNITS
from opsdesk.store import work
from opsdesk.store.queue.shapes import rules
from opsdesk.sync.core import codec, pacing
from opsdesk.sync.core.feed import Reader
from opsdesk.sync.core.messages import Frame, Page
from opsdesk.sync.core.pacing import END_MS, PIECE_MS, SMALLEST_TURN, Pace, Turn, next_piece
from opsdesk.sync.core.state import place_of
from tests.sync.queues import NOW, edit, make, shown, talk

U1, U2 = UNITS
HERE, THERE = place_of(U1, 1), place_of(U2, 1)


@pytest.fixture
def server() -> MemoryServer:
    made = MemoryServer(rules())
    made.walks_from = 2
    return made


@pytest.fixture
def anna() -> Iterator[SimDesk]:
    desk = SimDesk.new("ANN", Random("ANN"), UNITS, PLACES)
    yield desk
    desk.database.close()


@pytest.fixture
def ben(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimDesk]:
    desk = SimDesk.new("BEN", Random("BEN"), [U1], [HERE], Reader(None, {U1}, 1))
    # Every page holds one entry, so that something can happen between any two.
    monkeypatch.setattr(pacing, "SMALLEST_FRAME", 1)
    desk.session.pace = desk.session.pace.went(1, 1_000_000)
    yield desk
    desk.database.close()


def ask(desk: SimDesk, server: MemoryServer) -> bytes | None:
    """One question and its answer, not yet handed over."""
    message = desk.session.next(NOW)
    return None if message is None else server.receive(message, desk.link, desk.reader)


def take(desk: SimDesk, server: MemoryServer) -> Page | Frame | None:
    """One question and its answer."""
    reply = ask(desk, server)
    if reply is None:
        return None
    desk.session.receive(reply, NOW)
    told = codec.decode(reply, desk.link)
    assert isinstance(told, Page | Frame)
    return told


def titles(desk: SimDesk) -> set[str]:
    return {title for (title,) in desk.rows("SELECT title FROM ticket")}


@pytest.fixture
def tickets(server: MemoryServer, anna: SimDesk) -> list[bytes]:
    made = [make(anna, number=f"T-{number}", title=f"Pump {number}") for number in range(8)]
    made.sort()
    for number, ticket in enumerate(made):
        edit(anna, ticket, title=f"Pump {number}")
    talk(anna, server)
    return made


def test_a_desk_that_begins_gets_rows_without_their_past(
    server: MemoryServer, ben: SimDesk, tickets: list[bytes]
) -> None:
    talk(ben, server)
    assert titles(ben) == {f"Pump {number}" for number in range(8)}
    assert ben.rows("SELECT count(*) FROM received_change") == [(0,)]
    assert ben.rows("SELECT pos, walk FROM feed_cursor") == [(len(server.held.feeds[HERE]), None)]


def test_a_short_feed_is_read_with_its_history(server: MemoryServer, ben: SimDesk, tickets: list[bytes]) -> None:
    server.walks_from = 1_000
    talk(ben, server)
    assert ben.rows("SELECT count(*) FROM received_change WHERE field = 0") == [(8,)]


def test_what_moves_during_a_walk_is_told_behind_it(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, tickets: list[bytes]
) -> None:
    pages = [take(ben, server) for _ in range(3)]
    assert all(isinstance(page, Page) and len(page.entries) < 8 for page in pages)
    first, last = tickets[0], tickets[-1]
    assert "Pump 0" in titles(ben)
    assert "Pump 7" not in titles(ben)
    edit(anna, first, title="Edited behind the walk")
    edit(anna, tickets[1], unit=U2)
    edit(anna, last, unit=U2)
    edit(anna, tickets[-2], title="Edited before it")
    new = make(anna, number="T-9", title="New")
    talk(anna, server)
    talk(ben, server)
    assert titles(ben) == {"Edited behind the walk", "Edited before it", "New", *(f"Pump {n}" for n in range(2, 6))}
    assert shown(ben, new, "title") == "New"


def test_a_walk_goes_on_where_it_stood_when_the_program_ended(
    server: MemoryServer, ben: SimDesk, tickets: list[bytes]
) -> None:
    seen: set[bytes] = set()
    for _ in range(3):
        page = take(ben, server)
        assert isinstance(page, Page)
        seen.update(entry.record for entry in page.entries)
    ben.restart()
    ben.session.pace = ben.session.pace.went(1, 1_000_000)
    page = take(ben, server)
    assert isinstance(page, Page)
    assert not seen & {entry.record for entry in page.entries}
    talk(ben, server)
    assert len(titles(ben)) == 8


def test_a_page_that_comes_twice_or_late_does_no_harm(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, tickets: list[bytes]
) -> None:
    first = ask(ben, server)
    assert first is not None
    edit(anna, tickets[0], unit=U2)
    talk(anna, server)
    take(ben, server)  # the first page once more, begun later
    ben.session.receive(first, NOW)
    talk(ben, server)
    ben.session.receive(first, NOW)
    assert len(titles(ben)) == 7


def test_edits_that_wait_survive_a_walk(server: MemoryServer, ben: SimDesk, tickets: list[bytes]) -> None:
    own = make(ben, number="T-BEN", title="Mine")
    message = ben.session.next(NOW)
    assert message is not None
    ben.session.receive(server.receive(message, ben.link), NOW)
    edit(ben, own, title="Mine, edited")
    ben.session._pushing = False  # the walk was under way when the edit was made
    while isinstance(take(ben, server), Page):
        assert shown(ben, own, "title") == "Mine, edited"
    assert ben.session.outbox.waiting() == 1, "the creation was settled by the walk, the edit waits"
    talk(ben, server)
    assert server.held.records[own].values[13] == "Mine, edited"
    assert ben.session.outbox.waiting() == 0


def test_what_was_made_here_and_has_gone_on_is_let_go(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, tickets: list[bytes]
) -> None:
    own = make(ben, number="T-BEN", title="Mine")
    message = ben.session.next(NOW)
    assert message is not None
    ben.session.receive(server.receive(message, ben.link), NOW)
    talk(anna, server)
    edit(anna, own, unit=U2)
    talk(anna, server)
    talk(ben, server)
    assert "Mine" not in titles(ben)


def test_open_conflicts_are_told_by_a_walk(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, tickets: list[bytes]
) -> None:
    cleo = SimDesk.new("CLE", Random("CLE"), UNITS, PLACES)
    talk(cleo, server)
    edit(anna, tickets[0], title="From Anna")
    edit(cleo, tickets[0], title="From Cleo")
    talk(anna, server)
    talk(cleo, server)
    talk(ben, server)
    assert ben.rows("SELECT record, open FROM conflict") == [(tickets[0], 1)]
    cleo.database.close()


def test_a_restored_server_is_walked_again_and_says_what_had_left(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, tickets: list[bytes]
) -> None:
    talk(ben, server)
    edit(anna, tickets[0], unit=U2)
    talk(anna, server)
    backup = server.held.backup()
    edit(anna, tickets[1], title="Lost, and offered again")
    talk(anna, server)
    server.restore(backup)
    while take(ben, server) is not None:
        pass
    talk(anna, server)
    talk(ben, server)
    assert titles(ben) == {"Lost, and offered again", *(f"Pump {number}" for number in range(2, 8))}


def test_records_of_a_newer_version_are_walked_and_kept(
    server: MemoryServer, anna: SimDesk, ben: SimDesk, tickets: list[bytes]
) -> None:
    anna._insert(Comment, {"subject": tickets[0], "body": "Seen", "written_at": NOW, "unit": U1}, NOW)
    talk(anna, server)
    (comment,) = [one for one in server.held.records.values() if one.entity == Comment.entity]
    stranger = msgspec.json.decode(b'{"depth": 3}')
    server.held.records[b"s" * 16] = type(comment)(700, b"s" * 16, 1, {1: U1, 2: 1, 50: stranger})
    server.held.records[comment.id].values[900] = "later"
    talk(ben, server)
    kept = dict(ben.rows("SELECT field, value FROM unknown_value WHERE field IN (50, 900)"))
    assert {number: msgspec.msgpack.decode(value) for number, value in kept.items()} == {50: stranger, 900: "later"}


@pytest.mark.parametrize("walks_from", [2, 1_000])
def test_what_comes_in_large_is_taken_piece_by_piece(
    server: MemoryServer, ben: SimDesk, tickets: list[bytes], walks_from: int
) -> None:
    server.walks_from = walks_from
    ben.session.pace = Pace()
    ben.session.piece = 3
    assert not ben.session.unfinished
    assert take(ben, server) is not None
    assert len(titles(ben)) == 3
    assert ben.session.unfinished
    ben.session.go_on(NOW)
    ben.restart()  # the program ends in between
    ben.session.piece = 5
    while take(ben, server) is not None:
        while ben.session.unfinished:
            ben.session.go_on(NOW)
    assert titles(ben) == {f"Pump {number}" for number in range(8)}
    assert ben.rows("SELECT pos, walk FROM feed_cursor") == [(len(server.held.feeds[HERE]), None)]


def test_a_walk_says_how_much_is_still_to_come(server: MemoryServer, ben: SimDesk, tickets: list[bytes]) -> None:
    look = server.receive(ben.session.look(0), ben.link, Reader(units=[U1], marking=1))
    ben.session.receive(look, NOW)
    behind = [ben.session.behind]
    while take(ben, server) is not None:
        behind.append(ben.session.behind)
    assert behind[0] == len(server.held.feeds[HERE])
    assert behind == sorted(behind, reverse=True)
    assert len(set(behind)) > 3
    assert behind[-1] == 0


def test_a_transaction_goes_on_until_somebody_waits(server: MemoryServer, ben: SimDesk, tickets: list[bytes]) -> None:
    ben.session.pace = Pace()
    ben.session.piece, ben.session.most = 2, 7
    ben.session.begin()
    reply = ask(ben, server)
    assert reply is not None
    assert ben.session.hold(codec.decode(reply, ben.link))
    told: list[int] = []

    def nobody_waits_yet(taken: int) -> bool:
        told.append(taken)
        return taken < 4

    ben.session.go_on(NOW, nobody_waits_yet)
    assert (told, len(titles(ben))) == ([2, 4], 4)
    ahead = ben.session.ahead()
    ben.session.go_on(NOW, lambda _taken: True)
    assert (len(titles(ben)), ben.session.unfinished) == (8, False), "and not before it holds as many as it may"
    assert ben.session.next(NOW) == ahead, "what was foretold is asked"


def test_a_transaction_holds_no_more_than_it_may(server: MemoryServer, ben: SimDesk, tickets: list[bytes]) -> None:
    ben.session.pace = Pace()
    ben.session.piece, ben.session.most = 3, 7
    ben.session.begin()
    reply = ask(ben, server)
    assert reply is not None
    assert ben.session.hold(codec.decode(reply, ben.link))
    ben.session.go_on(NOW, lambda _taken: True)
    assert (len(titles(ben)), ben.session.unfinished) == (7, True), "what is not the last need not wait for the disk"
    ben.session.go_on(NOW, lambda _taken: True)
    assert (len(titles(ben)), ben.session.unfinished) == (8, False)


def test_a_piece_takes_about_as_long_as_it_may() -> None:
    assert next_piece(128, 2.0 * PIECE_MS) == 64
    assert next_piece(128, 1_000.0) == 64, "one slow piece is no measure for all"
    assert next_piece(128, 1.0) == 256
    assert next_piece(64, 500.0) == 64


def test_a_turn_fits_its_pieces_and_its_end_to_the_time_that_a_person_may_wait() -> None:
    turn = Turn(128, 0, 1.0)
    assert turn.took(128, 1.0 + PIECE_MS / 4000) == 256
    assert turn.took(384, 1.0 + PIECE_MS / 2000) == 512
    assert turn.took(896, 1.0 + PIECE_MS * 2.5 / 1000) == 256, "one that took too long"
    assert turn.ended(1.0 + (2.5 * PIECE_MS + 2 * END_MS) / 1000) == SMALLEST_TURN, "a slow commit makes the next small"
    turn = Turn(128, 4_096, 1.0)
    turn.took(16, 1.001)
    assert turn.ended(1.002) == 4_096, "what was not nearly filled is no measure"


# History from before

BEN = Reader(units=[U1])


def ask_earlier(desk: SimDesk, server: MemoryServer, record: bytes, reading: Reader = BEN) -> None:
    reply = server.receive(desk.session.earlier(record), desk.link, reading)
    applied = desk.session.receive(reply, NOW)
    assert set(applied.records) <= {Ticket.entity}


def history(desk: SimDesk, record: bytes) -> list[tuple[object, ...]]:
    return desk.rows("SELECT field, old, new FROM received_change WHERE record = ? ORDER BY ver", record)


def is_whole(desk: SimDesk, record: bytes) -> bool:
    return past.is_whole(work.Reader(desk.database.connection, person=b"p" * 16, unit=U1, now=NOW), record)


def test_history_from_before_comes_when_it_is_asked_for(
    server: MemoryServer,
    anna: SimDesk,
    ben: SimDesk,
    tickets: list[bytes],
) -> None:
    ticket = tickets[0]
    edit(anna, ticket, title="Edited before")
    talk(anna, server)
    talk(ben, server)
    assert history(ben, ticket) == []
    assert not is_whole(ben, ticket)
    edit(anna, ticket, title="Edited since")
    talk(anna, server)
    talk(ben, server)
    for _ in range(2):  # twice does no harm
        ask_earlier(ben, server, ticket)
        (_, _, made), *later = history(ben, ticket)
        assert json.loads(str(made))["13"].startswith("Pump")
        assert later[-2:] == [(13, "Pump 0", "Edited before"), (13, "Edited before", "Edited since")]
    assert is_whole(ben, ticket)


def test_what_was_done_here_is_in_the_history_already(
    server: MemoryServer,
    anna: SimDesk,
    ben: SimDesk,
    tickets: list[bytes],
) -> None:
    talk(anna, server)
    before = anna.rows("SELECT count(*) FROM received_change")
    ask_earlier(anna, server, tickets[0], Reader())
    assert anna.rows("SELECT count(*) FROM received_change") == before


def test_nobody_is_told_the_history_of_what_he_may_not_read(
    server: MemoryServer,
    anna: SimDesk,
    ben: SimDesk,
    tickets: list[bytes],
) -> None:
    talk(ben, server)
    edit(anna, tickets[0], unit=U2)
    edit(anna, tickets[0], title="Told in another place")
    talk(anna, server)
    ask_earlier(ben, server, tickets[0])
    assert history(ben, tickets[0]) == []
    edit(anna, tickets[0], unit=U1)
    talk(anna, server)
    ask_earlier(ben, server, tickets[0])
    assert "Told in another place" not in [new for _, _, new in history(ben, tickets[0])]
