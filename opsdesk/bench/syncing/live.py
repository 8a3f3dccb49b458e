"""From the commit on one desk to the painted row on another: two desks, each with its link, and a window."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from opsdesk.bench.syncing.screen import READY
from opsdesk.services import tickets
from opsdesk.services.desk import Desk

EVERY_S: Final = 0.3
_LAST_S: Final = 2.0
"""For the last edit to be painted, once it is at the server."""
_PATIENCE_S: Final = 300.0
_NANO: Final = 1e6
"""Nanoseconds of a millisecond."""


def painted(writer: Desk, reader: Path, times: int) -> list[float]:
    """Milliseconds from each commit to its paint. The desk of the folder `reader` must be closed."""
    command = [sys.executable, "-m", "opsdesk.bench.syncing.screen", str(reader)]
    window = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert window.stdout is not None
    while window.stdout.readline().strip() != READY:
        if window.poll() is not None:
            raise RuntimeError("The window of the bench did not open")
    committed = asyncio.run(_write(writer, times))
    out, _ = window.communicate(timeout=_PATIENCE_S)
    seen = {int(number): int(at) for number, at in (line.split() for line in out.splitlines())}
    missing = committed.keys() - seen.keys()
    if missing:
        raise RuntimeError(f"{len(missing)} of {times} edits were never painted")
    return [(seen[number] - at) / _NANO for number, at in committed.items()]


async def _write(desk: Desk, times: int) -> dict[int, int]:
    """Edit so many tickets, one by one, and note when each was durable."""
    desk.link.start()
    until = time.monotonic() + _PATIENCE_S
    while desk.link.state.kind.value != "online" or desk.link.state.busy:
        if time.monotonic() > until:
            raise TimeoutError("The desk did not come online")
        await asyncio.sleep(0.05)
    rows = await asyncio.wrap_future(
        desk.ask(
            lambda question: question.rows("SELECT id FROM ticket WHERE voided IS NULL ORDER BY key LIMIT ?", (times,))
        )
    )
    committed = {}
    until = time.monotonic() + _PATIENCE_S
    for number, (ticket,) in enumerate(rows):
        await asyncio.wrap_future(desk.do(tickets.edit, ticket, {"title": f"Live {number}"}))
        committed[number] = time.time_ns()
        await asyncio.sleep(EVERY_S)
    while time.monotonic() < until and await asyncio.wrap_future(desk.ask(_waits)):
        await asyncio.sleep(0.1)
    await asyncio.sleep(_LAST_S)
    await desk.link.stop()
    return committed


def _waits(question: Any) -> bool:
    return bool(question.value("SELECT EXISTS (SELECT 1 FROM change WHERE outcome IS NULL)"))
