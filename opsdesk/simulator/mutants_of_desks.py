"""Planted bugs of a desk: of its queue, of what it takes in, and of what it tells of what was seen."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import UNSET

from opsdesk.simulator.planting import Mutant, after, always
from opsdesk.store.queue import bulk, inbox, leaving, outbox, session
from opsdesk.store.queue.shapes import shapes
from opsdesk.store.tables import NO_LIMIT
from opsdesk.store.work import Work
from opsdesk.sync.core.messages import Code


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


MUTANTS_OF_DESKS: Final = (
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
    Mutant("the base is taken when the form is saved", 200, ((Work, "update", _base_at_saving),)),
    Mutant("an answer raises the version of the row", 20, ((outbox.Outbox, "take", _raise_ver),)),
    Mutant("what leaves is kept", 20, ((leaving.Leaving, "leave", always(None)),), "I5"),
    Mutant("unknown fields are dropped", 30, ((inbox.Inbox, "_keep_unknown", always(None)),), "I15"),
    Mutant("an answer removes changes before the feed has come", 60, (
        (outbox.Outbox, "take", _passed_at_once),), "I13"),
    Mutant("the desk never forgets what it pushed", 5, ((session.Session, "begin", always(None)),)),
    Mutant("after a walk the feed is read from too far", 20, ((inbox.Inbox, "take_pages", _too_far),)),
    Mutant("what was made here stays though a walk did not tell of it", 200, (
        (outbox.Outbox, "let_go_untold", always(None)),)),
    Mutant("what came back is not put into the box", 20, ((outbox.Outbox, "take", _box_lost),), "I1"),
    Mutant("the cursor jumps ahead", 5, ((inbox.Inbox, "apply", _jumping),), "I6"),
    Mutant("what comes in together is written down last first", 20, ((bulk.Bulk, "_note", _last_first),), "I7"),
    Mutant("taking an edit back leaves something else", 60, ((outbox.Outbox, "withdraw", _undone_wrongly),), "I16"),
    Mutant("what was asked for is not sent", 60, (
        (outbox.sending, "_WAITING", lambda right: right.replace("7", "77")),), "I8"),
    Mutant("what was seen of a lost text is not told", 200, ((outbox.Outbox, "_seen", after(_not_told)),), "I2"),
)  # fmt: skip
