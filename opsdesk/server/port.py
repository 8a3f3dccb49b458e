"""The centre's port to PostgreSQL: it loads what a batch needs, and stores what the centre made of it.

Both run in one transaction of `merger`. Pushes take their turn by one lock, so that versions can be counted on without
gaps in what a record has seen, and positions are given without a gap; readers never wait for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import Boolean

from opsdesk.server import tables
from opsdesk.server.rows import SYSTEM_COLUMNS
from opsdesk.server.storing import Storing, made_by
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.sync.core.messages import Batch, Change, Code, Conflict, Entry, EntryKind, Outcome, Ref, Value
from opsdesk.sync.core.rules import Kind, Rules
from opsdesk.sync.core.state import (
    Known,
    Loaded,
    Naming,
    Needs,
    Record,
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
        self._kinds: Mapping[bytes, int] = {}

    # Loading

    async def load(self, needs: Needs) -> Loaded:
        """Take the turn, then load what the centre asks for."""
        await self._connection.execute("SELECT pg_advisory_xact_lock($1)", _PUSH_LOCK)
        epochs = await self._connection.fetch(
            "SELECT number, head, floor, CASE WHEN is_called THEN last_value ELSE 0 END AS ver "
            "FROM epoch CROSS JOIN ver ORDER BY number"
        )
        ver = epochs[-1]["ver"]
        lost = tuple(range(row["head"] + 1, row["floor"] + 1) for row in epochs if row["floor"] > row["head"])
        self._loaded = Loaded(ver, epochs[-1]["number"], lost)
        self._kinds = needs.entities
        await self._load_changes(needs.changes | await self._load_names(needs.named))
        await self._load_records(needs.records)
        await self._load_changes(needs.writers_of(self._loaded.records) - self._loaded.changes.keys())
        await self._load_own_names(needs.decided_as(self._loaded.changes))
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
        """The last change of a device that was known here, without a hole from where its batch begins, in the life of
        which the batch knows. What came after that may be a copy's, or have had another answer before."""
        rows = await self._connection.fetch(
            "SELECT dseq FROM change_log WHERE dev = $1 AND dseq >= $2 AND epoch <= $3 ORDER BY dseq",
            batch.dev, batch.runs[0].first, batch.epoch,
        )  # fmt: skip
        mark = batch.runs[0].first - 1
        for row in rows:
            if row["dseq"] != mark + 1:
                break
            mark += 1
        return mark

    async def _load_names(self, named: Iterable[Ref]) -> set[Ref]:
        """What the folders that made these changes call them under their other names: devices with the same key."""
        refs, found = sorted(named, key=lambda ref: (ref.dev, ref.dseq)), set[Ref]()
        if not refs:
            return found
        rows = await self._connection.fetch(
            "SELECT w.dev, w.dseq, d.dev AS other FROM unnest($1::bytea[], $2::bigint[]) AS w (dev, dseq) "
            "JOIN device o ON o.dev = w.dev JOIN device d ON d.key = o.key AND d.dev <> o.dev "
            "ORDER BY w.dev, w.dseq, d.dev",
            [ref.dev for ref in refs], [ref.dseq for ref in refs],
        )  # fmt: skip
        for row in rows:
            ref, other = Ref(row["dev"], row["dseq"]), Ref(row["other"], row["dseq"])
            self._loaded.names[ref] = (*self._loaded.names.get(ref, ()), other)
            found.add(other)
        return found

    async def _load_own_names(self, pairs: Collection[tuple[Ref, Ref]]) -> None:
        """Which of some pairs of names are of one folder, known here or not, and what bears the other name."""
        if not pairs:
            return
        rows = await self._connection.fetch(
            "SELECT w.own, w.other, w.dseq FROM unnest($1::bytea[], $2::bytea[], $3::bigint[]) AS w (own, other, dseq) "
            "JOIN device o ON o.dev = w.own JOIN device d ON d.dev = w.other AND d.key = o.key "
            "ORDER BY w.dseq, w.own, w.other",
            [own.dev for own, _ in pairs], [other.dev for _, other in pairs], [own.dseq for own, _ in pairs],
        )  # fmt: skip
        for row in rows:
            own, other = Ref(row["own"], row["dseq"]), Ref(row["other"], row["dseq"])
            self._loaded.own_names[own] = (*self._loaded.own_names.get(own, ()), other)
        others = {other for names in self._loaded.own_names.values() for other in names}
        await self._load_changes(others - self._loaded.changes.keys())

    async def _load_changes(self, wanted: Iterable[Ref]) -> None:
        found = self._loaded.changes
        left = set(wanted)
        while left:
            refs = sorted(left, key=lambda ref: (ref.dev, ref.dseq))
            rows = await self._connection.fetch(
                "SELECT l.dev, l.dseq, l.digest, l.change, l.outcome, l.traces, l.epoch FROM change_log l "
                "JOIN unnest($1::bytea[], $2::bigint[]) AS w (dev, dseq) ON l.dev = w.dev AND l.dseq = w.dseq",
                [ref.dev for ref in refs], [ref.dseq for ref in refs],
            )  # fmt: skip
            left = set()
            for row in rows:
                known = Known(
                    _change(row["change"]), row["dev"], row["digest"], _outcome(row["outcome"]), _traces(row["traces"]),
                    row["epoch"],
                )  # fmt: skip
                found[Ref(row["dev"], row["dseq"])] = known
                base = known.change.base
                if known.outcome.code == Code.RETURNED and isinstance(base, Ref) and base not in found:
                    left.add(base)
            if left and self._loaded.epoch > 0:
                left |= await self._load_names(left - self._loaded.names.keys())

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
        made: dict[bytes, Record] = {}
        by_entity: dict[int, list[bytes]] = {}
        for one in wanted:
            if (entity := self._kinds.get(one)) in shapes():
                by_entity.setdefault(entity, []).append(one)
        await self._fetch(by_entity, made)
        if missing := [one for one in wanted if one not in made]:
            by_entity = {}
            for row in await self._connection.fetch(WHERE, missing):
                by_entity.setdefault(row["entity"], []).append(row["id"])
            await self._fetch(by_entity, made)
        # A join, since this table grows faster than PostgreSQL counts it: a plan made while it was small would compare
        # each of its rows with each id of a list.
        rows = await self._connection.fetch(
            "SELECT v.* FROM unnest($1::bytea[]) AS w (record) JOIN field_version v ON v.record = w.record", list(made)
        )
        for row in rows:
            record = made[row["record"]]
            record.stamps[row["field"]] = Stamp(row["ver"], row["dev"] or b"", row["dseq"] or 0)
            record.values.setdefault(row["field"], None)
            record.entered.pop(row["field"], None)
            if row["entered"] is not None:
                record.entered[row["field"]] = _entered(row["entered"])
        return list(made.values())

    async def _fetch(self, by_entity: Mapping[int, list[bytes]], made: dict[bytes, Record]) -> None:
        """Fetch rows, each as if all of it was written by the change that made it."""
        for entity, records in by_entity.items():
            shape = shapes().get(entity)
            table = shape.table if shape else "other_record"
            states = [rule.number for rule in self._rules.entity(entity).fields.values() if rule.kind is Kind.STATE]
            for row in await self._connection.fetch(
                f'SELECT {columns_of(entity)} FROM "{table}" WHERE id = ANY ($1)', records
            ):
                record = made[row["id"]] = record_of(entity, shape, row)
                maker = Stamp(row["made_ver"], row["made_dev"] or b"", row["made_dseq"] or 0)
                self._makers[record.id] = maker
                record.writers = made_by(maker) if row["writers"] is None else _writers(row["writers"])
                record.stamps = dict.fromkeys(record.values, maker)
                for number in states:
                    if isinstance(state := record.values.get(number), int):
                        record.entered[number] = {state: maker.ver}

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

    def storing(self) -> Storing:
        """What stores a result that is made of what was loaded: a context."""
        return Storing(self._connection, self._rules, self._loaded, self._makers)


