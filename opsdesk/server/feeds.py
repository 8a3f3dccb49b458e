"""What a person reads by sync: the partitions, and the feed of each as row-level security shows it.

All runs in one transaction of `reader`: what the policies hide is not there to be sent. A record that has left a
partition is an empty position there, one that has come in is sent whole, as it now is; the person's own feed is silent
about what the partitions tell (`opsdesk.sync.core.feed`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from opsdesk.server import walks
from opsdesk.server.database import Claims, Database
from opsdesk.server.port import WHERE, columns_of, record_of
from opsdesk.store.queue.shapes import EVERYWHERE as EVERYWHERE_TABLES
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core import feed, walk
from opsdesk.sync.core.messages import (
    PULLS_LIMIT,
    Conflict,
    Earlier,
    Entry,
    EntryKind,
    Frame,
    History,
    Look,
    News,
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

_EPOCH: Final = "(SELECT max(number) FROM epoch) AS epoch"
_SMALL: Final = 48
"""Bytes of a small entry: more than fill the room with those are not read."""
FRAME_ENTRIES: Final = 5_000
"""Entries that are read for one frame at the most."""


async def scope(connection: Any, claims: Claims) -> Scope:
    """What the person may read now, and how far each partition goes, in a transaction of `reader`."""
    rows = await connection.fetch(f"SELECT place, pos, {_EPOCH} FROM feed WHERE pos > 0 ORDER BY place")
    epoch = rows[0]["epoch"] if rows else await connection.fetchval("SELECT max(number) FROM epoch")
    return Scope(epoch, claims.epoch, tuple((row["place"], row["pos"]) for row in rows))


async def news(db: Database, claims: Claims, asked: Look, known: Scope | None) -> Scope | News:
    """What the person may read now; where `asked` leaves room and `known` is what the desk has read, with what has come
    since."""
    async with db.reading(claims) as connection:
        found = await scope(connection, claims)
        if known is None or not asked.room or (known.epoch, known.permissions) != (found.epoch, found.permissions):
            return found
        before = dict(known.places)
        grown = [
            Pull(found.epoch, place, before[place], asked.room)
            for place, pos in found.places
            if pos > before.get(place, pos)
        ]
        return News(found, await _told(connection, claims.reader, grown[:PULLS_LIMIT], found)) if grown else found


async def pull(db: Database, claims: Claims, asked: Pull) -> Frame | Page:
    """The frame, or page of a walk, that answers a pull; an empty frame for a partition that may not be read."""
    async with db.reading(claims) as connection:
        return await pull_in(connection, claims.reader, asked)


async def pull_in(connection: Any, reader: feed.Reader, asked: Pull) -> Frame | Page:
    """As `pull`, in a transaction of `reader`."""
    return await (await _Reading.begin(connection, reader, [asked])).answer(asked)


async def pull_all(db: Database, claims: Claims, asked: Pulls) -> Pulled:
    """The frames and pages that answer several questions, as far as they have room together."""
    async with db.reading(claims) as connection:
        told = await _told(connection, claims.reader, list({one.place: one for one in asked.asked}.values()))
    return Pulled(told)


async def _told(
    connection: Any, reader: feed.Reader, questions: Sequence[Pull], known: Scope | None = None
) -> tuple[Frame | Page, ...]:
    """The frames and pages that answer several questions, as far as they have the room of the first together. `known`:
    what may be read, where this transaction has found it already."""
    together = feed.Together(questions[0].room)
    reading = await _Reading.begin(connection, reader, questions, known)
    for one in questions:
        if (question := together.next(one)) is not None and reading.has(one.place):
            together.add(await reading.answer(question))
    return together.told


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


class _Reading:
    """What several questions of one reader need, read together, in a transaction of `reader`."""

    def __init__(self, connection: Any, reader: feed.Reader, epoch: int, heads: Mapping[bytes, int]) -> None:
        self._connection, self._reader, self._epoch, self._heads = connection, reader, epoch, heads
        self._told: dict[bytes, list[Entry]] = {}
        self._late: set[bytes] = set()
        self._shown = Shown(reader, {}, {}, {})

    @classmethod
    async def begin(
        cls, connection: Any, reader: feed.Reader, asked: Sequence[Pull], known: Scope | None = None
    ) -> _Reading:
        """Read how far the feeds go, unless it is known, and of those that are read by frames what comes next, in the
        order asked."""
        if known is None:
            rows = await connection.fetch(
                f"SELECT place, pos, {_EPOCH} FROM feed WHERE place = ANY ($1)", [one.place for one in asked]
            )
            epoch = rows[0]["epoch"] if rows else await connection.fetchval("SELECT max(number) FROM epoch")
            made = cls(connection, reader, epoch, {row["place"]: row["pos"] for row in rows})
        else:
            made = cls(connection, reader, known.epoch, dict(known.places))
        await made._read(asked)
        return made

    async def _read(self, asked: Sequence[Pull]) -> None:
        left, parts = min(FRAME_ENTRIES, 1 + asked[0].room // _SMALL), []
        for one in asked:
            head = self._heads.get(one.place, 0)
            if head > one.cursor and walk.begun(one, self._epoch, head) is None:
                # Positions have no gaps.
                count = min(head - one.cursor, left)
                if count:
                    parts.append((one.place, one.cursor, one.cursor + count))
                else:
                    self._late.add(one.place)
                left -= count
        rows = await self._connection.fetch(
            "SELECT e.place, e.body FROM unnest($1::bytea[], $2::bigint[], $3::bigint[]) AS w (place, after, upto) "
            "JOIN feed_entry e ON e.place = w.place AND e.pos > w.after AND e.pos <= w.upto ORDER BY e.place, e.pos",
            *(list(column) for column in zip(*parts, strict=True)),
        ) if parts else []  # fmt: skip
        for row in rows:
            self._told.setdefault(row["place"], []).append(_entry(row["body"]))
        self._shown = await Shown.load(
            self._connection, self._reader, (entry for told in self._told.values() for entry in told)
        )

    def has(self, place: bytes) -> bool:
        """Whether what comes next of a feed had room to be read; the others are to be asked again."""
        return place not in self._late

    async def answer(self, asked: Pull) -> Frame | Page:
        """The frame or page that answers one of the questions."""
        epoch, head = self._epoch, self._heads.get(asked.place)
        if head is None:
            return Frame(epoch, asked.place, asked.cursor, asked.cursor, False)
        begun = walk.begun(asked, epoch, head)
        if begun is not None:
            return await walks.page(self._connection, asked, begun)
        told = self._told.get(asked.place, ())
        return feed.frame(asked, epoch, head, told, self._shown, rights=self._reader.epoch, limit=FRAME_ENTRIES)


class Shown:
    """What the reader sees now of the records and conflicts that some entries name."""

    def __init__(
        self,
        reader: feed.Reader,
        places: Mapping[bytes, bytes],
        records: Mapping[bytes, Record],
        conflicts: Mapping[bytes, Conflict],
    ) -> None:
        self._reader, self._places, self._records, self._conflicts = reader, places, records, conflicts

    @classmethod
    async def load(cls, connection: Any, reader: feed.Reader, entries: Iterable[Entry]) -> Shown:
        """Look up what the entries name. Values only of those that are sent whole; of others, where they stand."""
        whole: dict[int, set[bytes]] = {}
        light: dict[int, set[bytes]] = {}
        asked = []
        for entry in entries:
            if entry.kind != EntryKind.EMPTY:
                (whole if entry.kind == EntryKind.ENTER else light).setdefault(entry.entity, set()).add(entry.record)
            if entry.conflict is not None:
                asked.append(entry.conflict.id)
        places = await _places(connection, light)
        records = await _records(connection, whole)
        places.update((record.id, _place(record)) for record in records.values())
        conflicts = {}
        if asked:
            rows = await connection.fetch("SELECT body FROM conflict WHERE id = ANY ($1)", asked)
            conflicts = {conflict.id: conflict for conflict in map(_conflict, (row["body"] for row in rows))}
        return cls(reader, places, records, conflicts)

    def record(self, record: bytes) -> tuple[Record | None, bytes] | None:
        """A record as it now is, where it is sent whole, and where it stands; None if the policies do not show it."""
        place = self._places.get(record)
        return None if place is None else (self._records.get(record), place)

    def reads(self, place: bytes) -> bool:
        """Whether the reader reads a partition."""
        return self._reader.reads(place)

    def conflict(self, conflict: bytes) -> Conflict | None:
        """The conflict as it now is."""
        return self._conflicts.get(conflict)


async def _places(connection: Any, wanted: Mapping[int, Collection[bytes]]) -> dict[bytes, bytes]:
    """Where the records of each entity stand that the policies show."""
    found: dict[bytes, bytes] = {}
    for entity, records in wanted.items():
        shape = shapes().get(entity)
        if shape is not None and shape.table in EVERYWHERE_TABLES:
            rows = await connection.fetch(f'SELECT id FROM "{shape.table}" WHERE id = ANY ($1)', sorted(records))
            found.update((row["id"], EVERYWHERE) for row in rows)
            continue
        rows = await connection.fetch(
            f'SELECT id, unit, marking FROM "{shape.table if shape else "other_record"}" WHERE id = ANY ($1)',
            sorted(records),
        )
        found.update((record, place_of(unit, marking)) for record, unit, marking in rows)
    return found


async def _records(connection: Any, wanted: Mapping[int, Collection[bytes]]) -> dict[bytes, Record]:
    """The records of each entity that the policies show."""
    found: dict[bytes, Record] = {}
    for entity, records in wanted.items():
        shape = shapes().get(entity)
        rows = await connection.fetch(
            f'SELECT {columns_of(entity)} FROM "{shape.table if shape else "other_record"}" WHERE id = ANY ($1)',
            sorted(records),
        )
        found.update((row["id"], record_of(entity, shape, row)) for row in rows)
    return found


def _place(record: Record) -> bytes:
    """Where a row stands: what hangs on another bears the unit and marking of that one in its own row."""
    shape = shapes().get(record.entity)
    if shape is not None and shape.table in EVERYWHERE_TABLES:
        return EVERYWHERE
    return place_of(record.values.get(UNIT), record.values.get(MARKING))
