"""Merging one field: what becomes of a new value where the writer had, or had not, seen the value that is shown.

A pure function over values (the table of the sync page, 3.8). It never decides by a clock, and it never drops: what is
not shown becomes a candidate.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from msgspec import Struct

from opsdesk.sync.core import text
from opsdesk.sync.core.messages import ChangeKind, Value
from opsdesk.sync.core.rules import UNDO, FieldRule, Kind


class Seen(Struct, frozen=True, gc=False):
    """What the writer had seen of the field."""

    current: bool
    """Whether it is what is shown now."""
    ver: int = 0
    """Version of it."""
    value_known: bool = False
    value: Value = None
    candidate: bool = False
    """Whether it stands as a candidate of an open conflict: the writer goes on from there."""
    refused: bool = False
    """Whether it is what another wrote, and which came back: it was shown before a restore, and never stood here."""


class Fate(enum.Enum):
    """What becomes of the new value."""

    ACCEPT = enum.auto()
    """It is shown."""
    SAME = enum.auto()
    """It is what is shown already."""
    MIX = enum.auto()
    """It is shown together with what others wrote."""
    ABSORB = enum.auto()
    """It was there and passed, or says what is so already; what is shown stays."""
    CONFLICT = enum.auto()
    """It becomes a candidate."""
    OVERRIDE = enum.auto()
    """It is shown, being more severe, and what was shown becomes a candidate."""
    NEED_OLD = enum.auto()
    RETURN = enum.auto()


class Merge(Struct, frozen=True, gc=False):
    """A fate; `shown` is the value to show from now on, `wanted` the candidate's, `reason` why it was returned."""

    fate: Fate
    shown: Value = None
    wanted: Value = None
    reason: str = ""


def more_severe(one: Value, other: Value) -> bool:
    """Whether one value is more severe than another: numbers grow with severity, and anything is more than nothing."""
    if not isinstance(one, int | float):
        return False
    return other is None or (isinstance(other, int | float) and one > other)


def merge(
    rule: FieldRule,
    kind: int,
    shown: Value,
    new: Value,
    seen: Seen,
    *,
    event: str | None = None,
    entered: Mapping[int, int] | None = None,
) -> Merge:
    """What becomes of `new` where `shown` stands. `entered` says when each state was last entered, by version."""
    if rule.kind in (Kind.ORDERED_LIST, Kind.LEDGER):
        return Merge(Fate.RETURN, shown, new, "unsupported kind of field")
    if kind == ChangeKind.INC or rule.kind is Kind.COUNTER:
        return _count(rule, kind, shown, new, seen)
    if rule.kind is Kind.APPEND_ONLY:
        return _write_once(shown, new)
    if rule.kind is Kind.STATE and not isinstance(new, int):
        return Merge(Fate.RETURN, shown, new, "no state")
    if new == shown and not (rule.kind is Kind.STATE and seen.current):
        return Merge(Fate.SAME, shown, new)
    if rule.kind is Kind.STATE:
        return _state(rule, shown, new, seen, event, entered or {})
    # Of a text the writer decided on the lines that were seen: what another took out, and might not, was not seen.
    if seen.current and not (rule.kind is Kind.TEXT and seen.refused):
        return Merge(Fate.ACCEPT, new, new)
    if rule.kind is Kind.TEXT:
        return _text(shown, new, seen)
    if rule.severe_first and more_severe(new, shown):
        return Merge(Fate.OVERRIDE, new, shown)
    return Merge(Fate.CONFLICT, shown, new)


def _count(rule: FieldRule, kind: int, shown: Value, new: Value, seen: Seen) -> Merge:
    if rule.kind is not Kind.COUNTER or kind != ChangeKind.INC:
        return Merge(Fate.RETURN, shown, new, "counters are counted, other fields are set")
    if isinstance(new, bool) or not isinstance(new, int):
        return Merge(Fate.RETURN, shown, new, "no number")
    total = (shown if isinstance(shown, int) else 0) + new
    if not -(2**63) <= total < 2**63:
        return Merge(Fate.RETURN, shown, new, "beyond 64 bits")
    return Merge(Fate.MIX, total, total)


def _write_once(shown: Value, new: Value) -> Merge:
    if new == shown:
        return Merge(Fate.SAME, shown, new)
    return Merge(Fate.ACCEPT if shown is None else Fate.RETURN, new if shown is None else shown, new, "is written once")


def _text(shown: Value, new: Value, seen: Seen) -> Merge:
    texts = [value if value is not None else "" for value in (shown, new)]
    if not all(isinstance(value, str) for value in texts):
        return Merge(Fate.CONFLICT, shown, new)
    if not seen.value_known:
        return Merge(Fate.NEED_OLD, shown, new)
    base = seen.value if isinstance(seen.value, str) else ""
    merged = text.three_way(base, texts[0], texts[1])
    now = shown if merged.text == texts[0] else merged.text
    if merged.clean and not seen.candidate:
        # The text says already what the writer added.
        return Merge(Fate.ABSORB, shown, shown) if now == shown else Merge(Fate.MIX, now, now)
    # What went on from a candidate stays one, though its newest lines find room: the older ones still need a decision.
    return Merge(Fate.CONFLICT, now, new if seen.candidate else merged.wanted)


def _state(rule: FieldRule, shown: Value, new: int, seen: Seen, event: str | None, entered: Mapping[int, int]) -> Merge:
    edges = [edge for edge in rule.edges if edge.event == event and edge.to in (new, None)]
    open_here = isinstance(shown, int) and any(shown in edge.sources for edge in edges)
    if seen.current:
        if new == shown:
            return Merge(Fate.SAME, shown, new)
        free = event in (None, UNDO) or not rule.edges or shown is None
        return Merge(Fate.ACCEPT, new, new) if open_here or free else Merge(Fate.RETURN, shown, new, "no such step")
    if open_here and event is not None:
        return Merge(Fate.ACCEPT, new, new)
    if entered.get(new, 0) > seen.ver and event != UNDO:
        return Merge(Fate.ABSORB, shown, new)
    return Merge(Fate.CONFLICT, shown, new)
