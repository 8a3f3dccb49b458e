"""Two desks and a server in one process: what is written on one stands on the other, whatever the link does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from opsdesk.services import tickets
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.link import LinkKind
from opsdesk.services.tickets import past
from opsdesk.store import membership
from opsdesk.store.database import FILE_NAME, Database
from opsdesk.sync.core import walk
from opsdesk.sync.transports import proofs
from tests.server.world import World
from tests.support.joined import ask, enrol, join, until, waiting

pytestmark = pytest.mark.anyio


class Weather(httpx.AsyncBaseTransport):
    """The way to the server, which can be cut."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.cut = False
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.cut:
            raise httpx.ConnectError("cut")
        self.asked.append(request.url.path)
        return await self._world.transport.handle_async_request(request)


@pytest.fixture
async def hints(world: World) -> AsyncIterator[None]:
    task = asyncio.create_task(world.server.hints.run(world.db))
    yield
    world.server.hints.stop()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def desks(world: World, hints: None, tmp_path: Path) -> AsyncIterator[list[Desk]]:
    made = [await join(world, tmp_path / tag, "watch officer", tag) for tag in ("CP1", "FU2")]
    yield made
    for desk in made:
        await desk.link.stop()
        desk.close()


def new_ticket(desk: Desk, title: str) -> bytes:
    outcome = desk.do(tickets.create, title=title).result()
    assert isinstance(outcome.value, bytes)
    return outcome.value


async def online(desk: Desk, way: Any) -> None:
    desk.link.start(way)
    await until(lambda: desk.link.state.kind is LinkKind.ONLINE, "the link")


async def test_a_ticket_made_on_one_desk_appears_on_the_other(world: World, desks: list[Desk]) -> None:
    one, other = desks
    told: list[Changes] = []
    other.changed.connect(told.append)
    for desk in desks:
        await online(desk, Weather(world))
    ticket = new_ticket(one, "Bridge closed")
    await until(lambda: any(ticket in changes.tickets for changes in told), "the announcement")
    assert ask(other, "SELECT title FROM ticket WHERE id = ?", ticket) == "Bridge closed"
    await until(lambda: waiting(one) == 0, "the settlement")


async def test_edits_made_apart_come_together_when_the_link_returns(world: World, desks: list[Desk]) -> None:
    one, other = desks
    ways = [Weather(world), Weather(world)]
    ticket = new_ticket(one, "Bridge closed")
    for desk, way in zip(desks, ways, strict=True):
        await online(desk, way)
    await until(lambda: ask(other, "SELECT count(*) FROM ticket") == 1, "the ticket")
    for desk, way in zip(desks, ways, strict=True):
        way.cut = True
        desk.link.retry_now()
        await desk.link.stop()
        desk.link.start(way)
        await until(partial(stands, desk, LinkKind.DISCONNECTED), "the cut")
    assert one.link.state.problem == "The server cannot be reached"
    edit(one, ticket, title="Bridge closed for all")
    edit(other, ticket, location="Kemp Bridge")
    for desk, way in zip(desks, ways, strict=True):
        way.cut = False
        desk.link.retry_now()
    for desk in desks:
        await until(partial(idle, desk), "the queue to empty")
        await until(partial(shows, desk, "Bridge closed for all / Kemp Bridge"), "both edits")
        assert ask(desk, "SELECT count(*) FROM conflict") == 0


async def test_whoever_is_cancelled_while_the_link_stops_ends_and_the_link_does_too(
    world: World, desks: list[Desk]
) -> None:
    link = desks[0].link
    await online(desks[0], Weather(world))
    stopping = asyncio.create_task(link.stop())
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    await until(lambda: link._line is None, "the end of the conversation")


def stands(desk: Desk, kind: LinkKind) -> bool:
    return desk.link.state.kind is kind


def idle(desk: Desk) -> bool:
    return waiting(desk) == 0


def shows(desk: Desk, words: str) -> bool:
    return bool(ask(desk, "SELECT title || ' / ' || location FROM ticket") == words)


def edit(desk: Desk, ticket: bytes, **values: Any) -> None:
    desk.do(tickets.edit, ticket, values).result()


