"""What the centre holds, as far as one batch needs it: records, conflicts, the log; and a draft with savepoints.

A port loads what `Needs` names (`Loaded`), the batch is judged on a `Draft` above it without any I/O, and the port
stores what the draft has changed. Records are copied before they are written, so that a savepoint costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

from opsdesk.sync.core.messages import Change, Code, Conflict, Entry, EntryKind, Outcome, Ref, Value
from opsdesk.sync.core.rules import MARKING, UNIT, VOIDED, Rules

EVERYWHERE: Final = b"*"
"""The partition that every desk reads: units, people, forms, categories, places."""

PERSON: Final = 16
"""Length of the name of a person's feed: the person's identity. That of a partition is longer by its marking."""


PARTITION: Final = 17
"""Letters of the name of a partition: unit and marking."""


class Stamp(Struct, frozen=True):
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


Naming = tuple[bytes, int, bytes]
"""The record that names somebody, its field (0: somebody shared the record), and the person who is named."""


class Trace(Struct, frozen=True):
    """What one change did to one field: enough to be the base of later changes."""

    code: Code
    ver: int
    """Version of the value shown after it."""
    floor: int
    """Version of the row that the writer had surely seen."""
    conflict: bytes | None = None


class Known(Struct, frozen=True):
    """A change with its final answer: one row of the log."""

    change: Change
    dev: bytes
    digest: bytes
    outcome: Outcome
    traces: dict[int, Trace]
    epoch: int = 0
    """The life of the server in which it was judged."""

    def trace(self, number: int) -> Trace | None:
        """What it did to a field; a creation did the same to all."""
        return self.traces.get(number) or self.traces.get(0)

    def wrote(self, record: bytes, number: int) -> bool:
        """Whether it is a change of this field of a record."""
        return self.change.record == record and self.change.field in (0, number)


@dataclass(slots=True)
class Needs:
    """What a port must load before a batch can be judged.

    `records` come with the chain of their subjects and their open conflicts; `changes` with, where one was returned,
    what its base names, and so on; `trees` with all records above them; `children` are those whose subject is named;
    `families` ask for the children of the record on which the named one hangs in the end. Of all records that were
    named or loaded, known here or not, and of their subjects, it is told who is named on them. `past` asks for the
    value that a field had at a version, which the port leaves out when it no longer knows.
    """

    records: set[bytes] = field(default_factory=set)
    entities: dict[bytes, int] = field(default_factory=dict)
    """What kind of record the batch takes some of them for: where a port may look first."""
    changes: set[Ref] = field(default_factory=set)
    named: set[Ref] = field(default_factory=set)
    """Those of `changes` that another made and somebody goes on from, or decided on: after a restore they may be known
    here under another name of the folder where they were made, which are then told with them."""
    offered: set[Ref] = field(default_factory=set)
    """Those of `changes` that are to be judged."""
    conflicts: set[bytes] = field(default_factory=set)
    trees: set[tuple[int, bytes]] = field(default_factory=set)
    children: set[bytes] = field(default_factory=set)
    families: set[bytes] = field(default_factory=set)
    past: set[tuple[bytes, int, int]] = field(default_factory=set)
    authors: set[tuple[bytes, int]] = field(default_factory=set)
    """Records and fields whose present value's change is to be loaded too: who may lose it is told by name."""

    def writers_of(self, records: Mapping[bytes, Record]) -> set[Ref]:
        """The changes that `authors` asks for, once the records are loaded."""
        stamps = (records[record].stamps.get(number) for record, number in self.authors if record in records)
        return {stamp.change for stamp in stamps if stamp is not None and stamp.change is not None}

    def decided_as(self, changes: Mapping[Ref, Known]) -> list[tuple[Ref, Ref]]:
        """Of changes to be judged, with the names by which decisions among those loaded may mean them: to be told where
        both names are of one folder."""
        named = {ref for known in changes.values() for ref in known.change.considered}
        pairs = ((own, ref) for own in self.offered for ref in named if ref.dseq == own.dseq and ref.dev != own.dev)
        return sorted(pairs, key=lambda pair: (pair[0].dseq, pair[0].dev, pair[1].dev))


