"""What the centre holds, as far as one batch needs it: records, conflicts, the log; and what a batch changes of it.

A port loads what `Needs` names (`Loaded`), the batch is judged on a `Draft` (draft.py) above it without any I/O, and it
stores what the draft has changed. Records are copied before they are written, so that a savepoint costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

from opsdesk.sync.core.messages import Change, Code, Conflict, Entry, Outcome, Ref, Value
from opsdesk.sync.core.rules import MARKING, UNIT, VOIDED, Rules

EVERYWHERE: Final = b"*"
"""The partition that every desk reads: units, people, forms, categories, places."""

PERSON: Final = 16
"""Length of the name of a person's feed: the person's identity. That of a partition is longer by its marking."""


PARTITION: Final = 17
"""Letters of the name of a partition: unit and marking."""


class Stamp(Struct, frozen=True, gc=False):
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


class Trace(Struct, frozen=True, gc=False):
    """What one change did to one field: enough to be the base of later changes."""

    code: Code
    ver: int
    """Version of the value shown after it."""
    floor: int
    """Version of the row that the writer had surely seen."""
    conflict: bytes | None = None


class Known(Struct, frozen=True, gc=False):
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
