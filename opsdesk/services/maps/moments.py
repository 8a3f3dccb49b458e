"""When the tickets of a map's query happened: counts by time, for the slider under the map.

Times are milliseconds UTC since 1970. Counts are kept in slots of equal length; a window begins and ends between
slots, so that what it holds is counted exactly without looking at a ticket again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import accumulate
from typing import Final

from opsdesk.services.maps.points import where_of
from opsdesk.services.query.conditions import PLACED
from opsdesk.services.times import DAY, HOUR, MINUTE, to_datetime, to_ms
from opsdesk.store.work import Reader

BANDS: Final = 3
"""Counts are told apart by priority: low and normal, high, urgent."""
_SLOTS: Final = (15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY)
_MOST_SLOTS: Final = 20_000
_MOST_BARS: Final = 150
LENGTHS: Final = (
    ("1 h", HOUR), ("6 h", 6 * HOUR), ("1 d", DAY), ("1 wk", 7 * DAY), ("1 mo", 30 * DAY), ("3 mo", 91 * DAY),
    ("6 mo", 182 * DAY), ("1 y", 365 * DAY), ("5 y", 1826 * DAY),
)  # fmt: skip
"""Lengths of a window that a person can choose, by name."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: from a moment to before another, and how many tickets of each band are in it."""

    since: int
    until: int
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Moments:
    """`starts` are the slots that hold something, by their beginnings; `counts` as many for each, by band."""

    slot: int
    starts: tuple[int, ...]
    counts: tuple[tuple[int, ...], ...]
    _before: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_before", (0, *accumulate(sum(one) for one in self.counts)))

    @property
    def since(self) -> int:
        """The beginning of the first slot; 0 when there is none."""
        return self.starts[0] if self.starts else 0

    @property
    def until(self) -> int:
        """The end of the last slot; 0 when there is none."""
        return self.starts[-1] + self.slot if self.starts else 0

    @property
    def total(self) -> int:
        """How many tickets there are in all."""
        return self._before[-1]

    def within(self, since: int, until: int) -> int:
        """How many tickets are from one moment to before another, both between slots."""
        return self._before[bisect_left(self.starts, until)] - self._before[bisect_left(self.starts, since)]

    def snapped(self, at: float) -> int:
        """The place between slots that is nearest to a moment."""
        return round(at / self.slot) * self.slot

    def lengths(self) -> tuple[tuple[str, int], ...]:
        """The lengths of a window that make sense here: at least a slot, less than the whole, at most five."""
        whole = self.until - self.since
        return tuple((name, long) for name, long in LENGTHS if self.slot <= long < whole)[-5:]

    def bars(self) -> tuple[str, tuple[Bar, ...]]:
        """What one bar stands for ("month"), and the bars without a gap from the first slot to the last."""
        if not self.starts:
            return "", ()
        whole = self.until - self.since
        name, floor, after = next((unit for unit, long in _UNITS if whole / long <= _MOST_BARS), _UNITS[-1][0])
        found: list[Bar] = []
        at, slot = floor(self.since), 0
        while at < self.until:
            end, counts = after(at), [0] * BANDS
            while slot < len(self.starts) and self.starts[slot] < end:
                counts = [one + more for one, more in zip(counts, self.counts[slot], strict=True)]
                slot += 1
            found.append(Bar(at, end, tuple(counts)))
            at = end
        return name, tuple(found)


def moments(reader: Reader, query: str) -> Moments:
    """When the tickets of a query that have a position happened. Raises QueryError."""
    asked, parameters = where_of(reader, query)
    placed = f"FROM ticket t WHERE {PLACED} AND {asked}"
    first, last = reader.row(f"SELECT min(t.occurred_at), max(t.occurred_at) {placed}", parameters) or (None, None)
    if first is None or last is None:
        return Moments(DAY, (), ())
    slot = next((long for long in _SLOTS if (last - first) / long < _MOST_SLOTS), _SLOTS[-1])
    # Division of a negative number rounds towards nothing, so it is done on one that is not.
    base = first // slot * slot
    rows = reader.rows(
        f"SELECT (t.occurred_at - ?) / ? AS s, sum(t.priority < 3), sum(t.priority = 3), sum(t.priority > 3) {placed} "
        "GROUP BY s ORDER BY s",
        (base, slot, *parameters),
    )
    return Moments(slot, tuple(base + row[0] * slot for row in rows), tuple(tuple(row[1:]) for row in rows))


_Unit = tuple[str, Callable[[int], int], Callable[[int], int]]


def _even(name: str, long: int, shift: int = 0) -> _Unit:
    return name, lambda at: (at - shift) // long * long + shift, lambda at: at + long


def _months(name: str, many: int) -> _Unit:
    def floor(at: int) -> int:
        moment = to_datetime(at)
        number = (moment.year * 12 + moment.month - 1) // many * many
        return to_ms(datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC))

    return name, floor, lambda at: floor(at + (31 * many + 1) * DAY)


_MONDAY: Final = 4 * DAY
"""1970 began on a Thursday."""
_UNITS: Final[tuple[tuple[_Unit, int], ...]] = (
    (_even("quarter of an hour", 15 * MINUTE), 15 * MINUTE),
    (_even("hour", HOUR), HOUR),
    (_even("6 hours", 6 * HOUR), 6 * HOUR),
    (_even("day", DAY), DAY),
    (_even("week", 7 * DAY, _MONDAY), 7 * DAY),
    (_months("month", 1), 30 * DAY),
    (_months("quarter", 3), 91 * DAY),
    (_months("year", 12), 365 * DAY),
    (_months("10 years", 120), 3652 * DAY),
)
"""What a bar may stand for, and about how long it is."""