@dataclass(slots=True)
class Loaded:
    """What the port found. `ver` is the last version given out, `lost` the versions lost by a restore."""

    ver: int
    epoch: int = 0
    lost: tuple[range, ...] = ()
    records: dict[bytes, Record] = field(default_factory=dict)
    changes: dict[Ref, Known] = field(default_factory=dict)
    names: dict[Ref, tuple[Ref, ...]] = field(default_factory=dict)
    """Of changes that `Needs.named` asks for: their other names in the folder that made them."""
    own_names: dict[Ref, tuple[Ref, ...]] = field(default_factory=dict)
    """The same of changes to be judged, as `Needs.decided_as` asks; what bears those names here is loaded, too."""
    conflicts: dict[bytes, Conflict] = field(default_factory=dict)
    children: dict[bytes, set[bytes]] = field(default_factory=dict)
    naming: dict[bytes, frozenset[Naming]] = field(default_factory=dict)
    """By the record on which people are named."""
    past: dict[tuple[bytes, int, int], Value] = field(default_factory=dict)


@dataclass(slots=True)
class Result:
    """What the port must store, in one transaction; positions are given last."""

    ver: int
    records: dict[bytes, Record] = field(default_factory=dict)
    changes: dict[Ref, Known] = field(default_factory=dict)
    conflicts: dict[bytes, Conflict] = field(default_factory=dict)
    naming: dict[bytes, frozenset[Naming]] = field(default_factory=dict)
    entries: list[tuple[bytes, Entry]] = field(default_factory=list)
    """Feed and entry, in the order in which they happened."""


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
        self.clock = 0
        """Stamp of the change that is being applied: what it moves was last changed then."""

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

    @property
    def epoch(self) -> int:
        """The life of the server in which this is judged."""
        return self._loaded.epoch

    def lost(self, ver: int) -> bool:
        """Whether a version was given out and lost by a restore."""
        return bool(self._loaded.lost) and any(ver in stretch for stretch in self._loaded.lost)

    def record(self, record: bytes) -> Record | None:
        """A record as it now is."""
        return self.result.records.get(record) or self._loaded.records.get(record)

    def known(self, ref: Ref) -> Known | None:
        """A change that has its final answer."""
        return self.result.changes.get(ref) or self._loaded.changes.get(ref)

    def went_on_as(self, ref: Ref, record: bytes, number: int) -> Ref:
        """The name under which a change of a field is known here. A restored server may have taken what a copied disk
        offered first: then the original took a new name, and who names its change of the life before cannot know."""
        return next(iter(self._writers_called(ref, record, number)), ref)

    def _writers_called(self, ref: Ref, record: bytes, number: int) -> list[Ref]:
        """The changes of a field that the folder of a change calls so or has called so."""
        names = [(name, self.known(name)) for name in (ref, *self._loaded.names.get(ref, ()))]
        return [name for name, it in names if it and it.wrote(record, number)]

    def decided(self, change: Change) -> set[Ref]:
        """The changes that a resolution decides on, as they are called here. Where its conflict was lost, and both an
        original and its copy wrote the field under a name, that counts for neither, unless both are named."""
        found, lost = set[Ref](), self.conflict(change.conflict or b"") is None
        for ref in change.considered:
            meant = self._writers_called(ref, change.record, change.field) or [ref]
            if not lost:
                found.add(meant[0])
            elif len(meant) == 1 or {*meant} <= {*change.considered}:
                found.update(meant)
        return found

    def decided_on(self, ref: Ref, change: Change, by: Change) -> bool:
        """Whether a resolution names a change, by this name of its folder or another. Where a copy of the folder wrote
        the field under the other name, that says nothing of the original, unless both offered the same edit."""
        called, edit = {ref, *self._loaded.own_names.get(ref, ())}, (change.hlc, change.values)
        found = [self.known(name) for name in called.intersection(by.considered)]
        return any(
            it is None or not it.wrote(by.record, by.field) or (it.change.hlc, it.change.values) == edit for it in found
        )

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

    def top(self, record: Record) -> tuple[Record, bytes]:
        """As `top`, of what is known here."""
        return top(record, self.record, self._rules)

    def place(self, record: Record) -> bytes:
        """The partition in which a record stands."""
        return standing(top(record, self.record, self._rules)[0], self._rules)

    def anchor(self, record: Record) -> bytes:
        """The record, known here or not, on which those are named who may read this one."""
        return top(record, self.record, self._rules)[1]

    def naming(self, anchor: bytes) -> frozenset[Naming]:
        """By what people are named on a record."""
        found = self.result.naming.get(anchor)
        return self._loaded.naming.get(anchor, frozenset()) if found is None else found

    def named(self, anchor: bytes) -> frozenset[bytes]:
        """Who is named on a record."""
        return frozenset([person for _, _, person in self.naming(anchor)])

    def children(self, record: bytes) -> list[bytes]:
        """Records whose subject this is."""
        made = self._loaded.children.get(record, set()) | self._children.get(record, set())
        return sorted(child for child in made if self._hangs(child, record))

    def _hangs(self, child: bytes, subject: bytes) -> bool:
        record = self.record(child)
        number = self._rules.entity(record.entity).subject if record else None
        return record is not None and number is not None and record.values.get(number) == subject

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
            self.tell(record, told(conflict))

    def put_naming(self, anchor: bytes, naming: frozenset[Naming]) -> None:
        """Say by what people are named on a record."""
        self._set(self.result.naming, anchor, naming)

    def tell(self, record: Record, entry: Entry) -> None:
        """Tell all who read a record: those of its partition, and the people named on it."""
        self.emit(self.place(record), entry)
        for person in sorted(self.named(self.anchor(record))):
            self.emit(person, entry)

    def emit(self, place: bytes, entry: Entry) -> None:
        """Tell the readers of one feed: a partition's, or a person's."""
        entries = self.result.entries
        entries.append((place, entry))
        self._undo.append(entries.pop)


