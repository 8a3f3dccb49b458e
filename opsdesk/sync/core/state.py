"""What the centre holds, as far as one batch needs it: records, conflicts, the log; and a draft with savepoints.

A port loads what `Needs` names (`Loaded`), the batch is judged on a `Draft` above it without any I/O, and the port
stores what the draft has changed. Records are copied before they are written, so that a savepoint costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from opsdesk.sync.core.messages import Change, Code, Conflict, Entry, EntryKind, Outcome, Ref, Value
from opsdesk.sync.core.rules import MARKING, UNIT, Rules

EVERYWHERE: Final = b"*"
"""The partition that every desk reads: units, people, forms, categories, places."""


PARTITION: Final = 17
"""Letters of the name of a partition: unit and marking."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which change wrote the value that a field has. `dev` is empty when no single change wrote it (a merged text)."""

    ver: int
    dev: bytes = b""
    dseq: int = 0

    @property
    def change(self) -> Ref | None:
        """The change, unless the value is nobody's alone."""
        return Ref(self.dev, self.dseq) if self.dev else None


@dataclass(slots=True)
class Record:
    """One record as the centre shows it, with a stamp for each field that was ever written."""

    entity: int
    id: bytes
    ver: int = 0
    values: dict[int, Value] = field(default_factory=dict)
    stamps: dict[int, Stamp] = field(default_factory=dict)
    entered: dict[int, dict[int, int]] = field(default_factory=dict)
    """Of state fields: the version at which each state was last entered."""
    writers: dict[bytes, int] = field(default_factory=dict)
    """Which device wrote to it last at which version, voiding apart: it follows from the log. The stamps alone do not
    tell, since a step of one may be followed by that of another who had not seen it."""

    def written_by_others(self, dev: bytes, floor: int, apart: int) -> bool:
        """Whether another device has written to it above a version, one field apart."""
        stamps = [(stamp.dev, stamp.ver) for number, stamp in self.stamps.items() if number != apart]
        return any(ver > floor and by != dev for by, ver in (*stamps, *self.writers.items()))

    def copy(self) -> Record:
        """A record that can be written without touching this one."""
        entered = {number: dict(states) for number, states in self.entered.items()}
        values, stamps, writers = dict(self.values), dict(self.stamps), dict(self.writers)
        return Record(self.entity, self.id, self.ver, values, stamps, entered, writers)


