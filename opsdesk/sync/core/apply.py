"""Applying one change to the draft: merging its fields, opening and settling conflicts, telling the readers."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from opsdesk.sync.core import conflicts, places
from opsdesk.sync.core.draft import Draft
from opsdesk.sync.core.merge import Fate, Merge, merge
from opsdesk.sync.core.messages import (
    Candidate,
    Change,
    ChangeKind,
    Code,
    Conflict,
    ConflictKind,
    Entry,
    EntryKind,
    Ref,
    Value,
)
from opsdesk.sync.core.rules import MARKING, UNIT, VOIDED, FieldRule, Kind, Rules
from opsdesk.sync.core.sight import Joins, Nonsense, Sight, Waits, follow
from opsdesk.sync.core.state import Record, Stamp, Trace, standing


class Stop(Struct, frozen=True):
    """The change is not applied."""

    code: Code
    reason: str = ""
    waits: Ref | None = None


def apply(draft: Draft, change: Change, ref: Ref, rules: Rules) -> dict[int, Trace] | Stop:
    """Apply a change; what it did to each field, or why it was not applied (the caller then rolls back)."""
    return _Application(draft, change, ref, rules).run()


class _Application:
    """One change on its way. Each step may stop it."""

    def __init__(self, draft: Draft, change: Change, ref: Ref, rules: Rules) -> None:
        self.draft = draft
        self.change = change
        self.ref = ref
        self.rules = rules
        self.traces: dict[int, Trace] = {}
        self.before: places.Before = {}
        self.moves = not rules.standing(change.entity).isdisjoint(change.values)
        """Whether it may change where the record stands, or who is named on it."""
        self.place, self.people = b"", frozenset[bytes]()
        """Where it stood before, and who was named on it."""
        draft.clock = change.hlc

    def run(self) -> dict[int, Trace] | Stop:
        record = self.draft.record(self.change.record)
        if record is None:
            if self.change.kind == ChangeKind.CREATE:
                return self._create()
            # Records that ship with the program, for all desks, were never created; an edit of one names version 0.
            sight = self._follow(None, self.change.field)
            if isinstance(sight, Stop):
                return sight
            if sight.floor > 0 or not self.rules.entity(self.change.entity).everywhere:
                return Stop(Code.RETURNED, "no such record")
            record = Record(self.change.entity, self.change.record)
        elif record.entity != self.change.entity:
            return Stop(Code.RETURNED, "another kind of record")
        above, anchor = self.draft.top(record)
        self.place, self.people = standing(above, self.rules), self.draft.named(anchor)
        for number in sorted(self.change.values):
            stop = self._field(number, self.change.values[number])
            if stop is not None:
                return stop
        if self.moves:
            self._moved(anchor)
        return self.traces

    # Creating

    def _create(self) -> dict[int, Trace]:
        change, draft = self.change, self.draft
        made = draft.writable(Record(change.entity, change.record, values=dict(change.values)))
        made.ver = draft.version()
        made.stamps = {number: Stamp(made.ver, self.ref.dev, self.ref.dseq) for number in change.values}
        made.writers[self.ref.dev] = made.ver
        for number, value in change.values.items():
            if self._rule(number).kind is Kind.STATE and isinstance(value, int):
                made.entered[number] = {value: made.ver}
        places.rename(draft, made, self.rules, self.before)
        self._tell(EntryKind.CREATE, made, dict(change.values))
        places.gather(draft, made)
        places.renamed(draft, self.before, made.id)
        self.traces[0] = Trace(Code.ACCEPTED, made.ver, made.ver)
        return self.traces

    # Writing one field

    def _rule(self, number: int) -> FieldRule:
        return self.rules.field(self.change.entity, number)

    def _record(self) -> Record:
        return self.draft.record(self.change.record) or Record(self.change.entity, self.change.record)

    def _follow(self, record: Record | None, number: int) -> Sight | Stop:
        sight = follow(self.draft, self.change, record, number, self.ref.dev)
        if isinstance(sight, Waits):
            return Stop(Code.DEFERRED, waits=sight.on)
        if isinstance(sight, Joins):
            return Stop(Code.RETURNED, "its creation was returned")
        if isinstance(sight, Nonsense):
            return Stop(Code.RETURNED, "its base is no change of this field")
        return sight

    def _field(self, number: int, new: Value) -> Stop | None:
        record = self._record()
        sight = self._follow(record, number)
        if isinstance(sight, Stop):
            return sight
        stamp = record.stamps.get(number)
        if stamp is not None and stamp.dev == self.ref.dev and stamp.dseq > self.ref.dseq:
            # The same device wrote this later, and its later change came first.
            self._trace(number, Code.ABSORBED, sight)
            return None
        if self._taken(record, number) and self.change.kind == ChangeKind.CREATE:
            # Two made the same record, and the one on which it hangs had moved in between.
            self._trace(number, Code.ABSORBED, sight)
            return None
        if self.change.kind == ChangeKind.WITHDRAW and sight.candidate is not None:
            self._drop(number, {sight.candidate})
            self._trace(number, Code.ACCEPTED, sight)
            return None
        if self._decided(stamp):
            self._drop(number, {sight.candidate})
            self._trace(number, Code.ABSORBED, sight)
            return None
        found = self._merge(record, number, new, sight)
        if found.fate is Fate.NEED_OLD:
            return Stop(Code.NEED_OLD)
        if found.fate is Fate.RETURN:
            if self.change.kind == ChangeKind.CREATE and self._rule(number).kind is Kind.APPEND_ONLY:
                # Two made the same record: what is written once was written by the first.
                self._trace(number, Code.ABSORBED, sight)
                return None
            return Stop(Code.RETURNED, found.reason)
        overtaken = not sight.seen.current and found.fate in (Fate.CONFLICT, Fate.OVERRIDE)
        whole = self._rule(number).kind is not Kind.TEXT
        if self.change.kind == ChangeKind.WITHDRAW and overtaken and whole:
            # Somebody has written over it since: what they wrote stays, and nothing is left to take back. (Of a text
            # that came of mixing, lines of what is taken back may still stand.)
            self._trace(number, Code.ABSORBED, sight)
            return None
        if self.change.kind != ChangeKind.RESOLVE or not self._resolve(number, new, sight, found):
            self._carry_out(number, new, sight, found)
        if number != VOIDED:
            self._keep_alive(sight)
        return None

    def _decided(self, stamp: Stamp | None) -> bool:
        """Whether the value shown is what somebody chose who had this change among the candidates: a restored server
        had lost both, and the choice came first. In the first life nobody can have had it, whatever is named."""
        if self.draft.epoch == 0:
            return False
        by = self.draft.known(stamp.change) if stamp is not None and stamp.change is not None else None
        if by is None or by.change.kind != ChangeKind.RESOLVE:
            return False
        return self.draft.decided_on(self.ref, self.change, by.change)

    def _taken(self, record: Record, number: int) -> bool:
        """Whether a record has a field from the one on which it hangs, whatever is written there."""
        return number in (UNIT, MARKING) and self.rules.entity(record.entity).subject is not None

    def _merge(self, record: Record, number: int, new: Value, sight: Sight) -> Merge:
        rule, shown = self._rule(number), record.values.get(number)
        if self._settles() is not None:
            # Who settles a conflict may choose any value: no text is mixed, no step of a machine needed.
            rule = FieldRule(number, severe_first=rule.severe_first, tree=rule.tree)
        if number == VOIDED and shown is not None and new is not None:
            # Voided twice: once is enough.
            return Merge(Fate.SAME if shown == new else Fate.ABSORB, shown, new)
        found = merge(
            rule,
            ChangeKind.SET if self.change.kind in (ChangeKind.CREATE, ChangeKind.RESOLVE) else self.change.kind,
            shown,
            new,
            sight.seen,
            event=self.change.event,
            entered=record.entered.get(number),
        )
        if found.fate is Fate.ACCEPT and number == VOIDED and new is not None and self._misses(record, sight):
            return Merge(Fate.CONFLICT, shown, new)
        if found.fate is Fate.ACCEPT and rule.tree and conflicts.circle(self.draft, record, number, new):
            return Merge(Fate.CONFLICT, shown, new)
        return found

    def _carry_out(self, number: int, new: Value, sight: Sight, found: Merge) -> None:
        if found.fate is Fate.ACCEPT:
            self._write(number, found.shown, by_change=True)
            self._drop(number, {sight.candidate})
            self._trace(number, Code.ACCEPTED, sight)
        elif found.fate is Fate.SAME:
            self._drop(number, {sight.candidate})
            self._trace(number, Code.MERGED, sight)
        elif found.fate is Fate.MIX:
            self._write(number, found.shown, by_change=found.shown == new)
            self._trace(number, Code.MERGED, sight)
        elif found.fate is Fate.ABSORB:
            self._drop(number, {sight.candidate})
            self._trace(number, Code.ABSORBED, sight)
        else:
            self._conflict(number, new, sight, found)

    def _write(self, number: int, value: Value, *, by_change: bool) -> None:
        record = self._record()
        made = self.draft.writable(record)
        made.ver = self.draft.version()
        made.values[number] = value
        made.stamps[number] = Stamp(made.ver, self.ref.dev, self.ref.dseq) if by_change else Stamp(made.ver)
        if number != VOIDED:
            made.writers[self.ref.dev] = made.ver
        if self._rule(number).kind is Kind.STATE and isinstance(value, int):
            made.entered.setdefault(number, {})[value] = made.ver
        if self.moves:
            places.rename(self.draft, made, self.rules, self.before)
        self._tell(EntryKind.CHANGE, made, {number: value})

    def _trace(self, number: int, code: Code, sight: Sight, conflict: bytes | None = None) -> None:
        stamp = self._record().stamps.get(number)
        self.traces[number] = Trace(code, stamp.ver if stamp else 0, sight.floor, conflict)

    # Conflicts

    def _conflict(self, number: int, new: Value, sight: Sight, found: Merge, among: Conflict | None = None) -> None:
        record, kind = self._record(), self._kind(number)
        stamp = record.stamps.get(number)
        if found.fate is Fate.OVERRIDE:
            shown = record.values.get(number)
            self._write(number, new, by_change=True)
            now = self._record().ver
            joined = []
            if stamp is not None and stamp.change is not None:
                by = self.draft.known(stamp.change)
                actor, hlc = (by.change.actor, by.change.hlc) if by is not None else (None, 0)
                joined = [Candidate(stamp.change, shown, actor, hlc, since=stamp.ver, until=now)]
        else:
            if found.shown != record.values.get(number):
                # Those lines of a text that found room.
                self._write(number, found.shown, by_change=False)
            joined = [conflicts.candidate(self.ref, self.change, found.wanted)]
        opened = self._join(number, kind, joined, sight, among)
        self._trace(number, Code.CONFLICT, sight, opened)

    def _kind(self, number: int) -> ConflictKind:
        rule = self._rule(number)
        if number == VOIDED:
            return ConflictKind.VOIDED
        if rule.tree and conflicts.circle(self.draft, self._record(), number, self.change.values.get(number)):
            return ConflictKind.CYCLE
        return {Kind.STATE: ConflictKind.STATE, Kind.TEXT: ConflictKind.TEXT}.get(rule.kind, ConflictKind.VALUE)

    def _join(
        self, number: int, kind: ConflictKind, new: list[Candidate], sight: Sight | None, among: Conflict | None = None
    ) -> bytes:
        record = self._record()
        stamp = record.stamps.get(number)
        made = conflicts.join(
            among or self.draft.open_on(record.id, number),
            new,
            kind=kind,
            entity=record.entity,
            record=record.id,
            number=number,
            opened=stamp.ver if stamp else 0,
            ver=self.draft.version(),
            base_value=sight.seen.value if sight and sight.seen.value_known else None,
            replaces=sight.candidate if sight else None,
            seen=sight.seen.ver if sight and isinstance(self.change.base, int) else 0,
        )
        self.draft.put_conflict(made)
        return made.id

    def _drop(self, number: int, changes: set[Ref | None]) -> None:
        """Take candidates back whose writer went on from them."""
        found = self.draft.open_on(self.change.record, number)
        named = {change for change in changes if change is not None}
        if found is not None and any(one.change in named for one in found.candidates):
            self.draft.put_conflict(conflicts.without(found, named, self.draft.version()))

    def _settles(self) -> Conflict | None:
        """The open conflict that the change names."""
        if self.change.kind != ChangeKind.RESOLVE:
            return None
        found = self.draft.conflict(self.change.conflict or b"")
        if found is None:
            # A restored server has lost it; another may have come up over the same field.
            found = self.draft.open_on(self.change.record, self.change.field)
        mine = (
            found is not None and found.open and (found.record, found.field) == (self.change.record, self.change.field)
        )
        return found if mine else None

    def _resolve(self, number: int, new: Value, sight: Sight, found: Merge) -> bool:
        """Settle the open conflict that the change names; False when there is none and it is an edit like others."""
        conflict = self._settles()
        if conflict is None:
            lost = self.draft.conflict(self.change.conflict or b"") is None
            if not lost or found.fate is not Fate.SAME:
                return False
            # Those that it decided on may still come: the value must be known as a choice between them.
            self._write(number, new, by_change=True)
            self._drop(number, {sight.candidate})
            self._trace(number, Code.MERGED, sight)
            return True
        considered = self.draft.decided(self.change) | ({sight.candidate} if sight.candidate else set())
        left = [one for one in conflict.candidates if one.change not in considered]
        shown = self._record().values.get(number)
        same = new == shown
        seen = sight.seen.current and not (number == VOIDED and new is not None and self._misses(self._record(), sight))
        circle = self._rule(number).tree and conflicts.circle(self.draft, self._record(), number, new)
        if not left and (same or (seen and not circle)):
            # It always leaves a version of its own, so that a conflict that is opened later is another one.
            self._write(number, new, by_change=True)
            self.draft.put_conflict(conflicts.settled(conflict, self.ref, self.draft.version()))
            self._trace(number, Code.ACCEPTED, sight)
            return True
        if same:
            self._drop(number, {*considered})
            self._trace(number, Code.MERGED, sight)
            return True
        # It takes the place of those it considered, and waits for a decision with those it did not know.
        asked = found if found.fate is Fate.OVERRIDE else Merge(Fate.CONFLICT, shown, new)
        self._conflict(number, new, sight, asked, replace(conflict, candidates=tuple(left)))
        return True

    # Voiding

    def _misses(self, record: Record, sight: Sight) -> bool:
        """Whether another wrote to the record what the one who voids it has not seen."""
        if self.rules.entity(record.entity).member_of_set:
            return False
        return record.written_by_others(self.ref.dev, sight.floor, VOIDED)

    def _keep_alive(self, sight: Sight) -> None:
        """An edit by one who had not seen that the record was voided asks whether it should be."""
        record = self._record()
        stamp = record.stamps.get(VOIDED)
        if (
            stamp is None
            or record.values.get(VOIDED) is None
            or stamp.ver <= sight.floor
            or stamp.dev == self.ref.dev
            or self.rules.entity(record.entity).member_of_set
        ):
            return
        candidate = conflicts.candidate(self.ref, self.change, None)
        opened = self._join(VOIDED, ConflictKind.VOIDED, [candidate], None)
        self.traces[VOIDED] = Trace(Code.CONFLICT, stamp.ver, sight.floor, opened)

    # Feeds

    def _tell(self, kind: EntryKind, record: Record, values: dict[int, Value]) -> None:
        change, draft = self.change, self.draft
        entry = Entry(
            kind, record.entity, record.id, record.ver, values, self.ref, change.hlc, change.actor, change.event,
            change.happened,
        )  # fmt: skip
        place, people = self.place, self.people
        if self.moves or kind == EntryKind.CREATE:
            above, anchor = draft.top(record)
            place = standing(above, self.rules)
            people = draft.named(anchor)
            if kind == EntryKind.CHANGE:
                # Whoever comes to be named by this change is told the whole record behind it.
                people &= self.before.get(anchor, people)
        for feed in (place, *sorted(people)):
            draft.emit(feed, entry)

    def _moved(self, anchor: bytes) -> None:
        """Tell the feeds that a record goes from and comes into; before the change people were named on `anchor`."""
        draft, record = self.draft, self._record()
        people = self.people
        if draft.place(record) != self.place:
            places.move(draft, record, self.place)
        now = draft.anchor(record)
        if now != anchor:
            # It was hung on another.
            named = draft.named(now)
            family = list(places.family(draft, record.id))
            places.pass_on(draft, family, gained=named - people, lost=people - named)
        places.renamed(draft, self.before)
