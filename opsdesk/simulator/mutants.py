"""Planted bugs. A green run proves nothing until each of these has turned it red within its budget of seeds.

Each bug is a real one: from the history of other systems, or one that a first version of this one had.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from opsdesk.simulator import memory_server
from opsdesk.simulator.mutants_of_desks import MUTANTS_OF_DESKS
from opsdesk.simulator.mutants_of_feeds import MUTANTS_OF_FEEDS
from opsdesk.simulator.mutants_of_names import MUTANTS_OF_NAMES
from opsdesk.simulator.planting import Mutant, after, always
from opsdesk.store.queue import outbox
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core import apply, centre, chain, conflicts, merge, places, sight, walk
from opsdesk.sync.core import text as merge_text
from opsdesk.sync.core.merge import Fate, Merge
from opsdesk.sync.core.messages import Ref
from opsdesk.sync.core.sight import Nonsense, Sight


def _accepting(found: Merge, _rule: Any, _kind: int, _shown: Any, new: Any, *_rest: Any, **_named: Any) -> Merge:
    return Merge(Fate.ACCEPT, new, new) if found.fate in (Fate.CONFLICT, Fate.OVERRIDE) else found


def _with_current(found: Any, *_given: Any) -> Any:
    return replace(found, seen=replace(found.seen, current=True)) if isinstance(found, Sight) else found


def _current_after_merge(right: Any) -> Any:
    def follow(draft: Any, base: Ref, change: Any, record: Any, number: int, dev: bytes) -> Any:
        found = right(draft, base, change, record, number, dev)
        known = draft.known(base)
        trace, stamp = known.trace(number), record.stamps.get(number) if record else None
        if trace is not None and stamp is not None and stamp.ver == trace.ver:
            return _with_current(found)
        return found

    return follow


def _one_base(right: Any) -> Any:
    def change_of(self: Any, row: Any, dev: bytes) -> Any:
        made = right(self, row, dev)
        newest = self._connection.execute(
            "SELECT max(seq) FROM change WHERE record = ? AND seq < ? AND outcome IS NULL", (made.record, made.dseq)
        ).fetchone()[0]
        if made.kind in (1, 3) and newest is not None:
            return replace(made, base=Ref(dev, newest))
        return made

    return change_of


def _refused_as_current(found: Any, *_given: Any) -> Any:
    return replace(found, seen=replace(found.seen, refused=False)) if isinstance(found, Sight) else found


def _no_text(told: Any, *_given: Any, **_named: Any) -> Any:
    """As desks told a base before they told the text of a change beside it."""
    return (told[0], UNSET) if isinstance(told[0], Ref) else told


def _known_in_any_life(answer: Any, self: Any, batch: Any) -> Any:
    mark = answer.mark
    while mark is not None and Ref(batch.dev, mark + 1) in self.held.changes:
        mark += 1
    return replace(answer, mark=mark)


def _nonsense_is_current(found: Any, *_given: Any) -> Any:
    return Sight(merge.Seen(True, 0, True, None), 0) if isinstance(found, Nonsense) else found


def _as_if_new(found: Any, *_given: Any, **_named: Any) -> Any:
    return found and replace(found, again=False)


def _drop_named(right: Any) -> Any:
    def judge(batch: Any, loaded: Any, *rest: Any) -> Any:
        loaded.changes = {}
        return right(batch, loaded, *rest)

    return judge


def _unnamed_resolution(right: Any) -> Any:
    def without(self: Any, number: int, new: Any, seen: Any, found: Any) -> bool:
        conflict = self._settles()
        if conflict is not None:
            named = tuple(one.change for one in conflict.candidates)
            self.change = replace(self.change, considered=named)
        return bool(right(self, number, new, seen, found))

    return without


def _blind_resolution(right: Any) -> Any:
    def resolve(self: Any, number: int, new: Any, seen: Any, found: Any) -> bool:
        return bool(right(self, number, new, _with_current(seen), found))

    return resolve


def _replacing_join(right: Any) -> Any:
    def join(found: Any, new: Any, **named: Any) -> Any:
        return right(replace(found, candidates=()) if found else None, new, **named)

    return join


def _all_stands_here(_right: Any) -> Any:
    def record(self: Any, wanted: bytes) -> Any:
        found = self.server.held.records.get(wanted)
        return (found, self.server.place(found)) if found else None

    return record


def _torn_group(_right: Any) -> Any:
    return lambda *_given: None


def _no_severe_loser(right: Any) -> Any:
    def carry_out(self: Any, number: int, new: Any, seen: Any, found: Any) -> None:
        if found.fate is Fate.OVERRIDE:
            found = Merge(Fate.ACCEPT, new, new)
        right(self, number, new, seen, found)

    return carry_out


def _poison_blocks(right: Any) -> Any:
    def one(draft: Any, batch: Any, change: Any, *rest: Any) -> Any:
        verdict = rest[-1]
        before = len(verdict.problems)
        made = right(draft, batch, change, *rest)
        if len(verdict.problems) > before:
            raise verdict.problems[-1][1]
        return made

    return one


def _poison_spreads(right: Any) -> Any:
    def one(draft: Any, batch: Any, change: Any, digest: Any, rules: Any, permit: Any, *rest: Any) -> Any:
        def spoilt(*_given: Any) -> str:
            raise ZeroDivisionError("of another")

        return right(draft, batch, change, digest, rules, spoilt if rest[-1].problems else permit, *rest)

    return one


def _no_own_base(right: Any) -> Any:
    def change_of(self: Any, row: Any, *rest: Any) -> Any:
        made = right(self, row, *rest)
        if made.kind not in (1, 3) or not isinstance(made.base, Ref):
            return made
        table = shapes()[made.entity].table
        (ver,) = self._connection.execute(f'SELECT max(ver) FROM "{table}" WHERE id = ?', (made.record,)).fetchone()
        return replace(made, base=ver or 0)

    return change_of


def _ours_only(found: merge_text.Merged, *_given: Any) -> merge_text.Merged:
    return merge_text.Merged(found.text, found.text)


def _absorb_all(found: Merge, *_given: Any, **_named: Any) -> Merge:
    return replace(found, fate=Fate.ABSORB) if found.fate is Fate.CONFLICT else found


MUTANTS: tuple[Mutant, ...] = (
    Mutant("a change that comes twice is applied twice", 20, ((centre, "judge", _drop_named),)),
    Mutant("the last writer wins", 5, ((apply, "merge", after(_accepting)),), "I2"),
    Mutant("a base that is an own change always counts as current", 20, ((sight, "_change", after(_with_current)),)),
    Mutant("a base counts as current after its text was merged", 60, ((sight, "_change", _current_after_merge),)),
    Mutant("every base counts as current", 5, ((apply, "follow", after(_with_current)),)),
    Mutant(
        "one base for all fields of a record",
        20,
        ((outbox.Outbox, "_change", _one_base), (apply, "follow", after(_nonsense_is_current))), "I3"),
    Mutant("a resolution closes what it did not name", 60, (
        (apply._Application, "_resolve", _unnamed_resolution),), "I12"),
    Mutant("a resolution ignores the value shown", 60, ((apply._Application, "_resolve", _blind_resolution),)),
    Mutant("a third candidate displaces the second", 20, ((conflicts, "join", _replacing_join),)),
    Mutant("the less severe value is forgotten", 200, ((apply._Application, "_carry_out", _no_severe_loser),)),
    Mutant("what no longer fits is absorbed", 10, ((apply, "merge", after(_absorb_all)),)),
    Mutant("overlapping lines of one side are dropped", 20, ((merge_text, "three_way", after(_ours_only)),)),
    Mutant("an edit of a voided record is buried with it", 30, ((apply._Application, "_keep_alive", always(None)),)),
    Mutant("voiding does not ask what it missed", 30, ((apply._Application, "_misses", always(False)),)),
    Mutant("moves may make a circle", 100, ((conflicts, "circle", always(False)),)),
    Mutant("a group may be torn", 60, ((centre, "_keep_together", _torn_group),)),
    Mutant("a poisonous change stops the batch", 20, ((centre, "_one", _poison_blocks),)),
    Mutant("what hangs on a record stays behind", 20, ((places, "family", lambda _right: (
        lambda draft, anchor: filter(None, [draft.record(anchor)]))),)),
    Mutant("a feed tells of what has left it", 20, ((memory_server._Shown, "record", _all_stands_here),), "I11"),
    Mutant("two devices with one identity are taken for one", 20, ((chain, "link", always(bytes(8))),)),
    Mutant("who was there before is not told what has left", 300, ((walk, "begun", after(_as_if_new)),)),
    Mutant("a poisonous change spoils those behind it", 20, ((centre, "_one", _poison_spreads),), "I9"),
    # The centre takes what a device wrote last as seen by it: two nets, both cut here.
    Mutant("an edit upon an own one names the server's version", 20, (
        (outbox.Outbox, "_change", _no_own_base), (sight, "_own", always(False))), "I3"),
    Mutant("a restored server counts what a copy was told", 200, (
        (memory_server.MemoryServer, "_tell_restored", after(_known_in_any_life)),), "I1"),
    Mutant("a text upon what another may not write again is taken whole", 200, (
        (apply, "follow", after(_refused_as_current)), (outbox.Outbox, "_seen", after(_no_text)),), "I2"),
    *MUTANTS_OF_DESKS,
    *MUTANTS_OF_NAMES,
    *MUTANTS_OF_FEEDS,
)  # fmt: skip

FOUND_AT: dict[str, int] = {
    "a group may be torn": 13,
    "after a walk the feed is read from too far": 2,
    "a resolution ignores the value shown": 3,
    "a restored server counts what a copy was told": 65,
    "a text upon what another may not write again is taken whole": 101,
    "what was seen of a lost text is not told": 759,
    "an answer removes changes before the feed has come": 1,
    "moves may make a circle": 21,
    "one base for all fields of a record": 18,
    "voiding does not ask what it missed": 3,
    "overlapping lines of one side are dropped": 3,
    "a fork renames what was answered too": 1210,
    "what took a new name is not found by its old one": 3567,
    "a marking does not bind who is named": 4,
    "an answer names a feed that does not tell": 1,
    "an own feed goes on though rights were taken": 5,
    "naming brings the record alone": 1,
    "taking an edit back leaves something else": 1,
    "what stands outside stays when rights are taken": 5,
    "what was asked for is not sent": 19,
    "who is named no more keeps what he read": 4,
    "the less severe value is forgotten": 25,
    "two devices with one identity are taken for one": 3,
    "unknown fields are dropped": 2,
    "what hangs on a record stays behind": 0,
    "what is read anew is shown though older": 877,
    "what leaves is kept": 1,
    "what was made here stays though a walk did not tell of it": 11,
    "who was there before is not told what has left": 7,
}
"""The seed that found a bug, where it was not the first: tried first by the tests."""
