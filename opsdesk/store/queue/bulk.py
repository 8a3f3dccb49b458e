"""The plain entries of a frame, all at once: a few statements for hundreds of records instead of a dozen for each.

A record's entries are plain when its kind and all its fields are known here, nothing of it waits to leave, to be told
again or to be decided, and nobody wrote where an own change waits. All others go one by one (`inbox`). A record goes
one way whole, so that its entries keep their order; between records there is none to keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from opsdesk.store.database import Connection, Database
from opsdesk.store.queue.applied import Applied
from opsdesk.store.queue.lookup import looked_up, records_in
from opsdesk.store.queue.outbox import Outbox
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.store.tables import ORIGIN_RECEIVED, RETOLD
from opsdesk.sync.core.messages import Entry, EntryKind, Ref

HISTORY: Final = (
    "INSERT INTO received_change (origin, dev, dseq, ver, entity, record, field, event, new, old, base, hlc, happened, "
    "actor, act) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)"
)
_json: Final = msgspec.json.Encoder().encode
_OF_RECORDS: Final = (EntryKind.CREATE, EntryKind.CHANGE, EntryKind.ENTER)
_APART: Final = ("stale_record", "leaving_record", "conflict")


@dataclass(slots=True)
class _Row:
    """A row as it will stand."""

    key: int | None
    """None of a row that is not there yet."""
    ver: int
    touched: int
    shown: dict[int, Any]
    changed: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Known:
    """What this desk holds of the records of a frame."""

    pending: dict[bytes, set[int]] = field(default_factory=dict)
    """Fields with waiting changes; 0 stands for all."""
    beneath: dict[bytes, set[int]] = field(default_factory=dict)
    """Fields beneath which the server's value is noted."""
    wrote: dict[Ref, tuple[int, Any]] = field(default_factory=dict)
    """Field and value of own changes."""


