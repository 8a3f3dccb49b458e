"""What a person reads by sync: the partitions, and the feed of each as row-level security shows it.

All runs in one transaction of `reader`: what the policies hide is not there to be sent. A record that has left a
partition is an empty position there, one that has come in is sent whole, as it now is; the person's own feed is silent
about what the partitions tell (`opsdesk.sync.core.feed`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import msgspec

from opsdesk.server import walks
from opsdesk.server.database import Claims, Database
from opsdesk.server.port import WHERE, columns_of, record_of
from opsdesk.store.queue.shapes import EVERYWHERE as EVERYWHERE_TABLES
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core import feed, walk
from opsdesk.sync.core.messages import (
    Conflict,
    Earlier,
    Entry,
    EntryKind,
    Frame,
    History,
    Page,
    Pull,
    Pulled,
    Pulls,
    Scope,
)
from opsdesk.sync.core.rules import MARKING, UNIT
from opsdesk.sync.core.state import EVERYWHERE, Record, place_of

_entry: Final = msgspec.msgpack.Decoder(Entry).decode
_conflict: Final = msgspec.msgpack.Decoder(Conflict).decode

_SMALL: Final = 48
"""Bytes of a small entry: more than fill the room with those are not read."""
FRAME_ENTRIES: Final = 5_000
"""Entries that are read for one frame at the most."""


async def scope(db: Database, claims: Claims) -> Scope:
    """What the person may read now, and how far each partition goes."""
    async with db.reading(claims) as connection:
        return await scope_in(connection, claims)


async def scope_in(connection: Any, claims: Claims) -> Scope:
    """As `scope`, in a transaction of `reader`."""
    rows = await connection.fetch("SELECT place, pos FROM feed WHERE pos > 0 ORDER BY place")
    epoch = await connection.fetchval("SELECT max(number) FROM epoch")
    return Scope(epoch, claims.epoch, tuple((row["place"], row["pos"]) for row in rows))


async def pull(db: Database, claims: Claims, asked: Pull) -> Frame | Page:
    """The frame, or page of a walk, that answers a pull; an empty frame for a partition that may not be read."""
    async with db.reading(claims) as connection:
        return await pull_in(connection, claims.reader, asked)


async def pull_all(db: Database, claims: Claims, asked: Pulls) -> Pulled:
    """The frames and pages that answer several questions, as far as they have room together."""
    together, reader = feed.Together(asked), claims.reader
    async with db.reading(claims) as connection:
        for one in asked.asked:
            if (question := together.next(one)) is not None:
                together.add(await pull_in(connection, reader, question))
    return together.pulled()


async def history(db: Database, claims: Claims, asked: Earlier) -> History:
    """What the feeds that the person reads have told of a record, if it may be read now."""
    async with db.reading(claims) as connection:
        epoch = await connection.fetchval("SELECT max(number) FROM epoch")
        readable = await connection.fetchval(f"SELECT EXISTS ({WHERE})", [asked.record])
        rows = await connection.fetch(
            "SELECT body FROM feed_entry WHERE record = $1 AND kind = ANY ($2) ORDER BY ver DESC LIMIT $3",
            asked.record, [int(EntryKind.CREATE), int(EntryKind.CHANGE)], 2 * FRAME_ENTRIES,
        )  # fmt: skip
    return feed.history(epoch, asked.record, (_entry(row["body"]) for row in rows if readable), limit=FRAME_ENTRIES)


async def pull_in(connection: Any, reader: feed.Reader, asked: Pull) -> Frame | Page:
    """As `pull`, in a transaction of `reader`."""
    epoch = await connection.fetchval("SELECT max(number) FROM epoch")
    head = await connection.fetchval("SELECT pos FROM feed WHERE place = $1", asked.place)
    if head is None:
        return Frame(epoch, asked.place, asked.cursor, asked.cursor, False)
    begun = walk.begun(asked, epoch, head)
    if begun is not None:
        return await walks.page(connection, asked, begun)
    rows = await connection.fetch(
        "SELECT body FROM feed_entry WHERE place = $1 AND pos > $2 ORDER BY pos LIMIT $3",
        asked.place, asked.cursor, min(FRAME_ENTRIES, 1 + asked.room // _SMALL),
    )  # fmt: skip
    entries = [_entry(row["body"]) for row in rows]
    shown = await Shown.load(connection, reader, entries)
    return feed.frame(asked, epoch, head, entries, shown, rights=reader.epoch, limit=FRAME_ENTRIES)


class Shown:
    """What the reader sees now of the records and conflicts that some entries name."""

    def __init__(
        self, reader: feed.Reader, records: Mapping[bytes, Record], conflicts: Mapping[bytes, Conflict]
    ) -> None:
        self._reader, self._records, self._conflicts = reader, records, conflicts

    @classmethod
    async def load(cls, connection: Any, reader: feed.Reader, entries: Iterable[Entry]) -> Shown:
        """Look up what the entries name. Values only of those that are sent whole; of others, where they stand."""
        whole: dict[int, set[bytes]] = {}
        light: dict[int, set[bytes]] = {}
        for entry in entries:
            if entry.kind != EntryKind.EMPTY:
                (whole if entry.kind == EntryKind.ENTER else light).setdefault(entry.entity, set()).add(entry.record)
        records = await _records(connection, light, '"id", "ver", "unit", "marking"')
        records |= await _records(connection, whole)
        asked = [entry.conflict.id for entry in entries if entry.conflict is not None]
        conflicts = {}
        if asked:
            rows = await connection.fetch("SELECT body FROM conflict WHERE id = ANY ($1)", asked)
            conflicts = {conflict.id: conflict for conflict in map(_conflict, (row["body"] for row in rows))}
        return cls(reader, records, conflicts)

    def record(self, record: bytes) -> tuple[Record, bytes] | None:
        """A record as it now is and where it stands, if the policies show it."""
        found = self._records.get(record)
        return (found, _place(found)) if found is not None else None

    def reads(self, place: bytes) -> bool:
        """Whether the reader reads a partition."""
        return self._reader.reads(place)

    def conflict(self, conflict: bytes) -> Conflict | None:
        """The conflict as it now is."""
        return self._conflicts.get(conflict)


async def _records(
    connection: Any, wanted: Mapping[int, Collection[bytes]], columns: str | None = None
) -> dict[bytes, Record]:
    """The records of each entity that the policies show, with some columns of their tables or all."""
    found: dict[bytes, Record] = {}
    for entity, records in wanted.items():
        shape = shapes().get(entity)
        table = shape.table if shape else "other_record"
        rows = await connection.fetch(
            f'SELECT {columns or columns_of(entity)} FROM "{table}" WHERE id = ANY ($1)', sorted(records)
        )
        if columns is None:
            found.update((row["id"], record_of(entity, shape, row)) for row in rows)
        else:
            found.update(
                (row["id"], Record(entity, row["id"], row["ver"], {UNIT: row["unit"], MARKING: row["marking"]}))
                for row in rows
            )
    return found


def _place(record: Record) -> bytes:
    """Where a row stands: what hangs on another bears the unit and marking of that one in its own row."""
    shape = shapes().get(record.entity)
    if shape is not None and shape.table in EVERYWHERE_TABLES:
        return EVERYWHERE
    return place_of(record.values.get(UNIT), record.values.get(MARKING))
