"""A second station for the tour: it changes what the sample's desk changes too, so that there is something to settle.

It is a real device that pushes to a server in memory, and the desk exchanges with that server as it always does. Only
what came before is taken for agreed: the whole sample need not travel for a picture.
"""

from __future__ import annotations

import os
from typing import Any, Final

from opsdesk.models.tickets import Priority, State, Ticket
from opsdesk.services import conflicts, tickets, times
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.store import clock
from opsdesk.store.queue.session import Session
from opsdesk.store.queue.shapes import rules, shapes
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.store.work import Reader, Work
from opsdesk.sync.core import chain, codec
from opsdesk.sync.core.messages import Answer, Batch, Change, ChangeKind, Run
from opsdesk.sync.core.state import Record, Stamp, place_of

BASE: Final = "Pylon across both lanes of the bridge. Foot traffic possible along the east rail. Diversion A is signed."
MINE: Final = (
    "Pylon and live cable across both lanes. Foot traffic possible along the east rail. Keep 30 m back until 1500Z. "
    "Diversion A is signed."
)
THEIRS: Final = (
    "Pylon across both lanes of the bridge. Foot traffic possible along the east rail. Diversion A closed by "
    "landslide, use B."
)
_FIELDS: Final = {spec.name: number for number, spec in shapes()[Ticket.entity].fields.items()}


def disagree(desk: Desk) -> bytes:
    """Bring two tickets of the desk into conflict and settle a third; the one with two conflicting fields."""
    first, second, third = desk.ask(_three, desk.person).result()
    desk.do(_prepare, first).result()
    server = _agreed(desk, (first, second, third))
    partner = _Partner(server, desk.ask(_other_person).result())
    partner.write(first, {"description": THEIRS, "priority": int(Priority.URGENT), "location": "East approach"})
    partner.write(second, {"due_at": desk.ask(lambda reader: reader.now + 3 * times.HOUR).result()})
    partner.write(third, {"location": "Depot East, gate 2"})
    mine: tuple[tuple[bytes, dict[str, Any]], ...] = (
        (first, {"description": MINE, "priority": int(Priority.HIGH)}),
        (second, {"due_at": desk.ask(lambda reader: reader.now + 9 * times.HOUR).result()}),
        (third, {"location": "Depot East"}),
    )
    for ticket, values in mine:
        desk.do(tickets.edit, ticket, values).result()
    desk.do(tickets.tag, first, "power").result()
    _exchange(desk, server)
    record = desk.ask(conflicts.record, third).result()
    choice = conflicts.Choice(record.open[0].seen, conflicts.take(record.open[0], "theirs"))
    desk.do(conflicts.settle, [choice]).result()
    _exchange(desk, server)
    return first


def _three(reader: Reader, person: bytes) -> tuple[bytes, bytes, bytes]:
    """The three open tickets that this person works on, or that have the most to say."""
    rows = reader.rows(
        "SELECT t.id FROM ticket t WHERE t.voided IS NULL AND t.state < ? ORDER BY t.assignee IS ? DESC, "
        "(SELECT count(*) FROM comment c WHERE c.subject = t.id) DESC, t.key LIMIT 3",
        (int(State.RESOLVED), person),
    )
    first, second, third = (row[0] for row in rows)
    return first, second, third


def _other_person(reader: Reader) -> bytes:
    found: bytes = reader.value("SELECT id FROM person WHERE id <> ? ORDER BY key DESC LIMIT 1", (reader.person,))
    return found


def _prepare(work: Work, ticket: bytes) -> Changes:
    told = {"title": "Road blocked at Kemp Bridge, fallen pylon", "description": BASE, "location": None}
    return tickets.edit(work, ticket, {**told, "priority": int(Priority.NORMAL), "assignee": work.person})


def _agreed(desk: Desk, wanted: tuple[bytes, ...]) -> MemoryServer:
    """A server that has these tickets as they are, and a desk that has pulled them and has nothing to push."""
    server = MemoryServer(rules())

    def agree() -> None:
        database = desk._database
        names = ", ".join(f'"{name}"' for name in _FIELDS)
        with database.transaction(origin=ORIGIN_RECEIVED, now=desk._now()) as connection:
            connection.execute("UPDATE change SET outcome = 0, settled = seq WHERE outcome IS NULL")
            for ticket in wanted:
                server.held.ver += 1
                row = connection.execute(f"SELECT {names} FROM ticket WHERE id = ?", (ticket,)).fetchone()
                values = {
                    number: value for number, value in zip(_FIELDS.values(), row, strict=True) if value is not None
                }
                stamps = {number: Stamp(server.held.ver) for number in _FIELDS.values()}
                server.held.records[ticket] = Record(Ticket.entity, ticket, server.held.ver, values, stamps)
                for number in _FIELDS.values():
                    server.held.history[ticket, number] = [(server.held.ver, values.get(number))]
                connection.execute("UPDATE ticket SET ver = ? WHERE id = ?", (server.held.ver, ticket))
                place = place_of(values.get(_FIELDS["unit"]), values.get(_FIELDS["marking"]))
                connection.execute("INSERT OR IGNORE INTO feed_cursor (place) VALUES (?)", (place,))

    desk._writer.put(agree, 0).result()
    return server


def _exchange(desk: Desk, server: MemoryServer) -> None:
    link = codec.Link(desk._database.identity.dev, desk.person)
    session = Session(desk._database, os.urandom, link)

    def run() -> None:
        session.begin()
        while (message := session.next(desk._now())) is not None:
            session.receive(server.receive(message, link), desk._now())

    desk._writer.put(run, 0).result()


class _Partner:
    """The other station: a device without a screen."""

    def __init__(self, server: MemoryServer, person: bytes) -> None:
        self._server, self._person = server, person
        self._dev = b"FU2 of the tour_"
        self._dseq = 0
        self._digest = chain.genesis(self._dev)

    def write(self, ticket: bytes, values: dict[str, Any]) -> None:
        """Change fields of a ticket as it was agreed."""
        record = self._server.held.records[ticket]
        for name, value in values.items():
            self._dseq += 1
            made = Change(
                self._dseq, ChangeKind.SET, Ticket.entity, ticket, {_FIELDS[name]: value}, record.ver,
                hlc=(clock.now_ms() + self._dseq) << 16, actor=self._person, act=self._dseq,
            )  # fmt: skip
            batch = Batch(self._dev, (Run(self._dseq, 1, chain.short(self._digest)),), (made,))
            self._digest = chain.link(self._digest, made)
            link = codec.Link(self._dev, self._person)
            answer = codec.decode(self._server.receive(codec.encode(batch, link), link), link)
            assert isinstance(answer, Answer)
