"""Whole desks that exchange with one server in this process: no network, no clock, one message at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from opsdesk.models.base import Marking
from opsdesk.models.tickets import Ticket
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.store.queue.session import Session
from opsdesk.store.queue.shapes import rules
from opsdesk.store.work import Work
from opsdesk.sync.core.codec import Link
from opsdesk.sync.core.state import EVERYWHERE, place_of
from tests.support.desks import new_folder


class Exchange:
    """One server and the desks that read each other's tickets."""

    def __init__(self, at: Path) -> None:
        self.server = MemoryServer(rules())
        self._at = at
        self._sessions: dict[Desk, Session] = {}

    def desk(self, name: str) -> Desk:
        """A new desk whose person has that name."""
        desk = Desk.open(new_folder(self._at / name))

        def call_them(work: Work) -> Changes:
            work.execute("UPDATE person SET name = ? WHERE id = ?", (name, work.person))
            return Changes(people=frozenset({work.person}))

        desk.do(call_them).result()
        self._sessions[desk] = Session(desk._database, os.urandom, Link(desk._database.identity.dev, desk.person))
        for one in self._sessions:
            _run(one, self._read_all)
        return desk

    def _read_all(self, desk: Desk) -> None:
        places = [place_of(one.unit, marking) for one in self._sessions for marking in Marking]
        with desk._database.transaction():
            for place in (EVERYWHERE, *places):
                self._sessions[desk].inbox.read(place)

    def push(self, desk: Desk) -> None:
        """Send what waits and take the answers, without fetching anything."""
        self._talk(desk, pull=False)

    def pull(self, desk: Desk) -> None:
        """Fetch, and send nothing."""
        self._talk(desk, push=False)

    def session(self, desk: Desk) -> Session:
        """What carries the messages of a desk."""
        return self._sessions[desk]

    def round(self, desk: Desk) -> None:
        """One whole round: send, then fetch."""
        self._talk(desk)

    def _talk(self, desk: Desk, *, push: bool = True, pull: bool = True) -> None:
        session = self._sessions[desk]

        def talk(desk: Desk) -> Changes:
            records, conflicts = set(), set()
            session.begin()
            session._pushing = push
            while (message := session.next(desk._now())) is not None and (pull or session._pushing):
                applied = session.receive(self.server.receive(message, session.link), desk._now())
                while session.unfinished:
                    applied.add(session.go_on(desk._now()))
                records |= applied.records.get(Ticket.entity, set())
                conflicts |= applied.conflicts
            return Changes(tickets=frozenset(records), conflicts=frozenset(conflicts), queue=True)

        desk.changed(_run(desk, talk))

    def forget(self, desk: Desk) -> None:
        """Close one desk."""
        del self._sessions[desk]
        desk.close()

    def close(self) -> None:
        """Close all desks."""
        for desk in self._sessions:
            desk.close()


def _run(desk: Desk, call: Callable[[Desk], Any]) -> Any:
    return desk.background(lambda _database, _now: call(desk)).result()


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    """A server with no desk yet."""
    made = Exchange(tmp_path)
    yield made
    made.close()