class Bulk:
    """Applies the plain entries of frames, inside a transaction of the caller."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox
        self._history: list[tuple[Any, ...]] = []
        self._beneath: dict[tuple[bytes, int], tuple[int, Any]] = {}
        self._now = 0

    @property
    def _connection(self) -> Connection:
        return self._database.connection

    def apply(self, entries: Sequence[Entry], applied: Applied) -> list[Entry]:
        """Apply what is plain; the other entries, in their order."""
        told, apart = _by_record(entries)
        known = self._look(told, apart)
        by_entity: dict[int, dict[bytes, list[Entry]]] = {}
        for record, some in told.items():
            if record not in apart:
                by_entity.setdefault(some[0].entity, {})[record] = some
        self._history, self._beneath = [], {}
        (self._now,) = self._connection.execute("SELECT hlc FROM capture").fetchone()
        for entity, records in by_entity.items():
            self._apply(shapes()[entity], records, known, applied)
        self._connection.executemany(HISTORY, unheard(self._connection, self._history))
        self._connection.executemany(
            "INSERT OR REPLACE INTO server_value (record, field, entity, value) VALUES (?, ?, ?, ?)",
            [(record, number, entity, value) for (record, number), (entity, value) in self._beneath.items()],
        )
        return [entry for entry in entries if entry.record in apart]

    # What is plain

    def _look(self, told: dict[bytes, list[Entry]], apart: set[bytes]) -> _Known:
        """What is held of the records; those that need a look of their own are added to `apart`."""
        connection, known = self._connection, _Known()
        records = told.keys() - apart
        for table in _APART:
            apart.update(records_in(connection, table, records))
        records -= apart
        if self._outbox.any_waits():
            known.pending = self._outbox.pending_of(records)
        noted = set(records_in(connection, "server_value", records))
        for record, number in looked_up(
            connection, "SELECT record, field FROM server_value WHERE record IN ({0})", noted
        ):
            known.beneath.setdefault(record, set()).add(number)
        apart.update(known.beneath.keys() - known.pending.keys())
        changes = [entry.change for record in records for entry in told[record] if entry.change is not None]
        known.wrote = self._outbox.written(changes)
        offered = self._outbox.offered_to()
        apart.update(record for record in known.pending if not _is_echo(told[record], known, offered))
        return known

    # Applying

    def _apply(self, shape: Shape, told: dict[bytes, list[Entry]], known: _Known, applied: Applied) -> None:
        rows = self._rows(shape, told)
        for record, entries in told.items():
            row = rows.get(record)
            for entry in entries:
                if row is None:
                    row = self._made(shape, entry) if entry.kind != EntryKind.CHANGE else None
                    if row is None:
                        continue
                    rows[record] = row
                elif entry.ver <= row.ver:
                    continue
                else:
                    self._take(shape, row, entry, known)
                applied.touch(shape.entity, record)
        self._insert(shape, [(record, row) for record, row in rows.items() if row.key is None])
        self._update(shape, [row for row in rows.values() if row.key is not None])

    def _rows(self, shape: Shape, told: dict[bytes, list[Entry]]) -> dict[bytes, _Row]:
        """The rows that are there, with the fields that the entries name."""
        numbers: set[int] = set()
        for entries in told.values():
            for entry in entries:
                numbers.update(entry.values if entry.kind == EntryKind.CHANGE else shape.fields)
        wanted = sorted(numbers)
        names = ", ".join(
            ["id", "key", "ver", "updated_at" if shape.touched else "0", *(f'"{shape.fields[n].name}"' for n in wanted)]
        )
        return {
            record: _Row(key, ver, touched, dict(zip(wanted, values, strict=True)))
            for record, key, ver, touched, *values in looked_up(
                self._connection, f'SELECT {names} FROM "{shape.table}" WHERE id IN ({{0}})', told
            )
        }

    def _made(self, shape: Shape, entry: Entry) -> _Row | None:
        given = {number: value for number, value in entry.values.items() if value is not None}
        if shape.required - given.keys():
            return None  # a record that ships with the program, seen only in part
        if entry.kind == EntryKind.CREATE:
            self._note(shape, entry, 0, creation(given), None)
        return _Row(None, entry.ver, entry.hlc >> 16, shape.blank() | given)

    def _take(self, shape: Shape, row: _Row, entry: Entry, known: _Known) -> None:
        values = entry.values
        if entry.kind != EntryKind.CHANGE:
            # A whole record: what it does not name is null.
            values = {number: entry.values.get(number) for number in shape.fields}
            for number in shape.texts if entry.kind == EntryKind.ENTER else ():
                if row.shown[number] != values[number]:
                    self._note(
                        shape, replace(entry, hlc=entry.hlc or self._now), number, values[number], row.shown[number]
                    )
        elif not _wrote(entry, known):
            for number, value in values.items():
                self._note(shape, entry, number, value, row.shown[number])
        pending = known.pending.get(entry.record, ())
        for number, value in values.items():
            if number in pending or 0 in pending:
                # Of an own creation that waits the row shows what was done here since, not what others did.
                waits = entry.kind == EntryKind.CREATE and 0 in pending
                if not waits or number in known.beneath.get(entry.record, ()):
                    self._beneath[entry.record, number] = (shape.entity, value)
                    known.beneath.setdefault(entry.record, set()).add(number)
            elif row.shown[number] != value and shape.takes(number, value):
                row.shown[number] = value
                row.changed.add(number)
        row.ver, row.touched = entry.ver, max(row.touched, entry.hlc >> 16)
        row.changed.add(0)

    def _insert(self, shape: Shape, made: list[tuple[bytes, _Row]]) -> None:
        if not made:
            return
        numbers = sorted(shape.fields)
        names = ["id", "ver", *(["updated_at"] if shape.touched else []), *(shape.fields[n].name for n in numbers)]
        held = itemgetter(*numbers)
        self._connection.executemany(
            f'INSERT INTO "{shape.table}" ({", ".join(map(_quoted, names))}) VALUES ({", ".join("?" * len(names))})',
            [
                (record, row.ver, row.touched, *held(row.shown))
                if shape.touched
                else (record, row.ver, *held(row.shown))
                for record, row in made
            ],
        )

    def _update(self, shape: Shape, rows: list[_Row]) -> None:
        """Write what has changed, the rows of one set of fields together."""
        alike: dict[frozenset[int], list[_Row]] = {}
        for row in rows:
            if row.changed:
                alike.setdefault(frozenset(row.changed), []).append(row)
        for changed, some in alike.items():
            numbers = sorted(changed - {0})
            names = [*(shape.fields[n].name for n in numbers), "ver", *(["updated_at"] if shape.touched else [])]
            self._connection.executemany(
                f'UPDATE "{shape.table}" SET {", ".join(f"{_quoted(name)} = ?" for name in names)} WHERE key = ?',
                [
                    (*(row.shown[n] for n in numbers), row.ver, *((row.touched,) if shape.touched else ()), row.key)
                    for row in some
                ],
            )

    def _note(self, shape: Shape, entry: Entry, number: int, new: Any, old: Any) -> None:
        self._history.append(history_row(shape, entry, number, new, old))


def history_row(shape: Shape, entry: Entry, number: int, new: Any, old: Any) -> tuple[Any, ...]:
    """One row of the history, for `unheard`."""
    dev, dseq = (entry.change.dev, entry.change.dseq) if entry.change else (None, None)
    return (
        ORIGIN_RECEIVED, dev, dseq, entry.ver, shape.entity, entry.record, number, entry.event, new, old, entry.hlc,
        entry.happened, entry.actor,
    )  # fmt: skip


def unheard(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows of the history that are not kept yet, as arguments of HISTORY. A record that had gone may come back by a
    feed that is read from its begin, and its history has stayed. What a restored server had lost it tells again with
    another version: that is kept for the versions, and says nothing new to people."""
    (restored,) = connection.execute("SELECT EXISTS (SELECT 1 FROM lost_version)").fetchone()
    oldest = 0 if restored else min((row[3] for row in rows), default=0)
    kept = "SELECT dev, dseq, ver, record, field, new FROM received_change WHERE ver >= ? AND record IN ({0})"
    found = list(looked_up(connection, kept, {row[5] for row in rows}, oldest))
    known = {row[:5] for row in found}
    said = {(*row[:2], *row[3:]) for row in found if row[0] is not None} if restored else set()
    fresh = [row for row in rows if (*row[1:4], *row[5:7]) not in known]
    return [(*row, RETOLD if (*row[1:3], *row[5:7], row[8]) in said else None) for row in fresh]


