"""Storing what the centre made of a batch: many rows by one statement, and of a row only what has changed.

PostgreSQL makes the words of a search anew whenever a statement names a column that they are made of; so an edit of
another field must not name it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace
from sqlalchemy import BigInteger, Boolean, Float, LargeBinary, SmallInteger

from opsdesk.server import tables, values
from opsdesk.server.behind import Behind
from opsdesk.store.queue.shapes import EVERYWHERE as EVERYWHERE_TABLES
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.sync.core.messages import Change, Conflict, Entry, Ref, Value
from opsdesk.sync.core.rules import MARKING, UNIT, Rules
from opsdesk.sync.core.state import EVERYWHERE, PERSON, Known, Loaded, Record, Result, Stamp, top

encode: Final = msgspec.msgpack.Encoder().encode


class Storing:
    """The storing of one result in the transaction of `connection`, a role of `merger`."""

    def __init__(
        self, connection: Any, rules: Rules, loaded: Loaded, makers: Mapping[bytes, Stamp], result: Result
    ) -> None:
        """`makers` are the changes that made the loaded records."""
        self._connection, self._rules = connection, rules
        self._loaded, self._makers, self._result = loaded, makers, result
        self._writes: dict[bytes, list[int]] = {}
        self._behind = Behind(connection)
        self.told: dict[Ref, tuple[bytes, bytes]] = {}
        """What the log keeps of each change beside its answer: the change and its traces."""

    async def store(self, places: Collection[bytes]) -> dict[bytes, int]:
        """As `Port.store`."""
        # What later statements tell is made while the database is at the first ones.
        self._behind.meanwhile(lambda: self._versions)
        self._behind.meanwhile(lambda: self._bodies)
        async with self._behind:
            return await self._store(places)

    async def _store(self, places: Collection[bytes]) -> dict[bytes, int]:
        result = self._result
        by_entity: dict[int, list[Record]] = {}
        for record in result.records.values():
            by_entity.setdefault(record.entity, []).append(record)
        for entity, records in sorted(by_entity.items()):
            shape = shapes().get(entity)
            if shape is None:
                await self._behind.done()
                await self._connection.executemany(_UPSERT_OTHER, [self._other(record) for record in records])
            else:
                await self._rows(shape, records)
        await self._many(_STAMPS, self._versions)
        await self._behind.done()
        for conflict in result.conflicts.values():
            await self._conflict(conflict)
        await self._move_conflicts()
        if result.ver > self._loaded.ver:
            await self._connection.execute("SELECT setval('ver', $1)", result.ver)
        heads = await self._tell(result.entries)
        self.told = {ref: (change_bytes(known.change), encode(known.traces)) for ref, known in result.changes.items()}
        await self._behind.done()
        if not (missing := sorted(set(places) - heads.keys())):
            return heads
        rows = await self._connection.fetch("SELECT place, pos FROM feed WHERE place = ANY ($1)", missing)
        return heads | {row["place"]: row["pos"] for row in rows}

    # Rows

    async def _rows(self, shape: Shape, records: Iterable[Record]) -> None:
        fresh: list[tuple[Any, ...]] = []
        alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for record in records:
            before, held = self._loaded.records.get(record.id), self._held(record)
            if before is None:
                fresh.append(self._whole(shape, record, held))
                continue
            numbers = {number for number in self._written(record, before) if held[number] != before.values.get(number)}
            if held is not record.values:
                numbers.update(number for number in _TAKEN if held[number] != before.values.get(number))
            names = sorted(shape.fields[number].name for number in numbers if number in shape.fields)
            changed = [_stored(shape.table, name, held) for name in names]
            if any(number not in shape.fields for number in numbers):
                names.append("extra")
                changed.append(_extra(shape, record))
            alike.setdefault(tuple(names), []).append((record.id, record.ver, self._writers(record), *changed))
        if fresh:
            await self._behind.done()
            await self._connection.executemany(_upsert(shape.table), fresh)
        for changed_names, rows in alike.items():
            await self._many(_update(shape.table, changed_names), rows)

    def _held(self, record: Record) -> dict[int, Value]:
        """The values of a row: what hangs on another record stands where that one stands."""
        above = self._top(record)
        if above is record:
            return record.values
        return {**record.values, UNIT: above.values.get(UNIT), MARKING: above.values.get(MARKING)}

    def _whole(self, shape: Shape, record: Record, held: Mapping[int, Value]) -> tuple[Any, ...]:
        columns = [_stored(shape.table, shape.fields[number].name, held) for number in sorted(shape.fields)]
        return (record.id, *columns, *self._system(record), _extra(shape, record))

    def _other(self, record: Record) -> tuple[Any, ...]:
        held = self._held(record)
        marking = held.get(MARKING)
        return (
            record.id, record.entity, held.get(UNIT), marking if isinstance(marking, int) else 1,
            *self._system(record), encode(record.values) if record.values else None,
        )  # fmt: skip

    def _system(self, record: Record) -> tuple[Any, ...]:
        maker = self._maker(record)
        return record.ver, maker.ver, maker.dev or None, maker.dseq or None, self._writers(record)

    def _writers(self, record: Record) -> bytes | None:
        return None if record.writers == made_by(self._maker(record)) else encode(record.writers)

    def _maker(self, record: Record) -> Stamp:
        """The change that made a record: of a new one the first that wrote it."""
        known = self._makers.get(record.id)
        return known or min(record.stamps.values(), key=lambda stamp: stamp.ver, default=Stamp(0))

    def _top(self, record: Record) -> Record:
        """The record that decides who may read: the one that this hangs on."""
        return top(record, self._find, self._rules)[0]

    def _find(self, record: bytes) -> Record | None:
        return self._result.records.get(record) or self._loaded.records.get(record)

    async def _many(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Send a statement that takes a list for each column, and go on while it is carried out."""
        if rows:
            await self._behind.execute(statement, *map(list, zip(*rows, strict=True)))

    # Versions of fields

    def _written(self, record: Record, before: Record) -> list[int]:
        """The fields that the batch has written: a copy of a record keeps the stamps of all others."""
        found = self._writes.get(record.id)
        if found is None:
            known = before.stamps.get
            found = [number for number, stamp in record.stamps.items() if stamp is not known(number)]
            self._writes[record.id] = found
        return found

    @cached_property
    def _versions(self) -> list[tuple[Any, ...]]:
        rows = []
        for record in self._result.records.values():
            before = self._loaded.records.get(record.id)
            maker = self._maker(record)
            for number in record.stamps if before is None else self._written(record, before):
                stamp = record.stamps[number]
                entered = record.entered.get(number)
                # An empty column alone does not tell whether the creation wrote it.
                implied = stamp == maker and record.values.get(number) is not None
                same = stamp == before.stamps.get(number) if before else implied
                if same and (before is None or entered == before.entered.get(number)):
                    continue
                rows.append((record.id, number, stamp.ver, stamp.dev or None, stamp.dseq or None,
                             encode(entered) if entered else None))  # fmt: skip
        return rows

    # Conflicts

    async def _move_conflicts(self) -> None:
        """Conflicts, the settled ones too, are read where their record now stands."""
        moved = []
        for record in self._result.records.values():
            before = self._loaded.records.get(record.id)
            if before is None or (self._subject(record) is None and _stands(before) == _stands(record)):
                continue
            old, new = top(before, self._loaded.records.get, self._rules)[0], self._top(record)
            if (old.id, *_stands(old)) != (new.id, *_stands(new)):
                moved.append((record.id, new.id, *_stands(new)))
        if not moved:
            return
        await self._connection.executemany(
            "UPDATE conflict SET subject = $2, unit = $3, marking = $4 WHERE record = $1", moved
        )

    def _subject(self, record: Record) -> Value:
        number = self._rules.entity(record.entity).subject
        return None if number is None else record.values.get(number)

    async def _conflict(self, conflict: Conflict) -> None:
        record = self._find(conflict.record)
        above = self._top(record) if record else None
        held = above.values if above else {}
        shape = shapes().get(above.entity if above else conflict.entity)
        await self._connection.execute(
            "INSERT INTO conflict (id, entity, record, field, kind, ver, open, unit, marking, everywhere, subject, "
            "body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO UPDATE SET "
            "ver = excluded.ver, open = excluded.open, unit = excluded.unit, marking = excluded.marking, "
            "body = excluded.body",
            conflict.id, conflict.entity, conflict.record, conflict.field, int(conflict.kind), conflict.ver,
            conflict.open, held.get(UNIT), held.get(MARKING, 1), shape is not None and shape.table in EVERYWHERE_TABLES,
            above.id if above else conflict.record, encode(conflict),
        )  # fmt: skip

    # Feeds

    @cached_property
    def _bodies(self) -> dict[int, tuple[Any, ...]]:
        """What is said of each entry, by the entry's own identity: most are told in several feeds."""
        return {
            id(entry): (int(entry.kind), entry.entity, entry.record, entry.ver, encode(entry))
            for entry in {id(entry): entry for _, entry in self._result.entries}.values()
        }

    async def _tell(self, entries: list[tuple[bytes, Entry]]) -> dict[bytes, int]:
        if not entries:
            return {}
        count = Counter(place for place, _ in entries)
        # In one order for all, so that no two ever wait for each other.
        counted = [(place, *_readers(place), count[place]) for place in sorted(count)]
        found = await self._connection.fetch(_COUNTERS, *map(list, zip(*counted, strict=True)))
        heads = {row["place"]: row["pos"] for row in found}
        last = {place: head - count[place] for place, head in heads.items()}
        # Entries that are one and the same object are written and sent once for some feeds.
        spots: dict[int, list[bytes | int]] = {}
        for place, entry in entries:
            last[place] += 1
            spots.setdefault(id(entry), []).extend((place, last[place]))
        bodies = self._bodies
        await self._many(
            _ENTRIES,
            [
                (*bodies[entry], *spot, *[None] * (_ABREAST - len(spot)))
                for entry, stands in spots.items()
                for at in range(0, len(stands), _ABREAST)
                for spot in [stands[at : at + _ABREAST]]
            ],
        )
        return heads


