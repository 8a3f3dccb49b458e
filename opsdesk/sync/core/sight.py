"""What a person had seen of a field when a change was begun: its base, followed to what the centre shows now.

A base is a version of the row as pulled, or a change that had no version yet. What became of that change decides:

* Its value is the one now shown, and nobody wrote since: the writer goes on from what is shown.
* It stands as a candidate: the new change takes its place there.
* It was returned: what it was itself based on counts. A change on a returned creation is returned with it. Where it
  was another's (a restored server had taken it before), a text is merged by the lines that the writer had seen.
* Anything else (merged into another value, absorbed, written over): the writer has not seen what is shown.
* It is not known here: the change waits.

Where the desk tells the value that was seen, and another is shown, neither the version nor the change counts as
current: it had come from a life of the server that is lost.
"""

from __future__ import annotations

from msgspec import UNSET, Struct
from msgspec.structs import replace

from opsdesk.sync.core.draft import Draft
from opsdesk.sync.core.merge import Seen
from opsdesk.sync.core.messages import Change, ChangeKind, Code, Ref, Value
from opsdesk.sync.core.state import Record, Stamp


class Sight(Struct, frozen=True, gc=False):
    """A base that was followed. `seen` is for merging, `floor` the row's version that was surely seen."""

    seen: Seen
    floor: int
    candidate: Ref | None = None
    """The candidate that the new change replaces."""


class Waits(Struct, frozen=True):
    """The base is not known yet."""

    on: Ref | None


class Joins(Struct, frozen=True):
    """The base is a creation that was returned."""


class Nonsense(Struct, frozen=True):
    """The base names a change that never wrote this field, or leads back to itself."""


def follow(
    draft: Draft, change: Change, record: Record | None, number: int, dev: bytes
) -> Sight | Waits | Joins | Nonsense:
    """What the writer of `change` (on device `dev`) had seen of a field."""
    base, refused, followed = change.base, None, set[Ref]()
    while isinstance(base, Ref):
        # What goes on from a change is not that change under another name of its folder, which may have given one
        # number twice. Bases that come back to themselves no desk makes, but they can be sent.
        asked, base = base, draft.went_on_as(base, change.record, number, followed)
        if base in followed:
            return Nonsense()
        followed.add(base)
        known = draft.known(base)
        if known is None:
            return Waits(base)
        if known.change.record != change.record:
            return Nonsense()
        if known.outcome.code != Code.RETURNED:
            return _change(draft, base, change, record, number, dev)
        if known.change.kind == ChangeKind.CREATE:
            return Joins()
        foreign = base.dev != dev and not draft.made_by(asked, dev)
        if refused is None and foreign and number in known.change.values:
            refused = known.change
        base = known.change.base
    found = _version(draft, base, change, record, number, dev)
    if refused is None or isinstance(found, Waits):
        return found
    return replace(found, seen=replace(found.seen, value_known=True, value=refused.values[number], refused=True))


def _version(draft: Draft, base: int, change: Change, record: Record | None, number: int, dev: bytes) -> Sight | Waits:
    if draft.lost(base):
        return Waits(None)
    stamp = record.stamps.get(number) if record else None
    if stamp is None or record is None:
        return Sight(Seen(True, base, True, None), base)
    known, value = _base_value(draft, change, number, base)
    otherwise = change.old is not UNSET and change.old != record.values.get(number)
    current = (stamp.ver <= base and not otherwise) or _own(stamp, dev, change)
    return Sight(Seen(current, base, known, value), base)


def _own(stamp: Stamp, dev: bytes, change: Change) -> bool:
    """The same device wrote what is shown, before this: whoever writes there had it before the eyes."""
    return stamp.dev == dev and stamp.dseq < change.dseq


def _base_value(draft: Draft, change: Change, number: int, base: int) -> tuple[bool, Value]:
    """The value that was seen: as the desk tells it where it does, else from the centre's own history."""
    if change.kind == ChangeKind.CREATE:
        return True, None
    if change.old is not UNSET:
        return True, change.old
    return draft.past(change.record, number, base)


def _change(
    draft: Draft, base: Ref, change: Change, record: Record | None, number: int, dev: bytes
) -> Sight | Nonsense:
    known = draft.known(base)
    trace = known.trace(number) if known else None
    if known is None or trace is None:
        return Nonsense()
    # What was seen may be that change mixed into others' texts, in a life that is lost: then the desk tells it.
    wrote = known.change.values.get(number) if change.old is UNSET else change.old
    stamp = record.stamps.get(number) if record else None
    shown = record.values.get(number) if record else None
    current = stamp is None or _own(stamp, dev, change) or (stamp.ver == trace.ver and shown == wrote)
    conflict = draft.open_on(change.record, number)
    candidate = None
    if conflict is not None and any(one.change == base for one in conflict.candidates):
        candidate = base
    seen = Seen(current, trace.ver, True, wrote, candidate is not None)
    return Sight(seen, trace.floor, candidate)
