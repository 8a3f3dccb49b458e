"""PostgreSQL behind the interface of the simulator's memory server: one story, one thread, an event loop of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from unittest.mock import patch

import asyncpg
import msgspec

from opsdesk.server import feeds, sharing, writes
from opsdesk.server.database import Claims, Database
from opsdesk.server.port import Port
from opsdesk.simulator.memory_server import Boundary, Held, everything_goes
from opsdesk.store.queue.shapes import rules
from opsdesk.sync.core import centre, codec, walk
from opsdesk.sync.core.feed import EVERYTHING, Reader
from opsdesk.sync.core.messages import (
    Batch,
    Change,
    Conflict,
    Entry,
    EntryKind,
    Look,
    Message,
    News,
    Outcome,
    Pull,
    Pulls,
    Ref,
    Scope,
)
from opsdesk.sync.core.rules import Rules
from opsdesk.sync.core.state import Known, Loaded, Needs, Trace

T = TypeVar("T")
NOW = 1_800_000_000_000


class PostgresServer:
    """Answers batches, pulls and looks from a database. `owner` and `login` are arguments to connect with."""

    def __init__(
        self,
        owner: dict[str, Any],
        login: dict[str, Any],
        permit: centre.Permit = everything_goes,
        boundary: Boundary = lambda _where: None,
        rules_: Rules | None = None,
    ) -> None:
        self.rules = rules_ or rules()
        self.permit, self.boundary = permit, boundary
        self.problems: list[tuple[Ref, Exception]] = []
        self.forgets = False
        self.takes_place = True
        self.walks_from = walk.WORTH_IT
        self._runner = asyncio.Runner()
        self._held: Held | None = None
        self._owner = self._run(asyncpg.connect(**owner))
        self._db = self._run(Database.open(login, connections=2))
        self._run(self._owner.execute("INSERT INTO epoch VALUES (0, 0, 0, 0, 'begun') ON CONFLICT DO NOTHING"))

    def close(self) -> None:
        """Disconnect."""
        self._run(self._db.close())
        self._run(self._owner.close(timeout=60))
        self._runner.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def receive(self, data: bytes, link: codec.Link, reader: Reader = EVERYTHING) -> bytes:
        """As the memory server does. Raises codec.Malformed."""
        return codec.encode(self._run(self._answer(codec.decode(data, link), reader)), link)

    async def _answer(self, message: Message, reader: Reader) -> Message:
        claims = self._claims(reader)
        if isinstance(message, Batch):
            self._held = None
            self.boundary("push: before commit")
            answer = await writes.push(
                self._db, message, self._permit_for, person=claims.person, now=NOW, reader=claims.reader
            )
            self.boundary("push: after commit")
            return answer
        if isinstance(message, Pull):
            with patch.object(walk, "WORTH_IT", self.walks_from):
                return await feeds.pull(self._db, claims, message)
        if isinstance(message, Pulls):
            with patch.object(walk, "WORTH_IT", self.walks_from):
                return await feeds.pull_all(self._db, claims, message)
        if isinstance(message, Look):
            async with self._db.reading(claims) as connection:
                return await feeds.scope(connection, claims)
        raise codec.Malformed("not a question")

    def news(self, asked: Look, reader: Reader, known: Scope | None) -> Scope | News:
        """As the memory server does."""
        return self._run(feeds.news(self._db, self._claims(reader), asked, known))

    async def _permit_for(self, _connection: Any, _loaded: Loaded) -> centre.Permit:
        return self.permit

    def _claims(self, reader: Reader) -> Claims:
        person, units = reader.person or bytes(16), tuple(sorted(reader.units or ()))
        return Claims(person, bytes(16), "analyst", None, units, reader.marking, reader.epoch)

    def share(self, record: bytes, person: bytes, *, shared: bool = True) -> None:
        """Share a record with a person, or share it no more."""
        self._held = None
        self._run(sharing.share(self._db, record, person, shared=shared))

    @property
    def held(self) -> Held:
        """All that the database holds, for the oracle."""
        if self._held is None:
            self._held = self._run(self._everything())
        return self._held

    async def _everything(self) -> Held:
        fetch = self._owner.fetch
        held = Held()
        names = {row["record"] for row in await fetch("SELECT DISTINCT record FROM feed_entry")}
        async with self._db.merging() as connection:
            loaded = await Port(connection, self.rules).load(Needs(records=names, children=names))
        held.epoch, held.ver, held.lost = loaded.epoch, loaded.ver, loaded.lost
        held.records, held.naming, held.children = loaded.records, dict(loaded.naming), loaded.children
        for row in await fetch("SELECT place, body FROM feed_entry ORDER BY place, pos"):
            held.feeds.setdefault(row["place"], []).append(msgspec.msgpack.decode(row["body"], type=Entry))
        for row in await fetch("SELECT body FROM conflict"):
            conflict = msgspec.msgpack.decode(row["body"], type=Conflict)
            held.conflicts[conflict.id] = conflict
        for row in await fetch("SELECT dev, dseq, digest, change, outcome, traces FROM change_log"):
            held.changes[Ref(row["dev"], row["dseq"])] = Known(
                msgspec.msgpack.decode(row["change"], type=Change), row["dev"], row["digest"],
                msgspec.msgpack.decode(row["outcome"], type=Outcome),
                msgspec.msgpack.decode(row["traces"], type=dict[int, Trace]),
            )  # fmt: skip
        told = [entry for place, feed in held.feeds.items() if len(place) != 16 for entry in feed]
        for entry in sorted(told, key=lambda entry: entry.ver):
            if entry.kind in (EntryKind.CREATE, EntryKind.CHANGE):
                for number, value in entry.values.items():
                    held.history.setdefault((entry.record, number), []).append((entry.ver, value))
        return held
