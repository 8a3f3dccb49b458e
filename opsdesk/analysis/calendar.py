"""Counts by the calendar of a place: days, weeks, and hours of the week, right across a change of clocks.

Everything is counted first in slots of a quarter of an hour of UTC, which no time zone in use today cuts (offsets from
UTC are whole quarters of an hour, IANA time zone database); then slots are put together to what a person asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

import numpy as np
from numpy.typing import NDArray

SLOT: Final = 15 * 60 * 1000
"""Milliseconds of a slot."""


def day_edges(first: date, days: int, step: int = 1, zone: tzinfo | None = None) -> NDArray[np.int64]:
    """Local midnights in UTC milliseconds, `step` days apart, from that of `first`; one more than there are spans.

    `zone` None is the machine's own. Spans are 23 to 25 hours where clocks change.
    """
    count = -(-days // step)
    midnights = [first + timedelta(days=number * step) for number in range(count + 1)]
    return np.array([_midnight(day, zone) for day in midnights], dtype=np.int64)


def _midnight(day: date, zone: tzinfo | None) -> int:
    local = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(zone)
    return int(local.timestamp() * 1000)


def per_span(slots: Sequence[int], counts: Sequence[int], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many fall between each two neighbouring `edges` (UTC milliseconds, rising), given counts by slot number."""
    spans = len(edges) - 1
    place = np.searchsorted(edges, np.asarray(slots, dtype=np.int64) * SLOT, side="right") - 1
    within = (place >= 0) & (place < spans)
    weights = np.asarray(counts, dtype=np.int64)[within]
    found = np.bincount(place[within], weights=weights, minlength=spans)
    return found.astype(np.int64)


def per_week_hour(slots: Sequence[int], counts: Sequence[int], zone: tzinfo | None = None) -> NDArray[np.int64]:
    """Counts by weekday and hour of local time: 7 rows from Monday, 24 columns."""
    table = np.zeros((7, 24), dtype=np.int64)
    for slot, count in zip(slots, counts, strict=True):
        moment = datetime.fromtimestamp(slot * SLOT / 1000, UTC).astimezone(zone)
        table[moment.weekday(), moment.hour] += count
    return table
