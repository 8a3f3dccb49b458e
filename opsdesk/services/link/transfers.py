"""Files on their way between this desk and its server: in pieces, between the rounds of sync, again after any failure.

Metadata goes first and by itself; a file follows when the server knows its attachment. Where both ends were killed in
the middle it goes on at what the server has made durable; the hash is checked at both ends.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar
from uuid import UUID

import msgspec

from opsdesk.services.changes import Changes
from opsdesk.services.errors import StorageError
from opsdesk.services.files.rows import NOT_YET
from opsdesk.store.database import Connection, Database
from opsdesk.store.files import Box, Copy, Damaged, Wrong, copies
from opsdesk.sync.transports import LinkDown, ServerRefused
from opsdesk.sync.transports.http import Line

T = TypeVar("T")

FIRST_PIECE: Final = 65_536
LEAST_PIECE: Final = 8_192
MOST_PIECE: Final = 1_048_576
PIECE_S: Final = 0.5
"""How long one piece should take: what a person types waits for no more than that."""
GATHER_S: Final = 0.05
_TELL_S: Final = 0.25
_LONGEST_SLEEP_S: Final = 600.0
_NOT_YET_MS: Final = 30_000
"""How long a file that its author's desk has not sent is left alone at the most."""


class _State(msgspec.Struct):
    offset: int
    size: int
    whole: bool
    largest: int