async def log(connection: Any, known: Iterable[Known], told: Mapping[Ref, tuple[bytes, bytes]], now: int) -> None:
    """Store the changes with their final answers; `told` is that of the `Storing`."""
    rows = [
        (
            one.dev, one.change.dseq, one.digest, one.change.entity, one.change.record,
            max((trace.ver for trace in one.traces.values()), default=0), one.change.actor, one.change.hlc, now,
            change, encode(one.outcome), traces, one.epoch,
        )
        for one in known
        for change, traces in [told[Ref(one.dev, one.change.dseq)]]
    ]  # fmt: skip
    if rows:
        await connection.copy_records_to_table("change_log", records=rows, columns=_LOGGED)


def change_bytes(change: Change) -> bytes:
    """A change as it is stored. `old` served its judgement; what is not set has no form in an array."""
    return encode(change if change.old is not UNSET else replace(change, old=None))


def made_by(maker: Stamp) -> dict[bytes, int]:
    """Who has written to a record of which only its maker has."""
    return {maker.dev: maker.ver} if maker.dev else {}


def _readers(place: bytes) -> tuple[bytes | None, int | None, bytes | None]:
    """Who may read a feed: those of a unit up to a marking, or one person; none of these where all may."""
    if place == EVERYWHERE:
        return None, None, None
    return (None, None, place) if len(place) == PERSON else (place[:PERSON], place[PERSON], None)


