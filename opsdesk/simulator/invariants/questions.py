"""What is asked is asked for a reason and closed by who knew all of it; what is done is done once, whole, in order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from opsdesk.simulator.desks import Sight
from opsdesk.simulator.invariants.evidence import Evidence, Problem
from opsdesk.store.queue.shapes import rules
from opsdesk.sync.core.messages import ChangeKind, Code, Conflict, EntryKind, Ref
from opsdesk.sync.core.rules import VOIDED, Kind
from opsdesk.sync.core.state import PERSON, Known


class Questions(Evidence):
    """I3 and I12: what people are asked."""

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
        text = rules().field(known.change.entity, field).kind is Kind.TEXT
        if text and self._upon_refused(known):
            return True
        whole = field == VOIDED or rules().field(known.change.entity, field).tree
        seen = sight.ver
        told = base.trace(VOIDED) if base is not None and base.dev != ref.dev else None
        if field == VOIDED and told is not None and self._before_restore(None, sight):
            # Of all that was seen only a change under an earlier name is left to tell, and others bear that name, too.
            seen = told.ver
        for (subject, number), writes in self.writes.items():
            if (subject == record and (number == field or whole)) or (whole and field != VOIDED):
                for write in writes:
                    foreign = write.change is not None and write.change.dev != ref.dev
                    if foreign and write.ver > seen and (number != field or write.value != new):
                        return True
        return False

    def _upon_refused(self, known: Known) -> bool:
        """Whether a change, or the own candidate whose place it takes, was begun upon what another wrote before a
        restore and may not write again: the server shows what was there before that, which the writer had not seen."""
        one: Known | None = known
        while one is not None and isinstance(one.change.base, Ref):
            below = self.held.changes.get(one.change.base)
            if below is not None and below.outcome.code == Code.RETURNED and below.dev != one.dev:
                return True
            one = below if below is not None and below.outcome.code in (Code.CONFLICT, Code.RETURNED) else None
        return False

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


class Order(Evidence):
    """I4, I7, I9, groups and trees: what the centre made of the changes."""

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

    def _causes_known(self) -> Iterator[Problem]:
        """I7: what was begun upon another change is not there before that one, neither at the server nor on a desk."""
        for ref, known in self.held.changes.items():
            base = known.change.base
            if known.outcome.code == Code.RETURNED or not isinstance(base, Ref):
                continue
            base = self._now_called(base)
            cause, number = self.held.changes.get(base), known.change.field
            told = {write.change: write.ver for write in self.writes.get((known.change.record, number), ())}
            if cause is None or told.get(base, 0) > told.get(ref, told.get(base, 0)):
                yield Problem("other", f"I7: {ref} was judged before {base}, which it was begun upon")
        for desk in self.world.desks:
            seen: set[tuple[bytes, int, int]] = set()
            newest: dict[tuple[bytes, int, int], int] = {}
            for seq, record, number, dev, dseq, ver in desk.rows(
                "SELECT seq, record, field, dev, dseq, ver FROM received_change WHERE dev IS NOT NULL ORDER BY seq"
            ):
                if (dev, dseq, number) in seen:
                    continue  # a feed that was read anew
                seen.add((dev, dseq, number))
                # What had gone begins anew: another feed tells from its begin what came before the record left it.
                times = sum(before < seq for before in desk.begun.get(record, ()))
                if ver < newest.get((record, number, times), 0):
                    yield Problem("other", f"I7: {desk.name} was shown {record.hex()[-6:]}.{number} out of order")
                newest[record, number, times] = ver

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

    def _groups_whole(self) -> Iterator[Problem]:
        # A copy of a disk offers a group of its own under the same identity, which may have another answer.
        groups: dict[tuple[bytes, bytes], set[bool]] = {}
        for known in self.held.changes.values():
            if known.change.gid is not None:
                groups.setdefault((known.dev, known.change.gid), set()).add(known.outcome.code == Code.RETURNED)
        for (_, gid), outcomes in groups.items():
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