class Transfers:
    """The files of one desk. Its methods are called on the thread of the event loop."""

    def __init__(
        self,
        desk: Any,
        line: Line,
        *,
        thin: bool,
        busy: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`busy` says whether a round of sync is under way, which goes first. On a `thin` link nothing comes
        unasked."""
        self._desk, self._line, self._busy, self._clock, self._chance = desk, line, busy, clock, chance
        self._box: Box = desk.files.box
        self._small = 0 if thin else copies.SMALL
        self._piece = LEAST_PIECE if thin else FIRST_PIECE
        self._woken = asyncio.Event()
        self._told = 0.0

    def wake(self) -> None:
        """There may be something to do: a file was attached or asked for, or the link has come up."""
        self._woken.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._woken.clear()
            wait = _LONGEST_SLEEP_S
            try:
                await self.drain()
            except LinkDown:
                pass  # whoever looks after the link wakes us when it is up again
            else:
                wait = await self._until_next()
            # Not `wait_for`: before Python 3.12 it forgets that it was cancelled where it was woken at the same moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            await asyncio.sleep(GATHER_S)

    async def drain(self) -> None:
        """Send and fetch all that can go now. Raises LinkDown."""
        while await self._next():
            pass

    async def _next(self) -> bool:
        """Move one file as far as it goes; False when there is none."""
        now = self._desk.now()
        fetched = await self._ask(lambda connection: copies.next_down(connection, now, self._small))
        if fetched is not None:
            await self._guarded(fetched, self._fetch)
            return True
        sent = await self._ask(lambda connection: copies.next_up(connection, now))
        if sent is None:
            return False
        await self._guarded(sent, self._send)
        return True

    async def _guarded(self, copy: Copy, move: Callable[[Copy], Any]) -> None:
        try:
            await move(copy)
        except ServerRefused as refusal:
            words = NOT_YET if refusal.code == "not yet" else str(refusal) or refusal.code
            await self._failed(copy, words)
        except (StorageError, Wrong, Damaged, OSError) as error:
            await self._failed(copy, str(error))

    async def _send(self, copy: Copy) -> None:
        path = f"/v1/files/{UUID(bytes=copy.attachment)}"
        state = await self._state("GET", path)
        while not state.whole:
            await self._give_way()
            data = await self._read(copy, state.offset)
            if data is None:
                return
            began = self._clock()
            try:
                state = await self._state("PATCH", path, data, {"upload-offset": str(state.offset)})
            except ServerRefused as refusal:
                if refusal.code == "wrong hash":
                    await self._check(copy)
                if refusal.code != "offset":
                    raise
                # An answer was lost, or another desk sends the same: where it goes on only the server knows.
                state = await self._state("GET", path)
            self._measure(len(data), self._clock() - began)
            offset = state.offset
            await self._moved(copy, lambda connection: copies.moved(connection, copy.sha256, offset))  # noqa: B023
        await self._moved(copy, lambda connection: copies.held(connection, copy.attachment, copy.sha256), last=True)

    async def _read(self, copy: Copy, offset: int) -> bytes | None:
        """The next piece; None when the file has gone from this desk, which is then noted."""
        try:
            data = await asyncio.to_thread(self._box.part, copy.sha256, offset, self._piece)
        except FileNotFoundError:
            data = b""
        if data:
            return data
        await self._check(copy)
        return None

    async def _check(self, copy: Copy) -> None:
        """Look whether a file is still what it was; one that is not is out of use."""

        def good() -> bool:
            try:
                for _ in self._box.pieces(copy.sha256):
                    pass
            except (Damaged, FileNotFoundError):
                self._box.set_aside(copy.sha256)
                return False
            return True

        if not await asyncio.to_thread(good):
            await self._moved(copy, lambda connection: copies.lost(connection, copy.sha256, wanted=False), last=True)

    async def _fetch(self, copy: Copy) -> None:
        path = f"/v1/files/{UUID(bytes=copy.attachment)}/content"
        here = await asyncio.to_thread(self._box.come, copy.sha256)
        if here > copy.size or self._box.has(copy.sha256):
            await asyncio.to_thread(self._box.forget, copy.sha256)
            here = 0
        while here < copy.size and not self._box.has(copy.sha256):
            await self._give_way()
            began = self._clock()
            end = min(copy.size, here + self._piece) - 1
            data = await self._line.fetch("GET", path, headers={"range": f"bytes={here}-{end}"})
            if len(data) != end + 1 - here:
                raise LinkDown("The answer broke off")
            self._measure(len(data), self._clock() - began)
            here = await asyncio.to_thread(self._box.add, copy.sha256, here, data)
            come = here
            await self._moved(copy, lambda connection: copies.moved(connection, copy.sha256, come))  # noqa: B023
        if not self._box.has(copy.sha256):
            await asyncio.to_thread(self._box.finish, copy.sha256)

        def arrived(connection: Connection) -> None:
            copies.kept(connection, copy.sha256)
            copies.held(connection, copy.attachment, copy.sha256)

        await self._moved(copy, arrived, last=True)

    async def _give_way(self) -> None:
        """Let a round of sync go first: files have time."""
        for _ in range(200):
            if not self._busy():
                return
            await asyncio.sleep(0.01)

    def _measure(self, size: int, seconds: float) -> None:
        """Choose the next piece so that it takes PIECE_S; never twice as large at once."""
        fits = size / max(seconds, 0.001) * PIECE_S
        self._piece = int(min(MOST_PIECE, max(LEAST_PIECE, min(fits, self._piece * 2))))

    async def _state(
        self, method: str, path: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> _State:
        answer = await self._line.fetch(method, path, content=content, headers=headers)
        try:
            return msgspec.json.decode(answer, type=_State)
        except msgspec.DecodeError as error:
            raise LinkDown("The answer is none of ours; something stands between this desk and its server") from error

    async def _until_next(self) -> float:
        """Seconds until something that failed is to be tried again."""
        soonest = await self._ask(copies.soonest)
        wait = _LONGEST_SLEEP_S if soonest is None else (soonest - self._desk.now()) / 1000
        return max(0.05, min(wait, _LONGEST_SLEEP_S))

    async def _failed(self, copy: Copy, problem: str) -> None:
        now, chance = self._desk.now(), self._chance()
        most = _NOT_YET_MS if problem == NOT_YET else copies.LAST_RETRY_MS
        await self._moved(
            copy, lambda connection: copies.failed(connection, copy.sha256, problem, now, chance, most), last=True
        )

    async def _ask(self, question: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._desk.background(lambda database, _now: question(database.connection)))

    async def _moved(self, copy: Copy, note: Callable[[Connection], None], *, last: bool = False) -> None:
        """Make a step durable, and tell screens of it: not of each, but always of the last."""
        tell = last or self._clock() - self._told >= _TELL_S
        if tell:
            self._told = self._clock()

        def write(database: Database, now: int) -> None:
            with database.transaction(now=now, durable=last) as connection:
                note(connection)
            if tell:
                self._desk.announce(Changes(files=copies.subjects(database.connection, copy.sha256)))

        await asyncio.wrap_future(self._desk.background(write))
