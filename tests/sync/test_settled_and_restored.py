"""What a person settled before a server was restored is not asked again."""

from collections.abc import Iterator
from random import Random

import msgspec
import pytest

from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.simulator.world import PLACES, UNITS
from opsdesk.sync.core.messages import Conflict
from tests.sync.queues import NOW, edit, make, shown, talk


@pytest.fixture
def carl() -> Iterator[SimDesk]:
    desk = SimDesk.new("CRL", Random("CRL"), UNITS, list(PLACES))
    yield desk
    desk.database.close()


def settle(desk: SimDesk, ticket: bytes, name: str, value: str | int) -> None:
    """Settle the one open conflict on a ticket."""
    ((packed,),) = desk.rows("SELECT packed FROM conflict WHERE open = 1")
    conflict = msgspec.msgpack.decode(packed, type=Conflict)
    with desk.database.transaction(now=NOW):
        seen = desk._editor(Ticket, ticket, (name,)).seen
        desk.session.outbox.resolve(conflict.entity, ticket, conflict, value, seen=seen)


@pytest.mark.parametrize("order", ["abc", "acb"])
@pytest.mark.parametrize(
    ("name", "first", "hers", "his", "chosen"),
    [
        ("title", "Pump", "East", "West", "West"),
        ("title", "Pump", "East", "West", "East and west"),
        ("priority", 1, 2, 4, 2),
        ("description", "one\n\n", "east\n\n", "west\n\n", "east\n\n"),
        ("description", "one\n\n", "one\n\neast\n\n", "one\n\nwest\n\n", "one\n\n"),
    ],
)
def test_what_was_settled_before_a_restore_is_not_asked_again(
    server: MemoryServer,
    anna: SimDesk,
    ben: SimDesk,
    carl: SimDesk,
    order: str,
    name: str,
    first: str | int,
    hers: str | int,
    his: str | int,
    chosen: str | int,
) -> None:
    """Carl chose between Anna's and Ben's. All three offer theirs again, Ben before Carl or after him."""
    desks = {"a": anna, "b": ben, "c": carl}
    ticket = make(anna, **{name: first})
    for desk in desks.values():
        talk(desk, server)
    backup = server.held.backup()
    edit(anna, ticket, **{name: hers})
    edit(ben, ticket, **{name: his})
    for desk in desks.values():
        talk(desk, server)
    settle(carl, ticket, name, chosen)
    for desk in (carl, anna, ben):
        talk(desk, server)
    assert not any(one.open for one in server.held.conflicts.values())
    server.restore(backup)
    for letter in order:
        for _ in range(2):
            talk(desks[letter], server)
    for _ in range(2):
        for desk in desks.values():
            talk(desk, server)
    assert not any(one.open for one in server.held.conflicts.values())
    assert {shown(desk, ticket, name) for desk in desks.values()} == {chosen}
    assert [desk.session.outbox.waiting() for desk in desks.values()] == [0, 0, 0]
