"""One feed as a reader may see it now: what has left it is sent as an empty position.

The stored feed says what happened; what a record holds is read when it is sent. So nobody is ever sent a record that
has gone where he may not read, and one that has come in arrives whole, as it is.

There is a feed for each partition, and one for each person, which tells of the records that name that person. It is
silent about those that stand in a partition which the reader reads anyway: these are told there, and only there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
from msgspec.structs import replace

from opsdesk.sync.core.messages import Conflict, Entry, EntryKind, Frame, History, Page, Pull
from opsdesk.sync.core.state import EVERYWHERE, PERSON, Record

_EMPTY = Entry(EntryKind.EMPTY)
_encoder = msgspec.msgpack.Encoder()
_OVERHEAD: Final = 32
"""About the bytes of a frame without entries."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks: a person who reads what stands in some units (None: in all) up to a marking, and what names him."""

    person: bytes | None = None
    units: Collection[bytes] | None = None
    marking: int = 255
    epoch: int = 0
    """Epoch of these rights."""

    def reads(self, place: bytes) -> bool:
        """Whether the feed of a partition, or of a person, may be read."""
        if place == EVERYWHERE:
            return True
        if len(place) == PERSON:
            return place == self.person
        if len(place) != PERSON + 1:
            return False
        return (self.units is None or place[:PERSON] in self.units) and place[PERSON] <= self.marking

    def follows(self, place: bytes, named: Collection[bytes]) -> bool:
        """Whether a record that stands at `place`, with some people named on it, is told in the reader's own feed."""
        return not self.reads(place) and self.person in named and place[PERSON] <= self.marking


EVERYTHING: Final = Reader()
"""Who reads all partitions, and so needs no feed of his own."""


class Shown(Protocol):
    """What one reader may see now."""

    def record(self, record: bytes) -> tuple[Record | None, bytes] | None:
        """A record as it now is and the partition where it stands; None if the reader may not read it at all. The
        record itself may be left out where no entry sends it whole.

        Whether he does so by the partition or because he is named is no matter here: `reads` tells.
        """

    def reads(self, place: bytes) -> bool:
        """Whether the reader reads a partition."""

    def conflict(self, conflict: bytes) -> Conflict | None:
        """The conflict as it now is."""


def frame(
    pull: Pull, epoch: int, head: int, stored: Iterable[Entry], shown: Shown, *, rights: int = 0, limit: int = 5_000
) -> Frame:
    """The frame that answers a pull. `stored` are the entries after its cursor, `head` the feed's last position,
    `rights` the epoch of the reader's rights.

    A frame holds as many entries as its room allows, and one at least.
    """
    if pull.epoch != epoch or pull.cursor > head:
        # The reader knows another past: it begins again.
        return Frame(epoch, pull.place, 0, 0, True)
    entries: list[Entry] = []
    room = pull.room
    for entry in stored:
        seen = _as_seen(entry, pull.place, shown)
        room -= len(_encoder.encode(seen))
        if entries and (room < 0 or len(entries) >= limit):
            break
        entries.append(seen)
    end = pull.cursor + len(entries)
    permissions = rights if len(pull.place) == PERSON else 0
    return Frame(epoch, pull.place, pull.cursor, end, end < head, tuple(entries), permissions)


class Together:
    """Answers to several pulls that share some room (bytes); what finds none is asked for again."""

    def __init__(self, room: int) -> None:
        self._left = room
        self._told: list[Frame | Page] = []

    def next(self, pull: Pull) -> Pull | None:
        """The next question with the room that is left; None when there is none."""
        return replace(pull, room=min(pull.room, self._left)) if self._left > 0 else None

    def add(self, told: Frame | Page) -> None:
        """The answer to it."""
        self._told.append(told)
        self._left -= _OVERHEAD + sum(len(_encoder.encode(entry)) for entry in told.entries)

    @property
    def told(self) -> tuple[Frame | Page, ...]:
        """All answers."""
        return tuple(self._told)


def history(epoch: int, record: bytes, told: Iterable[Entry], *, limit: int = 5_000) -> History:
    """The newest of what feeds have told of a record, each once however many feeds told it, oldest first."""
    found = {(entry.ver, *entry.values): entry for entry in told if entry.kind in (EntryKind.CREATE, EntryKind.CHANGE)}
    return History(epoch, record, tuple(found[key] for key in sorted(found)[-limit:]))


def _as_seen(entry: Entry, place: bytes, shown: Shown) -> Entry:
    if entry.kind == EntryKind.EMPTY:
        return entry
    found = shown.record(entry.record)
    own, told_there = len(place) == PERSON, found is not None and shown.reads(found[1])
    if entry.kind == EntryKind.LEAVE:
        return _EMPTY if own and told_there else entry
    if found is None or (told_there if own else found[1] != place):
        return _EMPTY
    record, _ = found
    if entry.kind == EntryKind.ENTER:
        # Told without its values it would be taken for a record of which all is empty.
        return _EMPTY if record is None else replace(entry, ver=max(entry.ver, record.ver), values=record.values)
    if entry.kind == EntryKind.CONFLICT and entry.conflict is not None:
        now = shown.conflict(entry.conflict.id) or entry.conflict
        return replace(entry, ver=now.ver, conflict=now)
    return entry