async def test_a_paused_link_sends_nothing_until_it_goes_on(world: World, desks: list[Desk]) -> None:
    one, way = desks[0], Weather(world)
    await online(one, way)
    one.link.pause()
    await until(lambda: one.link.state.kind is LinkKind.PAUSED, "the pause")
    way.asked.clear()
    new_ticket(one, "Held back")
    await asyncio.sleep(0.1)
    assert way.asked == []
    one.link.resume()
    await until(lambda: waiting(one) == 0, "the ticket to go out")


async def test_a_device_that_was_revoked_is_shut_out_and_keeps_all(world: World, desks: list[Desk]) -> None:
    one, way = desks[0], Weather(world)
    await online(one, way)
    await world.owner.execute("UPDATE device SET revoked_at = 1 WHERE name = 'CP1'")
    new_ticket(one, "Still here")
    await until(lambda: one.link.state.kind is LinkKind.SHUT_OUT, "being shut out")
    assert waiting(one) == 1
    assert ask(one, "SELECT title FROM ticket") == "Still here"


async def test_the_refresh_token_is_kept_before_it_is_used(world: World, desks: list[Desk]) -> None:
    one = desks[0]
    first = ask(one, "SELECT refresh FROM membership")
    await online(one, Weather(world))
    assert ask(one, "SELECT refresh FROM membership") != first
    await one.link.stop()
    await online(one, Weather(world))


@pytest.mark.parametrize("turns", range(4))
async def test_what_moves_files_ends_when_it_is_woken_and_cancelled_at_once(
    world: World, desks: list[Desk], turns: int
) -> None:
    """Else the link would never end."""
    one = desks[0]
    await online(one, Weather(world))
    files = one.link._files
    assert files is not None
    (moving,) = [task for task in asyncio.all_tasks() if task.get_name() == "opsdesk-files"]
    await until(lambda: bool(files._woken._waiters), "rest")
    files.wake()
    for _ in range(turns):
        await asyncio.sleep(0)
    moving.cancel()
    ended, _ = await asyncio.wait({moving}, timeout=20)
    assert ended
    await one.link.stop()


async def test_one_round_of_a_command_pushes_and_pulls(world: World, desks: list[Desk]) -> None:
    one, other = desks
    new_ticket(one, "By hand")
    await one.link.once(Weather(world))
    await other.link.once(Weather(world))
    assert waiting(one) == 0
    assert ask(other, "SELECT title FROM ticket") == "By hand"


async def copied_disk(world: World, one: Desk) -> Desk:
    """A desk on a copy of another's folder."""
    copied = one.folder.with_name("copy")
    copied.mkdir()
    one.background(
        lambda database, _now: database.connection.execute("VACUUM INTO ?", (str(copied / FILE_NAME),))
    ).result()
    database = Database.open(copied)
    joined = membership.read(database.connection)
    assert joined is not None
    refresh = await enrol(world, "watch officer", joined.dev, proofs.DeviceKey(joined.key), "CP1")
    with database.transaction() as connection:
        membership.put_refresh(connection, refresh)
    database.close()
    return Desk.open(copied)


async def test_a_copied_disk_goes_on_under_an_identity_of_its_own(world: World, desks: list[Desk]) -> None:
    one = desks[0]
    new_ticket(one, "Before the copy")
    await one.link.once(world.transport)
    copy = await copied_disk(world, one)
    new_ticket(one, "From the first")
    new_ticket(copy, "From the copy")
    await one.link.once(world.transport)
    await copy.link.once(world.transport)
    await one.link.once(world.transport)
    titles = {"Before the copy", "From the first", "From the copy"}
    for desk in (one, copy):
        rows = desk.ask(lambda reader: reader.rows("SELECT title FROM ticket")).result()
        assert {title for (title,) in rows} == titles
        assert waiting(desk) == 0
    assert copy.tag != one.tag
    assert await world.owner.fetchval("SELECT count(*) FROM device WHERE tag = $1", copy.tag) == 1
    copy.close()


