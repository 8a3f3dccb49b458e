"""What the judge sees at each step, and at the end."""

import pytest

from opsdesk.simulator import watch
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.invariants.questions import Order
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.simulator.world import World
from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import Answer, Change, ChangeKind, Code, Outcome, Ref
from opsdesk.sync.core.state import Known
from tests.sync.conftest import anna, server
from tests.sync.queues import NOW, edit, make, talk

__all__ = ["anna", "server"]


def test_what_comes_late_from_a_life_that_is_lost_is_not_older(server: MemoryServer, anna: SimDesk) -> None:
    """Anna has not heard of the restore: her last edit, which the server lost with its history, is shown rightly."""
    ticket = make(anna)
    edit(anna, ticket, title="East")
    talk(anna, server)
    backup = server.held.backup()
    edit(anna, ticket, title="West")
    anna.session.begin()
    late = b""
    while not late:
        message = anna.session.next(NOW)
        assert message is not None
        reply = server.receive(message, anna.link)
        if isinstance(codec.decode(reply, anna.link), Answer):
            anna.session.receive(reply, NOW)
        else:
            late = reply
    server.restore(backup)
    anna.settled.clear()
    anna.session.receive(late, NOW)
    assert anna.rows("SELECT title FROM ticket") == [("West",)]
    assert watch.shown(server.held, anna) == []


@pytest.mark.parametrize(("names", "torn"), [("same", 1), ("both", 0)])
def test_a_group_is_torn_under_one_name_only(names: str, torn: int) -> None:
    """What a copy of a disk offers of the same group may have another answer."""
    world = World(0)
    for dseq, (dev, code) in enumerate(zip(names, (Code.ACCEPTED, Code.RETURNED), strict=False), 1):
        name = (b"n" if names == "same" else dev.encode()) * 16
        change = Change(dseq, ChangeKind.SET, 10, bytes(16), {13: "a"}, 0, hlc=1, gid=b"g" * 16)
        world.server.held.changes[Ref(name, dseq)] = Known(change, name, b"", Outcome(dseq, code), {}, 0)
    assert len([*Order(world)._groups_whole()]) == torn
