"""PostgreSQL and the simulator's memory answer alike: same outcomes, same feeds, same records, whatever is pushed."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import asyncpg
import msgspec
import pytest

from opsdesk.server import feeds, sharing, storing, writes
from opsdesk.server.database import Claims, Database
from opsdesk.server.port import Port
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.store.queue.shapes import rules
from opsdesk.sync.core import centre, chain, codec
from opsdesk.sync.core import walk as walks
from opsdesk.sync.core.feed import EVERYTHING, Reader
from opsdesk.sync.core.messages import (
    Batch,
    Change,
    ChangeKind,
    Entry,
    Frame,
    Look,
    Page,
    Pull,
    Ref,
    Run,
    Walk,
)
from opsdesk.sync.core.state import PERSON, Needs
from tests.server.conftest import login, run

TICKET, COMMENT, TAG, WATCHER, UNIT = 10, 11, 13, 14, 1
PEOPLE = [b"p" * 16, b"q" * 16]
READERS = [Reader(PEOPLE[0], frozenset(), 2), Reader(PEOPLE[1], frozenset({b"u" * 16}), 1)]
"""Who asks: one who reads only what names him, and one who reads a unit as well."""
TITLE, TEXT, STATE, ASSIGNEE, PARENT, VOIDED, MARKING, MAJOR, PRIORITY = 13, 14, 33, 39, 44, 4, 2, 32, 30
UNITS = [b"u" * 15 + bytes((number,)) for number in range(2)]
NOW = 1_800_000_000_000
EVENTS = [("accept", 20), ("start", 30), ("wait", 40), ("resume", 30), ("resolve", 50), ("cancel", 70), ("decline", 70)]


KINDS = [
    *("create", "title", "title", "text", "state", "state", "assign", "parent", "void", "comment", "tag", "move"),
    *("mark", "major", "priority", "resolve", "withdraw", "unit", "unheard", "watch", "watch", "unwatch"),
]


NEEDED = {TITLE: "Pump", PRIORITY: 2, MAJOR: 0, MARKING: 1, STATE: 10, 1: UNITS[0]}
"""Something for fields that are never empty."""


QUESTION_ON_A_WATCHER = 52
"""The story in which a question comes up on a watcher of a ticket that never comes: who is named by it reads that."""


class Device:
    """A device that edits on what it has seen, now and then sees more, and keeps its chain."""

    def __init__(self, number: int, random: Random) -> None:
        self.dev = b"device of test" + bytes((0, number))
        self.random = random
        self.dseq = 0
        self.digest = chain.genesis(self.dev)
        self.seen: dict[bytes, int] = {}
        self.own: dict[tuple[bytes, int], int] = {}

    def change(self, kind: ChangeKind, entity: int, record: bytes, values: dict[int, Any], **more: Any) -> Change:
        self.dseq += 1
        number = 0 if kind == ChangeKind.CREATE else next(iter(values))
        base: Any = self.seen.get(record, 0)
        pending = self.own.get((record, number)) or self.own.get((record, 0))
        if kind != ChangeKind.CREATE and pending and self.random.random() < 0.7:
            base = Ref(self.dev, pending)
        base = 0 if kind == ChangeKind.CREATE else more.pop("base", base)
        self.own[record, number] = self.dseq
        return Change(self.dseq, kind, entity, record, values, base, self.dseq << 16, act=self.dseq, **more)

    def batch(self, changes: list[Change], epoch: int) -> Batch:
        before = self.digest
        for change in changes:
            self.digest = chain.link(self.digest, change)
        return Batch(self.dev, (Run(changes[0].dseq, len(changes), chain.short(before)),), tuple(changes), epoch)


def some_change(device: Device, memory: MemoryServer, tickets: list[bytes]) -> Change:
    """The next change of a device, as random as people are."""
    random = device.random
    kind = random.choice(KINDS)
    unit = random.choice(UNITS)
    if kind == "create" or not tickets:
        made = bytes((random.randrange(256),)) * 16
        tickets.append(made)
        values = {1: unit, 2: random.randrange(3), 10: f"T-{device.dseq}", 13: "Pump", 14: "One.\n\nTwo.", 42: 0, 43: 0,
                  STATE: 10, 3: 0, 28: 2, 29: 2,
                  PRIORITY: 2, MAJOR: 0, 777: "of a newer version"}  # fmt: skip
        return device.change(ChangeKind.CREATE, TICKET, made, values)
    ticket = random.choice(tickets)
    if kind in ("comment", "tag"):
        made, held = random.randbytes(16), {1: unit, 2: 1, 3: 0, 10: ticket}
        rest = {12: "Seen.", 13: "internal", 15: 0} if kind == "comment" else {11: random.choice("ab")}
        return device.change(ChangeKind.CREATE, COMMENT if kind == "comment" else TAG, made, held | rest)
    if kind == "watch":
        values = {1: unit, 2: 1, 3: 0, 10: random.choice([ticket, b"never comes....."]), 11: random.choice(PEOPLE)}
        return device.change(ChangeKind.CREATE, WATCHER, random.randbytes(16), values)
    watching = [one.id for one in memory.held.records.values() if one.entity == WATCHER]
    if kind == "unwatch" and watching:
        values = {VOIDED: random.choice(["left", "left", None])}
        return device.change(ChangeKind.SET, WATCHER, random.choice(watching), values)
    if kind == "unit":
        made = random.choice(UNITS)
        if made in memory.held.records:
            return device.change(ChangeKind.SET, UNIT, made, {13: random.choice([*UNITS, None])})
        return device.change(
            ChangeKind.CREATE, UNIT, made, {2: 1, 3: 0, 10: "Company", 13: random.choice([*UNITS, None])}
        )
    if kind == "unheard":
        return device.change(
            random.choice([ChangeKind.CREATE, ChangeKind.SET]), 99, b"x" * 16, {1: unit, 2: 1, 50: b"y"}
        )
    if kind == "state":
        event, to = random.choice(EVENTS)
        return device.change(ChangeKind.TRANSITION, TICKET, ticket, {STATE: to}, event=event)
    opened = [one for one in memory.held.conflicts.values() if one.open]
    if kind == "resolve" and opened:
        one = random.choice(opened)
        considered = tuple(candidate.change for candidate in one.candidates if random.random() < 0.8)
        value = random.choice([candidate.value for candidate in one.candidates])
        return device.change(ChangeKind.RESOLVE, one.entity, one.record, {one.field: value}, base=one.ver,
                             conflict=one.id, considered=considered)  # fmt: skip
    if kind == "withdraw" and device.own:
        (record, number), dseq = random.choice(sorted(device.own.items()))
        if number and record in tickets:
            return device.change(ChangeKind.WITHDRAW, TICKET, record, {number: NEEDED.get(number)},
                                 base=Ref(device.dev, dseq))  # fmt: skip
    edits: dict[str, dict[int, Any]] = {
        "text": {TEXT: random.choice(["One!\n\nTwo.", "One.\n\nTwo!", "All new."])},
        "assign": {ASSIGNEE: random.choice([*PEOPLE, None])},
        "parent": {PARENT: random.choice([*tickets, None])},
        "void": {VOIDED: random.choice(["twice", None])},
        "move": {1: unit},
        "mark": {MARKING: random.randrange(3)},
        "major": {MAJOR: random.choice([0, 1])},
        "priority": {PRIORITY: random.randrange(1, 5)},
    }
    values = edits.get(kind, {TITLE: random.choice(["Pump", "Well", "Hose"])})
    old = {"old": "One.\n\nTwo."} if kind == "text" and random.random() < 0.5 else {}
    return device.change(ChangeKind.SET, TICKET, ticket, values, **old)


@pytest.mark.parametrize("piece", ["whole", "in pieces"])
@pytest.mark.parametrize("seed", [*range(6), QUESTION_ON_A_WATCHER])
def test_postgresql_and_memory_judge_alike(
    cluster: Any, template: str, seed: int, piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches are stored whole once they are judged, or change by change and by threes while they are."""
    random = Random(seed)
    if piece == "in pieces":
        monkeypatch.setattr(centre, "FEW", 1)
        monkeypatch.setattr(storing, "PIECE", 1 + 2 * (seed % 2))
    monkeypatch.setattr(walks, "WORTH_IT", 1)
    memory = MemoryServer(rules())
    memory.walks_from = 1
    name = f"port_{seed}_{piece[:2]}"

    async def story() -> None:
        await run(cluster, f"CREATE DATABASE {name} TEMPLATE {template}")
        owner = await asyncpg.connect(**cluster.connection(name))
        await owner.execute("INSERT INTO epoch VALUES (0, 0, 0, 0, 'begun')")
        db = await Database.open(login(cluster.connection(name)), connections=2)
        try:
            await tell(db, owner, memory, random)
        finally:
            await db.close()
            await owner.close(timeout=60)
            await run(cluster, f"DROP DATABASE {name} WITH (FORCE)")

    asyncio.run(story())
    assert memory.problems == []


