"""Planted bugs. A green run proves nothing until each of these has turned it red within its budget of seeds.

Each bug is a real one: from the history of other systems, or one that a first version of this one had.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from opsdesk.simulator import memory_server
from opsdesk.simulator.mutants_of_feeds import MUTANTS_OF_FEEDS
from opsdesk.simulator.mutants_of_names import MUTANTS_OF_NAMES
from opsdesk.simulator.planting import Mutant, after, always
from opsdesk.store.queue import bulk, inbox, leaving, outbox, session
from opsdesk.store.queue.shapes import shapes
from opsdesk.store.tables import NO_LIMIT
from opsdesk.store.work import Work
from opsdesk.sync.core import apply, centre, chain, conflicts, merge, places, sight, walk
from opsdesk.sync.core import text as merge_text
from opsdesk.sync.core.merge import Fate, Merge
from opsdesk.sync.core.messages import Code, Ref
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
            return msgspec.structs.replace(made, base=Ref(dev, newest))
        return made

    return change_of


def _refused_as_current(found: Any, *_given: Any) -> Any:
    return replace(found, seen=replace(found.seen, refused=False)) if isinstance(found, Sight) else found


def _known_in_any_life(answer: Any, self: Any, batch: Any) -> Any:
    mark = answer.mark
    while mark is not None and Ref(batch.dev, mark + 1) in self.held.changes:
        mark += 1
    return msgspec.structs.replace(answer, mark=mark)


def _nonsense_is_current(found: Any, *_given: Any) -> Any:
    return Sight(merge.Seen(True, 0, True, None), 0) if isinstance(found, Nonsense) else found


def _base_at_saving(right: Any) -> Any:
    def update(self: Any, *given: Any, seen: Any = None, **named: Any) -> Any:
        return right(self, *given, seen=(NO_LIMIT, NO_LIMIT) if seen else None, **named)

    return update


def _raise_ver(right: Any) -> Any:
    def take(self: Any, answer: Any, now: int) -> None:
        right(self, answer, now)
        for outcome in answer.outcomes:
            if outcome.code in (Code.ACCEPTED, Code.MERGED, Code.CONFLICT):
                entity, record = self._connection.execute(
                    "SELECT entity, record FROM change WHERE seq = ?", (outcome.dseq,)
                ).fetchone()
                # An answer bears no version for good reason; the position is near enough to do the harm.
                self._connection.execute(
                    f'UPDATE "{shapes()[entity].table}" SET ver = ver + 3 WHERE id = ? AND ver > 0', (record,)
                )

    return take


def _losing_frame(right: Any) -> Any:
    def apply_entries(self: Any, entries: Any, applied: Any) -> Any:
        return right(self, [told for told in entries if told.ver % 53 != 11], applied)

    return apply_entries


def _stale_frame(right: Any) -> Any:
    def apply_frames(self: Any, frames: Any) -> Any:
        cursors, made = self.cursors(), []
        for frame in frames:
            cursor = cursors.get(frame.place, frame.start)
            if cursor > frame.start:
                frame = msgspec.structs.replace(frame, start=cursor, end=max(cursor, frame.end))
            made.append(frame)
        return right(self, made)

    return apply_frames


def _older_rows(right: Any) -> Any:
    def row(self: Any, shape: Any, entry: Any, values: Any) -> bool:
        found = self._connection.execute(f'SELECT ver FROM "{shape.table}" WHERE id = ?', (entry.record,)).fetchone()
        newer = max(entry.ver, found[0] + 1) if found else entry.ver
        return bool(right(self, shape, msgspec.structs.replace(entry, ver=newer), values))

    return row


def _rows_of_no_version(found: Any, *_given: Any) -> Any:
    for row in found.values():
        row.ver = -1
    return found


def _too_far(right: Any) -> Any:
    def take_pages(self: Any, pages: Any) -> Any:
        made = []
        for page in pages:
            if page.next is None and page.walk.pos > 1:
                page = msgspec.structs.replace(page, walk=msgspec.structs.replace(page.walk, pos=page.walk.pos + 1))
                self._connection.execute(
                    "UPDATE feed_cursor SET walk = ? WHERE place = ?", (msgspec.msgpack.encode(page.walk), page.place)
                )
            made.append(page)
        return right(self, made)

    return take_pages


def _as_if_new(found: Any, *_given: Any, **_named: Any) -> Any:
    return found and msgspec.structs.replace(found, again=False)


def _passed_at_once(right: Any) -> Any:
    def take(self: Any, answer: Any, now: int) -> None:
        outcomes = tuple(msgspec.structs.replace(one, pos=0) for one in answer.outcomes)
        right(self, msgspec.structs.replace(answer, outcomes=outcomes), now)

    return take


def _ack_clears_all(right: Any) -> Any:
    def take(self: Any, answer: Any, now: int) -> None:
        right(self, answer, now)
        self._connection.execute("UPDATE change SET outcome = 0 WHERE outcome IS NULL")

    return take


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
            self.change = msgspec.structs.replace(self.change, considered=named)
        return bool(right(self, number, new, seen, found))

    return without


def _blind_resolution(right: Any) -> Any:
    def resolve(self: Any, number: int, new: Any, seen: Any, found: Any) -> bool:
        return bool(right(self, number, new, _with_current(seen), found))

    return resolve


def _replacing_join(right: Any) -> Any:
    def join(found: Any, new: Any, **named: Any) -> Any:
        return right(msgspec.structs.replace(found, candidates=()) if found else None, new, **named)

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


def _not_told(found: tuple[Any, Any], *_given: Any, **_named: Any) -> tuple[Any, Any]:
    return found[0], UNSET


def _box_lost(right: Any) -> Any:
    def take(self: Any, answer: Any, now: int) -> None:
        right(self, answer, now)
        self._connection.execute("DELETE FROM returned_change")

    return take


def _jumping(right: Any) -> Any:
    def apply_frames(self: Any, frames: Any) -> Any:
        return right(self, [msgspec.structs.replace(one, end=one.end + bool(one.entries)) for one in frames])

    return apply_frames


def _last_first(_right: Any) -> Any:
    def note(self: Any, shape: Any, entry: Any, number: int, new: Any, old: Any) -> None:
        self._history.insert(0, bulk.history_row(shape, entry, number, new, old))

    return note


def _undone_wrongly(_right: Any) -> Any:
    def withdraw(self: Any, seq: int) -> int:
        entity, record, field, old = self._connection.execute(
            "SELECT entity, record, field, old FROM change WHERE seq = ? AND outcome IS NULL", (seq,)
        ).fetchone()
        made = self._write(entity, record, field, f"{old} again" if isinstance(old, str) else old, None)
        self._connection.execute("INSERT INTO sync_intent VALUES (?, 6, NULL, NULL)", (made,))
        return int(made)

    return withdraw


def _no_own_base(right: Any) -> Any:
    def change_of(self: Any, row: Any, *rest: Any) -> Any:
        made = right(self, row, *rest)
        if made.kind not in (1, 3) or not isinstance(made.base, Ref):
            return made
        table = shapes()[made.entity].table
        (ver,) = self._connection.execute(f'SELECT max(ver) FROM "{table}" WHERE id = ?', (made.record,)).fetchone()
        return msgspec.structs.replace(made, base=ver or 0)

    return change_of


def _ours_only(found: merge_text.Merged, *_given: Any) -> merge_text.Merged:
    return merge_text.Merged(found.text, found.text)


def _absorb_all(found: Merge, *_given: Any, **_named: Any) -> Merge:
    return replace(found, fate=Fate.ABSORB) if found.fate is Fate.CONFLICT else found


MUTANTS: tuple[Mutant, ...] = (
    Mutant("a change that comes twice is applied twice", 20, ((centre, "judge", _drop_named),)),
    Mutant("the last writer wins", 5, ((apply, "merge", after(_accepting)),), "I2"),
    Mutant("a pull writes over waiting edits", 5, ((outbox.Outbox, "pending_of", always({})),)),
    Mutant("an answer clears the whole queue", 5, ((outbox.Outbox, "take", _ack_clears_all),)),
    Mutant("the cursor passes what was not applied", 5, ((bulk.Bulk, "apply", _losing_frame),)),
    # A stale frame alone does no harm, since rows know their version, and the other way round: two nets, both cut here.
    Mutant(
        "a stale frame is accepted, and writes over newer rows",
        200,
        (
            (inbox.Inbox, "apply", _stale_frame),
            (inbox.Inbox, "_row", _older_rows),
            (bulk.Bulk, "_rows", after(_rows_of_no_version)),
        ),
    ),
    Mutant("a base that is an own change always counts as current", 20, ((sight, "_change", after(_with_current)),)),
    Mutant("a base counts as current after its text was merged", 60, ((sight, "_change", _current_after_merge),)),
    Mutant("every base counts as current", 5, ((apply, "follow", after(_with_current)),)),
    Mutant(
        "one base for all fields of a record",
        20,
        ((outbox.Outbox, "_change", _one_base), (apply, "follow", after(_nonsense_is_current))), "I3"),
    Mutant("the base is taken when the form is saved", 200, ((Work, "update", _base_at_saving),)),
    Mutant("an answer raises the version of the row", 20, ((outbox.Outbox, "take", _raise_ver),)),
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
    Mutant("what leaves is kept", 20, ((leaving.Leaving, "leave", always(None)),), "I5"),
    Mutant("what hangs on a record stays behind", 20, ((places, "family", lambda _right: (
        lambda draft, anchor: filter(None, [draft.record(anchor)]))),)),
    Mutant("a feed tells of what has left it", 20, ((memory_server._Shown, "record", _all_stands_here),), "I11"),
    Mutant("two devices with one identity are taken for one", 20, ((chain, "link", always(bytes(8))),)),
    Mutant("unknown fields are dropped", 30, ((inbox.Inbox, "_keep_unknown", always(None)),), "I15"),
    Mutant("an answer removes changes before the feed has come", 60, (
        (outbox.Outbox, "take", _passed_at_once),), "I13"),
    Mutant("the desk never forgets what it pushed", 5, ((session.Session, "begin", always(None)),)),
    Mutant("after a walk the feed is read from too far", 20, ((inbox.Inbox, "take_pages", _too_far),)),
    Mutant("what was made here stays though a walk did not tell of it", 200, (
        (outbox.Outbox, "let_go_untold", always(None)),)),
    Mutant("who was there before is not told what has left", 300, ((walk, "begun", after(_as_if_new)),)),
    Mutant("what came back is not put into the box", 20, ((outbox.Outbox, "take", _box_lost),), "I1"),
    Mutant("the cursor jumps ahead", 5, ((inbox.Inbox, "apply", _jumping),), "I6"),
    Mutant("what comes in together is written down last first", 20, ((bulk.Bulk, "_note", _last_first),), "I7"),
    Mutant("a poisonous change spoils those behind it", 20, ((centre, "_one", _poison_spreads),), "I9"),
    Mutant("taking an edit back leaves something else", 60, ((outbox.Outbox, "withdraw", _undone_wrongly),), "I16"),
    # The centre takes what a device wrote last as seen by it: two nets, both cut here.
    Mutant("an edit upon an own one names the server's version", 20, (
        (outbox.Outbox, "_change", _no_own_base), (sight, "_own", always(False))), "I3"),
    Mutant("what was asked for is not sent", 60, (
        (outbox.sending, "_WAITING", lambda right: right.replace("7", "77")),), "I8"),
    Mutant("a restored server counts what a copy was told", 200, (
        (memory_server.MemoryServer, "_tell_restored", after(_known_in_any_life)),), "I1"),
    Mutant("a text upon what another may not write again is taken whole", 200, (
        (apply, "follow", after(_refused_as_current)),), "I2"),
    Mutant("what was seen of a lost text is not told", 200, ((outbox.Outbox, "_seen", after(_not_told)),), "I2"),
    *MUTANTS_OF_NAMES,
    *MUTANTS_OF_FEEDS,
)  # fmt: skip

FOUND_AT: dict[str, int] = {
    "a group may be torn": 13,
    "a resolution ignores the value shown": 3,
    "a restored server counts what a copy was told": 65,
    "a text upon what another may not write again is taken whole": 101,
    "what was seen of a lost text is not told": 759,
    "an answer removes changes before the feed has come": 1,
    "an edit of a voided record is buried with it": 1,
    "one base for all fields of a record": 14,
    "overlapping lines of one side are dropped": 3,
    "a fork renames what was answered too": 1210,
    "what took a new name is not found by its old one": 1240,
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
