"""Changing many tickets: in pieces that let a person's own command go first, with progress, cancel and one undo.

Fields are set by one statement per piece, since that costs a tenth of a command per ticket; a transition or a tag is a
command per ticket, because each has its own guards. What is refused is reported with its reason, the rest is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from opsdesk.models import rights
from opsdesk.models.base import Id
from opsdesk.models.tickets import Level, priority_of
from opsdesk.services import access
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.tickets import commands, threads, transitions
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


@dataclass(frozen=True, slots=True)
class BulkChange:
    """One change for many tickets: fields to set, or an event to happen, or tags to put on and take off."""

    label: str
    values: Mapping[str, Any] = field(default_factory=dict)
    event: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of the transition: `reason`, `waiting_reason`, `until`, `solution`."""
    tags: tuple[str, ...] = ()
    untags: tuple[str, ...] = ()


def run(
    desk: Desk,
    keys: Keys,
    change: BulkChange,
    *,
    seen: Base | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Future[BulkReport]:
    """Change the tickets with these row keys, in the order given. Returns at once.

    `seen` is the base of the list the person looked at. Raises nothing itself: a wrong change makes the future raise.
    """
    return _Job(desk, keys, change, seen, progress, cancelled).start()


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
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._desk = desk
        self._keys = keys
        self._change = change
        self._seen = seen
        self._progress = progress
        self._cancelled = cancelled
        self._at = 0
        self._size = FIRST_PIECE
        self._done = 0
        self._refused: list[tuple[str, str]] = []
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
        self._future.set_result(BulkReport(self._done, tuple(self._refused), act, self._stopped))

    def _piece(self, work: Work, keys: list[int]) -> Changes:
        began = time.monotonic()
        work.label = self._change.label
        access.require(work, rights.BULK)
        if self._change.values:
            changes = self._set(work, keys)
        else:
            changes = self._one_by_one(work, keys)
        work.label = self._change.label
        took = max(0.001, (time.monotonic() - began) * 1000)
        self._size = max(10, min(5_000, int(len(keys) * PIECE_MS / took)))
        return changes

    def _set(self, work: Work, keys: list[int]) -> Changes:
        row = commands.checked(work, self._change.values)
        marks = ", ".join("?" * len(keys))
        found = work.rows(f"SELECT id, number, voided FROM ticket WHERE key IN ({marks})", keys)
        self._refused += [(number, f"voided: {voided}") for _, number, voided in found if voided is not None]
        settings, parameters = _assignments(row, work.now)
        seen = self._seen
        limits = "UPDATE capture SET seen_ver = ?, seen_seq = ?, seen_settled = ?"
        if seen is not None:
            work.execute(limits, seen)
        done = work.execute(
            f"UPDATE ticket SET {settings} WHERE key IN ({marks}) AND voided IS NULL", (*parameters, *keys)
        )
        if seen is not None:
            work.execute(limits, (NO_LIMIT, NO_LIMIT, NO_LIMIT))
        if {"unit", "marking", "exercise"} & row.keys():
            for record, _, voided in found:
                if voided is None:
                    commands.carry(work, record, row)
        self._done += done
        return Changes(tickets=frozenset(record for record, _, voided in found if voided is None))

    def _one_by_one(self, work: Work, keys: list[int]) -> Changes:
        changes = Changes()
        marks = ", ".join("?" * len(keys))
        for record, number in work.rows(f"SELECT id, number FROM ticket WHERE key IN ({marks})", keys):
            # One ticket's refusal leaves nothing of that ticket half done and everything of the others.
            work.execute("SAVEPOINT one")
            try:
                changes = changes | self._one(work, record)
                self._done += 1
            except Refused as refusal:
                work.execute("ROLLBACK TO one")
                self._refused.append((number, refusal.text))
            finally:
                work.execute("RELEASE one")
        return changes

    def _one(self, work: Work, ticket: Id) -> Changes:
        changes = Changes()
        if self._change.event is not None:
            changes = transitions.transition(
                work, ticket, self._change.event, seen=self._seen, **dict(self._change.inputs)
            )
        for word in self._change.tags:
            changes = changes | threads.tag(work, ticket, word)
        for word in self._change.untags:
            changes = changes | threads.untag(work, ticket, word)
        return changes


def _assignments(row: Mapping[str, Any], now: int) -> tuple[str, tuple[Any, ...]]:
    """SET clause and parameters. The priority follows the matrix, or says that it was set by hand, row by row."""
    values = {name: value for name, value in row.items() if name != "priority_reason"}
    settings = [f'"{name}" = ?' for name in values]
    parameters = [*values.values()]
    if {"priority", "urgency", "impact"} & row.keys():
        matrix = _matrix(row)
        if "priority" in row:
            settings.append(f"priority_reason = CASE WHEN ({matrix}) = ? THEN NULL ELSE ? END")
            parameters += [row["priority"], row.get("priority_reason") or "set by hand"]
        else:
            settings.append(f"priority = CASE WHEN priority_reason IS NULL THEN ({matrix}) ELSE priority END")
    return ", ".join([*settings, "updated_at = ?"]), (*parameters, now)


def _matrix(row: Mapping[str, Any]) -> str:
    urgency = str(int(row["urgency"])) if "urgency" in row else "urgency"
    impact = str(int(row["impact"])) if "impact" in row else "impact"
    cases = " ".join(f"WHEN {int(u) * 10 + int(i)} THEN {int(priority_of(u, i))}" for u in Level for i in Level)
    return f"CASE ({urgency}) * 10 + ({impact}) {cases} END"