async def tell(db: Database, owner: Any, memory: MemoryServer, random: Random) -> None:
    """Give both the same batches, now and then one twice or one of another life."""
    devices = [Device(number, random) for number in range(3)]
    tickets: list[bytes] = []
    for _ in range(60):
        device = random.choice(devices)
        changes = [some_change(device, memory, tickets) for _ in range(random.choice([2, 5, 12]))]
        batch = device.batch(changes, 0)
        if random.random() < 0.1:
            batch = Batch(batch.dev, batch.runs, batch.changes, 7)
            if random.random() < 0.5:
                batch = Batch(batch.dev, (Run(random.randrange(1, 9), 0, batch.runs[0].prev),), (), 7)
        link = codec.Link(device.dev, b"p" * 16)
        data = codec.encode(batch, link)
        travelled = codec.decode(data, link)
        assert isinstance(travelled, Batch)
        for _ in range(random.choice([1, 1, 1, 2])):
            reader = random.choice(READERS)
            right = codec.decode(memory.receive(data, link, reader), link)
            assert right == await writes.push(db, travelled, writes.allow_all, person=b"p" * 16, now=NOW, reader=reader)
        if random.random() < 0.1 and memory.held.records:
            record, person, shared = random.choice(sorted(memory.held.records)), random.choice(PEOPLE), random.random()
            memory.share(record, person, shared=shared < 0.6)
            await sharing.share(db, record, person, shared=shared < 0.6)
        if random.random() < 0.5:
            device.seen = {record: held.ver for record, held in memory.held.records.items()}
            device.own.clear()
    await compare(db, owner, memory)


