"""Stretches of time by their names: `this week`, `last 7 days`, `next month`."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsdesk.services import times
from opsdesk.services.errors import QueryError
from opsdesk.services.query import moments
from opsdesk.services.query.nodes import Value

BERLIN = ZoneInfo("Europe/Berlin")
NOW = times.to_ms(datetime(2026, 3, 29, 12, 0, tzinfo=BERLIN))
"""A Sunday, on which the clocks go forward."""


def read(text: str, now: int = NOW) -> moments.Age | moments.Period:
    return moments.read(Value(text), now, BERLIN)


def days(text: str) -> tuple[str, str]:
    """The first day and the day after the last, local."""
    period = read(text)
    assert isinstance(period, moments.Period)
    return (
        f"{times.to_datetime(period.start, BERLIN):%Y-%m-%d %H:%M}",
        f"{times.to_datetime(period.end, BERLIN):%Y-%m-%d %H:%M}",
    )


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("this-week", "2026-03-23", "2026-03-30"),
        ("last week", "2026-03-16", "2026-03-23"),
        ("next-week", "2026-03-30", "2026-04-06"),
        ("last-7-days", "2026-03-23", "2026-03-30"),
        ("next 2 days", "2026-03-29", "2026-03-31"),
        ("this-month", "2026-03-01", "2026-04-01"),
        ("Last-Month", "2026-02-01", "2026-03-01"),
        ("last-3-months", "2026-01-01", "2026-04-01"),
        ("this year", "2026-01-01", "2027-01-01"),
        ("tomorrow", "2026-03-30", "2026-03-31"),
    ],
)
def test_a_stretch_begins_and_ends_at_local_midnight_also_where_clocks_change(
    text: str, first: str, after: str
) -> None:
    assert days(text) == (f"{first} 00:00", f"{after} 00:00")


def test_hours_are_counted_from_now() -> None:
    assert read("last-24-hours") == moments.Period(NOW - 24 * times.HOUR, NOW + 1)


@pytest.mark.parametrize("text", ["last-0-days", "this-3-weeks", "last-9999-years", "this-fortnight", "next"])
def test_what_is_no_stretch_is_marked(text: str) -> None:
    with pytest.raises(QueryError, match="is no time"):
        read(text)


@given(st.sampled_from(["day", "week", "month", "year"]), st.integers(0, 4_000_000_000_000))
def test_this_stretch_holds_now_and_the_last_ends_where_it_begins(unit: str, now: int) -> None:
    this, last, following = (read(f"{word} {unit}", now) for word in ("this", "last", "next"))
    assert isinstance(this, moments.Period)
    assert isinstance(last, moments.Period)
    assert isinstance(following, moments.Period)
    assert this.start <= now < this.end
    assert (last.end, following.start) == (this.start, this.end)
