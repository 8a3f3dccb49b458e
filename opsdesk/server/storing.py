"""Storing what the centre makes of a batch meanwhile: many rows by one statement, of a row only what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from opsdesk.server import tables, values
from opsdesk.server.behind import Behind
from opsdesk.server.rows import UPSERT_OTHER, update, upsert
from opsdesk.store.queue.shapes import EVERYWHERE as EVERYWHERE_TABLES
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.sync.core.messages import Change, Conflict, Entry, Ref, Value
from opsdesk.sync.core.rules import MARKING, UNIT, Rules
from opsdesk.sync.core.state import EVERYWHERE, PERSON, Known, Loaded, Record, Result, Stamp, top

encode: Final = msgspec.msgpack.Encoder().encode


PIECE: Final = 512
"""Changes of a batch after whose judgement the database is given something to do."""


class Storing:
    """The storing of one result, as it grows, in the transaction of `connection`, a role of `merger`.

    What a part of a batch has made is sent while the next part is judged (`keep`), and the rest at the end (`store`).
    As a context it ends with all of it done; left by an exception, the transaction can be taken back.
    """

    def __init__(self, connection: Any, rules: Rules, loaded: Loaded, makers: Mapping[bytes, Stamp]) -> None:
        """`makers` are the changes that made the loaded records."""
        self._connection, self._rules = connection, rules
        self._loaded, self._makers = loaded, dict(makers)
        self._result = Result(loaded.ver)
        self._behind = Behind(connection)
        self._kept: dict[bytes, Record] = {}
        """The records as they were sent."""
        self._writes: dict[bytes, list[int]] = {}
        self._changes, self._entries = 0, 0
        """How many changes and entries of feeds of the result were looked at."""
        self._heads: dict[bytes, int] = {}
        self._told: dict[Ref, tuple[bytes, bytes]] = {}
        """What the log keeps of each change beside its answer: the change and its traces."""

    async def __aenter__(self) -> Storing:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        await self._behind.__aexit__(kind, *rest)

    async def keep(self, result: Result) -> None:
        """Send what a result has come to hold, once that is worth the way; called whenever all that it holds stays."""
        self._result = result
        if len(result.changes) - self._changes >= PIECE:
            await self._send()
        await self._behind.turn()

    async def store(self, result: Result, places: Collection[bytes]) -> dict[bytes, int]:
        """Store all that a whole result holds but the log, which comes after it, since its answers hold positions.
        Returns the last position of each of `places` and of each partition that was told something."""
        self._result = result
        await self._send()
        await self._behind.done()
        for conflict in result.conflicts.values():
            await self._conflict(conflict)
        await self._move_conflicts()
        if result.ver > self._loaded.ver:
            await self._connection.execute("SELECT setval('ver', $1)", result.ver)
        if not (missing := sorted(set(places) - self._heads.keys())):
            return self._heads
        rows = await self._connection.fetch("SELECT place, pos FROM feed WHERE place = ANY ($1)", missing)
        return self._heads | {row["place"]: row["pos"] for row in rows}

    async def log(self, known: Collection[Known], now: int) -> None:
        """Store the changes with their final answers."""
        rows = [
            (
                one.dev, one.change.dseq, one.digest, one.change.entity, one.change.record,
                max((trace.ver for trace in one.traces.values()), default=0), one.change.actor, one.change.hlc, now,
                change, encode(one.outcome), traces, one.epoch,
            )
            for one in known
            for change, traces in [self._told[Ref(one.dev, one.change.dseq)]]
        ]  # fmt: skip
        if rows:
            await self._connection.copy_records_to_table("change_log", records=rows, columns=_LOGGED)

    async def _send(self) -> None:
        """Send rows, versions of fields and entries of feeds, as far as they are new since the last time."""
        result = self._result
        await self._behind.done()
        await self._tell(result.entries[self._entries :])
        by_entity: dict[int, list[Record]] = {}
        self._writes.clear()
        for record in result.records.values():
            if self._kept.get(record.id) is not record:
                by_entity.setdefault(record.entity, []).append(record)
        for entity, records in sorted(by_entity.items()):
            shape = shapes().get(entity)
            if shape is None:
                await self._behind.done()
                await self._connection.executemany(UPSERT_OTHER, [self._other(record) for record in records])
            else:
                await self._rows(shape, records)
        fresh = [record for records in by_entity.values() for record in records]
        await self._many(_STAMPS, self._versions(fresh))
        # What is sent again was made by the change that made it at first, whoever has written over all of it since.
        self._makers.update((record.id, self._maker(record)) for record in fresh)
        self._kept.update((record.id, record) for record in fresh)
        for ref, known in islice(result.changes.items(), self._changes, None):
            self._told[ref] = change_bytes(known.change), encode(known.traces)
        self._entries, self._changes = len(result.entries), len(result.changes)

    # Rows

    async def _rows(self, shape: Shape, records: Iterable[Record]) -> None:
        fresh: list[tuple[Any, ...]] = []
        alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for record in records:
            before, held = self._before(record), self._held(record)
            if before is None:
                fresh.append(self._whole(shape, record, held))
                continue
            numbers = {number for number in self._written(record, before) if held[number] != before.values.get(number)}
            if held is not record.values:
                # What was sent before stood where the other record stood then.
                sent = record.id in self._kept
                numbers.update(number for number in _TAKEN if sent or held[number] != before.values.get(number))
            names = sorted(shape.fields[number].name for number in numbers if number in shape.fields)
            changed = [_stored(shape.table, name, held) for name in names]
            if any(number not in shape.fields for number in numbers):
                names.append("extra")
                changed.append(_extra(shape, record))
            alike.setdefault(tuple(names), []).append((record.id, record.ver, self._writers(record), *changed))
        if fresh:
            await self._behind.done()
            await self._connection.executemany(upsert(shape.table), fresh)
        for changed_names, rows in alike.items():
            await self._many(update(shape.table, changed_names), rows)

    def _held(self, record: Record) -> dict[int, Value]:
        """The values of a row: what hangs on another record stands where that one stands."""
        above, _ = self._top(record)
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

    def _before(self, record: Record) -> Record | None:
        """A record as the database has it by now."""
        return self._kept.get(record.id) or self._loaded.records.get(record.id)

    def _top(self, record: Record) -> tuple[Record, bytes]:
        """The record that this one hangs on, which decides who may read it, and the one on which people are named."""
        return top(record, self._find, self._rules)

    def _find(self, record: bytes) -> Record | None:
        return self._result.records.get(record) or self._loaded.records.get(record)

    async def _many(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Send a statement that takes a list for each column, and go on while it is carried out."""
        if rows:
            self._behind.execute(statement, *map(list, zip(*rows, strict=True)))
            await self._behind.turn()

    # Versions of fields

    def _written(self, record: Record, before: Record) -> list[int]:
        """The fields that were written since: a copy of a record keeps the stamps of all others."""
        found = self._writes.get(record.id)
        if found is None:
            known = before.stamps.get
            found = [number for number, stamp in record.stamps.items() if stamp is not known(number)]
            self._writes[record.id] = found
        return found

    def _versions(self, records: Iterable[Record]) -> list[tuple[Any, ...]]:
        rows = []
        for record in records:
            before = self._before(record)
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
            old, was_named_on = top(before, self._loaded.records.get, self._rules)
            new, named_on = self._top(record)
            if (was_named_on, *_stands(old)) != (named_on, *_stands(new)):
                moved.append((record.id, named_on, *_stands(new)))
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
        above, named_on = self._top(record) if record else (None, conflict.record)
        held = above.values if above else {}
        shape = shapes().get(above.entity if above else conflict.entity)
        await self._connection.execute(
            "INSERT INTO conflict (id, entity, record, field, kind, ver, open, unit, marking, everywhere, subject, "
            "body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO UPDATE SET "
            "ver = excluded.ver, open = excluded.open, unit = excluded.unit, marking = excluded.marking, "
            "body = excluded.body",
            conflict.id, conflict.entity, conflict.record, conflict.field, int(conflict.kind), conflict.ver,
            conflict.open, held.get(UNIT), held.get(MARKING, 1), shape is not None and shape.table in EVERYWHERE_TABLES,
            named_on, encode(conflict),
        )  # fmt: skip

    # Feeds

    async def _tell(self, entries: list[tuple[bytes, Entry]]) -> None:
        """Give entries their positions, and send them."""
        if not entries:
            return
        count = Counter(place for place, _ in entries)
        counted = [(place, *_readers(place), count[place]) for place in sorted(count)]
        found = await self._connection.fetch(_COUNTERS, *map(list, zip(*counted, strict=True)))
        heads = {row["place"]: row["pos"] for row in found}
        self._heads |= heads
        last = {place: head - count[place] for place, head in heads.items()}
        # Entries that are one and the same object are written and sent once for some feeds.
        spots: dict[int, list[bytes | int]] = {}
        said: dict[int, Entry] = {}
        for place, entry in entries:
            last[place] += 1
            said[id(entry)] = entry
            spots.setdefault(id(entry), []).extend((place, last[place]))
        await self._many(
            _ENTRIES,
            [
                (*body, *spot, *[None] * (_ABREAST - len(spot)))
                for one, stands in spots.items()
                for body in [_body(said[one])]
                for at in range(0, len(stands), _ABREAST)
                for spot in [stands[at : at + _ABREAST]]
            ],
        )


def _body(entry: Entry) -> tuple[Any, ...]:
    """What is said of an entry beside where it stands."""
    return int(entry.kind), entry.entity, entry.record, entry.ver, encode(entry)


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
