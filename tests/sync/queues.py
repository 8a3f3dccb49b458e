"""A desk's queue on a real database, and what a person does there, for tests."""

from random import Random
from typing import Any

from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.simulator.world import PLACES, UNITS
from opsdesk.sync.core.feed import EVERYTHING, Reader

NOW = 1_000_000
U1, U2 = UNITS


def new_desk(name: str, reader: Reader = EVERYTHING) -> SimDesk:
    return SimDesk.new(name, Random(name), UNITS, [place for place in PLACES if reader.reads(place)], reader)


def make(desk: SimDesk, **values: Any) -> bytes:
    """A new ticket."""
    needed = {"number": "T-1", "title": "Pump", "occurred_at": NOW, "created_at": NOW, "updated_at": NOW, "unit": U1}
    return desk._insert(Ticket, {**needed, **values}, NOW)


def edit(desk: SimDesk, record: bytes, table: Any = Ticket, **values: Any) -> None:
    """Edit what is shown now."""
    desk._update(desk._editor(table, record, tuple(values)), values, NOW)


def talk(desk: SimDesk, server: MemoryServer) -> list[bytes]:
    """One whole round; the server's replies."""
    replies = []
    desk.session.begin()
    while (message := desk.session.next(NOW)) is not None:
        replies.append(server.receive(message, desk.link, desk.reader))
        desk.session.receive(replies[-1], NOW)
    return replies


def shown(desk: SimDesk, record: bytes, name: str) -> Any:
    """What the person sees."""
    return desk.rows(f'SELECT "{name}" FROM ticket WHERE id = ?', record)[0][0]
