"""Who waits for news is woken when a feed has grown, in whatever worker process that happened.

Hints only: a lost one costs time, never data, since everyone looks again by a timer. NOTIFY is sent after the commit
from a connection of its own, since inside the writing transaction it would hold a lock of the whole database through
the flush.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import asyncpg

from opsdesk.server.database import Database

_log = logging.getLogger(__name__)

_CHANNEL: Final = "opsdesk_feeds"
_GATHER_S: Final = 0.01
"""How long hints are gathered before they are sent together."""
_PAYLOAD: Final = 7_000
_ALL: Final = "*"
_AGAIN_S: Final = 2.0

Reads = Callable[[bytes], bool]
"""Whether somebody may read a partition, one that is new included."""

LOOK_AGAIN_S: Final = 30.0
"""After how long whoever waits looks for himself, should a hint have been lost."""


class Hints:
    """The hints of one process: `tell` what has grown, `wait` for it."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Event, Reads] = {}
        self._dirty: set[str] = set()
        self._some = asyncio.Event()
        self._stopping = False

    def tell(self, places: Iterable[bytes]) -> None:
        """Some partitions have grown."""
        self._dirty.update(place.hex() for place in places)
        if self._dirty:
            self._some.set()

    def tell_all(self) -> None:
        """Rights or units have changed: anybody may read another thing now."""
        self._dirty.add(_ALL)
        self._some.set()

    async def wait(self, reads: Reads, seconds: float) -> bool:
        """Wait until a partition that one reads has grown, rights have changed, or the time is over.

        False when the server is about to stop and nobody should wait any longer.
        """
        event = asyncio.Event()
        self._waiting[event] = reads
        try:
            if not self._stopping:
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await event.wait()
        finally:
            del self._waiting[event]
        return not self._stopping

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
            await asyncio.sleep(_GATHER_S)
            self._some.clear()
            payload = ",".join(sorted(self._dirty))
            self._dirty.clear()
            await connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, _ALL if len(payload) > _PAYLOAD else payload)

    def _ended(self, _connection: Any) -> None:
        self._some.set()

    def _heard(self, _connection: Any, _process: int, _channel: str, payload: object) -> None:
        self._wake(set(str(payload).split(",")))

    def _wake(self, names: set[str]) -> None:
        places = [bytes.fromhex(name) for name in names - {_ALL}]
        for event, reads in self._waiting.items():
            if _ALL in names or any(map(reads, places)):
                event.set()
