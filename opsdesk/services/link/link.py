"""The link of a desk: its state for screens, and what a person may do with it.

It belongs to the loop on which `start` is called (the window's, or that of a command), and all of it is to be used on
that thread. Who joined no server has a link that stands at ALONE and does nothing.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from opsdesk.models.base import Id
from opsdesk.services.changes import Changes
from opsdesk.services.errors import Refused
from opsdesk.services.link.state import LinkKind, LinkState
from opsdesk.store import membership
from opsdesk.store.database import Database, Identity
from opsdesk.store.queue.outbox import new_tag
from opsdesk.sync.tasks import end

if TYPE_CHECKING:
    from opsdesk.services.link.exchange import DeskExchange
    from opsdesk.services.link.transfers import Transfers
    from opsdesk.sync.driver import Driver, Report
    from opsdesk.sync.transports.http import Line

Watcher = Callable[[LinkState], None]

PAUSED_SETTING = "link.paused"
THIN_SETTING = "link.thin"
NO_HISTORY = "What happened before this desk read it is at the server, and there is no link to it now"
NOT_TOLD = "The server did not tell what happened before"
WORTH_TELLING = 500
"""From so many entries on a copy has a progress bar."""


class Link:
    """What screens know of the link."""

    def __init__(self, desk: Any, joined: membership.Membership | None) -> None:
        self.state = LinkState()
        self._desk = desk
        self._watchers: list[Watcher] = []
        self._driver: Driver | None = None
        self._exchange: DeskExchange | None = None
        self._line: Line | None = None
        self._files: Transfers | None = None
        self._task: asyncio.Task[None] | None = None
        if joined is not None:
            self.state = LinkState(LinkKind.CONNECTING, joined.post, joined.url, desk.now())

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` with every later state; returns what stops that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    @property
    def joined(self) -> bool:
        """Whether this desk has joined a server."""
        return self.state.kind is not LinkKind.ALONE

    @property
    def online(self) -> bool:
        """Whether the server answers now."""
        return self.state.kind is LinkKind.ONLINE

    def start(self, transport: Any = None) -> None:
        """Keep this desk in step from now on, on the running loop; nothing happens while it works alone.

        `transport` is another way to the server than the network (httpx), for tests.
        """
        if self._task is None and not self._desk.read_only:
            self._task = asyncio.get_running_loop().create_task(self._live(transport), name="opsdesk-link")

    async def stop(self) -> None:
        """End the conversation; what waits stays in the queue."""
        task, self._task = self._task, None
        if task is not None:
            await end(task)

    async def once(self, transport: Any = None) -> None:
        """One whole round, for a command. Raises LinkDown, ServerRefused, CannotKeep."""
        try:
            driver = await self._open(transport)
            if driver is not None:
                await driver.once()
                assert self._files is not None
                await self._files.drain()
        finally:
            await self._close()

    async def fetch_earlier(self, record: Id) -> None:
        """Fetch the history of a record from before this desk read it; screens hear of it as of all that comes in.

        Raises Refused when there is no link, the server does not answer, or what it told cannot be kept here.
        """
        from opsdesk.sync.core import codec
        from opsdesk.sync.driver import CannotKeep
        from opsdesk.sync.transports import LinkDown, ServerRefused

        line, exchange = self._line, self._exchange
        if line is None or exchange is None or self.state.kind is not LinkKind.ONLINE:
            raise Refused(NO_HISTORY)
        try:
            await exchange.fetch_earlier(record, line.carry)
        except LinkDown as error:
            raise Refused(NO_HISTORY) from error
        except (ServerRefused, codec.Malformed) as error:
            raise Refused(NOT_TOLD) from error
        except CannotKeep as error:
            raise Refused(str(error)) from error

    def retry_now(self) -> None:
        """Try at once, whatever the timer says."""
        if self._driver is not None:
            self._driver.retry()

    def pause(self) -> None:
        """Send and fetch nothing until `resume`, after a restart as well."""
        self._pause(True)

    def resume(self) -> None:
        """Go on after a pause."""
        self._pause(False)

    def _pause(self, paused: bool) -> None:
        self._desk.settings.set(PAUSED_SETTING, paused)
        if self._driver is not None:
            self._driver.pause(paused)

    async def _live(self, transport: Any) -> None:
        try:
            driver = await self._open(transport)
            if driver is None:
                return
            driver.pause(self._desk.settings.get(PAUSED_SETTING, False))
            loop = asyncio.get_running_loop()

            files = self._files
            assert files is not None

            def changed(changes: Changes) -> None:
                if changes.files or changes.tickets or changes.everything:
                    loop.call_soon_threadsafe(files.wake)
                # On the writing thread; what this link has brought itself is no reason to push.
                if not self._desk.announcing:
                    loop.call_soon_threadsafe(driver.wake)

            self._desk.changed.connect(changed)
            moving = loop.create_task(files.run(), name="opsdesk-files")
            try:
                await driver.run()
            finally:
                self._desk.changed.disconnect(changed)
                await end(moving)
        finally:
            await self._close()

    async def _open(self, transport: Any) -> Driver | None:
        # Imported here: a desk that works alone should not pay for it at its start (100 ms measured).
        from opsdesk.services.link.exchange import DeskExchange
        from opsdesk.services.link.transfers import Transfers
        from opsdesk.sync.core import codec
        from opsdesk.sync.driver import LAN, THIN, Driver
        from opsdesk.sync.transports.http import Line, open_client
        from opsdesk.sync.transports.proofs import DeviceKey

        joined = await asyncio.wrap_future(self._desk.background(_read))
        if joined is None:
            return None
        self._put(LinkState(LinkKind.CONNECTING, joined.post, joined.url, self._desk.now()))
        client = open_client(joined.url, joined.authority, transport)
        self._line = Line(client, DeviceKey(joined.key), joined.refresh, self._keep, time.monotonic)
        self._exchange = DeskExchange(self._desk, codec.Link(joined.dev, joined.person), self._moved, self._rename)
        thin = bool(self._desk.settings.get(THIN_SETTING, False))
        self._files = Transfers(self._desk, self._line, thin=thin, busy=lambda: self.state.busy)
        self._driver = Driver(
            self._exchange,
            self._line,
            self._report,
            clock=lambda: time.monotonic_ns() // 1_000_000,
            chance=random.random,
            profile=THIN if thin else LAN,
        )
        return self._driver

    async def _close(self) -> None:
        line, self._line, self._driver, self._files = self._line, None, None, None
        if line is not None:
            await line.close()

    async def _keep(self, refresh: str) -> None:
        def write(database: Database, now: int) -> None:
            with database.transaction(now=now) as connection:
                membership.put_refresh(connection, refresh)

        await asyncio.wrap_future(self._desk.background(write))

    async def _rename(self, identity: Identity) -> None:
        """This folder is a copy and took another identity: the server gets to know it."""
        from opsdesk.sync.transports import ServerRefused

        assert self._line is not None
        assert self._driver is not None
        # Its answer would be read by the new name, and changes of the other folder taken for this one's.
        await self._driver.stop_looking()
        while True:
            try:
                await self._line.rename(identity.dev, identity.tag)
                break
            except ServerRefused as refusal:
                if refusal.code != "tag taken":
                    raise
            identity = await asyncio.wrap_future(self._desk.background(_take_another_tag))

        def write(database: Database, now: int) -> None:
            with database.transaction(now=now) as connection:
                membership.put_device(connection, identity.dev)

        await asyncio.wrap_future(self._desk.background(write))

    # The state

    def _report(self, report: Report) -> None:
        from opsdesk.sync.driver import Standing

        now = self._desk.now()
        if report.standing is Standing.BUSY:
            self._put(replace(self.state, busy=True))
            return
        kind = {
            Standing.ONLINE: LinkKind.ONLINE,
            Standing.DOWN: LinkKind.DISCONNECTED,
            Standing.SHUT_OUT: LinkKind.SHUT_OUT,
            Standing.PAUSED: LinkKind.PAUSED,
        }[report.standing]
        if kind is LinkKind.ONLINE and self._files is not None and self.state.kind is not kind:
            self._files.wake()
        wait = None if report.next_try_ms is None else report.next_try_ms - time.monotonic_ns() // 1_000_000
        self._put(
            replace(
                self.state,
                kind=kind,
                since=self.state.since if kind is self.state.kind else now,
                last_exchange=now if kind is LinkKind.ONLINE else self.state.last_exchange,
                next_try=None if wait is None else now + wait,
                problem=report.problem,
                busy=False,
            )
        )

    def _moved(self) -> None:
        """An answer was taken: tell how much of a long copy is still to come."""
        behind = self._exchange.behind if self._exchange is not None else 0
        total = max(self.state.total, behind) if behind >= WORTH_TELLING else self.state.total if behind else 0
        speed = self._exchange.speed if self._exchange is not None else 0.0
        self._put(replace(self.state, behind=behind, total=total, bytes_per_second=speed))

    def _put(self, state: LinkState) -> None:
        if state != self.state:
            self.state = state
            for watcher in tuple(self._watchers):
                watcher(state)


def _take_another_tag(database: Database, now: int) -> Identity:
    made = Identity(database.identity.dev, new_tag(os.urandom(3)))
    with database.transaction(now=now) as connection:
        connection.execute("UPDATE device SET tag = ? WHERE dev = ?", (made.tag, made.dev))
    database.identity = made
    return made


def _read(database: Database, _now: int) -> membership.Membership | None:
    return membership.read(database.connection)
