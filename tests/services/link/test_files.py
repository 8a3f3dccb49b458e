"""Two desks and a server in one process: a file that is attached on one can be looked at on the other."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from opsdesk.services import files, tickets
from opsdesk.services.desk import Desk
from opsdesk.services.files import Whereabouts
from tests.server.world import World
from tests.support.files import attached, png, rows
from tests.support.joined import ask, join

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desks(world: World, tmp_path: Path) -> AsyncIterator[list[Desk]]:
    made = [await join(world, tmp_path / tag, "watch officer", tag) for tag in ("CP1", "FU2")]
    yield made
    for desk in made:
        desk.close()


async def test_a_file_travels_after_its_metadata_and_comes_when_it_is_asked_for(
    world: World, desks: list[Desk]
) -> None:
    one, other = desks
    told: list[Any] = []
    one.changed.connect(lambda changes: told.append(changes.files))
    ticket = one.do(tickets.create, title="Bridge closed").result().value
    data = random.Random(3).randbytes(700_000)
    attached(one, ticket, data, "sheet.bin")
    attached(one, ticket, png(), "bridge.png")
    assert [row.where for row in rows(one, ticket)] == [Whereabouts.WAITS] * 2
    await one.link.once(world.transport)
    assert [row.where for row in rows(one, ticket)] == [Whereabouts.SHARED] * 2
    assert frozenset({ticket}) in told

    await other.link.once(world.transport)
    sheet, picture = rows(other, ticket)
    assert (sheet.where, picture.where) == (Whereabouts.AT_SOURCE, Whereabouts.SHARED), "small pictures come unasked"
    with pytest.raises(files.NotHere):
        other.files.read(sheet.sha256, 10**6, len).result()
    other.do(files.ask_for, sheet.id).result()
    assert rows(other, ticket)[0].state_text == "On its way here, 0 %"
    await other.link.once(world.transport)
    assert other.files.read(sheet.sha256, 10**6, bytes).result() == data


async def test_a_file_that_its_desk_has_not_sent_is_told_and_comes_later(world: World, desks: list[Desk]) -> None:
    one, other = desks
    ticket = one.do(tickets.create, title="Bridge closed").result().value
    attached(one, ticket, b"words" * 1000, "a.txt")
    path = one.folder / "files" / rows(one, ticket)[0].sha256[:2]
    path.rename(one.folder / "away")  # the disk is not there for a while
    await one.link.once(world.transport)
    await other.link.once(world.transport)
    other.do(files.ask_for, rows(other, ticket)[0].id).result()
    await other.link.once(world.transport)
    assert rows(other, ticket)[0].state_text == "Not yet at the server"


async def test_what_the_server_refuses_is_told_at_the_file(world: World, desks: list[Desk]) -> None:
    from opsdesk.server.limits import Limits

    one, ticket = desks[0], desks[0].do(tickets.create, title="Bridge closed").result().value
    world.server.limits = Limits(largest=1_000)
    attached(one, ticket, b"words" * 1000, "a.txt")
    await one.link.once(world.transport)
    (row,) = rows(one, ticket)
    assert row.state_text == "Not sent: A file has at most 1,000 bytes at this server"
    assert row.here
    world.server.limits = Limits()
    ask(one, "SELECT 1")
    one.do(files.try_again, row.id).result()
    await one.link.once(world.transport)
    assert rows(one, ticket)[0].where is Whereabouts.SHARED


async def test_the_same_file_on_a_second_ticket_is_there_for_all(world: World, desks: list[Desk]) -> None:
    one, other = desks
    first, second = (one.do(tickets.create, title=title).result().value for title in ("One", "Two"))
    attached(one, first, b"words" * 1000, "a.txt")
    await one.link.once(world.transport)
    attached(one, second, b"words" * 1000, "a.txt")
    await one.link.once(world.transport)
    await other.link.once(world.transport)
    other.do(files.ask_for, rows(other, second)[0].id).result()
    await other.link.once(world.transport)
    assert [rows(other, ticket)[0].here for ticket in (first, second)] == [True, True]


async def test_a_restored_server_is_sent_the_files_again(world: World, desks: list[Desk]) -> None:
    one = desks[0]
    ticket = one.do(tickets.create, title="Bridge closed").result().value
    attached(one, ticket, b"words" * 1000, "a.txt")
    await one.link.once(world.transport)
    for table in ("file_of", "file_piece", "stored_file"):
        await world.owner.execute(f"DELETE FROM {table}")
    head = await world.owner.fetchval("SELECT last_value FROM ver")
    await world.owner.execute("INSERT INTO epoch VALUES (1, 0, $1, 1099511627776, 'restored')", head)
    await world.owner.execute("SELECT setval('ver', 1099511627776)")
    await one.link.once(world.transport)
    await one.link.once(world.transport)
    assert await world.owner.fetchval("SELECT count(*) FROM stored_file WHERE whole") == 1
