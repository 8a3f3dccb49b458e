"""A row that leaves what a reader may read is withdrawn from the reader's desk: real desk, real PostgreSQL."""

import asyncio
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

import pytest

from opsdesk.models.threads import Watcher
from opsdesk.simulator.desks import PEOPLE, SimDesk
from opsdesk.simulator.world import UNITS
from opsdesk.sync.core.feed import Reader
from tests.server.conftest import login, run
from tests.support.postgres_server import PostgresServer
from tests.sync.queues import NOW, edit, make, shown
from tests.sync.test_places import comment, held

U1, U2 = UNITS
PAUL, QUIN = PEOPLE[:2]
_numbers = count(1)


@pytest.fixture
def server(cluster: Any, template: str) -> Iterator[PostgresServer]:
    name = f"withdrawal_{next(_numbers)}"
    asyncio.run(run(cluster, f"CREATE DATABASE {name} TEMPLATE {template}"))
    made = PostgresServer(cluster.connection(name), login(cluster.connection(name)))
    yield made
    made.close()
    asyncio.run(run(cluster, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def anna() -> Iterator[SimDesk]:
    """Reads and writes everything."""
    made = SimDesk.new("ANN", Random("anna"), UNITS, [], Reader(None, frozenset(UNITS), 3))
    yield made
    made.database.close()


@pytest.fixture
def paul() -> Iterator[SimDesk]:
    """Reads the second unit up to OFFICIAL, and what names Paul."""
    made = SimDesk.new("PAU", Random("paul"), UNITS, [], Reader(PAUL, frozenset({U2}), 1))
    yield made
    made.database.close()


def talk(desk: SimDesk, server: PostgresServer) -> None:
    """One whole round: look what there is, push, pull."""
    desk.session.begin()
    message: bytes | None = desk.session.look(0)
    while message is not None:
        desk.session.receive(server.receive(message, desk.link, desk.reader), NOW)
        message = desk.session.next(NOW)
    desk.session.end(NOW)


@pytest.mark.parametrize("way", ["unit", "marking", "assignee", "watcher", "shared"])
def test_a_row_that_leaves_a_readers_scope_is_withdrawn_there(
    server: PostgresServer, anna: SimDesk, paul: SimDesk, way: str
) -> None:
    unit = U2 if way in ("unit", "marking") else U1
    ticket = make(anna, unit=unit)
    said = comment(anna, ticket)
    talk(anna, server)
    watcher = b""
    if way == "assignee":
        edit(anna, ticket, assignee=PAUL)
    elif way == "watcher":
        watcher = anna._insert(Watcher, {"subject": ticket, "person": PAUL, "unit": U1}, NOW)
    elif way == "shared":
        server.share(ticket, PAUL)
    talk(anna, server)
    talk(paul, server)
    assert (held(paul), held(paul, "comment")) == ({ticket}, {said})
    if way == "unit":
        edit(anna, ticket, unit=U1)
    elif way == "marking":
        edit(anna, ticket, marking=3)
    elif way == "assignee":
        edit(anna, ticket, assignee=QUIN)
    elif way == "watcher":
        edit(anna, watcher, Watcher, voided="left")
    else:
        server.share(ticket, PAUL, shared=False)
    edit(anna, ticket, title="Not for Paul")
    talk(anna, server)
    talk(paul, server)
    assert (held(paul), held(paul, "comment"), held(paul, "watcher")) == (set(), set(), set())
    assert paul.rows("SELECT count(*) FROM conflict") == [(0,)]


def test_a_record_that_is_read_twice_stays_until_both_end(server: PostgresServer, anna: SimDesk, paul: SimDesk) -> None:
    ticket = make(anna, unit=U2, assignee=PAUL)
    talk(anna, server)
    talk(paul, server)
    for change in ({"unit": U1}, {"title": "Well"}, {"marking": 3}, {"marking": 1}, {"unit": U2}, {"assignee": QUIN}):
        edit(anna, ticket, **change)
        talk(anna, server)
        talk(paul, server)
        assert held(paul) == (set() if change.get("marking") == 3 else {ticket})
    assert shown(paul, ticket, "title") == "Well"
    edit(anna, ticket, unit=U1)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == set()


def test_what_may_not_be_read_any_more_goes_when_rights_are_taken(
    server: PostgresServer, anna: SimDesk, paul: SimDesk
) -> None:
    ticket, named = make(anna, unit=U2), make(anna, unit=U2, requester=PAUL)
    talk(anna, server)
    talk(paul, server)
    assert held(paul) == {ticket, named}
    paul.reader = Reader(PAUL, frozenset(), 1, 1)
    talk(paul, server)
    assert held(paul) == {named}
    paul.reader = Reader(PAUL, frozenset(), 0, 2)
    talk(paul, server)
    assert held(paul) == set()