def creation(given: dict[int, Any]) -> str:
    """The values of a new record as the history keeps them."""
    said = {
        str(number): value.hex().upper() if isinstance(value, bytes) else value
        for number, value in sorted(given.items())
    }
    return _json(said).decode()


def _quoted(name: str) -> str:
    return f'"{name}"'


def _by_record(entries: Iterable[Entry]) -> tuple[dict[bytes, list[Entry]], set[bytes]]:
    """Entries that write rows, by record; and the records that are told something else besides."""
    told: dict[bytes, list[Entry]] = {}
    apart: set[bytes] = set()
    known = shapes()
    for entry in entries:
        if entry.kind == EntryKind.EMPTY:
            continue
        shape = known.get(entry.entity)
        some = told.setdefault(entry.record, [])
        some.append(entry)
        if (
            entry.kind not in _OF_RECORDS
            or shape is None
            or not entry.values.keys() <= shape.fields.keys()
            or some[0].entity != entry.entity
        ):
            apart.add(entry.record)
    return told, apart


def _wrote(entry: Entry, known: _Known) -> bool:
    """Whether an own change wrote just what an entry tells."""
    made = known.wrote.get(entry.change) if entry.change is not None else None
    return made is not None and (made[0] == 0 or all(made == one for one in entry.values.items()))


def _is_echo(entries: Iterable[Entry], known: _Known, offered: int) -> bool:
    """Whether a record with waiting changes is told only what was written here, just as it was written. `offered` is
    the last own change that was offered again after a restore: a creation up to it may show what others did."""
    return all(
        entry.kind != EntryKind.ENTER
        and _wrote(entry, known)
        and (entry.kind != EntryKind.CREATE or (entry.change is not None and entry.change.dseq > offered))
        for entry in entries
    )
