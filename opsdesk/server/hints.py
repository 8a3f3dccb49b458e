"""Who waits for news is woken when a feed has grown, in whatever worker process that happened.

Hints only: a lost one costs time, never data, since everyone looks again by a timer. NOTIFY is sent after the commit
from a connection of its own, since inside the writing transaction it would hold a lock of the whole database through
the flush.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import asyncpg

from opsdesk.server.database import Database

_log = logging.getLogger(__name__)

_CHANNEL: Final = "opsdesk_feeds"
_REST_S: Final = 0.01
"""Between two notifications: what is told meanwhile is sent together."""
_PAYLOAD: Final = 7_000
_ALL: Final = "*"
_AGAIN_S: Final = 2.0

Reads = Callable[[bytes], bool]
"""Whether somebody may read a partition, one that is new included."""

LOOK_AGAIN_S: Final = 30.0
"""After how long whoever waits looks for himself, should a hint have been lost."""


class Hints:
    """The hints of one process: `tell` what has grown, `listening` for it. Those who wait in this process are woken at
    once, others by a notification."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Event, Reads] = {}
        self._dirty: set[str] = set()
        self._some = asyncio.Event()
        self._stopping = False

    def tell(self, places: Iterable[bytes]) -> None:
        """Some partitions have grown."""
        names = {place.hex() for place in places}
        if names:
            self._wake(names)
            self._dirty |= names
            self._some.set()

    def tell_all(self) -> None:
        """Rights or units have changed: anybody may read another thing now."""
        self._wake({_ALL})
        self._dirty.add(_ALL)
        self._some.set()

    @contextmanager
    def listening(self, reads: Reads) -> Iterator[Callable[[float], Awaitable[bool]]]:
        """Hear from now on of the partitions that one reads; look at them only then, or what comes between is missed.

        Gives a function that waits until one of them has grown, rights have changed, or so many seconds are over. It
        returns False when the server is about to stop and nobody should wait any longer.
        """
        event = asyncio.Event()

        async def wait(seconds: float) -> bool:
            if not self._stopping:
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await event.wait()
            return not self._stopping

        self._waiting[event] = reads
        try:
            yield wait
        finally:
            del self._waiting[event]

    def stop(self) -> None:
        """Let everybody go who waits."""
        self._stopping = True
        for event in self._waiting:
            event.set()

    async def run(self, db: Database) -> None:
        """Send what was told here and hear what was told elsewhere, until cancelled."""
        while True:
            try:
                async with db.hearing() as connection:
                    await self._serve(connection)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                _log.warning("hints are interrupted; readers look by their timer meanwhile", exc_info=True)
                await asyncio.sleep(_AGAIN_S)

    async def _serve(self, connection: Any) -> None:
        # Sending wakes when the connection dies, and then fails, so that another is taken.
        connection.add_termination_listener(self._ended)
        await connection.add_listener(_CHANNEL, self._heard)
        await connection.execute("SET synchronous_commit TO off")
        self._wake({_ALL})  # for what may have been missed
        while True:
            await self._some.wait()
            self._some.clear()
            payload = ",".join(sorted(self._dirty))
            self._dirty.clear()
            await connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, _ALL if len(payload) > _PAYLOAD else payload)
            await asyncio.sleep(_REST_S)

    def _ended(self, _connection: Any) -> None:
        self._some.set()

    def _heard(self, connection: Any, process: int, _channel: str, payload: object) -> None:
        if process != connection.get_server_pid():
            self._wake(set(str(payload).split(",")))

    def _wake(self, names: set[str]) -> None:
        places = [bytes.fromhex(name) for name in names - {_ALL}]
        for event, reads in self._waiting.items():
            if _ALL in names or any(map(reads, places)):
                event.set()
