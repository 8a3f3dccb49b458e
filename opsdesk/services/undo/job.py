"""Undoing an act of any size: asked first, small ones at once, large ones in pieces that let a person go first."""

from __future__ import annotations

import time
from concurrent.futures import Future
from typing import Final

from opsdesk.models.base import Id
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.undo.acts import Tally, note, nothing_left, undo
from opsdesk.services.undo.giving import written
from opsdesk.services.undo.preview import Preview, WouldStay, check, preview
from opsdesk.store.tables import NO_LIMIT
from opsdesk.store.work import Work

AT_ONCE: Final = 100
"""Changes that are given back in one transaction."""
PIECE_MS: Final = 25
"""How long one piece of a large undo may hold the writer, in milliseconds."""


def run(desk: Desk, act: Id, *, confirmed: bool = False) -> Future[Outcome]:
    """Undo an act; returns at once. The outcome's value is the number of changes that were left as they are.

    Unless `confirmed`, the future raises WouldStay where others have written since, and nothing is done. It raises
    Refused where nothing of the act can be given back.
    """
    return _Job(desk, act, confirmed).start()


class _Job:
    def __init__(self, desk: Desk, act: Id, confirmed: bool) -> None:
        self._desk, self._act, self._confirmed = desk, act, confirmed
        self._undoing = desk.new_act()
        self._future: Future[Outcome] = Future()
        self._below = NO_LIMIT
        self._size = AT_ONCE // 2
        self._given_back = self._left = 0
        self._finished = False

    def start(self) -> Future[Outcome]:
        self._future.set_running_or_notify_cancel()
        self._desk.ask(preview, self._act).add_done_callback(self._asked)
        return self._future

    def _asked(self, answer: Future[Preview]) -> None:
        error = answer.exception()
        if error is not None:
            self._future.set_exception(error)
            return
        found = answer.result()
        if not found.gives_back:
            self._future.set_exception(Refused(nothing_left(found.left)))
        elif found.left and not self._confirmed:
            self._future.set_exception(WouldStay(found))
        elif found.gives_back + found.left <= AT_ONCE:
            command = self._desk.do(undo, self._act, confirmed=self._confirmed, act=self._undoing)
            command.add_done_callback(self._done)
        else:
            self._next()

    def _next(self) -> None:
        if self._finished:
            # One durable transaction takes all pieces to the disk, and the act counts as undone.
            self._desk.do(self._note, act=self._undoing).add_done_callback(self._done)
            return
        piece = self._desk.do(self._piece, background=True, act=self._undoing, durable=False)
        piece.add_done_callback(self._after)

    def _after(self, outcome: Future[Outcome]) -> None:
        error = outcome.exception()
        if error is not None:
            self._future.set_exception(error)
        else:
            self._next()

    def _piece(self, work: Work) -> Changes:
        began = time.monotonic()
        label, _ = check(work, self._act)
        changes = written(work, self._act, below=self._below, limit=self._size)
        done = Tally()
        for change in changes:
            # What others wrote since the preview is left alone as well.
            done.give(work, change)
        done.touch(work)
        work.label = f"Undo: {label}"
        self._given_back += done.given_back
        self._left += done.left
        self._finished = len(changes) < self._size
        self._below = changes[-1].seq if changes else 0
        took = max(0.001, (time.monotonic() - began) * 1000)
        self._size = max(10, min(1_000, int(self._size * PIECE_MS / took)))
        return done.changes()

    def _note(self, work: Work) -> Changes:
        label, undoes = check(work, self._act)
        note(work, self._act, label, undoes)
        work.value_out = self._left
        return Changes()

    def _done(self, outcome: Future[Outcome]) -> None:
        error = outcome.exception()
        if error is not None:
            self._future.set_exception(error)
            return
        found = outcome.result()
        self._future.set_result(Outcome(found.changes, found.act or self._undoing, found.label, found.value))
