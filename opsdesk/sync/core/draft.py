"""The draft on which a batch is judged, with savepoints: what it changes lies above what was loaded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from opsdesk.sync.core.messages import Change, Conflict, Entry, EntryKind, Ref, Value
from opsdesk.sync.core.rules import Rules
from opsdesk.sync.core.state import (
    Known,
    Loaded,
    Naming,
    Record,
    Result,
    standing,
    top,
)


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

    def keep(self) -> None:
        """What was done stays: there is no way back to any mark. (Each way back holds the draft, which holds it; only
        Python's collector, going through all that a batch has made, could free them.)"""
        self._undo.clear()

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

    def went_on_as(self, ref: Ref, record: bytes, number: int, followed: Collection[Ref] = ()) -> Ref:
        """The name under which a change of a field is known here. A restored server may have taken what a copied disk
        offered first: then the original took a new name, and who names its change of the life before cannot know.
        What was `followed` to this change goes on from it, and is another."""
        return next((name for name in self._writers_called(ref, record, number) if name not in followed), ref)

    def _writers_called(self, ref: Ref, record: bytes, number: int) -> list[Ref]:
        """The changes of a field that the folder of a change calls so or has called so."""
        names = [(name, self.known(name)) for name in (ref, *self._loaded.names.get(ref, ()))]
        return [name for name, it in names if it and it.wrote(record, number)]

    def made_by(self, ref: Ref, dev: bytes) -> bool:
        """Whether the folder that is a device now made a change, maybe under an earlier name. Only after a restore does
        anybody name a change of another. A copy may have given the number too: then this one gave it under its own."""
        mine = Ref(dev, ref.dseq)
        return self.epoch == 0 or mine == ref or (mine in self._loaded.names.get(ref, ()) and self.known(mine) is None)

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
