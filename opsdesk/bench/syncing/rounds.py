"""Rounds of real desks with a real server, and how long each part of them takes."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from opsdesk.bench.figures import MILLI, Moment, Spent
from opsdesk.bench.syncing.proxy import Proxy, counting
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.link.exchange import DeskExchange
from opsdesk.store import clocks, membership
from opsdesk.store.database import Identity
from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import Look, Scope, digest_of
from opsdesk.sync.driver import Driver
from opsdesk.sync.transports.http import Line, open_client
from opsdesk.sync.transports.proofs import DeviceKey

ASK_EVERY_S = 0.02
_PATIENCE_S = 600.0


@dataclass(slots=True)
class Round:
    """When the messages of one round began, and how large they were."""

    began: Moment = field(default_factory=Moment.now)
    ended: Moment = field(default_factory=Moment.now)
    first: dict[str, Moment] = field(default_factory=dict)
    wire: dict[str, int] = field(default_factory=dict)
    """Bytes on the connection, both ways, by route; only through a proxy."""

    @property
    def push(self) -> Spent:
        """From the begin until all that waited was answered."""
        return self.first.get("pull", self.ended).since(self.first["push"])

    @property
    def pull(self) -> Spent:
        """From the first question for news to the end of the round."""
        return self.ended.since(self.first["pull"])

    @property
    def all(self) -> Spent:
        """The whole round."""
        return self.ended.since(self.began)


class _Watched:
    """A carrier that notes what goes by."""

    def __init__(self, line: Line, seen: Round, proxy: Proxy | None) -> None:
        self._line, self._seen, self._proxy = line, seen, proxy

    async def carry(self, route: str, message: bytes, *, timeout: float | None = None) -> bytes:
        seen = self._seen
        seen.first.setdefault(route, Moment.now())
        before = self._proxy.bytes if self._proxy is not None else 0
        answer = await self._line.carry(route, message, timeout=timeout)
        if self._proxy is not None:
            seen.wire[route] = seen.wire.get(route, 0) + self._proxy.bytes - before
        return answer


async def open_line(
    desk: Desk, port: int | None = None, clock: Callable[[], float] = time.monotonic
) -> tuple[Line, codec.Link]:
    """The way of a joined desk to its server, by another port if one is named; `clock` counts seconds."""
    joined = await asyncio.wrap_future(desk.background(lambda database, _now: membership.read(database.connection)))
    assert joined is not None
    url = joined.url if port is None else f"https://127.0.0.1:{port}"

    async def keep(refresh: str) -> None:
        def write(database: Any, now: int) -> None:
            with database.transaction(now=now) as connection:
                membership.put_refresh(connection, refresh)

        await asyncio.wrap_future(desk.background(write))

    line = Line(open_client(url, joined.authority), DeviceKey(joined.key), joined.refresh, keep, clock)
    return line, codec.Link(joined.dev, joined.person)


async def once(desk: Desk, proxy: Proxy | None = None) -> Round:
    """One whole round of a desk that has joined, over the network as in the product. A connection that stands and a
    token that is fresh are not part of it."""
    line, link = await open_line(desk, None if proxy is None else proxy.port)
    seen = Round()

    async def renamed(_identity: Identity) -> None:
        raise AssertionError("a folder of the bench is no copy")

    exchange = DeskExchange(desk, link, lambda: None, renamed)
    driver = Driver(
        exchange, _Watched(line, seen, proxy), lambda _report: None,
        clock=lambda: time.monotonic_ns() // 1_000_000, chance=random.random,
    )  # fmt: skip
    try:
        await line.carry("look", codec.encode(Look(), link))
        seen.began = Moment.now()
        await driver.once()
        seen.ended = Moment.now()
    finally:
        await line.close()
    return seen


async def whole_request(desk: Desk, server_port: int) -> int:
    """Bytes on the connection for pushing what waits at a desk, both ways, on a connection that stands."""
    async with counting(server_port) as proxy:
        return (await once(desk, proxy)).wire["push"]


async def idle_bytes(desk: Desk, server_port: int, hours: int) -> float:
    """Bytes on the connection in one hour of a thin link that has nothing to say, both ways.

    An hour is made short: all that happens in one is a question that the server keeps until the hour is over, and by
    then the token is old and must be renewed.
    """
    passed = 0.0
    async with counting(server_port) as proxy:
        line, link = await open_line(desk, proxy.port, lambda: time.monotonic() + passed)
        scope = codec.decode(await line.carry("look", codec.encode(Look(), link)), link)
        assert isinstance(scope, Scope)
        before = proxy.bytes
        for _ in range(hours):
            passed += 3_600
            await line.carry("look", codec.encode(Look(digest_of(scope), 1), link))
        await line.close()
        return (proxy.bytes - before) / hours


class Waiting:
    """How long a person's command waits while the desk is busy with something else."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._over = threading.Event()
        self.waits_ms: list[float] = []

    def __enter__(self) -> Waiting:
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._over.wait(ASK_EVERY_S):
            began = time.perf_counter()
            self._desk.do(_nothing).result()
            self.waits_ms.append((time.perf_counter() - began) * MILLI)


def _nothing(_work: Any) -> Changes:
    return Changes()


def come_to_rest(desk: Desk) -> None:
    """Wait until a desk has folded all clocks, which it does when nothing else is to do: after a first sync of many
    tickets that goes on for a while, and would count for what is measured next."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and on_writer(desk, lambda database: _folds(desk, database)):
        time.sleep(ASK_EVERY_S)


def _folds(desk: Desk, database: Any) -> bool:
    desk.tending.soon(database)
    return clocks.are_stale(database.connection)


def on_writer(desk: Desk, act: Callable[[Any], Any]) -> Any:
    """Do something with a desk's database where it writes."""
    return desk.background(lambda database, _now: act(database)).result()
