"""Changing many tickets: in pieces that let a person's own command go first, with progress, cancel and one undo.

Fields are set by one statement for all tickets of a piece that get the same, since that costs a tenth of a command per
ticket; a transition, a tag or a watcher is a command per ticket. What is refused is reported with its reason, the rest
is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from opsdesk.models.base import Id
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.forms import FormField
from opsdesk.services.tickets import commands, threads, transitions
from opsdesk.services.tickets.bulk.change import BulkChange, Order, checked
from opsdesk.services.tickets.bulk.plan import Planned, Planner
from opsdesk.services.tickets.bulk.preview import Listing, listing
from opsdesk.services.tickets.rows import Base
from opsdesk.store.tables import NO_LIMIT
from opsdesk.store.work import Work

PIECE_MS = 40
"""How long one piece may hold the writer, in milliseconds."""
FIRST_PIECE = 100

Keys = Any
"""A sequence of row keys that can be cut into pieces: a tuple, a range, an array of a million."""
Progress = Callable[[int, int], None]
"""Called on the writing thread after each piece with tickets done and tickets in all."""


@dataclass(frozen=True, slots=True)
class BulkReport:
    """What became of a bulk change. `act` undoes exactly what was done; None when nothing was."""

    done: int
    refused: tuple[tuple[str, str], ...]
    """(number, reason) of each ticket that was left as it is."""
    act: Id | None
    cancelled: bool
    stayed: int = 0
    """Tickets that were so already."""
    listing: Listing | None = None
    """What became of each ticket, where the job was given a preview."""


def run(
    desk: Desk,
    keys: Keys,
    change: BulkChange,
    *,
    seen: Base | None = None,
    shown: Listing | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Future[BulkReport]:
    """Change the tickets with these row keys, in the order given. Returns at once.

    `seen` is the base of the list the person looked at. With `shown`, the preview that the person agreed to, a ticket
    that is no longer as it was shown there is left alone, and the report lists every ticket. Raises nothing itself: a
    wrong change makes the future raise, with nothing done.
    """
    return _Job(desk, keys, change, seen, shown, progress, cancelled).start()


def set_many(
    desk: Desk,
    keys: Keys,
    values: Mapping[str, Any],
    *,
    label: str,
    seen: Base | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Future[BulkReport]:
    """Set the same fields on many tickets; see `run`."""
    return run(desk, keys, BulkChange(label, values), seen=seen, progress=progress, cancelled=cancelled)


class _Job:
    def __init__(
        self,
        desk: Desk,
        keys: Keys,
        change: BulkChange,
        seen: Base | None,
        shown: Listing | None,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._desk = desk
        self._keys = keys
        self._change = change
        self._seen = seen
        self._shown = shown
        self._expected: dict[int, tuple[Any, ...]] | None = None
        self._progress = progress
        self._cancelled = cancelled
        self._at = 0
        self._size = FIRST_PIECE
        self._done = self._stayed = 0
        self._refused: list[tuple[str, str]] = []
        self._columns: tuple[str, ...] = ()
        self._planned: list[Planned] = []
        self._questions: dict[str, FormField] = {}
        self._act = desk.new_act()
        self._captured = False
        self._stopped = False
        self._future: Future[BulkReport] = Future()

    def start(self) -> Future[BulkReport]:
        self._future.set_running_or_notify_cancel()
        self._next()
        return self._future

    def _next(self) -> None:
        self._stopped = self._cancelled is not None and self._cancelled()
        if self._stopped or self._at >= len(self._keys):
            # One durable transaction takes all pieces to the disk.
            self._desk.do(lambda _work: Changes()).add_done_callback(self._report)
            return
        piece = [int(key) for key in self._keys[self._at : self._at + self._size]]
        self._at += len(piece)
        self._desk.do(self._piece, piece, background=True, act=self._act, durable=False).add_done_callback(self._after)

    def _after(self, outcome: Future[Outcome]) -> None:
        error = outcome.exception()
        if error is not None:
            self._future.set_exception(error)
            return
        self._captured = self._captured or outcome.result().act is not None
        if self._progress is not None:
            self._progress(self._at, len(self._keys))
        self._next()

    def _report(self, outcome: Future[Outcome]) -> None:
        error = outcome.exception()
        if error is not None:
            self._future.set_exception(error)
            return
        act = self._act if self._captured else None
        told = None
        if self._shown is not None:
            told = listing(self._change, self._columns, self._planned, done=True, questions=self._questions)
        refused = tuple(self._refused)
        self._future.set_result(BulkReport(self._done, refused, act, self._stopped, self._stayed, told))

    def _piece(self, work: Work, keys: list[int]) -> Changes:
        began = time.monotonic()
        work.label = self._change.label
        order = checked(work, self._change)
        planner = Planner(work, order)
        planner.questions |= self._questions
        planned = planner.plan(work, keys)
        self._questions = planner.questions
        self._columns = planner.columns
        if self._shown is not None:
            self._leave_what_moved(planned, self._shown)
        moving = [one for one in planned if not one.refusal and not one.stays]
        if order.is_plain:
            self._set(work, order, planner.columns, moving)
        else:
            self._one_by_one(work, order, planner.columns, moving)
        done = [one for one in moving if not one.refusal]
        self._done += len(done)
        refused = [(one.number, one.refusal) for one in planned if one.refusal]
        self._refused += refused
        self._stayed += len(planned) - len(done) - len(refused)
        if self._shown is not None:
            self._planned += planned
        work.label = self._change.label
        took = max(0.001, (time.monotonic() - began) * 1000)
        self._size = max(10, min(5_000, int(len(keys) * PIECE_MS / took)))
        return Changes(tickets=frozenset(one.id for one in done))

    def _leave_what_moved(self, planned: list[Planned], shown: Listing) -> None:
        if self._expected is None:  # here, and not where the job was begun: that is the window's thread
            self._expected = {one.key: one.as_it_was for one in shown.planned}
        for one in planned:
            if not one.refusal and self._expected.get(one.key, one.as_it_was) != one.as_it_was:
                one.refusal = "changed since it was shown here"

    def _set(self, work: Work, order: Order, columns: tuple[str, ...], moving: list[Planned]) -> None:
        limits = "UPDATE capture SET seen_ver = ?, seen_seq = ?, seen_settled = ?"
        if self._seen is not None:
            work.execute(limits, self._seen)
        groups: dict[tuple[Any, ...], list[int]] = {}
        for one in moving:
            groups.setdefault(one.will, []).append(one.key)
        settings = ", ".join(f'"{name}" = ?' for name in columns)
        for values, keys in groups.items():
            marks = ", ".join("?" * len(keys))
            work.execute(
                f"UPDATE ticket SET {settings}, updated_at = ? WHERE key IN ({marks})", (*values, work.now, *keys)
            )
        if self._seen is not None:
            work.execute(limits, (NO_LIMIT, NO_LIMIT, NO_LIMIT))
        if {"unit", "marking", "exercise"} & order.row.keys():
            for one in moving:
                commands.carry(work, one.id, order.row)

    def _one_by_one(self, work: Work, order: Order, columns: tuple[str, ...], moving: list[Planned]) -> None:
        for one in moving:
            # One ticket's refusal leaves nothing of that ticket half done and everything of the others.
            work.execute("SAVEPOINT one")
            try:
                self._one(work, order, columns, one)
            except Refused as refusal:
                work.execute("ROLLBACK TO one")
                one.refusal = refusal.text
            finally:
                work.execute("RELEASE one")

    def _one(self, work: Work, order: Order, columns: tuple[str, ...], one: Planned) -> None:
        change = order.change
        for code, before, after in zip(change.answers, one.answers, one.answers_after, strict=False):
            if before != after:
                commands.answer(work, one.id, code, after, seen=self._seen)
        moved = {} if change.event is None else dict.fromkeys(transitions.COLUMNS)
        values = {
            name: after
            for name, before, after in zip(columns, one.was, one.will, strict=True)
            if name not in moved and before != after
        }
        if values:
            commands.write(work, one.id, values, self._seen)
            if {"unit", "marking", "exercise"} & values.keys():
                commands.carry(work, one.id, values)
        if change.event is not None:
            transitions.transition(work, one.id, change.event, seen=self._seen, **dict(change.inputs))
        for word in sorted({*one.tags_after} - {*one.tags}):
            threads.tag(work, one.id, word)
        for word in sorted({*one.tags} - {*one.tags_after}):
            threads.untag(work, one.id, word)
        for person in sorted({*one.watchers_after} - {*one.watchers}):
            threads.watch(work, one.id, person)
        for person in sorted({*one.watchers} - {*one.watchers_after}):
            threads.unwatch(work, one.id, person)
