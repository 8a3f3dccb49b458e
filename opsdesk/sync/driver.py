"""The loop that keeps a desk in step: rounds of pushing and pulling, a question that waits for news, retries by timer.

It knows neither the database nor the network: an `Exchange` says what to send and takes what comes, a `Carrier` brings
bytes there and back. Nobody has to do anything for it to go on: after a failure it tries again by itself, at once when
the link is said to have come up.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import Message
from opsdesk.sync.core.pacing import LAST_RETRY_MS, Pace
from opsdesk.sync.tasks import end
from opsdesk.sync.transports import LinkDown, ServerRefused

GATHER_S: Final = 0.002
"""How long own changes are gathered before they are pushed together."""
OWED_S: Final = 1.0
"""How long the question that waits may take to bring what was pushed."""
_STRANGE: Final = "The answer is none of ours; something stands between this desk and its server"
_GRACE_S: Final = 30.0
"""How much longer than it may be held a question is waited for."""


class CannotKeep(Exception):
    """What came in cannot be written at this desk (a full disk). The text is for a person."""


Ahead = Callable[[str, bytes], None]
"""Is told the route and the message that will be asked next if nothing comes between."""


def nobody(_route: str, _message: bytes) -> None:
    """Ask nothing ahead."""


class Exchange(Protocol):
    """The desk's side of a conversation. Its work is done where the desk writes, and awaited here."""

    async def begin(self) -> None:
        """Begin a round."""

    async def next(self) -> tuple[str, bytes] | None:
        """The next message of the round and its route; None when the round is over. Raises CannotKeep."""

    async def beforehand(self) -> None:
        """Make ready what will be pushed next, while the answer to the last push is waited for. Raises CannotKeep."""

    async def look(self, hold: int) -> bytes:
        """The question what there is, to be held for so many seconds while nothing is new."""

    async def read(self, data: bytes) -> Message:
        """The message of an answer. Raises codec.Malformed."""

    async def receive(self, message: Message, size: int, took_ms: int, ahead: Ahead = nobody) -> None:
        """Take an answer; `size` bytes went both ways in `took_ms`. `ahead` may be called before it is taken. Raises
        codec.Malformed, CannotKeep."""

    async def end(self) -> None:
        """The round is over. Raises CannotKeep."""


class Carrier(Protocol):
    """A way to the server."""

    async def carry(self, route: str, message: bytes, *, timeout: float | None = None) -> bytes:
        """Carry a message there and its answer back. Raises LinkDown, ServerRefused."""


class Standing(enum.Enum):
    """How things stand, as the loop sees them."""

    BUSY = "busy"
    ONLINE = "online"
    DOWN = "down"
    SHUT_OUT = "shut out"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Report:
    """What the loop tells. `next_try_ms` is on the clock that it was given."""

    standing: Standing
    problem: str = ""
    next_try_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """How a kind of link is used. A question is held for `hold_s`: the longer, the less an idle link carries."""

    hold_s: int = 50


