"""Statements are carried out in their order while what comes after them is made; what fails is heard of, once."""

import asyncio

import pytest

from opsdesk.server.behind import Behind

pytestmark = pytest.mark.anyio


class Slow:
    """A connection that does one statement at a time, and not before it is let."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.may = asyncio.Event()
        self.busy = False

    async def execute(self, statement: str, *arguments: object) -> None:
        assert not self.busy, "one at a time"
        self.busy = True
        self.log.append(f"begin {statement}")
        try:
            await self.may.wait()
            if statement == "bad":
                raise ValueError(statement)
            self.log.append(f"end {statement}")
        except asyncio.CancelledError:
            self.log.append(f"break off {statement}")
            raise
        finally:
            self.busy = False


@pytest.fixture
async def slow() -> Slow:
    return Slow()


async def test_what_comes_next_is_made_while_a_statement_is_carried_out(slow: Slow) -> None:
    async with Behind(slow) as behind:
        behind.execute("one")
        behind.execute("two")
        await behind.turn()
        slow.log.append("make")
        slow.may.set()
        while slow.busy:
            await behind.turn()
        assert slow.log == ["begin one", "make", "end one", "begin two", "end two"], "without being waited for"
        behind.execute("three")
    assert slow.log[-1] == "end three", "left with all of them done"


async def test_a_turn_without_statements_is_none(slow: Slow) -> None:
    behind = Behind(slow)
    others: list[str] = []
    asyncio.get_running_loop().call_soon(others.append, "came in between")
    await behind.turn()
    assert not others


async def test_each_statement_waits_for_the_one_before_it(slow: Slow) -> None:
    slow.may.set()
    async with Behind(slow) as behind:
        for statement in ("one", "two", "three"):
            behind.execute(statement)
    assert slow.log == [f"{what} {name}" for name in ("one", "two", "three") for what in ("begin", "end")]


@pytest.mark.parametrize("heard", ["next", "end"])
async def test_a_statement_that_fails_is_heard_of_by_the_next_one_or_at_the_end(slow: Slow, heard: str) -> None:
    async def work() -> None:
        async with Behind(slow) as behind:
            behind.execute("bad")
            behind.execute("never")
            if heard == "next":
                await behind.turn()
                behind.execute("never")

    slow.may.set()
    with pytest.raises(ValueError, match="bad"):
        await work()
    assert slow.log == ["begin bad"]


async def test_what_fails_beside_a_statement_breaks_it_off_before_the_transaction_is_taken_back(slow: Slow) -> None:
    async def work() -> None:
        async with Behind(slow) as behind:
            behind.execute("one")
            behind.execute("two")
            await behind.turn()
            raise KeyError("beside")

    with pytest.raises(KeyError, match="beside"):
        await work()
    assert slow.log == ["begin one", "break off one"]
    assert not slow.busy


async def test_whoever_is_cancelled_leaves_the_connection_free(slow: Slow) -> None:
    async def work() -> None:
        async with Behind(slow) as behind:
            behind.execute("one")
            behind.execute("two")

    task = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.log == ["begin one", "break off one"]
    assert not slow.busy
