"""The loop asks for the next answer while it takes the last, and never takes one to a question that it did not ask."""

import asyncio

import pytest

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
