"""Where the time of one edit goes on its way from desk to desk: marks of its stages, put together for many edits."""

from __future__ import annotations

import statistics
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from opsdesk.bench import figures
from opsdesk.sync.transports.http import Line

Mark = Callable[[str], None]

STAGES: Final = (
    ("push asked", "writer", "notice, gather and write the message"),
    ("push answered", "writer", "judge and commit at the server"),
    ("look answered", "reader", "tell whoever waits"),
    ("pull asked", "reader", "ask for the entries"),
    ("pull answered", "reader", "read and send the entries"),
    ("changed", "reader", "apply and commit"),
    ("rows", "reader", "fetch and compare the rows"),
    ("painted", "reader", "paint"),
)
"""What ends each stage, at which desk, and what it is. A server that tells at once what there is leaves two of them
out; one that tells it before it has answered the push shortens the next."""
_NANO: Final = 1e6
"""Nanoseconds of a millisecond."""


def note_messages(mark: Mark) -> None:
    """Mark when this process asks its server something and has its answer."""
    carry = Line.carry

    async def noted(line: Line, route: str, message: bytes, *, timeout: float | None = None) -> bytes:
        mark(f"{route} asked")
        answer = await carry(line, route, message, timeout=timeout)
        mark(f"{route} answered")
        return answer

    Line.carry = noted  # type: ignore[method-assign, assignment]


def now() -> int:
    """Nanoseconds since 1970, by the clock that all processes of this machine share."""
    return time.time_ns()


def table(
    edits: Sequence[tuple[int, int]], writer: Mapping[str, Sequence[int]], reader: Mapping[str, Sequence[int]]
) -> list[dict[str, Any]]:
    """Milliseconds of each stage: `edits` are the times (ns) of each commit and its paint, `writer` and `reader` the
    marks of both desks by name, in their order.

    A stage ends with the first mark of its kind after the one before. A kind that does not come before the paint was
    not needed; its stage has no time then.
    """
    took: dict[str, list[float]] = {what: [] for _, _, what in STAGES}
    for committed, painted in edits:
        at = committed
        for name, desk, what in STAGES:
            marks = {"writer": writer, "reader": reader}[desk].get(name, ())
            end = painted if name == "painted" else _first(marks, committed if name == "look answered" else at)
            if end is None or end > painted:
                continue
            took[what].append(max(0, end - at) / _NANO)
            at = max(at, end)
    return [
        {"stage": what, "median_ms": round(statistics.median(some), 1), "edits": len(some),
         "p95_ms": round(figures.percentile(some, 0.95), 1)}
        for what, some in took.items()
        if some
    ]  # fmt: skip


def _first(marks: Sequence[int], after: int) -> int | None:
    at = bisect_left(marks, after)
    return marks[at] if at < len(marks) else None
