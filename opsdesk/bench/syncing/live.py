"""From the commit on one desk to the painted row on another: two desks, each with its link, and a window."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from opsdesk.bench import figures
from opsdesk.bench.syncing import stages
from opsdesk.bench.syncing.screen import PROCESSOR, READY
from opsdesk.services import tickets
from opsdesk.services.desk import Desk

EVERY_S: Final = 0.3
_LAST_S: Final = 2.0
"""For the last edit to be painted, once it is at the server."""
_PATIENCE_S: Final = 300.0
_NANO: Final = 1e6
"""Nanoseconds of a millisecond."""


def step(writer: Desk, reader: Path, times: int, limits: Sequence[float]) -> dict[str, Any]:
    """Follow so many edits from commit to paint; how long that took, by stages too, and the processor time of an edit
    at both desks. The desk of the folder `reader` must be closed."""
    command = [sys.executable, "-m", "opsdesk.bench.syncing.screen", str(reader)]
    window = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert window.stdout is not None
    while window.stdout.readline().strip() != READY:
        if window.poll() is not None:
            raise RuntimeError("The window of the bench did not open")
    marks: dict[str, list[int]] = {}
    stages.note_messages(lambda name: marks.setdefault(name, []).append(stages.now()))
    began = time.process_time_ns()
    committed = asyncio.run(_write(writer, times))
    spent = time.process_time_ns() - began
    out, _ = window.communicate(timeout=_PATIENCE_S)
    seen: dict[str, list[int]] = {}
    for name, at in (line.split("\t") for line in out.splitlines()):
        seen.setdefault(name, []).append(int(at))
    missing = [number for number in committed if str(number) not in seen]
    if missing:
        raise RuntimeError(f"{len(missing)} of {times} edits were never painted")
    edits = [(at, seen[str(number)][0]) for number, at in committed.items()]
    return figures.step(
        [(end - at) / _NANO for at, end in edits], limits,
        stages=stages.table(edits, marks, seen),
        processor_ms_of_writer=round(spent / _NANO / times, 1),
        processor_ms_of_reader=round(seen[PROCESSOR][0] / _NANO / times, 1),
    )  # fmt: skip


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
        committed[number] = stages.now()
        await asyncio.sleep(EVERY_S)
    while time.monotonic() < until and await asyncio.wrap_future(desk.ask(_waits)):
        await asyncio.sleep(0.1)
    await asyncio.sleep(_LAST_S)
    await desk.link.stop()
    return committed


def _waits(question: Any) -> bool:
    return bool(question.value("SELECT EXISTS (SELECT 1 FROM change WHERE outcome IS NULL)"))