def record_of(entity: int, shape: Shape | None, row: Any) -> Record:
    """A row, of the columns that `columns_of` names, as a record without its versions of fields."""
    held: dict[int, Value] = {}
    if shape is not None:
        numbers, flags = _fields(entity)
        # By their places behind the id: to look each up by its name takes longer than all else here.
        told = zip(numbers, row[1 : 1 + len(numbers)], strict=True)
        held = {number: value for number, value in told if value is not None}
        for number in flags & held.keys():
            held[number] = int(held[number])
    if row["extra"] is not None:
        held.update(_extra(row["extra"]))
    return Record(entity, row["id"], row["ver"], held)


@cache
def columns_of(entity: int) -> str:
    """The columns of a row that a record is made of, and when it was last written; not the words of its search."""
    shape = shapes().get(entity)
    if shape is None:
        return "*"
    names = ["id", *(spec.name for spec in shape.fields.values()), *SYSTEM_COLUMNS, "updated_at"]
    return ", ".join(f'"{name}"' for name in names)


@cache
def _fields(entity: int) -> tuple[tuple[int, ...], frozenset[int]]:
    """Numbers of the fields of a known entity in the order of its columns, and which are yes or no."""
    shape = shapes()[entity]
    columns = tables.synced[shape.table].c
    flags = [number for number, spec in shape.fields.items() if isinstance(columns[spec.name].type, Boolean)]
    return tuple(shape.fields), frozenset(flags)


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