def _stands(record: Record) -> tuple[Value, Value]:
    return record.values.get(UNIT), record.values.get(MARKING, 1)


def _stored(table: str, name: str, held: Mapping[int, Value]) -> Any:
    number, nullable, default = _field(table, name)
    value = held.get(number)
    if value is None:
        if nullable:
            return None
        value = default
    return values.stored(table, name, value)


@cache
def _field(table: str, name: str) -> tuple[int, bool, Any]:
    column = tables.synced[table].c[name]
    return column.info["number"], bool(column.nullable), values.default(table, name)


def _extra(shape: Shape, record: Record) -> bytes | None:
    extra = {number: value for number, value in record.values.items() if number not in shape.fields}
    return encode(extra) if extra else None


_TAKEN: Final = (UNIT, MARKING)
SYSTEM_COLUMNS: Final = ("ver", "made_ver", "made_dev", "made_dseq", "writers", "extra")
_LOGGED: Final = (
    "dev", "dseq", "digest", "entity", "record", "ver", "actor", "hlc", "received_at", "change", "outcome", "traces",
    "epoch",
)  # fmt: skip
_COUNTERS: Final = (
    "INSERT INTO feed (place, unit, marking, person, pos) SELECT * FROM "
    "unnest($1::bytea[], $2::bytea[], $3::smallint[], $4::bytea[], $5::bigint[]) "
    "ON CONFLICT (place) DO UPDATE SET pos = feed.pos + excluded.pos RETURNING place, pos"
)
_ABREAST: Final = 6
"""Place and position of three feeds: of an edit of a record that names two people."""
_ENTRIES: Final = (
    "INSERT INTO feed_entry (place, pos, kind, entity, record, ver, body) "
    "SELECT f.place, f.pos, e.kind, e.entity, e.record, e.ver, e.body "
    "FROM unnest($1::smallint[], $2::smallint[], $3::bytea[], $4::bigint[], $5::bytea[], "
    "$6::bytea[], $7::bigint[], $8::bytea[], $9::bigint[], $10::bytea[], $11::bigint[]) "
    "AS e (kind, entity, record, ver, body, one, at_one, two, at_two, three, at_three), "
    "LATERAL (VALUES (e.one, e.at_one), (e.two, e.at_two), (e.three, e.at_three)) AS f (place, pos) "
    "WHERE f.place IS NOT NULL"
)
_STAMPS: Final = (
    "INSERT INTO field_version (record, field, ver, dev, dseq, entered) SELECT * FROM "
    "unnest($1::bytea[], $2::smallint[], $3::bigint[], $4::bytea[], $5::bigint[], $6::bytea[]) "
    "ON CONFLICT (record, field) DO UPDATE SET ver = excluded.ver, dev = excluded.dev, dseq = excluded.dseq, "
    "entered = excluded.entered"
)


