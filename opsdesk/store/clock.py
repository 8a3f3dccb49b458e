"""The hybrid logical clock of change records: wall time that never runs backwards here. It decides nothing."""

from __future__ import annotations

import time

COUNTER_BITS = 16


def now_ms() -> int:
    """The machine's time, UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def tick(last: int, wall_ms: int) -> int:
    """The stamp after `last` at wall time `wall_ms`: 48 bits of milliseconds, 16 bits of counter
    (Kulkarni et al., "Logical Physical Clocks", 2014)."""
    return max(last + 1, wall_ms << COUNTER_BITS)


def wall_of(stamp: int) -> int:
    """The milliseconds in a stamp."""
    return stamp >> COUNTER_BITS
