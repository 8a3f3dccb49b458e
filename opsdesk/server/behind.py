"""Statements that the database carries out while what comes after them is made here."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any


class Behind:
    """A connection on which statements are carried out one by one, in the order of the calls, and not waited for.

    They go out whenever the loop has a turn (`turn`). As a context it ends with all of them done; when it is left by an
    exception, the one that is under way is broken off and none follows, so that the transaction can be taken back.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._waiting: deque[tuple[str, tuple[Any, ...]]] = deque()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Behind:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self.done()
        elif self._task is not None:
            self._task.cancel()
            # What it says is of no matter: that it failed is known, or the transaction failed before.
            await asyncio.gather(self._task, return_exceptions=True)

    def execute(self, statement: str, *arguments: Any) -> None:
        """Send a statement once those before it are done. Raises what one of them has failed with."""
        if self._task is not None and self._task.done():
            self._task.result()
            self._task = None
        self._waiting.append((statement, arguments))
        if self._task is None:
            self._task = asyncio.ensure_future(self._carry_out())

    async def _carry_out(self) -> None:
        while self._waiting:
            statement, arguments = self._waiting.popleft()
            await self._connection.execute(statement, *arguments)

    async def turn(self) -> None:
        """Let what waits go out, if it can, and come back at once."""
        if self._task is not None:
            await asyncio.sleep(0)

    async def done(self) -> None:
        """Wait for all statements. Raises what one failed with."""
        task, self._task = self._task, None
        if task is not None:
            await task
