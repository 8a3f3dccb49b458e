"""Files at the server: whole and checked or not at all, to those who may read their record, and once for all."""

from __future__ import annotations

import asyncio
import hashlib
import random
from typing import Any
from uuid import UUID

import httpx
import pytest

from opsdesk.models import ids
from opsdesk.server import filing, writes
from opsdesk.server.limits import Limits
from opsdesk.server.writes import Write
from tests.server.world import NOW, World

pytestmark = pytest.mark.anyio

BYTES = random.Random(1).randbytes(300_000)
PIECE = 65_536


async def ticket(world: World, unit: str = "A", marking: int = 1) -> bytes:
    made = ids.new_id(NOW)
    values = {
        "unit": await world.unit(unit), "number": f"T-{made.hex()[-6:]}", "title": "Bridge", "marking": marking,
        "occurred_at": NOW, "created_at": NOW,
    }  # fmt: skip
    await writes.submit(world.db, [Write("ticket", made, values)], writes.allow_all, person=None, now=NOW)
    return made


async def attachment(
    world: World, on: bytes, data: bytes = BYTES, *, size: int | None = None, sha256: str | None = None
) -> str:
    made = ids.new_id(NOW)
    row = await world.owner.fetchrow("SELECT unit, marking FROM ticket WHERE id = $1", on)
    values = {
        "subject": on, "name": "a.bin", "mime": "application/octet-stream", "unit": row["unit"],
        "marking": row["marking"], "size": len(data) if size is None else size,
        "sha256": sha256 or hashlib.sha256(data).hexdigest(),
    }  # fmt: skip
    await writes.submit(world.db, [Write("attachment", made, values)], writes.allow_all, person=None, now=NOW)
    return f"/v1/files/{UUID(bytes=made)}"


async def send(client: httpx.AsyncClient, path: str, at: int, data: bytes) -> httpx.Response:
    return await client.patch(path, content=data, headers={"Upload-Offset": str(at)})


async def send_all(client: httpx.AsyncClient, path: str, data: bytes = BYTES) -> dict[str, Any]:
    answer = await client.get(path)
    for at in range(0, len(data), PIECE):
        answer = await send(client, path, at, data[at : at + PIECE])
        assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_a_file_goes_up_in_pieces_and_comes_down_in_ranges(world: World) -> None:
    client = await world.as_("watch officer")
    path = await attachment(world, await ticket(world))
    assert (await client.get(f"{path}/content")).json()["error"] == "not yet"
    assert await send_all(client, path) == {
        "offset": len(BYTES), "size": len(BYTES), "whole": True, "largest": 100_000_000,
    }  # fmt: skip
    whole = await client.get(f"{path}/content")
    assert (whole.status_code, whole.content) == (200, BYTES)
    assert whole.headers["content-disposition"] == "attachment"
    for begin, end in ((0, 10), (65_530, 65_545), (299_990, 400_000), (5, None)):
        part = await client.get(f"{path}/content", headers={"Range": f"bytes={begin}-{'' if end is None else end - 1}"})
        assert (part.status_code, part.content) == (206, BYTES[begin:end])


async def test_an_answer_that_was_lost_does_no_harm(world: World) -> None:
    client = await world.as_("watch officer")
    path = await attachment(world, await ticket(world))
    for _ in range(2):
        assert (await send(client, path, 0, BYTES[:PIECE])).json()["offset"] == PIECE
    await send(client, path, PIECE, BYTES[PIECE : 2 * PIECE])
    assert (await send(client, path, 0, BYTES[:PIECE])).json()["offset"] == 2 * PIECE
    rest = await send(client, path, 2 * PIECE, BYTES[2 * PIECE :])
    assert rest.json()["whole"]
    assert (await send(client, path, 0, b"other bytes")).json()["whole"]
    assert (await client.get(f"{path}/content")).content == BYTES


BAD: dict[str, tuple[int, bytes, int, str]] = {
    "a gap": (PIECE + 1, b"x", 409, "offset"),
    "an overlap": (PIECE - 1, b"xxx", 409, "offset"),
    "more than was announced": (PIECE, b"x" * 300_000, 422, "too long"),
    "a piece too large": (PIECE, b"x" * (filing.PIECE_LIMIT + 1), 413, "too large"),
    "before the beginning": (-1, b"x", 422, "malformed"),
    "beyond any file": (2**60, b"x", 422, "malformed"),
}


@pytest.mark.parametrize("bad", BAD)
async def test_a_wrong_piece_is_refused_and_changes_nothing(world: World, bad: str) -> None:
    at, data, status, code = BAD[bad]
    client = await world.as_("watch officer")
    path = await attachment(world, await ticket(world))
    await send(client, path, 0, BYTES[:PIECE])
    refused = await send(client, path, at, data)
    assert (refused.status_code, refused.json()["error"]) == (status, code)
    assert (await client.get(path)).json()["offset"] == PIECE
    for header in ("", "two", "0x10", "1e3"):
        answer = await client.patch(path, content=b"x", headers={"Upload-Offset": header})
        assert answer.status_code == 422


