"""A desk of an older version keeps what it does not know as the server tells it."""

from opsdesk.models import ids
from opsdesk.models.threads import Answer
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from tests.sync.queues import NOW, U1, U2, edit, make, talk


def test_a_conflict_on_a_record_of_an_unknown_kind_moves_with_it(
    server: MemoryServer, anna: SimDesk, ben: SimDesk
) -> None:
    """Where it goes to may be read before where it comes from, and says so with the version of the move."""
    ticket = make(anna, unit=U2)
    twin = anna.clone("TWN")
    twin.database.connection.execute("UPDATE device SET dev = ?", (bytes(16),))
    for desk in (anna, twin):
        values = {"subject": ticket, "question": "depth", "value": f'"{desk.name}"', "unit": U2, "marking": 1}
        desk._insert(Answer, values, NOW, ids.derived(ticket, "depth"))
    for desk in (anna, twin, anna):
        talk(desk, server)
    (conflict,) = server.held.conflicts.values()
    assert conflict.entity == Answer.entity
    ben.old = True
    ben.run(talk, ben, server)
    assert ben.rows("SELECT id, open FROM conflict") == [(conflict.id, 1)]
    edit(anna, ticket, unit=U1)
    talk(anna, server)
    ben.run(talk, ben, server)
    assert ben.rows("SELECT id, open FROM conflict") == [(conflict.id, 1)]
