"""The centre's port to PostgreSQL: it loads what a batch needs, and stores what the centre made of it.

Both run in one transaction of `merger`. Pushes take their turn by one lock, so that versions can be counted on without
gaps in what a record has seen, and positions are given without a gap; readers never wait for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from opsdesk.models.base import FieldSpec
from opsdesk.server import tables, values
from opsdesk.store.queue.shapes import EVERYWHERE as EVERYWHERE_TABLES
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.sync.core.messages import Batch, Change, Code, Conflict, Entry, EntryKind, Outcome, Ref, Value
from opsdesk.sync.core.rules import MARKING, UNIT, Kind, Rules
from opsdesk.sync.core.state import (
    EVERYWHERE,
    PERSON,
    Known,
    Loaded,
    Naming,
    Needs,
    Record,
    Result,
    Stamp,
    Trace,
    top,
)

_PUSH_LOCK: Final = 0x6F7073_70757368

encode: Final = msgspec.msgpack.Encoder().encode
_change: Final = msgspec.msgpack.Decoder(Change).decode
_outcome: Final = msgspec.msgpack.Decoder(Outcome).decode
_traces: Final = msgspec.msgpack.Decoder(dict[int, Trace]).decode
_conflict: Final = msgspec.msgpack.Decoder(Conflict).decode
_entry: Final = msgspec.msgpack.Decoder(Entry).decode
_extra: Final = msgspec.msgpack.Decoder(dict[int, Any]).decode
_writers: Final = msgspec.msgpack.Decoder(dict[bytes, int]).decode
_entered: Final = msgspec.msgpack.Decoder(dict[int, int]).decode


class Port:
    """One push: load, then store."""

    def __init__(self, connection: Any, rules: Rules) -> None:
        self._connection = connection
        self._rules = rules
        self._loaded = Loaded(0)
        self._makers: dict[bytes, Stamp] = {}

    # Loading

    async def load(self, needs: Needs) -> Loaded:
        """Take the turn, then load what the centre asks for."""
        fetchval = self._connection.fetchval
        await self._connection.execute("SELECT pg_advisory_xact_lock($1)", _PUSH_LOCK)
        epochs = await self._connection.fetch("SELECT number, head, floor FROM epoch ORDER BY number")
        ver = await fetchval("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ver")
        lost = tuple(range(row["head"] + 1, row["floor"] + 1) for row in epochs if row["floor"] > row["head"])
        self._loaded = Loaded(ver, epochs[-1]["number"], lost)
        await self._load_changes(needs.changes)
        await self._load_records(needs.records)
        find = self._loaded.records.get
        families = {top(found, find, self._rules)[1] if (found := find(one)) else one for one in needs.families}
        await self._load_children(needs.children | families)
        for entity, record in sorted(needs.trees):
            await self._load_tree(entity, record)
        await self._load_naming(needs.records)
        await self._load_conflicts(needs.conflicts)
        await self._load_past(needs.past)
        return self._loaded

    async def known_up_to(self, batch: Batch) -> int:
        """The last change of a device that is known here without a hole from where its batch begins."""
        rows = await self._connection.fetch(
            "SELECT dseq FROM change_log WHERE dev = $1 AND dseq >= $2 ORDER BY dseq", batch.dev, batch.runs[0].first
        )
        mark = batch.runs[0].first - 1
        for row in rows:
            if row["dseq"] != mark + 1:
                break
            mark += 1
        return mark

    async def _load_changes(self, wanted: Iterable[Ref]) -> None:
        found = self._loaded.changes
        left = set(wanted)
        while left:
            refs = sorted(left, key=lambda ref: (ref.dev, ref.dseq))
            rows = await self._connection.fetch(
                "SELECT l.dev, l.dseq, l.digest, l.change, l.outcome, l.traces FROM change_log l "
                "JOIN unnest($1::bytea[], $2::bigint[]) AS w (dev, dseq) ON l.dev = w.dev AND l.dseq = w.dseq",
                [ref.dev for ref in refs], [ref.dseq for ref in refs],
            )  # fmt: skip
            left = set()
            for row in rows:
                known = Known(
                    _change(row["change"]), row["dev"], row["digest"], _outcome(row["outcome"]), _traces(row["traces"])
                )
                found[Ref(row["dev"], row["dseq"])] = known
                base = known.change.base
                if known.outcome.code == Code.RETURNED and isinstance(base, Ref) and base not in found:
                    left.add(base)

    async def _load_records(self, wanted: Collection[bytes]) -> None:
        """Load records with the chain of their subjects and their open conflicts."""
        found = self._loaded.records
        left = sorted(set(wanted) - found.keys())
        made: list[Record] = []
        while left:
            fresh = await self._records(left)
            made += fresh
            found.update((record.id, record) for record in fresh)
            left = sorted({above for record in fresh if (above := self._subject(record))} - found.keys())
        rows = await self._connection.fetch(
            "SELECT body FROM conflict WHERE record = ANY ($1) AND open", [record.id for record in made]
        )
        self._keep_conflicts(rows)

    async def _records(self, wanted: list[bytes]) -> list[Record]:
        places = await self._connection.fetch(WHERE, wanted)
        by_entity: dict[int, list[bytes]] = {}
        for row in places:
            by_entity.setdefault(row["entity"], []).append(row["id"])
        made: dict[bytes, Record] = {}
        for entity, records in by_entity.items():
            shape = shapes().get(entity)
            table = shape.table if shape else "other_record"
            for row in await self._connection.fetch(f'SELECT * FROM "{table}" WHERE id = ANY ($1)', records):
                made[row["id"]] = record_of(entity, shape, row)
                maker = Stamp(row["made_ver"], row["made_dev"] or b"", row["made_dseq"] or 0)
                self._makers[row["id"]] = maker
                made[row["id"]].writers = _made_by(maker) if row["writers"] is None else _writers(row["writers"])
        stamped: set[tuple[bytes, int]] = set()
        for row in await self._connection.fetch("SELECT * FROM field_version WHERE record = ANY ($1)", list(made)):
            record = made[row["record"]]
            record.stamps[row["field"]] = Stamp(row["ver"], row["dev"] or b"", row["dseq"] or 0)
            record.values.setdefault(row["field"], None)
            stamped.add((record.id, row["field"]))
            if row["entered"] is not None:
                record.entered[row["field"]] = _entered(row["entered"])
        for record in made.values():
            self._stamp_rest(record, self._makers[record.id], stamped)
        return list(made.values())

    def _stamp_rest(self, record: Record, maker: Stamp, stamped: set[tuple[bytes, int]]) -> None:
        """What has no row of its own was written by the creation."""
        for number, value in record.values.items():
            if (record.id, number) in stamped:
                continue
            record.stamps[number] = maker
            if self._rules.field(record.entity, number).kind is Kind.STATE and isinstance(value, int):
                record.entered[number] = {value: maker.ver}

    async def _load_children(self, wanted: Iterable[bytes]) -> None:
        left = set(wanted)
        done: set[bytes] = set()
        while left:
            done |= left
            rows = await self._connection.fetch(_CHILDREN, sorted(left))
            below = {row["id"] for row in rows}
            for row in rows:
                self._loaded.children.setdefault(row["subject"], set()).add(row["id"])
            await self._load_records(below)
            left = below - done

    async def _load_naming(self, wanted: Iterable[bytes]) -> None:
        subjects = {above for record in self._loaded.records.values() if (above := self._subject(record))}
        rows = await self._connection.fetch(
            "SELECT record, source, field, person FROM naming WHERE record = ANY ($1)",
            sorted({*wanted, *self._loaded.records, *subjects}),
        )
        found: dict[bytes, set[Naming]] = {}
        for row in rows:
            found.setdefault(row["record"], set()).add((row["source"], row["field"], row["person"]))
        self._loaded.naming.update((record, frozenset(naming)) for record, naming in found.items())

    async def _load_tree(self, entity: int, record: Value) -> None:
        tree = next((rule.number for rule in self._rules.entity(entity).fields.values() if rule.tree), 0)
        seen: set[bytes] = set()
        while isinstance(record, bytes) and record not in seen:
            seen.add(record)
            await self._load_records({record})
            found = self._loaded.records.get(record)
            record = found.values.get(tree) if found else None

    async def _load_conflicts(self, wanted: set[bytes]) -> None:
        missing = sorted(wanted - self._loaded.conflicts.keys())
        if missing:
            self._keep_conflicts(await self._connection.fetch("SELECT body FROM conflict WHERE id = ANY ($1)", missing))

    def _keep_conflicts(self, rows: Iterable[Mapping[str, bytes]]) -> None:
        for row in rows:
            conflict = _conflict(row["body"])
            self._loaded.conflicts[conflict.id] = conflict

    async def _load_past(self, wanted: Iterable[tuple[bytes, int, int]]) -> None:
        """Values as they were at a version: those still shown, else from what the feeds were told."""
        older: dict[bytes, list[tuple[int, int]]] = {}
        for record, number, ver in wanted:
            found = self._loaded.records.get(record)
            stamp = found.stamps.get(number) if found else None
            if found is None or stamp is None or stamp.ver <= ver:
                self._loaded.past[record, number, ver] = found.values.get(number) if found else None
            else:
                older.setdefault(record, []).append((number, ver))
        if not older:
            return
        rows = await self._connection.fetch(
            "SELECT record, kind, ver, body FROM feed_entry WHERE record = ANY ($1) AND kind = ANY ($2) "
            "ORDER BY ver DESC",
            list(older), [int(EntryKind.CREATE), int(EntryKind.CHANGE)],
        )  # fmt: skip
        for row in rows:
            told = _entry(row["body"]).values
            for number, ver in older[row["record"]]:
                if row["ver"] <= ver and number in told:
                    self._loaded.past.setdefault((row["record"], number, ver), told[number])
            if row["kind"] == EntryKind.CREATE:
                # Nothing came before it: a field of which nothing was found was empty.
                for number, ver in older[row["record"]]:
                    self._loaded.past.setdefault((row["record"], number, ver), None)

    def _subject(self, record: Record) -> bytes | None:
        number = self._rules.entity(record.entity).subject
        above = record.values.get(number) if number is not None else None
        return above if isinstance(above, bytes) else None

    # Storing

    async def store(self, result: Result, places: Collection[bytes]) -> dict[bytes, int]:
        """Store rows and conflicts, then, last of all, tell the feeds. Returns the last position of each of `places`
        and of each partition that was told something.

        The log is stored after that (`log`), since its answers hold positions.
        """
        by_entity: dict[int, list[Record]] = {}
        for record in result.records.values():
            by_entity.setdefault(record.entity, []).append(record)
        for entity, records in sorted(by_entity.items()):
            await self._store_rows(shapes().get(entity), records, result)
        await self._store_stamps(result)
        for conflict in result.conflicts.values():
            await self._store_conflict(conflict, result)
        await self._move_conflicts(result)
        if result.ver > self._loaded.ver:
            await self._connection.execute("SELECT setval('ver', $1)", result.ver)
        heads = await self._tell(result.entries)
        rows = await self._connection.fetch("SELECT place, pos FROM feed WHERE place = ANY ($1)", sorted(places))
        return heads | {row["place"]: row["pos"] for row in rows}

    async def log(self, known: Iterable[Known], now: int) -> None:
        """Store the changes with their final answers."""
        await self._connection.executemany(
            "INSERT INTO change_log (dev, dseq, digest, entity, record, ver, actor, hlc, received_at, change, outcome, "
            "traces) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            [
                (
                    one.dev, one.change.dseq, one.digest, one.change.entity, one.change.record,
                    max((trace.ver for trace in one.traces.values()), default=0), one.change.actor, one.change.hlc, now,
                    change_bytes(one.change), encode(one.outcome), encode(one.traces),
                )
                for one in known
            ],
        )  # fmt: skip

    async def _store_rows(self, shape: Shape | None, records: list[Record], result: Result) -> None:
        specs = sorted(shape.fields.values(), key=lambda spec: spec.number) if shape else []
        rows = [self._row(shape, specs, record, result) for record in records]
        await self._connection.executemany(_upsert(shape.table if shape else "other_record"), rows)

    def _row(self, shape: Shape | None, specs: list[FieldSpec], record: Record, result: Result) -> tuple[Any, ...]:
        maker = self._maker(record)
        above = self._top(record, result)
        taken = {UNIT: above.values.get(UNIT), MARKING: above.values.get(MARKING)}
        held = {**record.values, **({} if above is record else taken)}
        columns = (
            [_column(shape, spec, held) for spec in specs]
            if shape
            else [record.entity, held.get(UNIT), held.get(MARKING) if isinstance(held.get(MARKING), int) else 1]
        )
        known = shape.fields.keys() if shape else ()
        extra = {number: value for number, value in record.values.items() if number not in known}
        return (
            record.id, *columns, record.ver, maker.ver, maker.dev or None, maker.dseq or None,
            None if record.writers == _made_by(maker) else encode(record.writers),
            encode(extra) if extra else None,
        )  # fmt: skip

    def _maker(self, record: Record) -> Stamp:
        """The change that made a record: of a new one the first that wrote it."""
        known = self._makers.get(record.id)
        return known or min(record.stamps.values(), key=lambda stamp: stamp.ver, default=Stamp(0))

    def _top(self, record: Record, result: Result) -> Record:
        """The record that decides who may read: the one that this hangs on."""
        return top(record, lambda one: result.records.get(one) or self._loaded.records.get(one), self._rules)[0]

    async def _store_stamps(self, result: Result) -> None:
        rows = []
        for record in result.records.values():
            before = self._loaded.records.get(record.id)
            maker = self._maker(record)
            for number, stamp in record.stamps.items():
                entered = record.entered.get(number)
                # An empty column alone does not tell whether the creation wrote it.
                implied = stamp == maker and record.values.get(number) is not None
                same = stamp == before.stamps.get(number) if before else implied
                if same and (before is None or entered == before.entered.get(number)):
                    continue
                rows.append((record.id, number, stamp.ver, stamp.dev or None, stamp.dseq or None,
                             encode(entered) if entered else None))  # fmt: skip
        await self._connection.executemany(
            "INSERT INTO field_version (record, field, ver, dev, dseq, entered) VALUES ($1, $2, $3, $4, $5, $6) "
            "ON CONFLICT (record, field) DO UPDATE SET ver = excluded.ver, dev = excluded.dev, dseq = excluded.dseq, "
            "entered = excluded.entered",
            rows,
        )

    async def _move_conflicts(self, result: Result) -> None:
        """Conflicts, the settled ones too, are read where their record now stands."""
        moved = []
        for record in result.records.values():
            before = self._loaded.records.get(record.id)
            if before is None:
                continue
            old, new = top(before, self._loaded.records.get, self._rules)[0], self._top(record, result)
            stands = [(one.id, one.values.get(UNIT), one.values.get(MARKING, 1)) for one in (old, new)]
            if stands[0] != stands[1]:
                moved.append((record.id, *stands[1]))
        await self._connection.executemany(
            "UPDATE conflict SET subject = $2, unit = $3, marking = $4 WHERE record = $1", moved
        )

    async def _store_conflict(self, conflict: Conflict, result: Result) -> None:
        record = result.records.get(conflict.record) or self._loaded.records.get(conflict.record)
        above = self._top(record, result) if record else None
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

    async def _tell(self, entries: list[tuple[bytes, Entry]]) -> dict[bytes, int]:
        by_place: dict[bytes, list[Entry]] = {}
        for place, entry in entries:
            by_place.setdefault(place, []).append(entry)
        heads: dict[bytes, int] = {}
        rows: list[tuple[Any, ...]] = []
        for place, told in sorted(by_place.items()):
            head = await self._connection.fetchval(
                "INSERT INTO feed (place, unit, marking, person, pos) VALUES ($1, $2, $3, $4, $5) "
                "ON CONFLICT (place) DO UPDATE SET pos = feed.pos + excluded.pos RETURNING pos",
                place, *_readers(place), len(told),
            )  # fmt: skip
            heads[place] = head
            rows += [
                (place, head - len(told) + at, int(entry.kind), entry.entity, entry.record, entry.ver, encode(entry))
                for at, entry in enumerate(told, 1)
            ]
        await self._connection.executemany("INSERT INTO feed_entry VALUES ($1, $2, $3, $4, $5, $6, $7)", rows)
        return heads


def _readers(place: bytes) -> tuple[bytes | None, int | None, bytes | None]:
    """Who may read a feed: those of a unit up to a marking, or one person; none of these where all may."""
    if place == EVERYWHERE:
        return None, None, None
    return (None, None, place) if len(place) == PERSON else (place[:PERSON], place[PERSON], None)


def change_bytes(change: Change) -> bytes:
    """A change as it is stored. `old` served its judgement; what is not set has no form in an array."""
    return encode(change if change.old is not UNSET else replace(change, old=None))


def _made_by(maker: Stamp) -> dict[bytes, int]:
    return {maker.dev: maker.ver} if maker.dev else {}


def record_of(entity: int, shape: Shape | None, row: Mapping[str, Any]) -> Record:
    held: dict[int, Value] = {}
    if shape is not None:
        for number, spec in shape.fields.items():
            value = row[spec.name]
            if value is not None:
                held[number] = int(value) if isinstance(value, bool) else value
    if row["extra"] is not None:
        held.update(_extra(row["extra"]))
    return Record(entity, row["id"], row["ver"], held)


def _column(shape: Shape, spec: FieldSpec, held: Mapping[int, Value]) -> Any:
    column = tables.synced[shape.table].c[spec.name]
    value = held.get(spec.number)
    if value is None and not column.nullable and column.server_default is not None:
        value = values.default(shape.table, spec.name)
    return values.stored(shape.table, spec.name, value)


_SYSTEM_COLUMNS: Final = ("ver", "made_ver", "made_dev", "made_dseq", "writers", "extra")


@cache
def _upsert(table: str) -> str:
    if table == "other_record":
        columns = ["id", "entity", "unit", "marking", *_SYSTEM_COLUMNS]
    else:
        shape = next(shape for shape in shapes().values() if shape.table == table)
        columns = ["id", *(shape.fields[number].name for number in sorted(shape.fields)), *_SYSTEM_COLUMNS]
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join(f"${at}" for at in range(1, len(columns) + 1))
    kept = {"id", "entity", "made_ver", "made_dev", "made_dseq"}
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in kept)
    return f'INSERT INTO "{table}" ({names}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {sets}'


WHERE: Final = " UNION ALL ".join(
    [
        *(
            f'SELECT {shape.entity} AS entity, id FROM "{shape.table}" WHERE id = ANY ($1)'
            for shape in shapes().values()
        ),
        "SELECT entity, id FROM other_record WHERE id = ANY ($1)",
    ]
)
"""Which entity a record is of: its id alone does not tell."""

_CHILDREN: Final = " UNION ALL ".join(
    f'SELECT id, subject FROM "{name}" WHERE subject = ANY ($1)'
    for name, table in tables.synced.items()
    if "subject" in table.c
)
