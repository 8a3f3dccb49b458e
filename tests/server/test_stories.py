"""The simulator's stories over real PostgreSQL, in a smaller number: the same desks, mishaps and promises."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from opsdesk.simulator.invariants import Judge
from opsdesk.simulator.memory_server import Boundary
from opsdesk.simulator.world import World
from opsdesk.sync.core.centre import Permit
from opsdesk.sync.core.rules import Rules
from tests.server.conftest import login, run
from tests.support.postgres_server import PostgresServer

NOT_HERE = frozenset({"restore", "forget"})
"""A restored database is a new epoch, made by a command (test_running); values from before are always known here."""


@pytest.fixture
def database(cluster: Any, template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"story_{request.node.callspec.params['seed']}"
    asyncio.run(run(cluster, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield name
    asyncio.run(run(cluster, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", range(5))
def test_a_story_over_postgresql_ends_well(cluster: Any, database: str, seed: int) -> None:
    owner = cluster.connection(database)
    made: list[PostgresServer] = []

    def make(rules: Rules, permit: Permit, boundary: Boundary) -> Any:
        made.append(PostgresServer(owner, login(owner), permit, boundary, rules))
        return made[0]

    world = World(seed, edits=80, make_server=make, without=NOT_HERE)
    try:
        story = world.run()
        assert list(Judge(world).problems()) == []
        assert story.edits >= 80
    finally:
        made[0].close()
