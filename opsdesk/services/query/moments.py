"""Times in a query: ages like `2h`, days, months and years, date-time groups, and ranges of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from opsdesk.services import times
from opsdesk.services.errors import QueryError, Refused
from opsdesk.services.query.nodes import Value

_UNITS: Final = {
    "s": times.SECOND,
    "min": times.MINUTE,
    "m": times.MINUTE,
    "h": times.HOUR,
    "d": times.DAY,
    "w": 7 * times.DAY,
    "wk": 7 * times.DAY,
    "mo": 30 * times.DAY,
    "y": 365 * times.DAY,
}
_AGE = re.compile(r"(\d{1,5})\s*(s|min|m|h|d|wk?|mo|y)", re.I)
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_MINUTE = re.compile(r".*[:T]\d{2}(?::?\d{2})?Z?|\d{6}Z?.*", re.I)

EXAMPLES = "2h, 7d, today, 2026-11-22, 2026-11, 221432ZNOV26"


@dataclass(frozen=True, slots=True)
class Age:
    """A length of time in milliseconds, counted from now."""

    ms: int


@dataclass(frozen=True, slots=True)
class Period:
    """UTC milliseconds from `start` to `end`, the end exclusive."""

    start: int
    end: int


def check(value: Value, operator: str) -> None:
    """Raise QueryError for what can be no time, whenever it is asked. `none` is right with `:` and `=`."""
    if is_none(value):
        if operator not in (":", "="):
            raise QueryError("Nothing is before or after none. Write due:none", value.start, value.end)
        return
    read(value, 1_700_000_000_000)


def is_none(value: Value) -> bool:
    """True for the word `none`, which finds what has no such time."""
    return not value.quoted and value.text.casefold() == "none"


def read(value: Value, now: int, zone: tzinfo | None = None) -> Age | Period:
    """What a value means at `now` (UTC milliseconds); days are those of `zone`, None the machine's own.

    Raises QueryError at the value.
    """
    text = value.text.strip()
    first, dots, last = text.partition("..")
    try:
        if dots:
            return Period(_period(first, now, zone).start, _period(last, now, zone).end)
        match = _AGE.fullmatch(text)
        return Age(int(match[1]) * _UNITS[match[2].lower()]) if match else _period(text, now, zone)
    except (Refused, ValueError, OverflowError):
        raise QueryError(f"“{value.text[:40]}” is no time. Write {EXAMPLES}", value.start, value.end) from None


def _period(text: str, now: int, zone: tzinfo | None) -> Period:
    text = text.strip()
    match = _DAY.fullmatch(text)
    if match is not None:
        return _calendar(int(match[1]), match[2], match[3], zone)
    start = times.parse_when(text, now, zone=zone)
    if text.lower() in ("today", "yesterday", "tomorrow"):
        following = times.to_datetime(start, zone).replace(tzinfo=None) + timedelta(days=1)
        return Period(start, _midnight(following, zone))
    # What was said to the minute means the whole of it.
    return Period(start, start + (times.MINUTE if _MINUTE.fullmatch(text) else 1))


def _calendar(year: int, month: str | None, day: str | None, zone: tzinfo | None) -> Period:
    if not 1800 <= year < 2200:
        raise ValueError(year)
    first = datetime(year, int(month or 1), int(day or 1))  # noqa: DTZ001 -- made local just below
    if day is not None:
        after = first + timedelta(days=1)
    elif month is not None:
        after = (first + timedelta(days=31)).replace(day=1)
    else:
        after = first.replace(year=year + 1)
    return Period(_midnight(first, zone), _midnight(after, zone))


def _midnight(day: datetime, zone: tzinfo | None) -> int:
    """The start of a day in UTC milliseconds, right across a change of clocks."""
    bare = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return times.to_ms(bare.replace(tzinfo=zone) if zone is not None else bare.astimezone())
