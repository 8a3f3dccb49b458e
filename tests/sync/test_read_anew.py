"""Feeds that are read anew, since rights changed: nothing older than before is shown meanwhile."""

from types import SimpleNamespace
from typing import Any, cast

from opsdesk.simulator import watch
from opsdesk.simulator.desks import PEOPLE, SimDesk
from opsdesk.simulator.invariants import Judge
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.simulator.world import UNITS, Story, World
from opsdesk.sync.core import codec
from opsdesk.sync.core.feed import Reader
from opsdesk.sync.core.messages import Answer
from tests.sync.queues import NOW, edit, make, shown, talk

U1, U2 = UNITS


def may_read(desk: SimDesk, *units: bytes) -> None:
    """Give a desk's person other rights."""
    desk.reader = Reader(PEOPLE[1], frozenset(units), 3, epoch=desk.reader.epoch + 1)


def titles(desk: SimDesk, server: MemoryServer) -> list[Any]:
    """A whole round that begins with the question what may be read; each title shown meanwhile, of one ticket."""
    found: list[Any] = []

    def note() -> None:
        for (title,) in desk.rows("SELECT title FROM ticket"):
            found.extend([] if found[-1:] == [title] else [title])

    desk.session.begin()
    message: bytes | None = desk.session.look(0)
    while message is not None:
        reply = server.receive(message, desk.link, desk.reader)
        watch.comes(desk, codec.decode(reply, desk.link))
        desk.session.receive(reply, NOW)
        note()
        while desk.session.unfinished:
            desk.session.go_on(NOW)
            note()
        message = desk.session.next(NOW)
    desk.session.end(NOW)
    return found


def test_an_accepted_edit_stays_in_sight_while_the_own_feed_is_read_anew(server: MemoryServer, ben: SimDesk) -> None:
    """Ben loses the unit of a ticket that is his: his own feed tells of it from its creation on, entry by entry."""
    ben.session.piece = 1
    may_read(ben, U1, U2)
    ticket = make(ben, unit=U2, marking=1, assignee=PEOPLE[1])
    for _ in range(3):
        titles(ben, server)
    edit(ben, ticket, title="East")
    titles(ben, server)
    assert ben.session.outbox.waiting() == 0
    may_read(ben, U1)
    assert titles(ben, server) == ["East"]
    assert ben.rows("SELECT count(*) FROM stale_record") == [(0,)], "it was told of, and stays"


def test_what_was_not_taken_leaves_the_servers_value_though_no_feed_tells_of_it(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """Ben's first edit comes back and his second asks, just while he may not read the ticket's unit."""
    ticket = make(anna, unit=U2, marking=1)
    talk(anna, server)
    may_read(ben, U1, U2)
    titles(ben, server)
    edit(anna, ticket, title="West")
    talk(anna, server)
    ben.session.begin()
    ben.session._pushing = False  # the pull was under way when the edits were made
    edit(ben, ticket, title="bad")
    edit(ben, ticket, title="East")
    message: bytes | None = ben.session.look(0)
    while message is not None:
        ben.session.receive(server.receive(message, ben.link, ben.reader), NOW)
        message = ben.session.next(NOW)
    assert ben.rows("SELECT value FROM server_value") == [("West",)]
    server.permit = lambda _batch, change, _record: "not allowed" if change.values.get(13) == "bad" else None
    may_read(ben, U1)
    ben.session.begin()
    message = ben.session.look(0)
    while ben.session.outbox.waiting():
        assert message is not None
        reply = server.receive(message, ben.link, ben.reader)
        ben.session.receive(reply, NOW)
        message = ben.session.next(NOW)
    assert isinstance(codec.decode(reply, ben.link), Answer)
    assert shown(ben, ticket, "title") == "West"
    may_read(ben, U1, U2)
    titles(ben, server)
    assert shown(ben, ticket, "title") == server.held.records[ticket].values[13] == "West"
    assert ben.rows("SELECT count(*) FROM conflict WHERE open = 1") == [(1,)]


def test_what_had_gone_begins_anew_where_another_feed_tells_of_it_from_the_begin(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """The ticket was renamed in the one unit, and then in the other, where Ben saw it; it has gone back since."""
    may_read(ben, U1)
    ticket = make(anna, unit=U2, marking=1)
    edit(anna, ticket, title="East")
    talk(anna, server)
    edit(anna, ticket, unit=U1)
    talk(anna, server)
    titles(ben, server)
    edit(anna, ticket, title="West")
    talk(anna, server)
    titles(ben, server)
    edit(anna, ticket, unit=U2)
    talk(anna, server)
    titles(ben, server)
    assert ben.rows("SELECT id FROM ticket") == []
    may_read(ben, U2)
    titles(ben, server)
    assert ben.rows("SELECT new FROM received_change WHERE field = 13 ORDER BY seq") == [("West",), ("East",)]
    assert shown(ben, ticket, "title") == "West"
    judge = Judge(cast(World, SimpleNamespace(server=server, desks=[ben], story=Story())))
    assert list(judge._causes_known()) == []
    ben.begun.clear()
    assert [problem.text[:3] for problem in judge._causes_known()] == ["I7:"], "of what had stayed, it would be wrong"