@cache
def _upsert(table: str) -> str:
    shape = next(shape for shape in shapes().values() if shape.table == table)
    return _upserting(table, ["id", *(shape.fields[number].name for number in sorted(shape.fields)), *SYSTEM_COLUMNS])


def _upserting(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join(f"${at}" for at in range(1, len(columns) + 1))
    kept = {"id", "entity", "made_ver", "made_dev", "made_dseq"}
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in kept)
    return f'INSERT INTO "{table}" ({names}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {sets}'


_UPSERT_OTHER: Final = _upserting("other_record", ["id", "entity", "unit", "marking", *SYSTEM_COLUMNS])


@cache
def _update(table: str, names: tuple[str, ...]) -> str:
    """Set some columns of many rows: a list of ids, one of versions, one of writers, one for each column."""
    columns = ["id", "ver", "writers", *names]
    lists = ", ".join(f"${at}::{_type(table, name)}[]" for at, name in enumerate(columns, 1))
    sets = ", ".join(f'"{name}" = w."{name}"' for name in columns[1:])
    quoted = ", ".join(f'"{name}"' for name in columns)
    return f'UPDATE "{table}" t SET {sets} FROM unnest({lists}) AS w ({quoted}) WHERE t.id = w.id'


_TYPES: Final = (
    (LargeBinary, "bytea"), (SmallInteger, "smallint"), (BigInteger, "bigint"), (Boolean, "boolean"), (Float, "float8")
)  # fmt: skip


def _type(table: str, name: str) -> str:
    column = tables.synced[table].c[name]
    return next((word for kind, word in _TYPES if isinstance(column.type, kind)), "text")
