"""Statements that the database carries out while what comes after them is made here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


class Behind:
    """A connection on which one statement at a time is under way and not waited for. Their order is that of the calls.

    As a context it ends with all of them done; when it is left by an exception, the one that is under way is broken
    off, so that the transaction can be taken back.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._task: asyncio.Task[Any] | None = None
        self._meanwhile: list[Callable[[], object]] = []

    async def __aenter__(self) -> Behind:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            await self.done()
        elif self._task is not None:
            self._task.cancel()
            # What it says is of no matter: that it failed is known, or the transaction failed before.
            await asyncio.gather(self._task, return_exceptions=True)

    def meanwhile(self, make: Callable[[], object]) -> None:
        """Call `make` once, while a statement that is yet to be sent is carried out. It may never be called."""
        self._meanwhile.append(make)

    async def execute(self, statement: str, *arguments: Any) -> None:
        """Send a statement once the one before it is done. Raises what that one failed with."""
        await self.done()
        self._task = asyncio.ensure_future(self._connection.execute(statement, *arguments))
        # It goes out now.
        await asyncio.sleep(0)
        if self._meanwhile:
            self._meanwhile.pop(0)()

    async def done(self) -> None:
        """Wait for the statement that is under way. Raises what it failed with."""
        task, self._task = self._task, None
        if task is not None:
            await task
