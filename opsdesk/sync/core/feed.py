"""The feed of one partition as a reader may see it now: what has left it is sent as an empty position.

The stored feed says what happened; what a record holds is read when it is sent. So nobody is ever sent a record that
has gone where he may not read, and one that has come in arrives whole, as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec
from msgspec.structs import replace

from opsdesk.sync.core.messages import Conflict, Entry, EntryKind, Frame, Pull
from opsdesk.sync.core.state import Record

_EMPTY = Entry(EntryKind.EMPTY)
_encoder = msgspec.msgpack.Encoder()


class Shown(Protocol):
    """What a reader may see now."""

    def record(self, record: bytes, place: bytes) -> Record | None:
        """The record, if it stands in the partition now."""

    def conflict(self, conflict: bytes) -> Conflict | None:
        """The conflict as it now is."""


def frame(pull: Pull, epoch: int, head: int, stored: Iterable[Entry], shown: Shown, *, limit: int = 5_000) -> Frame:
    """The frame that answers a pull. `stored` are the entries after its cursor, `head` the partition's last position.

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
    return Frame(epoch, pull.place, pull.cursor, end, end < head, tuple(entries))


def _as_seen(entry: Entry, place: bytes, shown: Shown) -> Entry:
    if entry.kind == EntryKind.LEAVE:
        return entry
    record = shown.record(entry.record, place)
    if record is None:
        return _EMPTY
    if entry.kind == EntryKind.ENTER:
        return replace(entry, ver=record.ver, values=record.values)
    if entry.kind == EntryKind.CONFLICT and entry.conflict is not None:
        now = shown.conflict(entry.conflict.id) or entry.conflict
        return replace(entry, ver=now.ver, conflict=now)
    return entry
