"""Counts by time are those of the tickets, whatever the span, and of many points the window's own come first."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.services import maps, tickets
from opsdesk.services.desk import Desk
from opsdesk.services.errors import QueryError
from opsdesk.services.maps import Box, Moments
from opsdesk.services.times import DAY, EARLIEST, HOUR, LATEST, MINUTE
from tests.support.clock import NOW

WORLD = Box(-90, -180, 90, 180)


def happened(desk: Desk, *moments: int) -> None:
    for at in moments:
        desk.do(tickets.create, title="x", values={"lat": 5.0, "lon": 20.0, "occurred_at": at}).result()


@st.composite
def made(draw: st.DrawFn) -> Moments:
    slot = draw(st.sampled_from([15 * MINUTE, HOUR, DAY, 7 * DAY]))
    first = draw(st.integers(EARLIEST // slot, LATEST // slot - 20_000))
    places = sorted(draw(st.sets(st.integers(0, 20_000), min_size=1, max_size=30)))
    counts = draw(st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=len(places), max_size=len(places)))
    return Moments(slot, tuple((first + at) * slot for at in places), tuple(counts))


@settings(max_examples=150)
@given(moments=made(), ends=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_a_window_holds_what_stands_between_its_ends(moments: Moments, ends: tuple[float, float]) -> None:
    whole = moments.until - moments.since
    since, until = (moments.snapped(moments.since + share * whole) for share in sorted(ends))
    brute = sum(sum(n) for at, n in zip(moments.starts, moments.counts, strict=True) if since <= at < until)
    assert moments.within(since, until) == brute


@settings(max_examples=150)
@given(moments=made())
def test_bars_follow_each_other_and_lose_nothing(moments: Moments) -> None:
    unit, bars = moments.bars()
    assert unit
    assert 1 <= len(bars) <= 160
    assert all(one.until == two.since for one, two in pairwise(bars))
    assert bars[0].since <= moments.since
    assert bars[-1].until >= moments.until
    assert sum(sum(bar.counts) for bar in bars) == moments.total


def test_tickets_with_a_position_are_counted_by_the_time_they_happened(desk: Desk) -> None:
    happened(desk, NOW - 400 * DAY, NOW - 10 * DAY, NOW - 10 * DAY, NOW)
    desk.do(tickets.create, title="nowhere", values={"occurred_at": NOW - 5 * DAY}).result()
    found = desk.ask(maps.moments, "").result()
    assert found.total == 4
    begin = found.snapped(NOW - 11 * DAY)
    assert found.within(begin, begin + 2 * DAY) == 2
    assert found.within(found.since, found.until) == 4
    assert desk.ask(maps.moments, "title:nothing-like-it").result().total == 0


def test_moments_of_a_wrong_query_are_refused(desk: Desk) -> None:
    with pytest.raises(QueryError):
        desk.ask(maps.moments, "state:opne").result()


def test_of_many_points_those_from_the_window_on_come_first_and_say_how_far_they_reach(desk: Desk) -> None:
    moments = [NOW - days * DAY for days in (50, 40, 30, 20, 10)]
    happened(desk, *moments)
    whole = desk.ask(maps.tickets, "", WORLD, 5, moments[2]).result()
    assert (len(whole.points), whole.total) == (5, 5)
    few = desk.ask(maps.tickets, "", WORLD, 2, moments[1]).result()
    assert [point.w for point in few.points] == moments[1:3]
    assert (few.total, few.covers) == (5, (moments[1], moments[2]))
    rest = desk.ask(maps.tickets, "", WORLD, 3, moments[3]).result()
    assert [point.w for point in rest.points] == moments[3:]
    assert rest.covers == (moments[3], float("inf"))
    assert desk.ask(maps.tickets, "", WORLD, 2).result().covers is None