@dataclass(frozen=True, slots=True)
class Trace:
    """What one change did to one field: enough to be the base of later changes."""

    code: Code
    ver: int
    """Version of the value shown after it."""
    floor: int
    """Version of the row that the writer had surely seen."""
    conflict: bytes | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A change with its final answer: one row of the log."""

    change: Change
    dev: bytes
    digest: bytes
    outcome: Outcome
    traces: dict[int, Trace]

    def trace(self, number: int) -> Trace | None:
        """What it did to a field; a creation did the same to all."""
        return self.traces.get(number) or self.traces.get(0)


@dataclass(slots=True)
class Needs:
    """What a port must load before a batch can be judged.

    `records` come with the chain of their subjects and their open conflicts; `changes` with, where one was returned,
    what its base names, and so on; `trees` with all records above them; `children` are those whose subject is named;
    `past` asks for the value that a field had at a version, which the port leaves out when it no longer knows.
    """

    records: set[bytes] = field(default_factory=set)
    changes: set[Ref] = field(default_factory=set)
    conflicts: set[bytes] = field(default_factory=set)
    trees: set[tuple[int, bytes]] = field(default_factory=set)
    children: set[bytes] = field(default_factory=set)
    past: set[tuple[bytes, int, int]] = field(default_factory=set)


@dataclass(slots=True)
class Loaded:
    """What the port found. `ver` is the last version given out, `lost` the versions lost by a restore."""

    ver: int
    epoch: int = 0
    lost: tuple[range, ...] = ()
    records: dict[bytes, Record] = field(default_factory=dict)
    changes: dict[Ref, Known] = field(default_factory=dict)
    conflicts: dict[bytes, Conflict] = field(default_factory=dict)
    children: dict[bytes, set[bytes]] = field(default_factory=dict)
    past: dict[tuple[bytes, int, int], Value] = field(default_factory=dict)


@dataclass(slots=True)
class Result:
    """What the port must store, in one transaction; positions are given last."""

    ver: int
    records: dict[bytes, Record] = field(default_factory=dict)
    changes: dict[Ref, Known] = field(default_factory=dict)
    conflicts: dict[bytes, Conflict] = field(default_factory=dict)
    entries: list[tuple[bytes, Entry]] = field(default_factory=list)
    """Partition and entry, in the order in which they happened."""


class Draft:
    """What a batch makes of the loaded state, with savepoints."""

    def __init__(self, loaded: Loaded, rules: Rules) -> None:
        self._loaded = loaded
        self._rules = rules
        self._undo: list[Callable[[], object]] = []
        self._open = {
            (conflict.record, conflict.field): conflict.id for conflict in loaded.conflicts.values() if conflict.open
        }
        self._children: dict[bytes, set[bytes]] = {}
        self.result = Result(loaded.ver)

    # Savepoints

    def mark(self) -> int:
        """A point to come back to."""
        return len(self._undo)

    def rollback(self, mark: int) -> None:
        """Forget all that was done since."""
        while len(self._undo) > mark:
            self._undo.pop()()

    def _set(self, table: dict, key: object, value: object) -> None:  # type: ignore[type-arg]
        if key in table:
            before = table[key]
            self._undo.append(lambda: table.__setitem__(key, before))
        else:
            self._undo.append(lambda: table.pop(key))
        table[key] = value

    # Questions

    def lost(self, ver: int) -> bool:
        """Whether a version was given out and lost by a restore."""
        return any(ver in stretch for stretch in self._loaded.lost)

    def record(self, record: bytes) -> Record | None:
        """A record as it now is."""
        return self.result.records.get(record) or self._loaded.records.get(record)

    def known(self, ref: Ref) -> Known | None:
        """A change that has its final answer."""
        return self.result.changes.get(ref) or self._loaded.changes.get(ref)

    def conflict(self, conflict: bytes) -> Conflict | None:
        """A conflict, open or closed."""
        return self.result.conflicts.get(conflict) or self._loaded.conflicts.get(conflict)

    def open_on(self, record: bytes, number: int) -> Conflict | None:
        """The one open conflict on a field."""
        found = self._open.get((record, number))
        return None if found is None else self.conflict(found)

    def conflicts_of(self, record: bytes) -> Iterable[Conflict]:
        """The open conflicts of a record, by field."""
        for (subject, _), found in sorted(self._open.items()):
            conflict = self.conflict(found)
            if subject == record and conflict is not None:
                yield conflict

    def past(self, record: bytes, number: int, ver: int) -> tuple[bool, Value]:
        """Whether the value that a field had at a version is known, and the value."""
        key = (record, number, ver)
        return (True, self._loaded.past[key]) if key in self._loaded.past else (False, None)

    def place(self, record: Record) -> bytes:
        """The partition in which a record stands."""
        for _ in range(8):  # a subject of a subject; never a circle of them
            rule = self._rules.entity(record.entity)
            if rule.everywhere:
                return EVERYWHERE
            subject = record.values.get(rule.subject) if rule.subject is not None else None
            above = self.record(subject) if isinstance(subject, bytes) else None
            if above is None:
                break
            record = above
        return place_of(record.values.get(UNIT), record.values.get(MARKING))

    def children(self, record: bytes) -> list[bytes]:
        """Records whose subject this is."""
        return sorted(self._loaded.children.get(record, set()) | self._children.get(record, set()))

    # Writing

    def version(self) -> int:
        """The next version of the one sequence."""
        before = self.result.ver
        self._undo.append(lambda: setattr(self.result, "ver", before))
        self.result.ver += 1
        return self.result.ver

    def writable(self, record: Record) -> Record:
        """A copy of the record that takes its place in the draft."""
        copy = record.copy()
        self._set(self.result.records, record.id, copy)
        subject = self._rules.entity(record.entity).subject
        above = copy.values.get(subject) if subject is not None else None
        if isinstance(above, bytes) and record.id not in self._children.get(above, ()):
            self._set(self._children, above, {*self._children.get(above, ()), record.id})
        return copy

    def put_known(self, ref: Ref, known: Known) -> None:
        """Write the log."""
        self._set(self.result.changes, ref, known)

    def put_conflict(self, conflict: Conflict) -> None:
        """Open, change or close a conflict, and tell it to the desks that read its record."""
        self._set(self.result.conflicts, conflict.id, conflict)
        key = (conflict.record, conflict.field)
        if conflict.open:
            self._set(self._open, key, conflict.id)
        elif key in self._open:
            before = self._open.pop(key)
            self._undo.append(lambda: self._open.__setitem__(key, before))
        record = self.record(conflict.record)
        if record is not None:
            self.emit(self.place(record), told(conflict))

    def emit(self, place: bytes, entry: Entry) -> None:
        """Tell the readers of a partition."""
        entries = self.result.entries
        entries.append((place, entry))
        self._undo.append(entries.pop)


def told(conflict: Conflict) -> Entry:
    """The feed entry that tells what a conflict has become."""
    return Entry(EntryKind.CONFLICT, conflict.entity, conflict.record, conflict.ver, conflict=conflict)


def place_of(unit: Value, marking: Value) -> bytes:
    """The partition of a unit and a marking."""
    owner = unit if isinstance(unit, bytes) and len(unit) == 16 else bytes(16)
    level = marking if isinstance(marking, int) and 0 <= marking < 256 else 255
    return owner + bytes((level,))
