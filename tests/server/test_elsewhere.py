"""A database elsewhere: a plain owner is enough to found a server, back it up, and move it to another place."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest

from opsdesk.server import backup, database, security
from opsdesk.server.database import Database
from opsdesk.server.postgres import Cluster
from opsdesk.services.errors import Refused
from tests.server.conftest import run
from tests.server.test_files import BYTES, PIECE, attachment, send, send_all, ticket
from tests.server.world import NOW, World, found, login_name

pytestmark = pytest.mark.anyio


@pytest.fixture
async def plain(cluster: Cluster, template: str) -> Any:
    """Two empty databases of an owner who may make roles, which is all that a managed PostgreSQL gives."""
    await run(cluster, "CREATE ROLE plain LOGIN CREATEROLE PASSWORD 'plain'")
    for role in security.ROLES:
        # In a cluster of its own it would have made these itself.
        await run(cluster, f"GRANT {role} TO plain WITH ADMIN OPTION")
    arguments = []
    for name in ("plain", "plain_too"):
        await run(cluster, f"CREATE DATABASE {name} OWNER plain")
        arguments.append({**cluster.connection(name), "user": "plain", "password": "plain"})
    yield arguments
    for name in ("plain", "plain_too"):
        await run(cluster, f"DROP DATABASE {name} WITH (FORCE)")
    await run(cluster, "DROP OWNED BY plain")
    await run(cluster, "DROP ROLE plain")


async def test_a_server_is_founded_and_moved_by_a_plain_owner(cluster: Cluster, plain: Any, tmp_path: Path) -> None:
    first, second = plain
    login = login_name()
    await found(first, login, "secret")
    assert await database.differences(first) == []
    size = backup.write(cluster.programs, first, tmp_path / "copy")
    assert size > 10_000
    with pytest.raises(Refused, match="already"):
        backup.write(cluster.programs, first, tmp_path / "copy")
    moved = await backup.restore(
        cluster.programs, first, second, tmp_path / "copy", login=login, password="secret", now=NOW
    )
    assert moved == 1
    assert await database.differences(second) == []
    db = await Database.open({**second, "user": login, "password": "secret"}, connections=2)
    owner = await asyncpg.connect(**second)
    try:
        officer = await World(db, owner).as_("watch officer")
        made = await officer.post("/v1/tickets", json={"title": "Pump"})
        assert (made.status_code, made.json()["number"]) == (201, "T-WEB1-00001"), made.text
        assert made.json()["ver"] > 1 << 40, "no version of the life before is given again"
        assert len((await officer.get("/v1/tickets?q=pump")).json()["tickets"]) == 1
        lost = await owner.fetchrow("SELECT head, floor FROM epoch WHERE number = 1")
        assert 0 < lost["head"] < lost["floor"] == 1 << 40
    finally:
        await owner.close(timeout=60)
        await db.close()
    with pytest.raises(Refused, match="not empty"):
        await backup.restore(cluster.programs, first, second, tmp_path / "copy", login=login, password="x", now=NOW)


async def test_a_restored_server_has_its_files_byte_by_byte_and_goes_on_with_those_half_sent(
    cluster: Cluster, plain: Any, tmp_path: Path
) -> None:
    first, second = plain
    login = login_name()
    await found(first, login, "secret")

    async def opened(place: Any) -> tuple[Database, Any, World]:
        db = await Database.open({**place, "user": login, "password": "secret"}, connections=2)
        owner = await asyncpg.connect(**place)
        return db, owner, World(db, owner)

    db, owner, world = await opened(first)
    half = BYTES[::-1]
    try:
        officer = await world.as_("watch officer")
        on = await ticket(world)
        whole, begun = await attachment(world, on), await attachment(world, on, half)
        assert (await send_all(officer, whole))["whole"]
        assert (await send(officer, begun, 0, half[:PIECE])).status_code == 200
        before = await owner.fetch("SELECT count(*) FROM attachment")
    finally:
        await owner.close(timeout=60)
        await db.close()
    assert backup.write(cluster.programs, first, tmp_path / "copy") > len(BYTES)
    await backup.restore(cluster.programs, first, second, tmp_path / "copy", login=login, password="secret", now=NOW)
    db, owner, world = await opened(second)
    try:
        assert await owner.fetch("SELECT count(*) FROM attachment") == before
        officer = await world.as_("watch officer")
        got = await officer.get(f"{whole}/content")
        assert got.status_code in (200, 206)
        assert got.content == BYTES
        assert (await officer.get(begun)).json()["offset"] == PIECE
        for at in range(PIECE, len(half), PIECE):
            assert (await send(officer, begun, at, half[at : at + PIECE])).status_code == 200
        assert (await officer.get(f"{begun}/content")).content == half
    finally:
        await owner.close(timeout=60)
        await db.close()


async def test_an_owner_who_may_make_no_roles_is_told_so(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    from opsdesk import cli

    await run(cluster, "CREATE ROLE weak LOGIN PASSWORD 'weak'")
    await run(cluster, "CREATE DATABASE weak OWNER weak")
    socket, weak = quote(str(cluster.host), safe=""), "weak"
    words = ["--data", str(cluster.folder.parent / weak), "server", "init", "--url"]
    try:
        url = f"postgresql://{weak}:{weak}@/{weak}?host={socket}&port={cluster.port}"
        assert await asyncio.to_thread(cli.main, [*words, url]) == 1
        told = capsys.readouterr().err
        assert told.startswith("The database refused: ")
        assert "permission denied" in told
        assert told.count("\n") == 1
    finally:
        await run(cluster, "DROP DATABASE weak WITH (FORCE)")
        await run(cluster, "DROP ROLE weak")


async def test_a_tool_that_fails_leaves_no_half_copy(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(backup.ToolFailed, match="does not exist"):
        backup.write(cluster.programs, cluster.connection("nothing"), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
