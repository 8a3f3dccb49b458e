"""What an administrator watches: the audit trail, the health, and what is told while the database does not serve."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from opsdesk.server import accounts, app, commands, running
from opsdesk.server.accounts import Note
from opsdesk.server.running import _tidy, _watch
from opsdesk.sync.transports import LinkDown
from opsdesk.sync.transports.http import ask
from tests.server.test_accounts import Desk
from tests.server.world import NOW, World

pytestmark = pytest.mark.anyio


async def test_the_trail_says_who_came_in_by_what_and_what_was_decided(world: World) -> None:
    desk, note = Desk(b"n" * 16, "NEW"), Note(address="10.0.0.9")
    async with world.db.accounts() as connection:
        secret = await accounts.make_code(connection, name="reader", note=Note(address="command line"), now=NOW)
        await accounts.enrol(connection, desk.joining(secret), key=world.key, note=note, now=NOW + 1)
        await accounts.revoke_device(connection, dev=desk.dev, note=Note(address="command line"), now=NOW + 2)
        await accounts.audit(connection, "log-in refused", note, NOW + 3, subject="\x1b[31mroot")
        told = await accounts.trail(connection, 4)
    assert [(one["act"], one["subject"], one["account"], one["tag"], one["address"]) for one in told] == [
        ("code made", "reader", None, None, "command line"),
        ("device enrolled", "NEW", "reader", "NEW", "10.0.0.9"),
        ("device revoked", "NEW", None, None, "command line"),
        ("log-in refused", "\x1b[31mroot", None, None, "10.0.0.9"),
    ]
    lines = [commands._trail_line(one) for one in told]
    assert "reader at NEW" in lines[1]
    assert "�[31mroot" in lines[3], "what somebody typed gives the terminal no orders"


FAULTS = {
    "gone": ConnectionRefusedError(),
    "too slow": TimeoutError(),
    "closed": asyncpg.InterfaceError("connection is closed"),
    "going down": asyncpg.AdminShutdownError("terminating connection"),
    "coming up": asyncpg.CannotConnectNowError("starting up"),
    "all taken": asyncpg.TooManyConnectionsError("sorry, too many clients already"),
    "the second of two": asyncpg.ReadOnlySQLTransactionError("cannot execute in a read-only transaction"),
    "in the way": asyncpg.DeadlockDetectedError("deadlock detected"),
    "full": asyncpg.DiskFullError("could not extend file"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_while_the_database_does_not_serve_people_are_told_why_and_programs_when_to_ask_again(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    client = await world.as_("reader")

    def broken(_self: object) -> None:
        raise FAULTS[fault]

    monkeypatch.setattr(type(world.db), "asking", broken)
    answer = await client.get("/v1/me")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    words = "The disk of the server is full" if fault == "full" else "The database of the server does not answer"
    assert answer.json()["text"] == words
    assert "the database does not serve" in caplog.text
    with pytest.raises(LinkDown, match=words):
        await ask(client, "GET", "/v1/me")


async def test_health_warns_before_the_disk_of_an_embedded_database_is_full(world: World) -> None:
    for room, expected in ((500_000_000, (200, "ok")), (1_000_000, (503, "disk full"))):
        world.server.room = lambda room=room: room
        answer = await world.client().get("/health")
        told = answer.json()
        assert (answer.status_code, told["status"]) == expected
        assert told["free_mb"] == room // 1_000_000


async def test_who_watches_is_not_kept_waiting_by_a_database_that_hangs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "HEALTH_S", 0.01)
    pool: Any = world.db._pool
    held = [await pool.acquire() for _ in range(pool.get_max_size())]
    try:
        answer = await world.client().get("/health")
        assert (answer.status_code, answer.json()["status"]) == (503, "no database")
    finally:
        for connection in held:
            await pool.release(connection)


async def until(told: Callable[[], bool]) -> None:
    while not told():
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("fault", [OSError("No space left on device"), asyncpg.DiskFullError("no room")])
async def test_what_is_done_now_and_then_is_done_again_after_a_failure(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    tried = 0

    async def fails(*_anything: object) -> None:
        nonlocal tried
        tried += 1
        raise fault

    monkeypatch.setattr(accounts, "tidy", fails)
    monkeypatch.setattr(running, "TIDY_S", 0.01)
    task = asyncio.create_task(_tidy(world.server))
    await asyncio.wait_for(until(lambda: tried > 1), 60)
    task.cancel()


async def test_a_database_that_does_not_start_on_a_full_disk_is_started_when_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Full:
        alive = False
        tried = 0

        def ensure(self) -> None:
            self.tried += 1
            raise OSError("No space left on device")

    cluster: Any = Full()
    monkeypatch.setattr(running, "WATCH_S", 0.01)
    task = asyncio.create_task(_watch(cluster))
    await asyncio.wait_for(until(lambda: cluster.tried > 1), 60)
    task.cancel()