def told(conflict: Conflict) -> Entry:
    """The feed entry that tells what a conflict has become."""
    return Entry(EntryKind.CONFLICT, conflict.entity, conflict.record, conflict.ver, conflict=conflict)


def top(record: Record, find: Callable[[bytes], Record | None], rules: Rules) -> tuple[Record, bytes]:
    """The record that decides where this one stands, and the identity of that on which people are named to read it.

    Both are the record on which this one hangs in the end; itself where it hangs on nothing. While its subject is not
    known here, it stands on its own, and those named on the subject read it all the same.
    """
    for _ in range(8):  # a subject of a subject; never a circle of them
        number = rules.entity(record.entity).subject
        subject = record.values.get(number) if number is not None else None
        if not isinstance(subject, bytes):
            break
        above = find(subject)
        if above is None:
            return record, subject
        record = above
    return record, record.id


def standing(record: Record, rules: Rules) -> bytes:
    """The partition of a record that hangs on nothing."""
    if rules.entity(record.entity).everywhere:
        return EVERYWHERE
    return place_of(record.values.get(UNIT), record.values.get(MARKING))


def naming_of(record: Record, rules: Rules) -> tuple[bytes | None, frozenset[Naming]]:
    """On which record this one names people, and by which fields whom; None when it never names any."""
    numbers = rules.naming(record.entity)
    subject = rules.entity(record.entity).subject
    on = record.id if subject is None else record.values.get(subject)
    if not numbers or not isinstance(on, bytes):
        return None, frozenset()
    if subject is not None and record.values.get(VOIDED) is not None:
        return on, frozenset()
    people = [(number, record.values.get(number)) for number in numbers]
    return on, frozenset((record.id, at, one) for at, one in people if isinstance(one, bytes) and len(one) == PERSON)


def place_of(unit: Value, marking: Value) -> bytes:
    """The partition of a unit and a marking."""
    owner = unit if isinstance(unit, bytes) and len(unit) == 16 else bytes(16)
    level = marking if isinstance(marking, int) and 0 <= marking < 256 else 255
    return owner + bytes((level,))
