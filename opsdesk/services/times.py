"""Times as people at a command post write and read them: date-time group, local time, age, "-20m"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from opsdesk.services.errors import Refused

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

EARLIEST = int(datetime(1800, 1, 1, tzinfo=UTC).timestamp() * 1000)
LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp() * 1000)
"""No ticket happened or is due outside these; such a time is a slip of the keyboard."""


def to_ms(moment: datetime) -> int:
    """UTC milliseconds of an aware datetime."""
    return int(moment.timestamp() * 1000)


_FIRST = to_ms(datetime(2, 1, 1, tzinfo=UTC))
_LAST = to_ms(datetime(9999, 1, 1, tzinfo=UTC))
"""What a calendar holds in every zone."""


def to_datetime(ms: int, zone: tzinfo | None = UTC) -> datetime:
    """The aware datetime of UTC milliseconds; `zone` None is the machine's own. Correct before 1970 too. A
    number that is no time, which only strangers send, is the first or the last year."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=min(max(ms, _FIRST), _LAST))
    return moment.astimezone(zone)


def dtg(ms: int, *, short: bool = False) -> str:
    """Date-time group in Zulu time: `22 1432Z NOV 26`, short `22 1432Z`."""
    moment = to_datetime(ms)
    start = f"{moment:%d %H%M}Z"
    return start if short else f"{start} {MONTHS[moment.month - 1]} {moment:%y}"


def span_words(since: int, until: int) -> str:
    """From one moment to before another: `01 MAY 17 – 31 OCT 17` for whole days UTC, the last one in it, else with the
    times: `22 0600Z NOV 26 – 22 1200Z NOV 26`."""
    if since % DAY or until % DAY:
        return f"{dtg(since)} – {dtg(until)}"
    days = [to_datetime(at) for at in (since, max(since, until - DAY))]
    words = [f"{day:%d} {MONTHS[day.month - 1]} {day:%y}" for day in days]
    return words[0] if words[0] == words[1] else " – ".join(words)


def local(ms: int, *, zone: tzinfo | None = None) -> str:
    """Local time: `22 Nov 2026 14:32`."""
    moment = to_datetime(ms, zone)
    return f"{moment.day} {MONTHS[moment.month - 1].capitalize()} {moment:%Y %H:%M}"


def iso(ms: int) -> str:
    """ISO 8601 in UTC to the second: `2026-11-22T14:32:00Z`."""
    return to_datetime(ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def age(ms: int) -> str:
    """A length of time in its largest unit: `now`, `52 min`, `2 h`, `3 d`, `5 wk`, `2 y`. Negative ones are `now`."""
    if ms < MINUTE:
        return "now"
    for limit, unit, word in (
        (HOUR, MINUTE, "min"),
        (DAY, HOUR, "h"),
        (21 * DAY, DAY, "d"),
        (365 * DAY, 7 * DAY, "wk"),
    ):
        if ms < limit:
            return f"{ms // unit} {word}"
    return f"{ms // (365 * DAY)} y"


def ago(ms: int) -> str:
    """`3 d ago` for what was `ms` milliseconds ago, `in 3 d` for what is still to come (negative), `now` between."""
    length = age(abs(ms))
    return length if length == "now" else f"{length} ago" if ms > 0 else f"in {length}"


def span(ms: int) -> str:
    """A length of time in two units, as a countdown needs it: `18 min`, `1 h 10`, `2 d 3 h`."""
    minutes = abs(ms) // MINUTE
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02d}"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days < 14 else f"{days} d"


_RELATIVE = re.compile(r"([+-])\s*(\d{1,4})\s*(m|min|h|d|w)", re.I)
_OF_DAY = re.compile(r"(today|yesterday|tomorrow)\s+(\d{1,2}:?\d{2}\s*z?)", re.I)
_CLOCK = re.compile(r"(\d{1,2}):?(\d{2})\s*(z?)", re.I)
_DTG = re.compile(r"(\d{1,2})\s*(\d{2})(\d{2})\s*(z)?(?:\s*([a-z]{3})(?:\s*(\d{2}|\d{4}))?)?", re.I)
_UNITS = {"m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}

EXAMPLES = "now, -20m, 0630, 14:05, 221432Z NOV 26, 2026-11-22 14:32"


def parse_when(text: str, now: int, *, zone: tzinfo | None = None) -> int:
    """Read a time as typed: `now`, `-20m`, `+2h`, `0630`, `14:05`, `tomorrow 0800`, `221432ZNOV26`,
    ISO 8601, `today`, `yesterday`.

    Times without a zone are local (`zone` None is the machine's own). A clock time is that of today. Returns UTC
    milliseconds; raises Refused with examples.
    """
    said = text.strip()
    moment = to_datetime(now, zone)
    lower = said.lower()
    if lower == "now":
        return now
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    days = {"today": 0, "yesterday": -1, "tomorrow": 1}
    if lower in days:
        return to_ms(midnight + timedelta(days=days[lower]))
    if match := _OF_DAY.fullmatch(said):
        # The clock of a day is that of its own noon, so that it is right where the clocks change in between.
        noon = to_ms(moment.replace(hour=12) + timedelta(days=days[match[1].lower()]))
        return parse_when(match[2], noon, zone=zone)
    if match := _RELATIVE.fullmatch(said):
        amount = int(match[2]) * _UNITS[match[3].lower()]
        return bounded(now + (amount if match[1] == "+" else -amount))
    try:
        return bounded(_absolute(said, moment))
    except (ValueError, OverflowError):
        raise Refused(f"“{said[:40]}” is no time. Write {EXAMPLES}") from None


def _absolute(said: str, moment: datetime) -> int:
    if match := _CLOCK.fullmatch(said):
        base = moment.astimezone(UTC) if match[3] else moment
        return to_ms(base.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0))
    if match := _DTG.fullmatch(said):
        base = moment.astimezone(UTC) if match[4] else moment
        month = MONTHS.index(match[5].upper()) + 1 if match[5] else base.month
        year = base.year if not match[6] else int(match[6]) + (2000 if len(match[6]) == 2 else 0)
        return to_ms(
            base.replace(
                year=year,
                month=month,
                day=int(match[1]),
                hour=int(match[2]),
                minute=int(match[3]),
                second=0,
                microsecond=0,
            )
        )
    parsed = datetime.fromisoformat(said)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=moment.tzinfo)
    return to_ms(parsed)


def bounded(ms: int, field: str | None = None) -> int:
    """The time itself, in UTC milliseconds. Raises Refused, at `field`, for one that no desk takes."""
    if not EARLIEST <= ms < LATEST:
        raise Refused("The year must lie between 1800 and 2199", field=field)
    return ms


def day_start(now: int, *, days_ago: int = 0, zone: tzinfo | None = None) -> int:
    """Local midnight of today or of some days ago, in UTC milliseconds (right across a change of clocks)."""
    today = to_datetime(now, zone)
    day = date(today.year, today.month, today.day) - timedelta(days=days_ago)
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(zone))
