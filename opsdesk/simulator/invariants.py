"""What must hold when a story has come to rest. Judged from the databases, the log and what the simulator saw itself.

The oracle shares no code with merging: what a person had before the eyes is what the simulator recorded from the
desk's tables when the edit was begun, never what a change's base says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec

from opsdesk.simulator.desks import Sight, SimDesk
from opsdesk.simulator.reading import readable
from opsdesk.simulator.world import World
from opsdesk.store.queue.shapes import rules
from opsdesk.sync.core.messages import ChangeKind, Code, Conflict, EntryKind, Ref
from opsdesk.sync.core.rules import MARKING, UNIT, VOIDED, Kind
from opsdesk.sync.core.state import PERSON, Known


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken promise."""

    kind: str
    """`lost`, `diverged`, `false_conflict`, `stall` or `other`."""
    text: str


@dataclass(frozen=True, slots=True)
class _Write:
    """One value that the server showed for a field."""

    ver: int
    value: Any
    change: Ref | None


class Judge:
    """Checks one world that has come to rest."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.held = world.server.held
        self.owners: dict[Ref, list[SimDesk]] = {}
        """Desks that know a change as their own: two, where one is a copy of the other."""
        for desk in world.desks:
            for (seq,) in desk.rows("SELECT seq FROM change"):
                ref = Ref(desk.session.outbox.device_of(seq), seq)
                self.owners.setdefault(ref, []).append(desk)
        self.writes: dict[tuple[bytes, int], list[_Write]] = {}
        entries = [entry for place, feed in self.held.feeds.items() if len(place) != PERSON for entry in feed]
        for entry in sorted(entries, key=lambda entry: entry.ver):
            if entry.kind in (EntryKind.CREATE, EntryKind.CHANGE):
                for number, value in entry.values.items():
                    self.writes.setdefault((entry.record, number), []).append(_Write(entry.ver, value, entry.change))

    def problems(self) -> Iterator[Problem]:
        """Everything that is wrong."""
        for text in self.world.story.problems:
            yield Problem(_KINDS.get(text.split(":")[0], "other"), text)
        yield from self._nothing_lost()
        yield from self._nothing_silently_overwritten()
        yield from self._no_false_conflict()
        yield from self._once()
        yield from self._nothing_voided_unseen()
        yield from self._conflicts_closed_rightly()
        yield from self._causes_known()
        yield from self._isolated()
        yield from self._undone_exactly()
        yield from self._groups_whole()
        yield from self._trees()
        yield from self._unknown_kept()
        yield from self._converged()

    # I1

    def _nothing_lost(self) -> Iterator[Problem]:
        named = {ref for known in self.held.changes.values() for ref in known.change.considered}
        based = {known.change.base for known in self.held.changes.values() if isinstance(known.change.base, Ref)}
        candidates = {one.change for found in self.held.conflicts.values() if found.open for one in found.candidates}
        for desk in self.world.desks:
            returned = {seq for (seq,) in desk.rows("SELECT seq FROM returned_change")}
            for seq, record, field, new, outcome in desk.rows("SELECT seq, record, field, new, outcome FROM change"):
                ref = Ref(desk.session.outbox.device_of(seq), seq)
                known = self.held.changes.get(ref)
                where = f"{desk.name} {seq} field {field}"
                if known is None and outcome == Code.RETURNED and seq in returned:
                    continue  # it came back before the server was restored
                if known is None:
                    yield Problem("lost", f"I1: {where} is not known (outcome {outcome})")
                elif known.change.record != record or (field and known.change.values.get(field) != new):
                    yield Problem("lost", f"I1: {where} is known as something else")
                elif outcome is not None and outcome != known.outcome.code:
                    yield Problem("lost", f"I1: {where} has outcome {outcome}, the server says {known.outcome.code}")
                elif known.outcome.code == Code.RETURNED and seq not in returned:
                    yield Problem("lost", f"I1: {where} was returned and is not in the box")
                elif known.outcome.code == Code.CONFLICT and field:
                    if not ({ref} & (named | based | candidates)) and not self._was_shown(record, field, ref):
                        yield Problem("lost", f"I1: {where} is no candidate and was never decided on")
                elif known.outcome.code == Code.ABSORBED and field:
                    if not self._said_already(desk, seq, known, ref):
                        yield Problem("lost", f"I1: {where} was absorbed by nothing")
                elif known.outcome.code == Code.MERGED and field:
                    yield from self._merged_text(desk, seq, known, where)

    def _said_already(self, desk: SimDesk, seq: int, known: Known, ref: Ref) -> bool:
        """What was absorbed had been said by another, or by the same desk later; what it took back was written over."""
        record, field = known.change.record, known.change.field
        new, writes = known.change.values[field], self.writes.get((record, field), [])
        if known.change.kind == ChangeKind.WITHDRAW:
            stood = max((write.ver for write in writes if write.change == known.change.base), default=0)
            if any(write.ver > stood and write.change != known.change.base for write in writes):
                return True
        if any(self._same_desk(write.change, ref) and write.change.dseq > seq for write in writes if write.change):
            return True
        if field == VOIDED:
            return any(write.value is not None for write in writes)
        if rules().field(known.change.entity, field).kind is Kind.TEXT:
            added = _lines(new) - _lines(desk.sights[seq][field].value)
            return any(not added - _lines(write.value) for write in writes)
        return any(write.value == new and write.ver > desk.sights[seq][field].ver for write in writes)

    def _was_shown(self, record: bytes, field: int, ref: Ref) -> bool:
        return any(write.change == ref for write in self.writes.get((record, field), ()))

    def _merged_text(self, desk: SimDesk, seq: int, known: Known, where: str) -> Iterator[Problem]:
        """Lines that a person added stand in the text that came of it."""
        field = known.change.field
        if rules().field(known.change.entity, field).kind is not Kind.TEXT:
            return
        ref = Ref(desk.session.outbox.device_of(seq), seq)
        shown = [write.value for write in self.writes.get((known.change.record, field), ()) if write.change == ref]
        wrote = known.change.values.get(field)
        added = _lines(wrote) - _lines(desk.sights[seq][field].value)
        for value in shown:
            if added - _lines(value):
                yield Problem("lost", f"I1: {where} lost lines {added - _lines(value)}")

    # I2

    def _sight(self, ref: Ref | None, field: int) -> Sight | None:
        desks = self.owners.get(ref) if ref else None
        return desks[0].sights.get(ref.dseq, {}).get(field) if desks and ref else None

    def _before_restore(self, ref: Ref | None, sight: Sight | None = None) -> bool:
        """Whether a change was made before its desk knew that the server was restored, or upon a row that showed what
        was lost: what was seen then has other versions now, or comes back later as a candidate."""
        if sight is not None and any(sight.ver == lost.start - 1 for lost in self.held.lost):
            return True
        for desk in self.owners.get(ref, ()) if ref is not None else ():
            told = desk.rows("SELECT value FROM sync_state WHERE name = 'offered_to'")
            if ref is not None and told and ref.dseq <= told[0][0]:
                return True
        return False

    def _passed(self, write: _Write, sight: Sight) -> bool:
        """Whether the form showed a later version than a write, which the server lost with all that came between: the
        value had been there before, and the writer saw what stood in its place."""
        return write.ver <= sight.ver and any(sight.ver in lost for lost in self.held.lost)

    def _nothing_silently_overwritten(self) -> Iterator[Problem]:
        conflicted = {(one.change, found.field) for found in self._all_conflicts() for one in found.candidates}
        for (record, field), writes in self.writes.items():
            for one, two in pairwise(writes):
                if one.value == two.value or one.change is None or two.change is None:
                    continue
                if one.change.dev == two.change.dev or self._same_desk(one.change, two.change):
                    continue
                known = self.held.changes[two.change]
                kind = rules().field(known.change.entity, field).kind
                sight = self._sight(two.change, field)
                if known.change.kind in (ChangeKind.RESOLVE, ChangeKind.CREATE) or sight is None:
                    continue
                where = f"{record.hex()[-6:]}.{field}: {one.value!r} → {two.value!r}"
                if kind is Kind.TEXT:
                    seen = [_lines(value) for value in (sight.value, *sight.before)]
                    gone = (_lines(one.value) - _lines(two.value)).difference(*seen)
                    if gone:
                        yield Problem("lost", f"I2: {where} lost {gone}")
                elif kind is Kind.STATE and known.change.event is not None:
                    continue  # the same step has an edge from the state that was shown
                elif (
                    not self._before_restore(two.change, sight)
                    and not sight.shown(one.value)
                    and not self._passed(one, sight)
                    and (one.change, field) not in conflicted
                ):
                    yield Problem("lost", f"I2: {where}, the writer had {sight.value!r}")

    def _same_desk(self, one: Ref, two: Ref) -> bool:
        return any(one_desk is desk for one_desk in self.owners.get(one, ()) for desk in self.owners.get(two, ()))

    def _all_conflicts(self) -> Iterator[Conflict]:
        """Every state of every conflict that was ever told."""
        for feed in self.held.feeds.values():
            for entry in feed:
                if entry.conflict is not None:
                    yield entry.conflict

    # I3

    def _no_false_conflict(self) -> Iterator[Problem]:
        for known in self.held.changes.values():
            ref = Ref(known.dev, known.change.dseq)
            for told in known.outcome.fields:
                if told.code != Code.CONFLICT or known.change.kind == ChangeKind.RESOLVE:
                    continue
                sight = self._sight(ref, 0) or self._sight(ref, known.change.field)
                if sight is not None and not self._has_reason(known, ref, told.field, sight):
                    yield Problem("false_conflict", f"I3: {known.change} on {told.field} seen {sight}")

    def _has_reason(self, known: Known, ref: Ref, field: int, sight: Sight) -> bool:
        """Whether another wrote something else that the writer had not seen."""
        record, new = known.change.record, known.change.values.get(field)
        base = self.held.changes.get(known.change.base) if isinstance(known.change.base, Ref) else None
        if base is not None and base.change.kind == ChangeKind.RESOLVE and base.outcome.code == Code.CONFLICT:
            return True  # it goes on from a resolution that did not know all candidates, and stands in its place
        whole = field == VOIDED or rules().field(known.change.entity, field).tree
        for (subject, number), writes in self.writes.items():
            if (subject == record and (number == field or whole)) or (whole and field != VOIDED):
                for write in writes:
                    foreign = write.change is not None and write.change.dev != ref.dev
                    if foreign and write.ver > sight.ver and (number != field or write.value != new):
                        return True
        return False

    # I4

    def _once(self) -> Iterator[Problem]:
        seen: set[tuple[Ref, bytes, int]] = set()
        for place, feed in self.held.feeds.items():
            person = place if len(place) == PERSON else b""
            for entry in feed:
                if entry.kind in (EntryKind.CREATE, EntryKind.CHANGE) and entry.change is not None:
                    for number in entry.values:
                        key = (entry.change, entry.record + person, number)
                        if key in seen:
                            yield Problem("other", f"I4: {entry.change} wrote field {number} twice")
                        seen.add(key)

    # Voiding, conflicts, groups, trees

    def _nothing_voided_unseen(self) -> Iterator[Problem]:
        """Who voids a record has seen what others wrote to it, and who writes to it knows it is void; or one asks."""
        asked = {found.record for found in self._all_conflicts() if found.field == VOIDED}
        for (record, field), writes in self.writes.items():
            if field != VOIDED or record in asked or rules().entity(self.held.records[record].entity).member_of_set:
                continue
            void = writes[-1]
            sight = self._sight(void.change, VOIDED)
            if void.value is None or void.change is None or sight is None:
                continue
            if self._before_restore(void.change, sight):
                continue
            for (subject, number), others in self.writes.items():
                for other in others if subject == record and number != VOIDED else ():
                    if other.change is None or self._same_desk(other.change, void.change):
                        continue
                    seen = self._sight(other.change, number) or self._sight(other.change, 0)
                    early = sight.ver < other.ver < void.ver
                    late = (
                        seen is not None
                        and not self._before_restore(other.change, seen)
                        and other.ver > void.ver > seen.ver
                    )
                    if early or late:
                        yield Problem("lost", f"I2: {record.hex()[-6:]} is void though {number} was written unseen")

    def _conflicts_closed_rightly(self) -> Iterator[Problem]:
        """I12: a conflict closes by a resolution that named all, and saw what was shown, or by those who opened it."""
        states: dict[bytes, list[Conflict]] = {}
        for told in sorted(self._all_conflicts(), key=lambda found: found.ver):
            states.setdefault(told.id, []).append(told)
        for found in states.values():
            for before, after in pairwise(found):
                gone = {one.change for one in before.candidates} - {one.change for one in after.candidates}
                if after.resolution is None or after.open:
                    continue
                known = self.held.changes[after.resolution]
                if gone - {*known.change.considered, *self._begun_upon(known)}:
                    yield Problem("lost", f"I12: a candidate of {after.id.hex()[:6]} was not named")
                writes = self.writes[after.record, after.field]
                at = next(index for index, write in enumerate(writes) if write.change == after.resolution)
                sight, shown = self._sight(after.resolution, after.field), writes[at - 1] if at else None
                if sight is None or shown is None or known.change.values[after.field] == shown.value:
                    continue
                mine = shown.change is not None and self._same_desk(shown.change, after.resolution)
                if not sight.shown(shown.value) and not mine and not self._before_restore(after.resolution, sight):
                    yield Problem("lost", f"I12: who closed {after.id.hex()[:6]} had not seen {shown.value!r}")

    def _begun_upon(self, known: Known | None) -> Iterator[Ref]:
        """The change that one goes on from. Where that came back, its author went on from what it was begun upon."""
        while known is not None and isinstance(known.change.base, Ref):
            yield known.change.base
            below = self.held.changes.get(known.change.base)
            known = below if below is not None and below.outcome.code == Code.RETURNED else None

    # I7, I9, I16

    def _causes_known(self) -> Iterator[Problem]:
        """I7: what was begun upon another change is not there before that one, neither at the server nor on a desk."""
        for ref, known in self.held.changes.items():
            base = known.change.base
            if known.outcome.code == Code.RETURNED or not isinstance(base, Ref):
                continue
            cause, number = self.held.changes.get(base), known.change.field
            told = {write.change: write.ver for write in self.writes.get((known.change.record, number), ())}
            if cause is None or told.get(base, 0) > told.get(ref, told.get(base, 0)):
                yield Problem("other", f"I7: {ref} was judged before {base}, which it was begun upon")
        for desk in self.world.desks:
            seen: set[tuple[bytes, int, int]] = set()
            newest: dict[tuple[bytes, int], int] = {}
            for record, number, dev, dseq, ver in desk.rows(
                "SELECT record, field, dev, dseq, ver FROM received_change WHERE dev IS NOT NULL ORDER BY rowid"
            ):
                if (dev, dseq, number) in seen:
                    continue  # a feed that was read anew
                seen.add((dev, dseq, number))
                if ver < newest.get((record, number), 0):
                    yield Problem("other", f"I7: {desk.name} was shown {record.hex()[-6:]}.{number} out of order")
                newest[record, number] = ver

    def _isolated(self) -> Iterator[Problem]:
        """I9: a change that fails takes back itself, its group and what hangs on it, and nothing else."""
        story = self.world.story
        for ref, known in self.held.changes.items():
            said = known.outcome.reason
            if known.outcome.code != Code.RETURNED or ref.dev not in {own.dev for own in self.owners}:
                continue
            poisoned = said == "server error" and ref not in story.poisonous
            refused = said in ("not allowed", "no right: edit") and ref not in story.refused
            if poisoned or refused:
                yield Problem("other", f"I9: {ref} came back for another's fault: {said}")

    def _undone_exactly(self) -> Iterator[Problem]:
        """I16: an edit that was taken back at once leaves the field as it was."""
        for ref, known in self.held.changes.items():
            base, number = known.change.base, known.change.field
            if known.change.kind != ChangeKind.WITHDRAW or not isinstance(base, Ref):
                continue
            writes = self.writes.get((known.change.record, number), [])
            edit = next((at for at, write in enumerate(writes) if write.change == base), None)
            undo = next((at for at, write in enumerate(writes) if write.change == ref), None)
            if edit is None or undo != edit + 1 or known.outcome.code != Code.ACCEPTED:
                continue
            sight = self._sight(base, number)
            before = writes[edit - 1].value if edit else None
            if self._came_back(ref, known.change.record, number, writes[undo].value):
                continue
            if edit and sight is not None and sight.value == before != writes[undo].value:
                yield Problem("lost", f"I16: {ref} did not restore {before!r}")

    def _came_back(self, ref: Ref, record: bytes, number: int, value: Any) -> bool:
        """Whether another had written a value that the restored server lost, and which its desk offered again."""
        return any(
            by.dev != ref.dev
            and known.change.record == record
            and known.outcome.code in (Code.MERGED, Code.ABSORBED)
            and known.change.values.get(number) == value
            for by, known in self.held.changes.items()
        )

    def _groups_whole(self) -> Iterator[Problem]:
        groups: dict[bytes, set[bool]] = {}
        for known in self.held.changes.values():
            if known.change.gid is not None:
                groups.setdefault(known.change.gid, set()).add(known.outcome.code == Code.RETURNED)
        for gid, outcomes in groups.items():
            if len(outcomes) > 1:
                yield Problem("other", f"group {gid.hex()[:6]} was torn")

    def _trees(self) -> Iterator[Problem]:
        for record in self.held.records.values():
            tree = next((rule.number for rule in rules().entity(record.entity).fields.values() if rule.tree), None)
            seen = {record.id}
            above = record.values.get(tree) if tree else None
            while tree and above in self.held.records:
                if above in seen:
                    yield Problem("other", f"{record.id.hex()[-6:]} stands below itself")
                    break
                seen.add(above)
                above = self.held.records[above].values.get(tree)

    def _unknown_kept(self) -> Iterator[Problem]:
        """I15: what this version does not know is the same everywhere, byte for byte."""
        for desk in self.world.desks:
            kept = {(row[0], row[1]): row[2] for row in desk.rows("SELECT record, field, value FROM unknown_value")}
            for record in self.held.records.values():
                if not readable(self.held, desk.reader, record):
                    continue
                shape = desk.shapes().get(record.entity)
                for number, value in record.values.items():
                    told = kept.get((record.id, number))
                    known = shape is not None and number in shape.fields
                    # Nothing and null are the same.
                    if not known and (told or _NULL) != msgspec.msgpack.encode(value):
                        yield Problem("diverged", f"I15: {desk.name} lacks unknown field {number}")

    # I5, I6

    def _converged(self) -> Iterator[Problem]:
        for desk in self.world.desks:
            cursors = desk.session.inbox.cursors()
            for place, pos in cursors.items():
                if pos != len(self.held.feeds.get(place, ())):
                    yield Problem("diverged", f"I6: {desk.name} is at {pos} of {len(self.held.feeds[place])}")
            yield from self._same_rows(desk)
            yield from self._same_conflicts(desk)
            for table in ("server_value", "leaving_record"):
                (count,) = desk.rows(f"SELECT count(*) FROM {table}")[0]
                if count:
                    yield Problem("diverged", f"{desk.name} keeps {count} rows in {table}")

    def _same_rows(self, desk: SimDesk) -> Iterator[Problem]:
        for shape in desk.shapes().values():
            names = ", ".join(f'"{spec.name}"' for spec in shape.fields.values())
            there = {row[0]: row[1:] for row in desk.rows(f'SELECT id, ver, {names} FROM "{shape.table}"')}
            for record in self.held.records.values():
                if record.entity != shape.entity:
                    continue
                row = there.pop(record.id, None)
                if not readable(self.held, desk.reader, record):
                    if row is not None and not self._untold(row):
                        yield Problem("diverged", f"I5: {desk.name} has {shape.table} that it may not read")
                    continue
                if row is None:
                    yield Problem("diverged", f"I5: {desk.name} lacks {shape.table} {record.id.hex()[-6:]}")
                    continue
                taken = PLACE_FIELDS if self.world.server.takes_place and shape.hangs_by is not None else ()
                for number, value in zip(shape.fields, row[1:], strict=True):
                    if number in taken:
                        continue
                    if value != record.values.get(number) and (number in record.values or number in shape.optional):
                        yield Problem(
                            "diverged",
                            f"I5: {desk.name} {shape.table} {record.id.hex()[-6:]} {shape.fields[number].name}: "
                            f"{value!r}, the server has {record.values.get(number)!r}",
                        )
            for record_id, row in there.items():
                if row[0] > 0 and not self._untold(row):
                    yield Problem("diverged", f"I5: {desk.name} has {shape.table} {record_id.hex()} of nobody")

    def _untold(self, row: tuple[Any, ...]) -> bool:
        """What a restored server has never told a desk of is kept there: it may be the last that has it."""
        return any(row[0] == lost.start - 1 for lost in self.held.lost)

    def _same_conflicts(self, desk: SimDesk) -> Iterator[Problem]:
        mine = {
            found.id: found
            for (packed,) in desk.rows("SELECT packed FROM conflict WHERE open = 1")
            for found in [msgspec.msgpack.decode(packed, type=Conflict)]
        }
        theirs = {
            found.id: found
            for found in self.held.conflicts.values()
            if found.open and readable(self.held, desk.reader, self.held.records[found.record])
        }
        if mine != theirs:
            yield Problem("diverged", f"I5: {desk.name} has {len(mine)} open conflicts, the server {len(theirs)}")


PLACE_FIELDS = (UNIT, MARKING, 3)
"""What a record that hangs on another takes from it: unit, marking, exercise."""
_NULL = msgspec.msgpack.encode(None)
_KINDS = {"I8": "stall", "I11": "other", "I13": "other", "I6": "diverged"}
"""The kinds of what was seen on the way."""


def _lines(text: object) -> set[str]:
    return {line for line in text.split("\n") if line} if isinstance(text, str) else set()
