"""Conflicts: opening, joining, taking back, settling. Values in, values out.

At most one conflict is open on a field. It closes when nothing is left to decide: a person has named every candidate,
or all were taken back by those who made them.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import blake2b

from msgspec.structs import replace

from opsdesk.sync.core.draft import Draft
from opsdesk.sync.core.messages import Candidate, Change, Conflict, Ref, Value
from opsdesk.sync.core.state import Record


def conflict_id(kind: int, record: bytes, number: int, opened: int) -> bytes:
    """The identity of the conflict over one shown value: the same wherever it is computed."""
    said = kind.to_bytes(1, "big") + record + number.to_bytes(2, "big") + opened.to_bytes(8, "big")
    return blake2b(said, digest_size=16, person=b"opsdesk conflict").digest()


def candidate(ref: Ref, change: Change, value: Value) -> Candidate:
    """The candidate that a change makes."""
    return Candidate(ref, value, change.actor, change.hlc)


def join(
    found: Conflict | None,
    new: Collection[Candidate],
    *,
    kind: int,
    entity: int,
    record: bytes,
    number: int,
    opened: int,
    ver: int,
    base_value: Value = None,
    replaces: Ref | None = None,
    seen: int = 0,
) -> Conflict:
    """The open conflict on a field with new candidates; a new one unless `found`.

    `replaces` is the candidate that the writer went on from. One that had been shown, and was seen so at version
    `seen`, is replaced too.
    """
    if found is None:
        identity = conflict_id(kind, record, number, opened)
        return Conflict(identity, kind, entity, record, number, opened, ver, tuple(new), base_value)
    kept = [one for one in found.candidates if one.change != replaces and not one.since <= seen < one.until]
    changes = {one.change for one in kept}
    return replace(found, ver=ver, candidates=(*kept, *(one for one in new if one.change not in changes)))


def without(found: Conflict, changes: Collection[Ref], ver: int) -> Conflict:
    """The conflict without some candidates; closed when none is left."""
    return replace(found, ver=ver, candidates=tuple(one for one in found.candidates if one.change not in changes))


def settled(found: Conflict, resolution: Ref, ver: int) -> Conflict:
    """The conflict, closed by a resolution that named all candidates."""
    return replace(found, ver=ver, candidates=(), resolution=resolution)


def circle(draft: Draft, record: Record, number: int, above: Value) -> bool:
    """Whether a record would stand below itself by a field that makes a tree, with `above` as its value."""
    seen: set[bytes] = set()
    while isinstance(above, bytes) and above not in seen:
        if above == record.id:
            return True
        seen.add(above)
        parent = draft.record(above)
        above = parent.values.get(number) if parent else None
    return False
