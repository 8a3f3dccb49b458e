"""The desk's side of a conversation with its server: the queue's session, run where the desk writes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from opsdesk.models.base import Id
from opsdesk.services import areas
from opsdesk.services.changes import Changes
from opsdesk.services.errors import OpsDeskError
from opsdesk.store.database import Database, Identity
from opsdesk.store.queue.applied import Applied
from opsdesk.store.queue.lookup import looked_up
from opsdesk.store.queue.session import Session
from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import Message
from opsdesk.sync.core.pacing import Turn
from opsdesk.sync.driver import Ahead, CannotKeep, nobody

T = TypeVar("T")

WORTH_MEASURING = 4_096
"""Bytes from which the time of an exchange tells how fast the link is; a smaller one tells how far away it is."""


class DeskExchange:
    """An `Exchange` over a desk. `desk` runs functions on its writing thread (`Desk.background`)."""

    def __init__(
        self,
        desk: Any,
        link: codec.Link,
        moved: Callable[[], None],
        renamed: Callable[[Identity], Awaitable[None]],
    ) -> None:
        """`link` is what the token of the conversation says; `moved` is called, on the loop, after each answer.
        `renamed` makes a new identity of this folder, which was found to be a copy, known to the server."""
        self._desk, self._link, self._moved, self._renamed = desk, link, moved, renamed
        self._session: Session | None = None
        self._made = False
        """Whether the next batch is made already."""
        self.behind = 0
        """Entries that wait at the server, as far as it has said."""
        self.speed = 0.0
        """Bytes in a second, as measured last; 0 until something was."""
        self._named = asyncio.Lock()
        """Held while this folder takes another name, and while what was asked under one is answered."""

    async def begin(self) -> None:
        """Begin a round."""
        await self._run(lambda session, _now: session.begin())

    async def next(self) -> tuple[str, bytes] | None:
        """The next message and its route; None when the round is over."""

        def ask(session: Session, now: int) -> tuple[str, bytes] | Identity | None:
            if session.database.identity.dev != self._link.dev:
                return session.database.identity
            message = session.next(now)
            return None if message is None else (codec.route(message), message)

        asked = await self._run(ask)
        if not isinstance(asked, Identity):
            return asked
        async with self._named:
            await self._renamed(asked)
            self._link = codec.Link(asked.dev, self._link.person)
            # What both ends know is another thing now, and with it how messages are written.
            self._session = None
        await self.begin()
        return await self.next()

    async def beforehand(self) -> None:
        """Make the next batch while the answer to the last one is waited for."""
        self._made = await self._run(lambda session, now: session.beforehand(now))

    async def look(self, hold: int) -> bytes:
        """The question what there is."""
        return await self._run(lambda session, _now: session.look(hold))

    async def fetch_earlier(self, record: Id, carry: Callable[[str, bytes], Awaitable[bytes]]) -> None:
        """Fetch the history of a record from before this desk read it. Raises codec.Malformed, CannotKeep."""
        # What answers is written for who asked, and is read by the same name.
        async with self._named:
            question = await self._run(lambda session, _now: session.earlier(record))
            await self.receive(await self.read(await carry(codec.route(question), question)), 0, 0)

    async def read(self, data: bytes) -> Message:
        """The message of an answer; not read where the desk writes, since whoever waits there need not wait for it."""
        return await asyncio.to_thread(codec.decode, data, self._link)

    async def receive(self, message: Message, size: int, took_ms: int, ahead: Ahead = nobody) -> None:
        """Take an answer and announce what it has changed here."""
        if self._made:
            self._made = False
            batch = await self._run(lambda session, _now: session.ahead(message))
            if batch is not None:
                ahead(codec.route(batch), batch)

        def hold(session: Session, now: int) -> bytes | None:
            if size >= WORTH_MEASURING:
                session.pace = session.pace.went(size, took_ms)
            if session.hold(message):
                return None if ahead is nobody else session.ahead()
            self._tell(session, session.take(message, now))
            return None

        question = await self._run(hold)
        if question is not None:
            ahead(codec.route(question), question)
        while await self._run(self._go_on):
            # Whatever a person has asked for meanwhile has its turn in between.
            self._moved()
        self._moved()

    def _go_on(self, session: Session, now: int) -> bool:
        """Take more of what came in one transaction, and announce it; whether there is more."""
        if session.unfinished:
            turn = Turn(session.piece, session.most, time.perf_counter())

            def more(taken: int) -> bool:
                session.piece = turn.took(taken, time.perf_counter())
                return not self._desk.person_waits

            applied = session.go_on(now, more)
            session.most = turn.ended(time.perf_counter())
            self._tell(session, applied)
        return session.unfinished

    def _tell(self, session: Session, applied: Applied) -> None:
        self.behind, self.speed = session.behind, session.pace.bytes_per_second
        self._announce(session, applied)

    async def end(self) -> None:
        """Drop what has left what this desk reads."""
        await self._run(lambda session, now: self._announce(session, session.end(now)))

    async def _run(self, function: Callable[[Session, int], T]) -> T:
        def on_writer(database: Database, now: int) -> T:
            if self._session is None:
                self._session = Session(database, os.urandom, self._link)
            return function(self._session, now)

        try:
            return await asyncio.wrap_future(self._desk.background(on_writer))
        except OpsDeskError as error:
            raise CannotKeep(str(error)) from error

    def _announce(self, session: Session, applied: Applied) -> None:
        connection = session.database.connection
        if applied.gone:
            changes = Changes(everything=True)
        else:
            # Whoever shows a record shows what is open about it.
            for entity, record in looked_up(
                connection, "SELECT entity, record FROM conflict WHERE id IN ({0})", applied.conflicts
            ):
                applied.touch(entity, record)
            changes = areas.changes_of(connection, applied.records)
        changes |= Changes(
            conflicts=frozenset(applied.conflicts), queue=applied.queue, notifications=applied.notices > 0
        )
        if changes:
            self._desk.announce(changes)
