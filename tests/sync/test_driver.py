"""The loop asks for the next answer while it takes the last, and never takes one to a question that it did not ask."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from opsdesk.sync import driver as driver_module
from opsdesk.sync.core.messages import Look, Message
from opsdesk.sync.driver import Ahead, Driver, nobody
from opsdesk.sync.transports import LinkDown


class Told:
    """A desk that asks `questions`, and while it takes an answer foretells what `foretold` says will be next."""

    def __init__(self, questions: list[bytes], foretold: dict[bytes, bytes]) -> None:
        self.questions, self.foretold = questions, foretold
        self.taken: list[bytes] = []
        self.log: list[str] = []

    # The desk's side

    async def begin(self) -> None:
        pass

    async def next(self) -> tuple[str, bytes] | None:
        return ("pull", self.questions[len(self.taken)]) if len(self.taken) < len(self.questions) else None

    async def beforehand(self) -> None:
        self.log.append("make the next")

    async def look(self, hold: int) -> bytes:
        return b"look"

    async def read(self, data: bytes) -> Message:
        return Look(data)

    async def receive(self, message: Message, size: int, took_ms: int, ahead: Ahead = nobody) -> None:
        assert isinstance(message, Look)
        if message.seen == b"answer to look":
            return
        question = message.seen.removeprefix(b"answer to ")
        if question in self.foretold:
            ahead("pull", self.foretold[question])
            await asyncio.sleep(0)
        self.log.append(f"take {question.decode()}")
        self.taken.append(question)

    async def end(self) -> None:
        self.log.append("end")

    # The way to the server

    async def carry(self, route: str, message: bytes, *, timeout: float | None = None) -> bytes:
        if message != b"look":
            self.log.append(f"ask {message.decode()}")
        if message == b"cut":
            raise LinkDown("cut")
        return b"answer to " + message


def round_of(told: Told) -> Told:
    driver = Driver(told, told, lambda _report: None, clock=lambda: 0, chance=lambda: 0.0)
    asyncio.run(driver.once())
    return told


def test_the_next_is_asked_while_the_last_is_taken() -> None:
    told = round_of(Told([b"1", b"2", b"3"], {b"1": b"2", b"2": b"3"}))
    assert told.log == ["ask 1", "ask 2", "take 1", "ask 3", "take 2", "take 3", "end"]


def test_the_next_batch_is_made_while_the_last_is_judged_and_sent_once_it_is_answered() -> None:
    class Pushing(Told):
        async def next(self) -> tuple[str, bytes] | None:
            asked = await super().next()
            return None if asked is None else ("push", asked[1])

        async def beforehand(self) -> None:
            self.log.append("make the next")

        async def carry(self, route: str, message: bytes, *, timeout: float | None = None) -> bytes:
            answer = await super().carry(route, message, timeout=timeout)
            await asyncio.sleep(0.01)
            if message != b"look":
                self.log.append(f"answer {message.decode()}")
            return answer

    told = round_of(Pushing([b"1", b"2"], {b"1": b"2"}))
    assert told.log == [
        "make the next", "ask 1", "answer 1", "ask 2", "take 1", "make the next", "answer 2", "take 2", "end"
    ]  # fmt: skip


def test_an_answer_to_what_was_not_asked_in_the_end_is_never_taken() -> None:
    told = round_of(Told([b"1", b"2"], {b"1": b"other", b"2": b"more"}))
    assert told.taken == [b"1", b"2"]
    assert told.log == ["ask 1", "ask other", "take 1", "ask 2", "ask more", "take 2", "end"]


@pytest.mark.parametrize("questions", [[b"1"], [b"1", b"2"]])
def test_a_link_that_breaks_ahead_of_time_stops_only_who_asks(questions: list[bytes]) -> None:
    assert round_of(Told(questions, {b"1": b"cut"})).taken == questions


def test_a_link_that_breaks_on_what_is_asked_ends_the_round() -> None:
    told = Told([b"1", b"cut"], {b"1": b"cut"})
    with pytest.raises(LinkDown):
        round_of(told)
    assert told.taken == [b"1"]


def test_whoever_is_cancelled_while_an_answer_is_let_go_ends() -> None:
    class Stubborn(Told):
        round: asyncio.Task[None]

        async def carry(self, route: str, message: bytes, *, timeout: float | None = None) -> bytes:
            if message != b"other":
                return await super().carry(route, message, timeout=timeout)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.round.cancel()
                await asyncio.sleep(0)
                raise
            raise AssertionError("nothing comes")

    async def run() -> Told:
        told = Stubborn([b"1", b"2", b"3"], {b"1": b"other"})
        driver = Driver(told, told, lambda _report: None, clock=lambda: 0, chance=lambda: 0.0)
        told.round = asyncio.create_task(driver.once())
        with pytest.raises(asyncio.CancelledError):
            await told.round
        return told

    assert asyncio.run(run()).taken == [b"1"]


class Live:
    """A desk in the running loop: `own` waits to be pushed, after which it is `behind` until a feed has told of it. The
    question that waits is answered when something has `come`."""

    def __init__(self) -> None:
        self.own: list[bytes] = []
        self.behind = False
        self.come = asyncio.Event()
        self.log: list[str] = []

    async def begin(self) -> None:
        pass

    async def next(self) -> tuple[str, bytes] | None:
        if self.own:
            return "push", self.own.pop()
        return ("pull", b"pull") if self.behind else None

    async def beforehand(self) -> None:
        pass

    async def look(self, hold: int) -> bytes:
        return b"wait" if hold else b"look"

    async def read(self, data: bytes) -> Message:
        return Look(data)

    async def receive(self, message: Message, size: int, took_ms: int, ahead: Ahead = nobody) -> None:
        assert isinstance(message, Look)
        self.behind = message.seen == b"push"
        self.log.append(f"take {message.seen.decode()}")

    async def end(self) -> None:
        self.log.append("end")

    async def carry(self, route: str, message: bytes, *, timeout: float | None = None) -> bytes:
        self.log.append(f"ask {message.decode()}")
        if message == b"wait":
            await self.come.wait()
            self.come.clear()
        return message

    async def until(self, line: str) -> list[str]:
        """The log up to a line that is written sooner or later; what follows is for the next call."""
        while line not in self.log:
            await asyncio.sleep(0)
        end = self.log.index(line) + 1
        log, self.log = self.log[:end], self.log[end:]
        return log


def in_the_loop(story: Callable[[Live, Driver], Awaitable[None]]) -> None:
    async def run() -> None:
        live = Live()
        driver = Driver(live, live, lambda _report: None, clock=lambda: 0, chance=lambda: 0.0)
        running = asyncio.create_task(driver.run())
        await live.until("ask wait")
        live.own.append(b"push")
        driver.wake()
        await story(live, driver)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(run())


def test_what_the_question_that_waits_will_bring_is_not_asked_for() -> None:
    async def story(live: Live, _driver: Driver) -> None:
        assert await live.until("end") == ["ask push", "take push", "end"]
        live.come.set()
        assert await live.until("ask wait") == ["take wait", "end", "ask wait"], "and not after it was told, either"

    in_the_loop(story)


def test_what_the_question_that_waits_does_not_bring_in_time_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver_module, "OWED_S", 0.0)

    async def story(live: Live, _driver: Driver) -> None:
        assert await live.until("take pull") == ["ask push", "take push", "end", "ask pull", "take pull"]

    in_the_loop(story)
