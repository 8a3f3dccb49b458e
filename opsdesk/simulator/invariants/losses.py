"""Nothing that a person wrote is lost, written over unseen, or buried."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from opsdesk.simulator.desks import Sight, SimDesk
from opsdesk.simulator.invariants.evidence import Evidence, Problem, lines
from opsdesk.store.queue.shapes import rules
from opsdesk.sync.core.messages import ChangeKind, Code, Ref
from opsdesk.sync.core.rules import VOIDED, Kind
from opsdesk.sync.core.state import Known


class Losses(Evidence):
    """I1, I2 and I16."""

    def _nothing_lost(self) -> Iterator[Problem]:
        named = {ref for known in self.held.changes.values() for ref in known.change.considered}
        settled = {
            ref
            for known in self.held.changes.values()
            if known.change.kind == ChangeKind.RESOLVE and known.outcome.code in (Code.ACCEPTED, Code.MERGED)
            for considered in known.change.considered
            for ref in self._names(considered)
        }
        based = {known.change.base for known in self.held.changes.values() if isinstance(known.change.base, Ref)}
        candidates = {one.change for found in self.held.conflicts.values() if found.open for one in found.candidates}
        for desk in self.world.desks:
            returned = {seq for (seq,) in desk.rows("SELECT seq FROM returned_change")}
            for seq, record, field, new, outcome in desk.rows("SELECT seq, record, field, new, outcome FROM change"):
                ref = Ref(desk.session.outbox.device_of(seq), seq)
                known = self.held.changes.get(ref)
                where = f"{desk.name} {seq} field {field}"
                if outcome == Code.RETURNED and seq in returned and self._never_offered(desk, seq, known):
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
                    if ref not in settled and not self._said_already(desk, seq, known, ref):
                        yield Problem("lost", f"I1: {where} was absorbed by nothing")
                elif known.outcome.code == Code.MERGED and field:
                    yield from self._merged_text(desk, seq, known, where)

    def _never_offered(self, desk: SimDesk, seq: int, known: Known | None) -> bool:
        """Whether a change that came back was not sent to the server in this life: what bears its name there, if
        anything does, a copy of the desk has sent."""
        if known is None:
            return True
        copied = len(self.owners[Ref(known.dev, seq)]) > 1
        told = desk.rows("SELECT value FROM sync_state WHERE name = 'offered_to'")
        answered = desk.rows("SELECT 1 FROM sent_change WHERE seq = ? AND code IS NOT NULL", seq)
        return copied and bool(told) and seq <= told[0][0] and not answered

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
            added = lines(new) - lines(desk.sights[seq][field].value)
            return any(not added - lines(write.value) for write in writes)
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
        added = lines(wrote) - lines(desk.sights[seq][field].value)
        for value in shown:
            if added - lines(value):
                yield Problem("lost", f"I1: {where} lost lines {added - lines(value)}")

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
                    seen = [lines(value) for value in self._texts_seen(two.change, record, field, sight)]
                    gone = (lines(one.value) - lines(two.value)).difference(*seen)
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

    def _texts_seen(self, ref: Ref, record: bytes, field: int, sight: Sight) -> Iterator[Any]:
        """What the writer of a change had seen of a text. Where the form showed what an own change had written that a
        restored server did not take again, its own base counts (`sync.md` 3.4): the writer had decided on it there."""
        desk, seq, one = self.owners[ref][0], ref.dseq, sight
        while True:
            yield from (one.value, *one.before)
            came_back = desk.rows(
                "SELECT max(c.seq) FROM change c JOIN returned_change r ON r.seq = c.seq "
                "JOIN sync_state s ON s.name = 'offered_to' AND c.seq <= s.value "
                "WHERE c.record = ? AND c.field = ? AND c.seq < ? AND c.new IS ?",
                *(record, field, seq, one.value),
            )[0][0]
            if came_back is None:
                return
            seq, one = came_back, desk.sights[came_back][field]

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
            (wrote_over,) = self.owners[base][0].rows("SELECT old FROM change WHERE seq = ?", base.dseq)[0]
            if wrote_over == writes[undo].value:
                continue  # an own edit from another window stood there, and comes back later
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