async def test_a_file_with_another_hash_is_thrown_away_and_may_come_again(world: World) -> None:
    client = await world.as_("watch officer")
    path = await attachment(world, await ticket(world))
    wrong = bytearray(BYTES)
    wrong[200_000] ^= 1
    for at in range(0, 4 * PIECE, PIECE):
        await send(client, path, at, bytes(wrong[at : at + PIECE]))
    refused = await send(client, path, 4 * PIECE, bytes(wrong[4 * PIECE :]))
    assert (refused.status_code, refused.json()["error"]) == (422, "wrong hash")
    assert await world.owner.fetchval("SELECT count(*) FROM file_piece") == 0
    assert (await send_all(client, path))["whole"]


async def test_who_may_not_write_there_sends_nothing_and_who_may_not_read_gets_nothing(world: World) -> None:
    officer, reader = await world.as_("watch officer"), await world.as_("reader")
    own, others = await attachment(world, await ticket(world)), await attachment(world, await ticket(world, "B"))
    secret = await attachment(world, await ticket(world, marking=3))
    await send_all(officer, own)
    assert (await send(reader, own, 0, BYTES)).json()["error"] == "no right"
    assert (await reader.get(f"{own}/content")).content == BYTES
    for path in (others, secret, f"/v1/files/{UUID(int=7)}"):
        for answer in (
            await officer.get(path), await officer.get(f"{path}/content"), await send(officer, path, 0, BYTES),
        ):  # fmt: skip
            assert (answer.status_code, answer.json()["error"]) == (404, "no such file")
    assert (await world.client().get(own)).status_code == 401
    assert (await officer.get("/v1/files/..%2f..%2fetc")).status_code in (404, 422)


async def test_who_only_knows_a_hash_gets_no_bytes_by_it(world: World) -> None:
    """An attachment that names the hash of a file of another unit does not have that file."""
    await world.grant("commander", "commander", "B")
    other, officer = await world.as_("commander"), await world.as_("watch officer")
    await send_all(other, await attachment(world, await ticket(world, "B")))
    guessed = await attachment(world, await ticket(world, "A"))
    assert (await send(officer, guessed, 0, b"")).json()["whole"] is False
    assert (await officer.get(f"{guessed}/content")).json()["error"] == "not yet"
    assert (await send_all(officer, guessed))["whole"], "whoever has the bytes sends them"
    assert await world.owner.fetchval("SELECT count(*) FROM stored_file") == 1, "and they lie there once"


async def test_the_same_file_on_a_second_ticket_is_not_sent_again(world: World) -> None:
    client = await world.as_("watch officer")
    await send_all(client, await attachment(world, await ticket(world)))
    second = await attachment(world, await ticket(world))
    assert (await client.get(second)).json()["whole"] is False
    assert (await send(client, second, 0, BYTES[:10])).json()["whole"] is True
    assert (await client.get(f"{second}/content")).content == BYTES


async def test_limits_are_told(world: World) -> None:
    client = await world.as_("watch officer")
    on = await ticket(world)
    world.server.limits = Limits(largest=1_000_000, total=500_000)
    large = await send(client, await attachment(world, on, size=1_000_001), 0, b"x")
    assert (large.status_code, large.json()["error"]) == (413, "too large")
    await send_all(client, await attachment(world, on))
    full = await send(client, await attachment(world, on, b"y" + BYTES), 0, b"y")
    assert (full.status_code, full.json()["error"]) == (413, "no room")
    for size in (0, -5):
        nothing = await send(client, await attachment(world, on, size=size), 0, b"")
        assert nothing.json()["error"] == "malformed"
    named = await send(client, await attachment(world, on, sha256="../x"), 0, b"x")
    assert named.json()["error"] == "malformed"


@pytest.mark.parametrize("text", ["bytes=300000-", "bytes=9-5", "bytes=-5", "lines=0-1", "bytes=0-1,4-5", "bytes=a-"])
async def test_a_range_that_is_none_is_refused(world: World, text: str) -> None:
    client = await world.as_("watch officer")
    path = await attachment(world, await ticket(world))
    await send_all(client, path)
    answer = await client.get(f"{path}/content", headers={"Range": text})
    assert (answer.status_code, answer.json()["error"]) == (416, "range")


async def test_desks_that_send_the_same_file_at_once_end_with_one_whole_file(world: World) -> None:
    client = await world.as_("watch officer")
    on = await ticket(world)
    first, second = await attachment(world, on), await attachment(world, on)

    async def desk(path: str) -> None:
        while not (state := (await client.get(path)).json())["whole"]:
            at = state["offset"]
            await send(client, path, at, BYTES[at : at + PIECE])

    await asyncio.gather(desk(first), desk(first), desk(second), desk(second))
    for path in (first, second):
        assert (await client.get(f"{path}/content")).content == BYTES
    assert await world.owner.fetchval("SELECT count(*) FROM stored_file") == 1
    assert await world.owner.fetchval("SELECT sum(length(data)) FROM file_piece") == len(BYTES)


async def test_what_never_became_whole_goes_after_a_month(world: World) -> None:
    client = await world.as_("watch officer")
    left, next_one = await attachment(world, await ticket(world)), await attachment(world, await ticket(world), b"new")
    await send(client, left, 0, BYTES[:10])
    world.now += filing.STALE_MS + 1
    client = await world.as_("watch officer")
    await send(client, next_one, 0, b"new")
    assert (await client.get(left)).json()["offset"] == 0
    assert await world.owner.fetchval("SELECT count(*) FROM file_piece") == 1
