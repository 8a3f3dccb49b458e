"""A real PostgreSQL for the session, and a database of its own, made by the migrations, for each test."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from opsdesk.server import database, security
from opsdesk.server.database import Database
from opsdesk.server.postgres import FAST, Cluster
from tests.server.world import World, found, login_name

LOGIN = "opsdesk_test_login"
_numbers = count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    # Not below pytest's own folder: that one is closed to the account which runs PostgreSQL for root.
    with tempfile.TemporaryDirectory(prefix="opsdesk-pg-") as name:
        Path(name).chmod(0o755)
        made = Cluster(Path(name) / "cluster", settings=FAST)
        made.make()
        # Each proof of a password takes both ends 20 ms; test_postgres looks at that, on a cluster as it is made.
        (made.data / "pg_hba.conf").write_text("local all all trust\n")
        with made.up():
            yield made


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """Name of a migrated database that the databases of tests are copied from."""

    async def make() -> None:
        await run(cluster, "CREATE DATABASE template_of_tests")
        await database.migrate(cluster.connection("template_of_tests"))
        for statement in security.login_statements(LOGIN, "secret"):
            await run(cluster, statement)

    asyncio.run(make())
    return "template_of_tests"


@pytest.fixture
async def owner_arguments(cluster: Cluster, template: str) -> AsyncIterator[dict[str, Any]]:
    """How the owner connects to this test's own database."""
    name = f"test_{next(_numbers)}"
    await run(cluster, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield cluster.connection(name)
    await run(cluster, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def owner(owner_arguments: dict[str, Any]) -> AsyncIterator[Any]:
    """A connection that sees and may do everything."""
    connection = await asyncpg.connect(**owner_arguments)
    yield connection
    await connection.close(timeout=60)


@pytest.fixture(scope="session")
def shared(cluster: Cluster, template: str) -> dict[str, Any]:
    """How the owner connects to a database that many tests use, each of them in a transaction that it takes back."""
    asyncio.run(run(cluster, f"CREATE DATABASE shared TEMPLATE {template}"))
    return cluster.connection("shared")


@pytest.fixture
async def scratch(shared: dict[str, Any]) -> AsyncIterator[Any]:
    """An owner's connection in a transaction that is taken back: cheaper than a database of one's own."""
    connection = await asyncpg.connect(**shared)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close(timeout=60)


@pytest.fixture
async def db(owner_arguments: dict[str, Any]) -> AsyncIterator[Database]:
    """This test's database as the server uses it."""
    opened = await Database.open(login(owner_arguments), connections=4)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def founded(cluster: Cluster, template: str) -> tuple[str, str]:
    """A founded server's database to copy, and its login."""
    name = login_name()

    async def make() -> None:
        await run(cluster, f"CREATE DATABASE founded TEMPLATE {template}")
        await found(cluster.connection("founded"), name, "secret")

    asyncio.run(make())
    return "founded", name


@pytest.fixture
async def world(cluster: Cluster, founded: tuple[str, str]) -> AsyncIterator[World]:
    """A server with people of every role, for one test."""
    async with open_world(cluster, founded) as made:
        yield made


@pytest.fixture(scope="module")
async def common_world(cluster: Cluster, founded: tuple[str, str]) -> AsyncIterator[World]:
    """A server with people of every role, for the tests of a module that leave it as they need it."""
    async with open_world(cluster, founded) as made:
        yield made


@asynccontextmanager
async def open_world(cluster: Cluster, founded: tuple[str, str]) -> AsyncIterator[World]:
    """A founded server on a database of its own, until the block ends."""
    name = f"world_{next(_numbers)}"
    await run(cluster, f"CREATE DATABASE {name} TEMPLATE {founded[0]}")
    arguments = cluster.connection(name)
    owner = await asyncpg.connect(**arguments)
    db = await Database.open({**arguments, "user": founded[1], "password": "secret"}, connections=4)
    yield World(db, owner)
    await db.close()
    await owner.close(timeout=60)
    await run(cluster, f"DROP DATABASE {name} WITH (FORCE)")


def login(owner_arguments: dict[str, Any]) -> dict[str, Any]:
    """How the service connects to the database of an owner."""
    return {**owner_arguments, "user": LOGIN, "password": "secret"}


async def run(cluster: Cluster, statement: str, name: str = "postgres") -> None:
    connection = await asyncpg.connect(**cluster.connection(name))
    await connection.execute(statement)
    await connection.close(timeout=60)
