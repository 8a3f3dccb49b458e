"""Desks that keep in step with one server over memory: real desks on real folders, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from opsdesk.models.organisation import Person, Unit
from opsdesk.models.tickets import Ticket
from opsdesk.services import conflicts, tickets, times
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.store.database import Database
from opsdesk.store.queue.session import Session
from opsdesk.store.queue.shapes import rules
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.store.work import Reader, Work
from opsdesk.sync.core.codec import Link
from opsdesk.sync.core.state import EVERYWHERE, place_of
from tests.support.clock import Clock


@dataclass
class Station:
    """One desk at the post and its session with the server."""

    desk: Desk
    clock: Clock
    server: MemoryServer
    link: Link = field(init=False)
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.link = Link(self.desk._database.identity.dev, self.desk.person)
        self.session = Session(self.desk._database, lambda size: b"r" * size, self.link)

    def do(self, call: Callable[..., Changes], *args: Any, **kw: Any) -> Any:
        """Run a command to its end, a minute after the last; its outcome."""
        self.clock.ms += times.MINUTE
        return self.desk.do(call, *args, **kw).result()

    def ask(self, call: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        """Ask and wait for the answer."""
        return self.desk.ask(call, *args, **kw).result()

    def exchange(self) -> None:
        """One round with the server: push what waits, pull what is new, and tell the screens."""
        self.clock.ms += times.MINUTE
        self.desk._writer.put(self._round, 0).result()

    def _round(self) -> None:
        now, database = self.clock.ms, self.desk._database
        reader = Reader(database.connection, person=self.desk.person, unit=self.desk.unit, now=now)
        self.session.begin()
        while (message := self.session.next(now)) is not None:
            applied = self.session.receive(self.server.receive(message, self.link), now)
            changes = conflicts.arrived(reader, tuple(applied.conflicts))
            changes |= Changes(tickets=frozenset(applied.records.get(Ticket.entity, ())))
            if changes:
                self.desk.changed(changes)

    def record(self, ticket: bytes) -> conflicts.Record:
        """The ticket with its conflicts."""
        found: conflicts.Record = self.ask(conflicts.record, ticket)
        return found

    def shown(self, ticket: bytes, name: str) -> Any:
        """What the record shows."""
        return self.ask(lambda reader: reader.value(f'SELECT "{name}" FROM ticket WHERE id = ?', (ticket,)))

    def edit(self, ticket: bytes, **values: Any) -> Any:
        """Edit fields of a ticket as an editor does that shows it as it is now."""
        card = self.ask(tickets.card, ticket)
        return self.do(tickets.edit, ticket, values, seen=card.row.base)


@dataclass
class Post:
    """Stations with people of their own in one unit, and what they have in common."""

    anna: Station
    ben: Station
    carl: Station
    server: MemoryServer

    @property
    def stations(self) -> tuple[Station, Station, Station]:
        """All of them."""
        return self.anna, self.ben, self.carl

    def meet(self) -> None:
        """Bring all in step: what one pushed last, the others have pulled."""
        for _ in range(2):
            for station in self.stations:
                station.exchange()

    def ticket(self, **values: Any) -> bytes:
        """A ticket of Anna's that all have."""
        made = {"title": "Road blocked at Kemp Bridge", "values": {"priority": 2, **values}}
        ticket: bytes = self.anna.do(tickets.create, **made).value
        self.meet()
        return ticket

    def apart(self, ticket: bytes, **both: tuple[Any, Any]) -> None:
        """Let Ben and then Anna each write a value of a field without having seen the other's, Ben first at the
        server: `apart(ticket, title=("Anna's", "Ben's"))`."""
        self.apart_but_carl(ticket, **both)
        self.meet()

    def apart_but_carl(self, ticket: bytes, **both: tuple[Any, Any]) -> None:
        """The same while Carl has no link."""
        self.ben.edit(ticket, **{name: theirs for name, (_, theirs) in both.items()})
        self.anna.edit(ticket, **{name: mine for name, (mine, _) in both.items()})
        for station in (self.ben, self.anna, self.ben):
            station.exchange()


PEOPLE = {"ANN": "Anna Harrow", "BEN": "Ben Ferreira", "CAR": "Carl Vance"}


def build(folders: list[Path]) -> Post:
    """Three desks on copies of a new folder, of one unit, that know each other."""
    server = MemoryServer(rules())
    clock = Clock()
    stations = []
    for folder, (tag, name) in zip(folders, PEOPLE.items(), strict=True):
        _rename(folder, tag)
        station = Station(Desk.open(folder, now=clock), clock, server)
        station.desk.person = station.do(_introduce, name).value
        stations.append(station)
    anna, ben, carl = stations
    post = Post(anna, ben, carl, server)
    for station in stations:
        with station.desk._database.transaction(origin=ORIGIN_RECEIVED, now=clock.ms):
            for place in (EVERYWHERE, *(place_of(stations[0].desk.unit, marking) for marking in range(5))):
                station.session.inbox.read(place)
    post.meet()
    return post


def _rename(folder: Path, tag: str) -> None:
    """Give a copied folder the identity of another station."""
    database = Database.open(folder)
    with database.transaction(now=0):
        database.connection.execute("UPDATE device SET dev = ?, tag = ?", (tag.encode().ljust(16, b"_"), tag))
        # The folder was made by the machine's time; the story has a time of its own.
        database.connection.execute("UPDATE capture SET hlc = 0")
    database.close()


def _introduce(work: Work, name: str) -> Changes:
    """The person at the desk; the copied folders have their unit in common."""
    role = work.value("SELECT role FROM person WHERE id = ?", (work.person,))
    work.update(Unit, work.unit, {"name": "CP Main", "code": "CP Main"})
    work.value_out = work.insert(Person, {"role": role, "name": name})
    return Changes(everything=True)


@pytest.fixture
def post(made_folder: Path, tmp_path: Path) -> Iterator[Post]:
    """Anna, Ben and Carl, each at a desk."""
    folders = [Path(shutil.copytree(made_folder, tmp_path / name)) for name in PEOPLE]
    built = build(folders)
    yield built
    for station in built.stations:
        station.desk.close()
