"""A ticket's clocks are a fold over what happened to it: the same from the same events, however they came."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.models.clocks import (
    MINUTE,
    SHIPPED,
    Beginning,
    Clock,
    Event,
    Policy,
    Ruling,
    Standing,
    Targets,
    What,
    fold,
    targets_of,
)
from opsdesk.models.tickets import WAITING_REASONS, Priority, State

END = 40
"""Moments of the histories are whole numbers below this, so that each can be looked at by itself."""
START = 5
TYPES = (None, b"incident", b"request")
REASONS = (None, "parts", "requester", "weather")

moments = st.integers(0, END - 1)
events = st.one_of(
    st.builds(Event, moments, st.just(What.STATE), st.integers(0, 9), st.sampled_from(list(State))),
    st.builds(Event, moments, st.just(What.REASON), st.integers(0, 9), st.sampled_from(REASONS)),
    st.builds(Event, moments, st.just(What.PRIORITY), st.integers(0, 9), st.integers(1, 4)),
    st.builds(Event, moments, st.just(What.TYPE), st.integers(0, 9), st.sampled_from(TYPES)),
    st.builds(Event, moments, st.just(What.ANSWER), st.integers(0, 9), st.none()),
)
targets = st.builds(
    Targets,
    st.dictionaries(st.integers(1, 4), st.integers(1, 20)),
    st.dictionaries(st.integers(1, 4), st.integers(1, 40)),
    st.frozensets(st.sampled_from([one for one in REASONS if one])),
    st.booleans(),
    st.booleans(),
)
rulings = st.builds(
    Ruling, moments, st.binary(min_size=1, max_size=2), st.sampled_from(TYPES), st.one_of(st.none(), targets)
)
histories = st.tuples(
    st.builds(Beginning, st.just(START), st.integers(0, START), st.sampled_from([State.NEW, State.OPEN]),
              st.integers(1, 4), st.sampled_from(TYPES)),
    st.lists(events, max_size=12, unique_by=lambda one: (one.at, one.what, one.order)),
    st.lists(rulings, max_size=4, unique_by=lambda one: (one.since, one.id, one.type)),
)  # fmt: skip


@settings(max_examples=150)
@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter_and_what_is_told_twice_counts_once(
    history: Any, chance: random.Random
) -> None:
    beginning, told, ruled = history
    shuffled, others = [*told, *told[:3]], list(ruled)
    chance.shuffle(shuffled)
    chance.shuffle(others)
    assert fold(beginning, shuffled, Policy(others)) == fold(beginning, told, Policy(ruled))


@settings(max_examples=150)
@given(histories)
def test_a_clock_has_run_for_just_the_moments_at_which_it_was_running(history: Any) -> None:
    beginning, told, ruled = history
    policy = Policy(ruled)
    clocks = fold(beginning, told, policy)
    response, resolution = _watched(beginning, told, policy)
    for clock, run in ((clocks.response, response), (clocks.resolution, resolution)):
        if clock.standing is not Standing.NONE:
            assert clock.spent == sum(1 for moment in run if moment < clock.at)
        if clock.standing in (Standing.MET, Standing.MISSED):
            assert (clock.spent <= clock.target) == (clock.standing is Standing.MET)


def _watched(beginning: Beginning, told: Sequence[Event], policy: Policy) -> tuple[set[int], set[int]]:
    """The moments at which each clock was running: looked at one by one, with nothing carried along but the values."""
    begins = policy.at(beginning.type, beginning.created_at)
    start = beginning.occurred_at if begins.from_occurred else beginning.created_at
    response, resolution = set(), set()
    answered = False
    for moment in range(start, END + 40):
        state, reason, priority, type_ = beginning.state, beginning.waiting_reason, beginning.priority, beginning.type
        answered = beginning.state is State.IN_PROGRESS and begins.work_answers
        for event in sorted(told, key=lambda one: (max(one.at, start), one.at, one.what, one.order)):
            if max(event.at, start) > moment:
                break
            targets = policy.at(event.value if event.what is What.TYPE else type_, max(event.at, start))
            match event.what:
                case What.STATE:
                    state = event.value
                    answered |= state is State.IN_PROGRESS and targets.work_answers
                case What.REASON:
                    reason = event.value
                case What.PRIORITY:
                    priority = event.value
                case What.TYPE:
                    type_ = event.value
                case What.ANSWER:
                    answered = True
        assert priority
        holds = policy.at(type_, moment)
        if state.is_open and not (state is State.WAITING and reason in holds.pauses):
            resolution.add(moment)
            if not answered:
                response.add(moment)
    return response, resolution


@given(histories, events)
def test_what_has_run_never_becomes_less(history: Any, later: Event) -> None:
    """Whatever happens next, also a pause, another priority or other targets, the time that has run has run."""
    beginning, told, ruled = history
    policy = Policy(ruled)
    last = max([START, *(one.at for one in told), *(one.since for one in ruled)])
    before = fold(beginning, told, policy)
    after = fold(beginning, [*told, later._replace(at=last + 1 + later.at)], policy)
    for one, next_ in ((before.response, after.response), (before.resolution, after.resolution)):
        if Standing.NONE not in (one.standing, next_.standing):
            assert next_.spent >= one.spent


def _minutes(*pairs: tuple[int, What, Any]) -> list[Event]:
    return [Event(at * MINUTE, what, place, value) for place, (at, what, value) in enumerate(pairs)]


NEW = Beginning(0, 0, State.NEW, Priority.HIGH)


def test_reopening_goes_on_and_does_not_begin_again() -> None:
    told = _minutes(
        (10, What.STATE, State.OPEN), (20, What.STATE, State.IN_PROGRESS), (100, What.STATE, State.RESOLVED)
    )
    done = fold(NEW, told, Policy())
    assert done.response == Clock(Standing.MET, 120 * MINUTE, 20 * MINUTE, 20 * MINUTE)
    assert done.resolution == Clock(Standing.MET, 1440 * MINUTE, 100 * MINUTE, 100 * MINUTE)
    again = fold(NEW, [*told, Event(500 * MINUTE, What.STATE, 9, State.IN_PROGRESS)], Policy())
    assert again.response == done.response, "it was answered once"
    assert again.resolution == Clock(Standing.RUNNING, 1440 * MINUTE, 100 * MINUTE, 500 * MINUTE)
    assert again.due == (500 + 1340) * MINUTE


def test_a_wait_for_parts_pauses_and_an_own_link_that_is_down_does_not() -> None:
    told = _minutes(
        (10, What.STATE, State.OPEN), (20, What.REASON, "parts"), (20, What.STATE, State.WAITING),
    )  # fmt: skip
    paused = fold(NEW, told, Policy())
    assert (paused.response.standing, paused.response.spent, paused.due) == (Standing.PAUSED, 20 * MINUTE, None)
    running = fold(NEW, [*told, Event(50 * MINUTE, What.REASON, 9, "no communications")], Policy())
    assert running.response.due == 150 * MINUTE, "half an hour later than without the pause"


def test_targets_that_change_while_a_ticket_waits_leave_what_has_run() -> None:
    """glpi#15605: a change of the agreement midway lost the time that had been waited."""
    told = _minutes((10, What.REASON, "parts"), (10, What.STATE, State.WAITING))
    strict = Targets(SHIPPED.response, {Priority.HIGH: 120 * MINUTE}, frozenset())
    ruled = Policy([Ruling(30 * MINUTE, b"1", None, strict)])
    clock = fold(NEW, told, ruled).resolution
    assert (clock.standing, clock.target) == (Standing.RUNNING, 120 * MINUTE)
    assert clock.due == (30 + 120 - 10) * MINUTE, "10 min before the wait; the pause until the new targets still counts"


