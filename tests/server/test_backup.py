"""A copy of the database is whole or none, comes into any PostgreSQL, and a server that lost all but it goes on."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from opsdesk.server import backup, postgres
from opsdesk.server.database import Database
from opsdesk.server.postgres import Binaries, Cluster, PostgresError
from tests.server.conftest import run
from tests.server.running import Running, free_port, opsdesk
from tests.server.test_enrol import ask, data
from tests.server.world import NOW, found, login_name

__all__ = ["data"]  # a fixture

pytestmark = pytest.mark.anyio


@pytest.fixture
async def places(cluster: Cluster, template: str) -> AsyncIterator[list[dict[str, Any]]]:
    """Two empty databases."""
    for name in ("one", "other"):
        await run(cluster, f"CREATE DATABASE {name}")
    yield [cluster.connection(name) for name in ("one", "other")]
    for name in ("one", "other"):
        await run(cluster, f"DROP DATABASE {name} WITH (FORCE)")


async def restored(tools: Binaries, places: list[dict[str, Any]], copy: Path, login: str, reached: int = 0) -> int:
    return await backup.restore(
        tools, places[0], places[1], copy, login=login, password="secret", now=NOW, reached=reached
    )


async def counted(place: dict[str, Any], what: str) -> Any:
    connection = await asyncpg.connect(**place)
    try:
        return await connection.fetchval(f"SELECT count(*) FROM {what}")
    finally:
        await connection.close(timeout=60)


def wrapped(folder: Path, real: Binaries, words: str) -> Binaries:
    """Programs of which pg_restore says something more at the beginning."""
    folder.mkdir()
    program = folder / "pg_restore"
    program.write_text(f'#!/bin/sh\nprintf \'{words}\'\nexec "{real.program("pg_restore")}" "$@"\n')
    program.chmod(0o755)
    return Binaries(folder, real.version)


async def test_a_copy_of_a_newer_postgresql_comes_into_an_older_one(
    cluster: Cluster, places: list[dict[str, Any]], tmp_path: Path
) -> None:
    login = login_name()
    await found(places[0], login, "secret")
    backup.write(postgres.tools(), places[0], tmp_path / "copy")
    newer = wrapped(tmp_path / "newer", postgres.tools(), r"\\restrict x\nSET transaction_timeout = 0;\n")
    assert await restored(newer, places, tmp_path / "copy", login) == 1
    assert await counted(places[1], "account") == await counted(places[0], "account") > 0
    other = wrapped(tmp_path / "other", postgres.tools(), r"SET nothing_of_ours = 0;\n")
    await run(cluster, "DROP DATABASE other WITH (FORCE)")
    await run(cluster, "CREATE DATABASE other")
    with pytest.raises(asyncpg.PostgresError, match="nothing_of_ours"):
        await restored(other, places, tmp_path / "copy", login)


async def test_a_copy_that_was_cut_short_leaves_nothing_behind(places: list[dict[str, Any]], tmp_path: Path) -> None:
    login = login_name()
    await found(places[0], login, "secret")
    size = backup.write(postgres.tools(), places[0], tmp_path / "copy")
    (tmp_path / "cut").write_bytes((tmp_path / "copy").read_bytes()[: size // 2])
    with pytest.raises(backup.ToolFailed, match="pg_restore"):
        await restored(postgres.tools(), places, tmp_path / "cut", login)
    assert await counted(places[1], "pg_tables WHERE schemaname = 'public'") == 0


async def test_a_restore_goes_beyond_every_life_that_is_known(places: list[dict[str, Any]], tmp_path: Path) -> None:
    login = login_name()
    await found(places[0], login, "secret")
    backup.write(postgres.tools(), places[0], tmp_path / "copy")
    assert await restored(postgres.tools(), places, tmp_path / "copy", login, reached=4) == 5


async def test_a_database_that_a_server_still_writes_to_is_not_moved_away_from(
    places: list[dict[str, Any]],
) -> None:
    login = login_name()
    await found(places[0], login, "secret")
    db = await Database.open({**places[0], "user": login, "password": "secret"}, connections=2)
    try:
        assert await backup.in_use(places[0], login)
    finally:
        await db.close()
    for _ in range(100):
        # PostgreSQL needs a moment to see that somebody has gone.
        if not await backup.in_use(places[0], login):
            break
        await asyncio.sleep(0.05)
    assert not await backup.in_use(places[0], login)
    assert not await backup.in_use({**places[0], "database": "nothing"}, login), "one that is gone is used by nobody"


@pytest.mark.parametrize("fault", [OSError("No space left on device"), KeyboardInterrupt()])
def test_a_copy_that_could_not_be_finished_takes_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def full(_tools: Any, _owner: Any, out: Any) -> None:
        out.write(b"half")
        raise fault

    monkeypatch.setattr(backup, "_dump", full)
    with pytest.raises(type(fault)):
        backup.write(Binaries(tmp_path, 18), {}, tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "address", "password"),
    [
        ("postgresql://a:s%20p@db:5432/x?sslmode=require", "postgresql://a@db:5432/x?sslmode=require", "s p"),
        ("postgresql://a@one,two/x?password=q", "postgresql://a@one,two/x", "q"),
        ("postgresql:///x?host=/run/pg", "postgresql:///x?host=%2Frun%2Fpg", None),
    ],
)
def test_no_password_stands_where_everybody_reads_it(url: str, address: str, password: str | None) -> None:
    assert backup._without_password(url) == (address, password)


def test_a_copy_is_made_by_programs_that_are_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in (14, 17):
        folder = tmp_path / str(version)
        folder.mkdir()
        for name in ("pg_dump", "pg_restore"):  # of a client alone
            (folder / name).write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}.1'\n")
            (folder / name).chmod(0o755)
    monkeypatch.setattr(postgres, "_folders", lambda _environment: iter([tmp_path / "14", tmp_path / "17"]))
    assert postgres.tools(14).version == 14
    assert postgres.tools(15).version == 17
    assert postgres.tools().version == 17
    with pytest.raises(PostgresError, match=r"pg_dump of PostgreSQL 18 or newer is needed.*postgresql-client"):
        postgres.tools(18)


def test_a_server_that_lost_its_machine_goes_on_from_a_copy_and_its_keys(data: Path, tmp_path: Path) -> None:
    """The desk goes on by itself with the token it has, and offers again what the copy did not have."""
    port, desk = free_port(), tmp_path / "desk"
    opsdesk(data, "server", "init", "--unit", "CP Main", "--host", "127.0.0.1", "--port", str(port))
    code = opsdesk(data, "server", "user", "add", "eva", "--unit", "CP Main")["code"]

    def make(title: str) -> None:
        (tmp_path / "new.csv").write_text(f"title\n{title}\n")
        assert opsdesk(desk, "import", "tickets", str(tmp_path / "new.csv"))["imported"] == 1

    running = Running(data, port)
    try:
        assert running.healthy(), running.log.read_text()
        opsdesk(desk, "enrol", f"127.0.0.1:{port}", "--code", code, "--tag", "CP1")
        opsdesk(data, "server", "backup", str(tmp_path / "copy"))
        make("After the copy")
        assert opsdesk(desk, "sync", "--once")["pushed"] == 1
        assert running.end() == 0
        # The cluster is gone; a restore from the same copy was lost with it.
        opsdesk(data, "server", "restore", str(tmp_path / "copy"))
        shutil.rmtree(data / "server/postgres")
        done = opsdesk(data, "server", "restore", str(tmp_path / "copy"))
        assert (done["epoch"], done["before"]) == (2, None)
        make("While it was away")
        running = Running(data, port)
        assert running.healthy(), running.log.read_text()
        done = opsdesk(desk, "sync", "--once")
        assert (done["queued"], done["returned"], done["conflicts"]) == (0, 0, 0)
        second = opsdesk(data, "server", "user", "code", "eva")["code"]
        opsdesk(tmp_path / "other", "enrol", f"127.0.0.1:{port}", "--code", second, "--tag", "CP2")
        opsdesk(tmp_path / "other", "sync", "--once")
        titles = sorted(ask(tmp_path / "other", "SELECT title FROM ticket"))
        assert titles == [("After the copy",), ("While it was away",)]
        assert running.end() == 0
    finally:
        if running.process.poll() is None:
            running.process.kill()
