"""Times as people read them: date-time groups, local time, and how long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def date_time_group(time: datetime, *, month: bool = True) -> str:
    """Return `22 1432Z NOV 26`, or `22 1432Z` without the month. `time` must know its zone."""
    utc = _aware(time).astimezone(UTC)
    group = f"{utc:%d %H%M}Z"
    return f"{group} {MONTHS[utc.month - 1]} {utc:%y}" if month else group


def local_time(time: datetime, *, zone: tzinfo | None = None) -> str:
    """Return `22 Nov 2026 15:32` in `zone`, by default this machine's."""
    here = _aware(time).astimezone(zone)
    return f"{here.day} {MONTHS[here.month - 1].capitalize()} {here:%Y %H:%M}"


def show_time(time: datetime, style: str) -> str:
    """Return the time in the style of the preference `time.style`: `dtg` or `local`."""
    return date_time_group(time) if style == "dtg" else local_time(time)


def age(span: timedelta) -> str:
    """Return how long something took or has been: `now`, `2 min`, `3 h`, `5 d`, `7 wk`, `9 y`. Never negative."""
    minutes = max(0, int(span.total_seconds())) // 60
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    days = minutes // (24 * 60)
    if days < 14:
        return f"{days} d"
    if days < 365:
        return f"{days // 7} wk"
    return f"{days // 365} y"


def exact_span(span: timedelta) -> str:
    """Return a span with its two largest parts: `18 min`, `1 h 10`, `1 d 2 h`. Never negative."""
    minutes = max(0, int(span.total_seconds())) // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02}" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def _aware(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError("a time must know its zone")
    return time
