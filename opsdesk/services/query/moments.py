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

_SPAN = re.compile(r"(this|last|next)[\s_-]+(?:(\d{1,4})[\s_-]+)?(hour|day|week|month|year)s?", re.I)

EXAMPLES = "2h, 7d, today, this-week, last-7-days, 2026-11-22, 2026-11, 221432ZNOV26"


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
    match = _SPAN.fullmatch(text)
    if match is not None:
        return _relative(match[1].lower(), int(match[2]) if match[2] else None, match[3].lower(), now, zone)
    match = _DAY.fullmatch(text)
    if match is not None:
        return _calendar(int(match[1]), match[2], match[3], zone)
    start = times.parse_when(text, now, zone=zone)
    if text.lower() in ("today", "yesterday", "tomorrow"):
        following = times.to_datetime(start, zone).replace(tzinfo=None) + timedelta(days=1)
        return Period(start, _midnight(following, zone))
    # What was said to the minute means the whole of it.
    return Period(start, start + (times.MINUTE if _MINUTE.fullmatch(text) else 1))


def _relative(way: str, number: int | None, unit: str, now: int, zone: tzinfo | None) -> Period:
    """`this week`, `last month`, `next week`; with a number so many whole days, weeks … up to now or from now on, of
    which the present one is the first: `last 7 days` is today and the six days before. Hours are counted from now."""
    if number == 0 or (way == "this" and number is not None):
        raise ValueError(number)
    if unit == "hour":
        length = (number or 1) * times.HOUR
        return Period(now - length, now + 1) if way == "last" else Period(now, now + length)
    first = _begin(unit, times.to_datetime(now, zone).replace(tzinfo=None))
    if number is None:
        start = _shifted(first, unit, {"this": 0, "last": -1, "next": 1}[way])
        return Period(_midnight(start, zone), _midnight(_shifted(start, unit, 1), zone))
    start, end = (first, _shifted(first, unit, number)) if way == "next" else (
        _shifted(first, unit, 1 - number), _shifted(first, unit, 1)
    )  # fmt: skip
    return Period(_midnight(start, zone), _midnight(end, zone))


def _begin(unit: str, moment: datetime) -> datetime:
    """The first day of the day, week (which begins on Monday, ISO 8601), month or year of a local moment."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            return day


def _shifted(first: datetime, unit: str, number: int) -> datetime:
    """The first day of the period so many later."""
    if unit in ("day", "week"):
        return first + timedelta(days=number * (7 if unit == "week" else 1))
    months = first.year * 12 + first.month - 1 + number * (12 if unit == "year" else 1)
    return first.replace(year=months // 12, month=months % 12 + 1)


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
