"""The usual times until which a ticket is snoozed."""

from __future__ import annotations

from opsdesk.services import times


def later_times(now: int) -> tuple[tuple[str, int], ...]:
    """The words and the moments (UTC milliseconds), counted from `now`; morning is at eight by the clock here."""
    morning = times.day_start(now, days_ago=-1) + 8 * times.HOUR
    return (
        ("In 1 hour", now + times.HOUR),
        ("In 4 hours", now + 4 * times.HOUR),
        ("Tomorrow 0800", morning),
        ("In a week", now + 7 * times.DAY),
    )
