"""What the judge sees at each step."""

from opsdesk.simulator import watch
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import Answer
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