async def compare(db: Database, owner: Any, memory: MemoryServer) -> None:
    """What PostgreSQL holds is what memory holds."""
    held = memory.held
    rows = await owner.fetch("SELECT place, pos, body FROM feed_entry ORDER BY place, pos")
    told: dict[bytes, list[Any]] = {}
    for row in rows:
        told.setdefault(row["place"], []).append(msgspec.msgpack.decode(row["body"], type=Entry))
        assert row["pos"] == len(told[row["place"]]), "positions have no gap"
    assert told == held.feeds
    heads = {row["place"]: row["pos"] for row in await owner.fetch("SELECT place, pos FROM feed")}
    assert heads == {place: len(entries) for place, entries in held.feeds.items()}
    async with db.merging() as connection:
        loaded = await Port(connection, rules()).load(Needs(records=set(held.records)))
    assert loaded.records.keys() == held.records.keys()
    for record, here in loaded.records.items():
        there = held.records[record]
        assert (here.entity, here.ver, here.writers) == (there.entity, there.ver, there.writers)
        for number, value in there.values.items():
            if number in (1, 2, 3) and there.entity in (COMMENT, TAG, WATCHER):
                continue  # taken from the ticket
            assert here.values.get(number) == value
            if value is not None or number in here.stamps:
                assert here.stamps[number] == there.stamps[number]
    assert {record: set(naming) for record, naming in loaded.naming.items()} == {
        record: set(naming) for record, naming in held.naming.items() if naming
    }
    for reader in READERS:
        await compare_frames(db, memory, reader)
    assert loaded.conflicts == {one.id: one for one in held.conflicts.values() if one.open}
    assert await owner.fetchval("SELECT count(*) FROM change_log") == len(held.changes)
    async with db.merging() as connection:
        for place in (place for place in held.feeds if len(place) != PERSON):
            for again in (False, True):
                found = await walked(lambda pull: feeds.pull_in(connection, EVERYTHING, pull), place, again)
                assert found == await walked(lambda pull: at_once(memory, pull), place, again)
    wrong = await owner.fetchval(
        "SELECT count(*) FROM comment c JOIN ticket t ON t.id = c.subject "
        "WHERE c.unit IS DISTINCT FROM t.unit OR c.marking <> t.marking"
    )
    assert wrong == 0, "what hangs on a ticket stands where it stands"


async def at_once(memory: MemoryServer, pull: Pull) -> Any:
    return memory._pull(pull, EVERYTHING)


async def walked(ask: Callable[[Pull], Awaitable[Any]], place: bytes, again: bool) -> list[Entry]:
    """All that a walk through a partition tells, in pages of a few entries, without what the two differ in."""
    walk: Walk | None = Walk(again=again)
    told: list[Entry] = []
    while walk is not None:
        page = await ask(Pull(0, place, 0, 500, walk))
        assert isinstance(page, Page)
        assert page.walk.pos > 0
        assert len(page.entries) < 20
        told += page.entries
        walk = page.next
    return [alike(msgspec.structs.replace(entry, hlc=0)) for entry in told]


async def compare_frames(db: Database, memory: MemoryServer, reader: Reader) -> None:
    """What a reader is told by each feed is the same."""
    claims = Claims(reader.person or b"", bytes(16), "analyst", None, tuple(reader.units or ()), reader.marking, 0)
    link, own = codec.Link(b"l" * 16, PEOPLE[0]), 0
    scope = codec.decode(memory.receive(codec.encode(Look(), link), link, reader), link)
    async with db.reading(claims) as connection:
        assert await feeds.scope(connection, claims) == scope
    for place in memory.held.feeds:
        # The first entry apart: from position 0 on a partition is walked through.
        asked = Pull(0, place, 0 if place == reader.person else 1, 2**30)
        right = codec.decode(memory.receive(codec.encode(asked, link), link, reader), link)
        found = await feeds.pull(db, claims, asked)
        assert isinstance(right, Frame)
        assert isinstance(found, Frame)
        assert [alike(entry) for entry in found.entries] == [alike(entry) for entry in right.entries]
        own += place == reader.person and any(entry.kind for entry in right.entries)
    assert own, "the reader's own feed told something"


def alike(entry: Entry) -> Entry:
    """An entry without what PostgreSQL does not keep apart: null from nothing, and what is taken from the ticket."""
    taken = (1, 2, 3) if entry.entity in (COMMENT, TAG, WATCHER) else ()
    held = {number: value for number, value in sorted(entry.values.items()) if value is not None}
    return msgspec.structs.replace(entry, values={number: held[number] for number in held if number not in taken})
