"""Properties of merging: it always answers, always the same, and never drops what somebody wrote."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.sync.core.merge import Fate, Merge, Seen, merge
from opsdesk.sync.core.messages import ChangeKind, Code, Ref
from opsdesk.sync.core.pacing import LAST_RETRY_MS, SMALLEST_FRAME, Pace
from opsdesk.sync.core.rules import VOIDED, FieldRule, Kind
from opsdesk.sync.core.text import three_way
from tests.sync.parts import (
    EDGES,
    PARENT,
    PRIORITY,
    RULES,
    STATE,
    TEXT,
    TITLE,
    Device,
)

LINES = st.sampled_from(["a", "b", "c", "d", "e", ""])
TEXTS = st.lists(LINES, max_size=6).map("\n".join)
VALUES = st.none() | st.integers(-3, 90) | st.booleans() | TEXTS | st.binary(max_size=3) | st.lists(st.none())
RULES_OF_FIELDS = st.builds(
    FieldRule, st.just(9), st.sampled_from(Kind), st.booleans(), st.booleans(), st.sampled_from([(), EDGES])
)
SEEN = st.builds(Seen, st.booleans(), st.integers(0, 5), st.booleans(), VALUES, st.booleans())
ARGUMENTS = (
    RULES_OF_FIELDS,
    st.sampled_from(ChangeKind),
    VALUES,
    VALUES,
    SEEN,
    st.sampled_from([None, "start", "wait", "undo", "unmerge"]),
    st.dictionaries(st.integers(0, 90), st.integers(0, 9), max_size=3),
)


@settings(max_examples=400)
@given(*ARGUMENTS)
def test_merging_always_answers_and_always_the_same(
    rule: FieldRule, kind: ChangeKind, shown: Any, new: Any, seen: Seen, event: str | None, entered: dict[int, int]
) -> None:
    answers = [merge(rule, kind, shown, new, seen, event=event, entered=entered) for _ in range(2)]
    assert isinstance(answers[0], Merge)
    assert answers[0] == answers[1]


@settings(max_examples=400)
@given(*ARGUMENTS)
def test_what_stands_is_written_over_only_by_who_saw_it_or_kept_as_a_candidate(
    rule: FieldRule, kind: ChangeKind, shown: Any, new: Any, seen: Seen, event: str | None, entered: dict[int, int]
) -> None:
    found = merge(rule, kind, shown, new, seen, event=event, entered=entered)
    if found.fate is Fate.ACCEPT and not seen.current and shown is not None:
        assert rule.kind is Kind.STATE, "only a step that the state shown allows"
        assert any(edge.event == event and shown in edge.sources for edge in rule.edges)
    if found.fate is Fate.OVERRIDE:
        assert (found.shown, found.wanted) == (new, shown)
    if found.fate is Fate.CONFLICT and rule.kind is not Kind.TEXT:
        assert (found.shown, found.wanted) == (shown, new)


@settings(max_examples=300)
@given(*ARGUMENTS)
def test_saying_again_what_is_shown_changes_nothing(
    rule: FieldRule, kind: ChangeKind, shown: Any, new: Any, seen: Seen, event: str | None, entered: dict[int, int]
) -> None:
    found = merge(rule, kind, shown, new, seen, event=event, entered=entered)
    if kind == ChangeKind.INC or found.fate in (Fate.RETURN, Fate.NEED_OLD) or rule.kind is Kind.COUNTER:
        return
    again = merge(rule, kind, found.shown, found.shown, seen, event=event, entered=entered)
    assert again.fate in (Fate.SAME, Fate.RETURN)
    assert again.shown == found.shown


@settings(max_examples=400)
@given(TEXTS, TEXTS, TEXTS)
def test_both_sides_of_a_text_stand_in_what_is_shown_or_wanted(base: str, ours: str, theirs: str) -> None:
    found = three_way(base, ours, theirs)
    both = set(found.text.split("\n")) | set(found.wanted.split("\n"))
    assert set(ours.split("\n")) - set(base.split("\n")) <= both
    assert set(theirs.split("\n")) - set(base.split("\n")) <= both
    assert three_way(base, ours, theirs) == found


@settings(max_examples=200)
@given(TEXTS, TEXTS)
def test_a_text_that_only_one_side_changed_is_that_sides(base: str, other: str) -> None:
    assert three_way(base, base, other).text == other
    assert three_way(base, other, base).text == other


@pytest.mark.parametrize("lines", [150, 300, 20_000])
def test_comparing_hostile_texts_ends(lines: int) -> None:
    """Texts of two lines over and over take the comparison longest; the time limit of the tests judges."""
    one = "\n".join("ab"[number % 2] for number in range(lines))
    other = "\n".join("ab"[number // 2 % 2] for number in range(lines))
    assert three_way(one, other, one[::-1] + "b").text


FIELDS = st.sampled_from(
    [(TITLE, ["x", "y", "z"]), (PRIORITY, [1, 2, 3, 4]), (TEXT, ["a\n\nb", "a\n\nc", "d\n\nb"]), (VOIDED, ["v", None])]
)
STEPS = st.lists(
    st.tuples(
        st.integers(0, 2), FIELDS, st.integers(0, 3), st.sampled_from(["set", "set", "own", "resolve", "withdraw"])
    ),
    max_size=14,
)


@settings(max_examples=150)
@given(STEPS)
def test_no_candidate_is_ever_dropped_unless_named_or_replaced(steps: list[Any]) -> None:
    server = MemoryServer(RULES)
    devices = [Device(server, name) for name in ("anna", "ben", "carl")]
    ticket = devices[0].create("ticket", {TITLE: "t", PRIORITY: 1, TEXT: "a\n\nb", STATE: 20, PARENT: None})
    for at, (number, choices), pick, how in steps:
        device = devices[at]
        before = {one.id: one for one in server.held.conflicts.values() if one.open}
        value = choices[pick % len(choices)]
        now = server.held.records[ticket]
        open_now = [one for one in before.values() if one.field == number]
        base: int | Ref = [0, 1, now.ver, max(1, now.ver - 1)][pick]
        named: dict[str, Any] = {}
        last = [
            ref for ref, known in server.held.changes.items() if ref.dev == device.dev and known.change.field == number
        ]
        if how in ("own", "withdraw") and last:
            base = max(last, key=lambda ref: ref.dseq)
            named = {"kind": ChangeKind.WITHDRAW} if how == "withdraw" else {}
        elif how == "resolve" and open_now:
            considered = tuple(one.change for one in open_now[0].candidates[: 1 + pick])
            named = {"kind": ChangeKind.RESOLVE, "conflict": open_now[0].id, "considered": considered}
        outcome = device.do(ticket, {number: value}, base, **named)
        assert outcome.code in (Code.ACCEPTED, Code.MERGED, Code.ABSORBED, Code.CONFLICT)
        for found in before.values():
            after = server.held.conflicts[found.id]
            gone = {one.change for one in found.candidates} - {one.change for one in after.candidates}
            replaced = {one.change for one in found.candidates if one.since <= now.ver and one.since < one.until}
            assert gone <= {*named.get("considered", ()), base} | replaced
        assert len({(one.record, one.field) for one in server.held.conflicts.values() if one.open}) == sum(
            one.open for one in server.held.conflicts.values()
        )


@given(st.integers(0, 40), st.integers(0, 2**45), st.floats(0, 1, exclude_max=True))
def test_a_retry_comes_within_five_minutes(failures: int, now: int, chance: float) -> None:
    pace = Pace()
    for _ in range(failures + 1):
        pace = pace.failed(now, chance)
    assert 1_000 <= pace.due_ms - now <= LAST_RETRY_MS
    assert pace.ready(pace.due_ms)
    assert pace.linked(now).ready(now)
    assert pace.ready(now - 10**9), "a clock that was set back does not stop it"


@pytest.mark.parametrize(("rate", "room"), [(1_200, 1_200), (10, SMALLEST_FRAME), (10**9, 262_144)])
def test_a_frame_is_about_a_second_of_the_link(rate: int, room: int) -> None:
    assert Pace().went(rate, 1_000).room == room