def test_a_priority_that_rises_allows_less_from_then_on() -> None:
    raised = fold(NEW, _minutes((30, What.PRIORITY, Priority.URGENT)), Policy())
    assert (raised.response.due, raised.resolution.due) == (30 * MINUTE, 480 * MINUTE)


def test_a_cancelled_ticket_is_neither_met_nor_missed_and_a_low_one_has_no_clock() -> None:
    stopped = fold(NEW, _minutes((999, What.STATE, State.CANCELLED)), Policy())
    assert stopped.resolution.standing is Standing.STOPPED
    low = fold(Beginning(0, 0, State.NEW, Priority.LOW), [], Policy())
    assert (low.response.standing, low.resolution.standing) == (Standing.NONE, Standing.NONE)


def test_a_type_that_gives_up_its_own_targets_follows_all_others() -> None:
    own = Targets({Priority.HIGH: 5 * MINUTE}, {})
    ruled = Policy([Ruling(0, b"1", b"incident", own), Ruling(50, b"2", b"incident", None)])
    assert ruled.at(b"incident", 49) == own
    assert ruled.at(b"incident", 50) == SHIPPED == ruled.at(b"request", 49)


@given(
    st.one_of(st.none(), st.text(), st.sampled_from(['{"urgent": -1}', '{"urgent": 1e9}', "[[]]", '{"urgent": true}']))
)
def test_targets_that_cannot_be_read_hold_nothing(text: str | None) -> None:
    read = targets_of(text, "{}", text or "", "someday", False)
    assert read is not None
    assert not read.response
    assert not read.pauses - WAITING_REASONS.keys() or text