class Renaming(Weather):
    """A way on which something happens while a copy is given its name, before any question that waits is answered."""

    def __init__(self, world: World, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__(world)
        self._meanwhile = meanwhile
        self.looks = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/device":
            await self._meanwhile()
            await until(lambda: self.looks == 0, "the answer to the question that waits")
        looks = request.url.path.endswith("/look")
        self.looks += looks
        try:
            return await super().handle_async_request(request)
        finally:
            self.looks -= looks


async def test_what_the_first_disk_did_while_its_copy_took_a_name_is_not_the_copys_own(
    world: World, desks: list[Desk]
) -> None:
    """The copy asked under the old name what there is. What answers that leaves out the name of who asked."""
    one = desks[0]
    new_ticket(one, "Before the copy")
    await one.link.once(world.transport)
    copy = await copied_disk(world, one)

    async def meanwhile() -> None:
        new_ticket(one, "While it is named")
        await one.link.once(world.transport)

    way = Renaming(world, meanwhile)
    await online(copy, way)
    await until(lambda: way.looks == 1, "the question that waits")
    old = copy._database.identity.dev
    new_ticket(one, "From the first")
    await one.link.once(world.transport)
    await until(lambda: ask(copy, "SELECT count(*) FROM ticket") == 2, "the ticket of the first")
    await until(lambda: way.looks == 1, "the next question")
    new_ticket(copy, "From the copy")
    await until(lambda: ask(copy, "SELECT count(*) FROM ticket") == 4, "what came meanwhile")
    await until(partial(idle, copy), "the queue to empty")
    assert copy._database.identity.dev != old
    made = "SELECT r.dev FROM received_change r JOIN ticket t ON t.id = r.record WHERE r.field = 0 AND t.title = ?"
    assert ask(copy, made, "While it is named") == old
    await copy.link.stop()
    copy.close()


async def test_what_is_no_longer_allowed_comes_back_and_nothing_vanishes(world: World, desks: list[Desk]) -> None:
    one, other = desks
    ticket = new_ticket(one, "Bridge closed")
    await one.link.once(world.transport)
    edit(one, ticket, title="Bridge open again")
    made = new_ticket(one, "Made while away")
    await world.grant("watch officer", "reader", "A")
    await one.link.once(world.transport)
    await other.link.once(world.transport)
    assert waiting(one) == 0
    assert ask(one, "SELECT title FROM ticket WHERE id = ?", ticket) == "Bridge closed", "the server's value stands"
    back = one.ask(
        lambda reader: reader.rows(
            "SELECT c.record, r.reason, c.new FROM returned_change r JOIN change c USING (seq) WHERE c.entity = 10"
        )
    ).result()
    assert [(record, reason) for record, reason, _ in back] == [(ticket, "no right: edit"), (made, "no right: create")]
    assert back[0][2] == "Bridge open again"
    assert ask(other, "SELECT count(*) FROM ticket") == 1
    assert ask(one, "SELECT count(*) FROM ticket WHERE id = ?", made) == 0, "it stands in the Returned box"


async def test_the_history_from_before_comes_over_the_link_and_not_without_it(
    world: World, desks: list[Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "WORTH_IT", 1)
    one, _ = desks
    await online(one, Weather(world))
    ticket = new_ticket(one, "Bridge closed")
    one.do(tickets.comment, ticket, "Foot traffic along the rail").result()
    await until(lambda: waiting(one) == 0, "the push")
    late = await join(world, tmp_path / "LTE", "watch officer", "LTE")
    try:
        assert not late.ask(past.is_whole, ticket).result()
        with pytest.raises(Refused, match="no link"):
            await late.link.fetch_earlier(ticket)
        await online(late, Weather(world))
        told: list[Changes] = []
        late.changed.connect(told.append)
        await late.link.fetch_earlier(ticket)
        assert not late.ask(past.is_whole, ticket).result(), "the comment has a history of its own"
        assert await past.fetch_older(late, ticket)
        assert late.ask(past.is_whole, ticket).result()
        shown = [(row.kind, row.label, row.after) for row in late.ask(past.history, ticket).result()]
        assert shown == [("comment", "Comment", "Foot traffic along the rail"), ("create", "Created", "Bridge closed")]
        assert any(ticket in changes.tickets for changes in told), "the screen that shows it hears of it"
    finally:
        await late.link.stop()
        late.close()
