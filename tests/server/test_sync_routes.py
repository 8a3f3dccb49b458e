"""The routes of sync: what a desk pushes another one pulls, and whoever waits is told at once."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import pytest

from opsdesk.models import ids
from opsdesk.server.values import complete
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core import chain, codec
from opsdesk.sync.core.messages import (
    Answer,
    Batch,
    Change,
    ChangeKind,
    Code,
    Earlier,
    Entry,
    EntryKind,
    Frame,
    Look,
    Message,
    News,
    Pull,
    Pulls,
    Run,
    Scope,
    digest_of,
)
from opsdesk.sync.core.state import place_of
from tests.server.world import NOW, World
from tests.support.joined import until

pytestmark = pytest.mark.anyio

LINK = codec.Link(b"d" * 16)
TICKET = next(shape for shape in shapes().values() if shape.table == "ticket")
NUMBERS = {spec.name: number for number, spec in TICKET.fields.items()}


class Desk:
    """A desk that speaks with the server by the routes alone."""

    def __init__(self, world: World, client: httpx.AsyncClient, person: bytes, unit: bytes) -> None:
        self.world, self.client, self.person, self.unit = world, client, person, unit
        self.dev = person[::-1]
        self.link = codec.Link(self.dev, person)
        self.dseq, self.digest = 0, chain.genesis(self.dev)

    @classmethod
    async def of(cls, world: World, account: str) -> "Desk":
        row = await world.owner.fetchrow("SELECT person FROM account WHERE name = $1", account)
        return cls(world, await world.as_(account), row["person"], await world.unit("A"))

    async def ask(self, path: str, message: Message) -> Any:
        answer = await self.client.post(f"/v1/sync/{path}", content=codec.encode(message, self.link))
        assert answer.status_code == 200, answer.text
        return codec.decode(answer.content, self.link)

    def creation(self, **values: Any) -> Batch:
        said = {"title": "Pump broken", "unit": self.unit, "number": f"T-X-{self.dseq}", "marking": 1, **values}
        whole = complete("ticket", said | {"created_at": NOW, "occurred_at": NOW})
        return self.batch(ChangeKind.CREATE, ids.new_id(NOW + self.dseq), whole)

    def batch(self, kind: ChangeKind, record: bytes, values: dict[str, Any], base: int = 0) -> Batch:
        self.dseq += 1
        held = {NUMBERS[name]: int(value) if isinstance(value, bool) else value for name, value in values.items()}
        change = Change(self.dseq, kind, TICKET.entity, record, held, base, NOW << 16, self.person, self.dseq)
        run = Run(self.dseq, 1, chain.short(self.digest))
        self.digest = chain.link(self.digest, change)
        return Batch(self.dev, (run,), (change,))

    async def read(self, place: bytes) -> tuple[Entry, ...]:
        frame = await self.ask("pull", Pull(0, place, 0))
        assert isinstance(frame, Frame)
        return frame.entries


async def test_several_partitions_are_pulled_at_once_as_far_as_there_is_room(world: World) -> None:
    officer = await Desk.of(world, "watch officer")
    for marking in (0, 1, 2):
        for number in range(5):
            await officer.ask("push", officer.creation(marking=marking, title=f"Ticket {number}"))
    places = [place_of(officer.unit, marking) for marking in (0, 1, 2)]
    nobody = place_of(b"n" * 16, 1)
    whole = await officer.ask("pull", Pulls(tuple(Pull(0, place, 0) for place in [*places, nobody])))
    assert [(frame.place, len(frame.entries)) for frame in whole.told] == [
        *((place, 5) for place in places),
        (nobody, 0),
    ]
    part = await officer.ask("pull", Pulls(tuple(Pull(0, place, 0, 1_400) for place in places)))
    assert 0 < sum(len(frame.entries) for frame in part.told) < 15
    assert [frame.place for frame in part.told] == places[: len(part.told)]


async def test_the_history_of_a_record_is_told_to_who_may_read_it(world: World) -> None:
    officer, reader = await Desk.of(world, "watch officer"), await Desk.of(world, "reader")
    made = officer.creation(title="Bridge closed", marking=2)
    (ticket,) = {change.record for change in made.changes}
    await officer.ask("push", made)
    await officer.ask("push", officer.batch(ChangeKind.SET, ticket, {"title": "Bridge open"}, 1 << 40))
    told = await reader.ask("earlier", Earlier(ticket))
    assert [entry.kind for entry in told.entries] == [EntryKind.CREATE, EntryKind.CHANGE]
    await world.grant("reader", "reader", "B")
    assert (await reader.ask("earlier", Earlier(ticket))).entries == ()


async def test_what_one_desk_pushes_another_pulls(world: World) -> None:
    officer, analyst = await Desk.of(world, "watch officer"), await Desk.of(world, "analyst")
    batch = officer.creation(title="Bridge closed")
    answer = await officer.ask("push", batch)
    assert isinstance(answer, Answer)
    assert [outcome.code for outcome in answer.outcomes] == [Code.ACCEPTED]
    place = place_of(officer.unit, 1)
    scope = await analyst.ask("look", Look())
    assert isinstance(scope, Scope)
    assert (place, 1) in scope.places
    (entry,) = await analyst.read(place)
    assert (entry.kind, entry.record, entry.values[NUMBERS["title"]]) == (
        EntryKind.CREATE, batch.changes[0].record, "Bridge closed",
    )  # fmt: skip


async def test_a_place_that_one_may_not_read_is_not_told_and_sends_nothing(world: World) -> None:
    officer = await Desk.of(world, "watch officer")
    await world.grant("reader", "reader", "B")
    reader = await Desk.of(world, "reader")
    await officer.ask("push", officer.creation())
    place = place_of(officer.unit, 1)
    scope = await reader.ask("look", Look())
    assert place not in dict(scope.places)
    assert await reader.read(place) == ()


async def test_a_record_that_left_is_withdrawn_where_it_was(world: World) -> None:
    officer = await Desk.of(world, "watch officer")
    await world.grant("watch officer", "watch officer", "HQ")
    await world.grant("reader", "reader", "A")
    reader = await Desk.of(world, "reader")
    batch = officer.creation()
    await officer.ask("push", batch)
    (made,) = await reader.read(place_of(officer.unit, 1))
    other = await world.unit("B")
    move = officer.batch(ChangeKind.SET, made.record, {"unit": other}, made.ver)
    assert (await officer.ask("push", move)).outcomes[0].code == Code.ACCEPTED
    entries = await reader.read(place_of(officer.unit, 1))
    assert [entry.kind for entry in entries] == [EntryKind.EMPTY, EntryKind.LEAVE]
    *_, arrived = await officer.read(place_of(other, 1))
    assert (arrived.kind, arrived.values[NUMBERS["unit"]]) == (EntryKind.ENTER, other)


async def test_changes_under_the_name_of_another_device_are_refused(world: World) -> None:
    officer, analyst = await Desk.of(world, "watch officer"), await Desk.of(world, "analyst")
    answer = await analyst.client.post("/v1/sync/push", content=codec.encode(officer.creation(), analyst.link))
    assert (answer.status_code, answer.json()["error"]) == (403, "another device")


async def test_without_a_token_nothing_is_told(world: World) -> None:
    for path, message in (("push", Batch(b"d" * 16, (), ())), ("pull", Pull(0, b"*", 0)), ("look", Look())):
        answer = await world.client().post(f"/v1/sync/{path}", content=codec.encode(message, LINK))
        assert answer.status_code == 401


@pytest.mark.parametrize("data", [b"", b"\x01", b"rubbish", codec.encode(Pull(0, b"*", 0), LINK)])
async def test_what_is_no_batch_is_refused_in_words(world: World, data: bytes) -> None:
    desk = await Desk.of(world, "analyst")
    answer = await desk.client.post("/v1/sync/push", content=data)
    assert (answer.status_code, answer.json()["error"]) == (422, "malformed")


async def test_whoever_waits_is_told_when_something_comes(world: World) -> None:
    officer, analyst = await Desk.of(world, "watch officer"), await Desk.of(world, "analyst")
    hints = asyncio.create_task(world.server.hints.run(world.db))
    try:
        await officer.ask("push", officer.creation())
        seen = await analyst.ask("look", Look())
        waits = asyncio.create_task(analyst.ask("look", Look(digest_of(seen), 30)))
        await asyncio.sleep(0.3)
        assert not waits.done(), "nothing is new yet"
        await officer.ask("push", officer.creation())
        found = await asyncio.wait_for(waits, 25)
        assert dict(found.places)[place_of(officer.unit, 1)] == dict(seen.places)[place_of(officer.unit, 1)] + 1
    finally:
        hints.cancel()
        with suppress(asyncio.CancelledError):
            await hints


async def test_whoever_waits_with_room_is_told_what_has_come_as_well(world: World) -> None:
    officer, analyst = await Desk.of(world, "watch officer"), await Desk.of(world, "analyst")
    await officer.ask("push", officer.creation())
    seen = await analyst.ask("look", Look())
    at, place = dict(seen.places), place_of(officer.unit, 1)
    assert await analyst.ask("look", Look(b"", 30, 4_096)) == seen, "what is known cannot be told from nothing"
    waits = asyncio.create_task(analyst.ask("look", Look(digest_of(seen), 30, 4_096)))
    await until(lambda: bool(world.server.hints._waiting), "the one who waits")
    await officer.ask("push", officer.creation())
    news = await asyncio.wait_for(waits, 25)
    assert isinstance(news, News)
    assert dict(news.scope.places) == at | {place: at[place] + 1}
    assert news.told == (await analyst.ask("pull", Pull(news.scope.epoch, place, at[place], 4_096)),)


async def test_whoever_waits_is_let_go_when_the_server_stops(world: World) -> None:
    analyst = await Desk.of(world, "analyst")
    seen = await analyst.ask("look", Look())
    waits = asyncio.create_task(analyst.ask("look", Look(digest_of(seen), 30)))
    await until(lambda: bool(world.server.hints._waiting), "the one who waits")
    world.server.hints.stop()
    assert await asyncio.wait_for(waits, 25) == seen
