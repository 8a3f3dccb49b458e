"""The centre's judgement: a batch of changes against what is held, in order, each with its own outcome.

Nothing here waits or reads: `needs` says what to load, `judge` makes a `Verdict` from it, the port stores that in one
transaction, gives positions last, and `answer` puts them into the outcomes. A change that fails is taken back alone; a
group is taken back whole. A change that was judged before gets the stored answer again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from opsdesk.sync.core import chain
from opsdesk.sync.core.apply import Stop, apply
from opsdesk.sync.core.draft import Draft
from opsdesk.sync.core.feed import EVERYTHING, Reader
from opsdesk.sync.core.messages import Answer, Batch, Change, ChangeKind, Code, FieldOutcome, Outcome, Ref
from opsdesk.sync.core.rules import MARKING, UNIT, VOIDED, Kind, Rules
from opsdesk.sync.core.state import Known, Loaded, Needs, Record, Result, Trace

GROUP_LIMIT: Final = 64
"""Changes that may be applied together or not at all."""

FEW: Final = 16
"""Changes after which whoever drives the judgement gets a turn."""

Permit = Callable[[Batch, Change, Record | None], str | None]
"""Says why a change may not be made: a code for programs; None when it may."""

_SUPPORTED: Final = frozenset(
    {ChangeKind.CREATE, ChangeKind.SET, ChangeKind.INC, ChangeKind.TRANSITION, ChangeKind.RESOLVE, ChangeKind.WITHDRAW}
)


@dataclass(slots=True)
class Verdict:
    """What to store, and the outcomes that still lack their positions."""

    result: Result
    outcomes: list[Outcome] = field(default_factory=list)
    fork: int = 0
    problems: list[tuple[Ref, Exception]] = field(default_factory=list)
    """Changes that made the judgement itself fail; for the log of the server."""


def needs(batch: Batch, rules: Rules) -> Needs:
    """What must be loaded before `batch` can be judged."""
    found = Needs()
    for run in batch.runs:
        found.changes.add(Ref(batch.dev, run.first - 1))
    for change in batch.changes:
        found.changes.add(Ref(batch.dev, change.dseq))
        found.offered.add(Ref(batch.dev, change.dseq))
        found.records.add(change.record)
        found.entities.setdefault(change.record, change.entity)
        if change.conflict is not None:
            found.conflicts.add(change.conflict)
        if isinstance(change.base, Ref):
            found.changes.add(change.base)
            if batch.epoch > 0 and change.base.dev != batch.dev:
                found.named.add(change.base)
        if batch.epoch > 0:
            decided = {ref for ref in change.considered if ref.dev != batch.dev}
            found.changes |= decided
            found.named |= decided
        rule = rules.entity(change.entity)
        for number, value in change.values.items():
            kind = rules.field(change.entity, number).kind
            if kind is Kind.REFERENCE and isinstance(value, bytes):
                if number == rule.subject:
                    found.records.add(value)
                if rules.field(change.entity, number).tree:
                    found.trees.add((change.entity, value))
            if number in (UNIT, MARKING):
                found.children.add(change.record)
            if change.kind != ChangeKind.CREATE and isinstance(change.base, int):
                found.past.add((change.record, number, change.base))
            again = batch.epoch > 0  # what waits again after a restore may have been decided on already
            if change.kind != ChangeKind.CREATE and (again or rules.field(change.entity, number).severe_first):
                found.authors.add((change.record, number))
        if change.kind == ChangeKind.CREATE:
            # Its coming may bring those that came before it to their place.
            found.children.add(change.record)
        found.families |= _families(change, rules)
    return found


def _families(change: Change, rules: Rules) -> set[bytes]:
    """Records of which all that hangs together must be known: who is named on them may change."""
    subject, names = rules.entity(change.entity).subject, rules.naming(change.entity)
    touching = {*names, subject, *([VOIDED] if names and subject is not None else [])}
    if change.kind == ChangeKind.CREATE:
        touching.discard(subject)
    if touching.isdisjoint(change.values):
        return set()
    above = change.values.get(subject) if subject is not None else None
    return {change.record, above} if isinstance(above, bytes) else {change.record}


def judge(batch: Batch, loaded: Loaded, rules: Rules, permit: Permit, reader: Reader = EVERYTHING) -> Verdict:
    """Judge a whole batch, as `judging`."""
    *_, verdict = judging(batch, loaded, rules, permit, reader)
    return verdict


def judging(
    batch: Batch, loaded: Loaded, rules: Rules, permit: Permit, reader: Reader = EVERYTHING
) -> Iterator[Verdict]:
    """Judge a batch on what `needs` named. `reader`: whoever asks, to be told in which feed to look for the outcome.

    The one verdict is given after every few changes and at the end. All that it holds by then stays, but for a record
    that a later change writes, which takes its place as another object: so a port may store while the rest is judged.
    """
    draft = Draft(loaded, rules)
    verdict = Verdict(draft.result)
    blocked: set[tuple[bytes, int]] = set()
    judged = 0
    for unit in _units(batch, loaded, verdict):
        mark = draft.mark()
        before = len(verdict.outcomes)
        for change, digest in unit:
            told = _told_in(draft, draft.record(change.record), reader)
            outcome = _one(draft, batch, change, digest, rules, permit, blocked, verdict)
            # Most leave the record where it stands, so that the feed that tells of it is known already.
            now = told
            if not told or not rules.standing(change.entity).isdisjoint(change.values):
                now = _told_in(draft, draft.record(change.record), reader)
            outcome = _placed(outcome, told, now, reader)
            verdict.outcomes.append(outcome)
        _keep_together(draft, mark, batch, unit, verdict, before)
        for (change, _), outcome in zip(unit, verdict.outcomes[before:], strict=True):
            if not outcome.final:
                blocked.add((change.record, change.field))
        draft.keep()
        if len(verdict.outcomes) - judged >= FEW:
            judged = len(verdict.outcomes)
            yield verdict
    yield verdict


def answer(batch: Batch, verdict: Verdict, epoch: int, heads: Mapping[bytes, int]) -> Answer:
    """The answer to a batch, with the positions that the port has given (`heads`: the last one of each partition).

    It writes them into the log rows of the result too.
    """
    outcomes = []
    for outcome in verdict.outcomes:
        if outcome.final:
            outcome = replace(outcome, pos=heads.get(outcome.place, 0))
        ref = Ref(batch.dev, outcome.dseq)
        known = verdict.result.changes.get(ref)
        if known is not None:
            verdict.result.changes[ref] = replace(known, outcome=outcome)
        outcomes.append(outcome)
    return Answer(epoch, batch.dev, tuple(outcomes), verdict.fork)


_Unit = list[tuple[Change, bytes]]


def _units(batch: Batch, loaded: Loaded, verdict: Verdict) -> list[_Unit]:
    """The changes that stand or fall together, up to where another device's chain begins; of what comes behind that,
    those that were judged before under this name."""
    units: list[_Unit] = []
    group: bytes | None = None
    for change, before, digest in chain.digests(batch):
        known = loaded.changes.get(Ref(batch.dev, change.dseq))
        last = loaded.changes.get(Ref(batch.dev, change.dseq - 1))
        if known is not None and known.digest == digest:
            # The whole digest says that it is this one, whoever may have sent what bears the name before it since.
            if verdict.fork:
                units.append([(change, digest)])
                continue
        elif verdict.fork or known is not None or (last is not None and chain.short(last.digest) != before):
            verdict.fork = verdict.fork or change.dseq
            continue
        if change.gid is None or change.gid != group:
            units.append([])
        units[-1].append((change, digest))
        group = change.gid
    return units


def _one(
    draft: Draft,
    batch: Batch,
    change: Change,
    digest: bytes,
    rules: Rules,
    permit: Permit,
    blocked: set[tuple[bytes, int]],
    verdict: Verdict,
) -> Outcome:
    ref = Ref(batch.dev, change.dseq)
    known = draft.known(ref)
    if known is not None:
        return known.outcome
    if change.kind not in _SUPPORTED:
        return Outcome(change.dseq, Code.UNSUPPORTED)
    if blocked and not blocked.isdisjoint({(change.record, change.field), (change.record, 0)}):
        # An older change of the same field still waits.
        return Outcome(change.dseq, Code.DEFERRED)
    mark = draft.mark()
    try:
        reason = _malformed(change) or permit(batch, change, draft.record(change.record))
        made = Stop(Code.RETURNED, reason) if reason else apply(draft, change, ref, rules)
    except Exception as error:  # noqa: BLE001  # one poisonous change must not stop those behind it
        verdict.problems.append((ref, error))
        made = Stop(Code.RETURNED, "server error")
    if isinstance(made, Stop):
        draft.rollback(mark)
        outcome = Outcome(change.dseq, made.code, reason=made.reason, waits=made.waits)
        made = {}
    else:
        outcome = _outcome(change, made)
    if outcome.final:
        draft.put_known(ref, Known(change, batch.dev, digest, outcome, made, draft.epoch))
    return outcome


_RANK: Final = (Code.ACCEPTED, Code.MERGED, Code.ABSORBED, Code.CONFLICT)


def _told_in(draft: Draft, record: Record | None, reader: Reader) -> bytes:
    """The feed that tells a reader of a record: that of the partition where it stands, or the reader's own where he
    reads it only because he is named on it; empty where he does not read it."""
    if record is None:
        return b""
    place = draft.place(record)
    if reader.reads(place):
        return place
    return (reader.person or b"") if reader.follows(place, draft.named(draft.anchor(record))) else b""


def _placed(outcome: Outcome, before: bytes, now: bytes, reader: Reader) -> Outcome:
    """The outcome with the feed that shows it: the one that tells of the record now, or the one that told of it until
    then, where its leaving is told."""
    if not outcome.final or outcome.code == Code.RETURNED:
        return outcome
    place = now or before or outcome.place
    return replace(outcome, place=place if reader.reads(place) else b"")


def _outcome(change: Change, traces: dict[int, Trace]) -> Outcome:
    """One answer from what became of each field."""
    own = [trace.code for number, trace in traces.items() if number in change.values or number == 0]
    code = max(own, key=_RANK.index, default=Code.ACCEPTED)
    differing = tuple(
        FieldOutcome(number, trace.code, trace.conflict)
        for number, trace in sorted(traces.items())
        if trace.code != Code.ACCEPTED and number != 0
    )
    return Outcome(change.dseq, code, fields=differing)


def _malformed(change: Change) -> str | None:
    if change.kind == ChangeKind.CREATE:
        return "a creation is based on nothing" if change.base != 0 else None
    if len(change.values) != 1:
        return "one field is needed"
    if change.kind == ChangeKind.RESOLVE and change.conflict is None:
        return "no conflict is named"
    if change.kind == ChangeKind.WITHDRAW and not isinstance(change.base, Ref):
        return "no change is named"
    return None


def _keep_together(draft: Draft, mark: int, batch: Batch, unit: _Unit, verdict: Verdict, first: int) -> None:
    """Take a whole group back when one of it failed or must wait."""
    outcomes = verdict.outcomes[first:]
    if unit[0][0].gid is None:
        return
    waits = next((outcome for outcome in outcomes if not outcome.final), None)
    failed = len(unit) > GROUP_LIMIT or any(outcome.code == Code.RETURNED for outcome in outcomes)
    if waits is None and not failed:
        return
    draft.rollback(mark)
    for index, (change, digest) in enumerate(unit, first):
        outcome, ref = verdict.outcomes[index], Ref(batch.dev, change.dseq)
        if draft.known(ref) is not None:
            continue  # judged in an earlier batch
        if failed:
            if outcome.code != Code.RETURNED:
                outcome = Outcome(change.dseq, Code.RETURNED, reason="its group was returned")
            draft.put_known(ref, Known(change, batch.dev, digest, outcome, {}, draft.epoch))
        elif outcome.final and waits is not None:
            outcome = Outcome(change.dseq, Code.DEFERRED, waits=waits.waits)
        verdict.outcomes[index] = outcome