LAN: Final = Profile()
THIN: Final = Profile(hold_s=3_600)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came, how many bytes went both ways for it, and how long that took."""

    message: Message
    size: int
    took_ms: int


class Driver:
    """One desk's loop. Its methods are called on the thread of the event loop."""

    def __init__(
        self,
        exchange: Exchange,
        carrier: Carrier,
        tell: Callable[[Report], None],
        *,
        clock: Callable[[], int],
        chance: Callable[[], float],
        profile: Profile = LAN,
    ) -> None:
        """`clock` counts milliseconds and never runs backwards, `chance` is in [0, 1)."""
        self._exchange, self._carrier, self._tell = exchange, carrier, tell
        self._clock, self._chance = clock, chance
        self.profile = profile
        self._pace = Pace()
        self._paused = False
        self._changed = asyncio.Event()
        self._kicked = asyncio.Event()
        self._looking: asyncio.Task[bytes] | None = None
        self._owed = False
        """Whether the question that waits is to bring what the last round has not asked for."""
        self._overdue = False
        """Whether it did not in time: then it is asked for."""

    def wake(self) -> None:
        """Something was changed here. While the link is down that is no reason to try again earlier."""
        self._changed.set()

    def retry(self) -> None:
        """Try at once: the link has come up, or a person asks for it."""
        self._pace = self._pace.linked(self._clock())
        self._kick()

    def pause(self, paused: bool) -> None:
        """Stop sending and fetching, or go on."""
        self._paused = paused
        self._kick()

    def _kick(self) -> None:
        self._kicked.set()
        self._changed.set()

    async def once(self) -> None:
        """One whole round: look, push all, pull all. Raises LinkDown, ServerRefused, CannotKeep."""
        await self._look(0)
        await self._round()

    async def stop_looking(self) -> None:
        """Let go the question that waits; it is asked anew when nothing else is to do. Also for who goes on under
        another name: what answers it is written for who asked."""
        if self._looking is None:
            return
        looking, self._looking = self._looking, None
        with suppress(LinkDown, ServerRefused):
            await end(looking)

    async def run(self) -> None:
        """Go on until cancelled."""
        try:
            while True:
                self._kicked.clear()
                if self._paused:
                    self._tell(Report(Standing.PAUSED))
                    await self.stop_looking()
                    await self._kicked.wait()
                    continue
                try:
                    await self._stay_in_step()
                except ServerRefused as refusal:
                    await self._rest(refusal, Standing.SHUT_OUT if refusal.shuts_out else Standing.DOWN, refusal.wait_s)
                except (LinkDown, CannotKeep) as problem:
                    await self._rest(problem, Standing.DOWN)
        finally:
            await self.stop_looking()

    async def _stay_in_step(self) -> None:
        """Rounds, one for each piece of news, until paused."""
        self._tell(Report(Standing.BUSY))
        await self.stop_looking()
        await self._look(0)
        while not self._paused:
            self._changed.clear()
            await self._round()
            self._pace = Pace()
            self._tell(Report(Standing.ONLINE))
            await self._news()
            self._tell(Report(Standing.BUSY))

    async def _rest(self, problem: Exception, standing: Standing, wait_s: int | None = None) -> None:
        await self.stop_looking()
        now = self._clock()
        self._pace = self._pace.failed(now, self._chance())
        due = self._pace.due_ms if wait_s is None else now + wait_s * 1000
        if standing is Standing.SHUT_OUT:
            due = now + LAST_RETRY_MS
        self._tell(Report(standing, str(problem), due))
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, (due - now) / 1000)):
                await self._kicked.wait()

    async def _round(self) -> None:
        """Ask and take until nothing is left, but for what the question that waits will bring. While an answer is taken
        here, the next one is asked ahead and read; it counts when its question is just what is asked in the end. While
        a batch is judged there, the next one is made here; it goes out when the answer has come, so that the server has
        them in their order."""
        await self._exchange.begin()
        coming: tuple[bytes, asyncio.Task[_Answer]] | None = None

        def ahead(route: str, message: bytes) -> None:
            nonlocal coming
            coming = message, asyncio.create_task(self._ask(route, message))

        try:
            while (asked := await self._exchange.next()) is not None:
                route, message = asked
                if route == "pull" and self._looking is not None and not self._overdue:
                    self._owed = True
                    break
                if coming is None or coming[0] != message:
                    await _dropped(coming)
                    ahead(route, message)
                assert coming is not None
                if route == "push":
                    await self._exchange.beforehand()
                answer = await coming[1]
                coming = None
                await self._take(answer, ahead)
            await self._exchange.end()
        finally:
            await _dropped(coming)

    async def _ask(self, route: str, message: bytes, timeout: float | None = None) -> _Answer:
        began = self._clock()
        data = await self._carrier.carry(route, message, timeout=timeout)
        return await self._read(data, len(message) + len(data), self._clock() - began)

    async def _read(self, data: bytes, size: int, took_ms: int) -> _Answer:
        try:
            return _Answer(await self._exchange.read(data), size, took_ms)
        except codec.Malformed as error:
            raise LinkDown(_STRANGE) from error

    async def _look(self, hold: int) -> None:
        question = await self._exchange.look(hold)
        await self._take(await self._ask("look", question, hold + _GRACE_S))

    async def _take(self, answer: _Answer, ahead: Ahead = nobody) -> None:
        try:
            await self._exchange.receive(answer.message, answer.size, answer.took_ms, ahead)
        except codec.Malformed as error:
            raise LinkDown(_STRANGE) from error

    async def _news(self) -> None:
        """Wait until something was changed here or there. The question goes on waiting while own changes are pushed."""
        if self._looking is None:
            question = await self._exchange.look(self.profile.hold_s)
            self._looking = asyncio.create_task(
                self._carrier.carry("look", question, timeout=self.profile.hold_s + _GRACE_S)
            )
        owed, self._owed = self._owed, False
        changed = asyncio.create_task(self._changed.wait())
        try:
            come, _ = await asyncio.wait(
                {self._looking, changed}, return_when=asyncio.FIRST_COMPLETED, timeout=OWED_S if owed else None
            )
        finally:
            changed.cancel()
        self._overdue = not come
        if self._looking.done():
            answered, self._looking = self._looking, None
            await self._take(await self._read(answered.result(), 0, 0))
        elif come:
            await asyncio.sleep(GATHER_S)


async def _dropped(coming: tuple[bytes, asyncio.Task[_Answer]] | None) -> None:
    """Do without an answer that was asked for ahead."""
    if coming is not None:
        with suppress(LinkDown, ServerRefused):
            await end(coming[1])
