"""A walk through what stands in a partition now, page by page: how a desk begins that has none of it.

The walk has stages: the records of each entity in the order of their ids, those of entities that this version does not
know, conflicts, and, for a desk that has been there before, what has left. A page ends anywhere; since a record goes
whole and desks look at its version, nothing is lost when it is told twice or moves while the walk is under way.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec.structs import replace

from opsdesk.sync.core.messages import Entry, EntryKind, Page, Pull, Walk
from opsdesk.sync.core.state import EVERYWHERE, PARTITION, Record

OTHERS: Final = 65_536
"""The stage of records of unknown entities; those of known ones stand at the number of their entity."""
CONFLICTS: Final = 65_537
LEFT: Final = 65_538
STAGES: Final = 65_539

WORTH_IT: Final = 500
"""Entries of a feed from which on a desk that begins gets a walk: a shorter feed tells the history as well."""

_encoder = msgspec.msgpack.Encoder()


def begun(pull: Pull, epoch: int, head: int, *, worth_it: int | None = None) -> Walk | None:
    """Where the page begins that answers a pull; None where a frame of the feed does. `head` is the feed's last
    position."""
    if pull.epoch != epoch or pull.cursor > 0 or (len(pull.place) != PARTITION and pull.place != EVERYWHERE):
        return None
    if pull.walk is not None and pull.walk.pos > 0:
        return pull.walk if pull.walk.pos <= head else None
    if head < (WORTH_IT if worth_it is None else worth_it):
        return None
    return replace(pull.walk or Walk(), pos=head, stage=0, after=b"")


class Filling:
    """A page that is being filled, in the order of the walk."""

    def __init__(self, pull: Pull, walk: Walk) -> None:
        self._pull, self._walk, self._room = pull, walk, pull.room
        self._entries: list[Entry] = []
        self._at = walk

    def is_full(self) -> bool:
        """Whether the page has no room for more."""
        return self._room <= 0

    def add(self, stage: int, key: bytes, entry: Entry) -> None:
        """Tell one more."""
        self._entries.append(entry)
        self._room -= len(_encoder.encode(entry))
        self._at = replace(self._walk, stage=stage, after=key)

    def passed(self, stage: int) -> None:
        """All of a stage is told."""
        self._at = replace(self._walk, stage=stage + 1, after=b"")

    def page(self) -> Page:
        """The page so far."""
        end = None if self._at.stage >= STAGES else self._at
        return Page(self._pull.epoch, self._pull.place, self._walk, end, tuple(self._entries))


def standing(record: Record, hlc: int) -> Entry:
    """What is told of a record; `hlc` is when it was last changed."""
    return Entry(EntryKind.ENTER, record.entity, record.id, record.ver, record.values, hlc=hlc)


def key_of(pos: int) -> bytes:
    """The key of a position, in the order of positions."""
    return pos.to_bytes(8, "big")


def pos_of(key: bytes) -> int:
    """The position of a key; 0 before the first."""
    return int.from_bytes(key[:8], "big") & (2**63 - 1)
