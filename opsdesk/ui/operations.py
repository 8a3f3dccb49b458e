"""Runs what a person does on the Desk's writer: a toast with Undo for 8 s, Ctrl+Z history, errors in place."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

import shiboken6
from PySide6.QtCore import QObject, Signal

from opsdesk.services.changes import Outcome
from opsdesk.services.errors import OpsDeskError, Refused
from opsdesk.services.undo import Preview, WouldStay
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.widgets.toast import Toast, Toasts

HISTORY = 200


class WritingDesk(Protocol):
    """The part of the Desk that operations need."""

    def do(self, call: Callable[..., Any], /, *args: Any, **kw: Any) -> Future[Outcome]:
        """Run `call(work, …)` on the one writer thread."""


@dataclass(frozen=True)
class Done:
    """An act of this session that can be undone."""

    act: bytes
    text: str


Undo = Callable[[bytes, bool], Future[Outcome]]
"""Undoes an act. Unless the second argument says so, the future raises WouldStay where something would stay."""


@dataclass(frozen=True)
class StayQuestion:
    """Undoing would leave something as it is: what that is, and how to undo the rest all the same."""

    preview: Preview
    agree: Callable[[], object]


class Operations(QObject):
    """The way from a screen to the writer. Signals: `history_changed` when something can be undone, or no more,
    `stays_asked` with a StayQuestion when a person wants to see what an undo would leave as it is, `undone` with the
    id of an act that was taken back."""

    history_changed = Signal()
    undone = Signal(object)
    stays_asked = Signal(object)

    def __init__(self, desk: WritingDesk, bridge: Bridge, toasts: Toasts, undo: Undo | None, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._bridge, self._toasts, self._undo = desk, bridge, toasts, undo
        self._history: list[Done] = []
        self._undone: list[Done] = []
        self._told: Toast | None = None
        """The last message that offers Undo."""

    def run(
        self,
        call: Callable[..., Any],
        /,
        *args: Any,
        said: str | Callable[[Outcome], str] = "",
        ok: Callable[[Outcome], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
        owner: QObject | None = None,
        undoable: bool = True,
        **kw: Any,
    ) -> Future[Outcome]:
        """Run the command `call(work, *args, **kw)` and tell its success as a toast.

        `said` is the toast (empty: the outcome's own label; nothing if that is empty too). `failed` shows an error
        in place; without it, or when its owner is gone, the error becomes a toast. The success and its Undo do not
        depend on `owner`: the person may have left the page meanwhile.
        """
        future = self._desk.do(call, *args, **kw)

        def here() -> bool:
            return owner is None or shiboken6.isValid(owner)

        def succeeded(outcome: Outcome) -> None:
            self._tell(outcome, said, undoable)
            if ok is not None and here():
                ok(outcome)

        def refused(error: Exception) -> None:
            (failed if failed is not None and here() else self.show_error)(error)

        self._bridge.then(future, succeeded, refused, owner=self)
        return future

    def undo(self, act: bytes | None = None) -> None:
        """Undo one act of this session, by default the last; says so when there is none."""
        self._take_back(self._history, act, "Undone", self._undone, "Nothing to undo")

    def redo(self) -> None:
        """Undo the last undo."""
        self._take_back(self._undone, None, "Done again", self._history, "Nothing to do again")

    def _take_back(
        self,
        acts: list[Done],
        act: bytes | None,
        word: str,
        onto: list[Done],
        nothing: str,
        *,
        confirmed: bool = False,
    ) -> None:
        """Undo one of `acts`; what that makes can itself be undone and goes `onto` the other list."""
        found = next((done for done in reversed(acts) if act in (None, done.act)), None)
        if found is None or self._undo is None:
            self._toasts.show_toast(nothing, tone="neutral", seconds=3)
            return
        place = acts.index(found)
        acts.remove(found)

        def tell(outcome: Outcome) -> None:
            if outcome.act is not None:
                onto.append(Done(outcome.act, found.text))
            self._toasts.show_toast(_taken_back(word, found.text, outcome.value or 0))
            self.history_changed.emit()
            self.undone.emit(found.act)

        def failed(error: Exception) -> None:
            # What the rules refuse they will refuse again; anything else may go well the next time.
            asked = isinstance(error, WouldStay)
            if asked or not isinstance(error, Refused):
                acts.insert(place, found)
                self.history_changed.emit()
            if isinstance(error, WouldStay):
                question = StayQuestion(
                    error.preview,
                    lambda: self._take_back(acts, found.act, word, onto, nothing, confirmed=True),
                )
                self._toasts.show_toast(
                    f"Not {word.lower()} yet: {error}",
                    button="Show",
                    run=lambda: self.stays_asked.emit(question),
                    tone="warn",
                )
            else:
                self.show_error(error)

        self._bridge.then(self._undo(found.act, confirmed), tell, failed, owner=self)
        self.history_changed.emit()

    @property
    def history(self) -> tuple[Done, ...]:
        """What can be undone, the last act last."""
        return tuple(self._history)

    def show_error(self, error: Exception) -> None:
        """Show the world's fault in its own words; a mistake of ours is raised, to be logged and told as one."""
        if not isinstance(error, OpsDeskError):
            raise error
        self._toasts.show_toast(str(error), tone="danger", seconds=12)

    def tell_mistake(self, error: BaseException) -> None:
        """Say that a mistake of ours happened."""
        self._toasts.show_toast(
            f"OpsDesk made a mistake: {type(error).__name__}. What you had saved is safe.", tone="danger", seconds=12
        )

    def tell_done(self, outcome: Outcome) -> None:
        """Tell of something that was done in another way than by `run` (a bulk change), with its Undo."""
        self._tell(outcome, "", True)

    def _tell(self, outcome: Outcome, said: str | Callable[[Outcome], str], undoable: bool) -> None:
        text = said(outcome) if callable(said) else said or outcome.label
        act = outcome.act
        can_undo = undoable and act is not None and self._undo is not None
        if act is not None and can_undo:
            self._undone.clear()
            self._history.append(Done(act, text))
            del self._history[:-HISTORY]
            self.history_changed.emit()
        if text:
            # Ctrl+Z takes back the newest act only. One that says so is enough, and several in a row would lie over
            # what a person works on; the older ones stand in the history.
            if can_undo and self._told is not None and self._told in self._toasts.shown:
                self._told.close_now()
            toast = self._toasts.show_toast(
                text,
                button="Undo" if can_undo else "",
                key="Ctrl+Z" if can_undo else "",
                run=(lambda: self.undo(act)) if can_undo else None,
            )
            if can_undo:
                self._told = toast


def _taken_back(word: str, text: str, left: int) -> str:
    """What the toast says of an act that was undone but for the `left` fields that others had changed since."""
    if not left:
        return f"{word}: {text}"
    stays = "1 field was changed since and stays" if left == 1 else f"{left:,} fields were changed since and stay"
    return f"{word}, but {stays}"
