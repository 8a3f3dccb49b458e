"""What time it is for screens: one function, called through this module, so that a test can set it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> int:
    """The time of this machine, in UTC milliseconds."""
    return int(datetime.now(UTC).timestamp() * 1000)
