"""Which feeds tell of a record, and what they are told when that changes: it moves, or a person is named on it.

A record is told of in the feed of the partition where it stands, and in the feeds of the people named on it, together
with all that hangs on it. One that comes into a feed is told whole (`ENTER`), with the version of that moment at least,
which is above all that any feed has told of it before; one that goes is taken out (`LEAVE`) with such a version.
"""

from __future__ import annotations

from collections.abc import Iterator

from opsdesk.sync.core.draft import Draft, told
from opsdesk.sync.core.messages import Entry, EntryKind
from opsdesk.sync.core.rules import MARKING, UNIT, Rules
from opsdesk.sync.core.state import Record, naming_of, place_of

Before = dict[bytes, frozenset[bytes]]
"""Who was named on a record before a change, for each record where the change may have touched that."""


def family(draft: Draft, anchor: bytes) -> Iterator[Record]:
    """A record, where it is known, and all that hangs on it."""
    left, met = [anchor], {anchor}
    while left:
        record = draft.record(left[0])
        if record is not None:
            yield record
        below = [child for child in draft.children(left.pop(0)) if child not in met]
        met.update(below)
        left += below


def move(draft: Draft, moved: Record, before: bytes) -> None:
    """Take a record out of one partition's feed and put it whole into another, with what hangs on it.

    A version of its own tells the desks whether they have met a record in its new place already.
    """
    place, people = draft.place(moved), sorted(draft.named(draft.anchor(moved)))
    # Whoever is named reads up to a marking only.
    remarked = people if before[16:] != place[16:] else []
    for record in list(family(draft, moved.id)):
        made = draft.writable(record)
        made.ver = draft.version()
        for feed in (before, *remarked):
            draft.emit(feed, Entry(EntryKind.LEAVE, made.entity, made.id, made.ver))
        for feed in (place, *people):
            _enter(draft, made, feed, made.ver)


def gather(draft: Draft, made: Record) -> None:
    """Bring what hangs on a new record to its place: it stood under its own unit while there was no subject."""
    for child in draft.children(made.id):
        below = draft.record(child)
        alone = place_of(below.values.get(UNIT), below.values.get(MARKING)) if below is not None else b""
        if below is not None and alone != draft.place(below):
            move(draft, below, alone)


def rename(draft: Draft, record: Record, rules: Rules, before: Before) -> None:
    """Note whom a record names now, and in `before` who was named until then."""
    on, naming = naming_of(record, rules)
    if on is None:
        return
    # With whom a record was shared is none of its fields' business.
    others = frozenset(one for one in draft.naming(on) if one[0] != record.id or one[1] == 0)
    if others | naming != draft.naming(on):
        before.setdefault(on, draft.named(on))
        draft.put_naming(on, others | naming)


def renamed(draft: Draft, before: Before, new: bytes = b"") -> None:
    """Put the records on which people have come to be named into their feeds, and take others out. The `new` record
    was told to all of them when it was made."""
    for anchor, people in sorted(before.items()):
        now = draft.named(anchor)
        records = [record for record in family(draft, anchor) if record.id != new]
        pass_on(draft, records, gained=now - people, lost=people - now)


def pass_on(draft: Draft, records: list[Record], *, gained: frozenset[bytes], lost: frozenset[bytes]) -> None:
    """Let records come into the feeds of some people, and go from those of others."""
    ver = draft.result.ver
    for record in records:
        for person in sorted(lost):
            draft.emit(person, Entry(EntryKind.LEAVE, record.entity, record.id, ver))
        for person in sorted(gained):
            _enter(draft, record, person, ver)


def _enter(draft: Draft, record: Record, feed: bytes, ver: int) -> None:
    draft.emit(feed, Entry(EntryKind.ENTER, record.entity, record.id, ver, hlc=draft.clock))
    for conflict in draft.conflicts_of(record.id):
        draft.emit(feed, told(conflict))
