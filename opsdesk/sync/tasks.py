"""Ending what runs beside."""

from __future__ import annotations

import asyncio
from typing import Any


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait for its end; raises what it failed with. Whoever is cancelled while he waits here ends,
    too, and leaves the task to its end: awaited itself, it would not tell the one from the other."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()
