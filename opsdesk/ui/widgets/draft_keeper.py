"""Keeps what is being typed in the draft table, every two seconds, so that no crash and no closing loses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from opsdesk.services import forms
from opsdesk.ui.bridge import Bridge

EVERY_MS = 2000


class DraftDesk(Protocol):
    """The part of the Desk that drafts need."""

    def do(self, call: Callable[..., Any], /, *args: Any, **kw: Any) -> Future[Any]: ...

    def ask(self, call: Callable[..., Any], /, *args: Any, **kw: Any) -> Future[Any]: ...


class DraftKeeper(QObject):
    """Saves the draft of one editor. `collect` gives its content; None when there is nothing worth keeping.

    Signals: `saved` when the draft is on the disk, `failed` with the reason when it is not.
    """

    saved = Signal()
    failed = Signal(str)

    def __init__(
        self, desk: DraftDesk, bridge: Bridge, collect: Callable[[], Mapping[str, Any] | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._desk, self._bridge, self._collect = desk, bridge, collect
        self._place = ""
        self._dirty = False
        self._stored = False
        self._writing: Future[Any] | None = None
        self._timer = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._timer.timeout.connect(self.flush)

    @property
    def place(self) -> str:
        """The place whose draft is kept; empty for none."""
        return self._place

    def move(self, place: str, *, stored: bool = False) -> None:
        """Keep the draft of another place from now on, after what was typed in the old one is saved.

        `stored` says that the new place has a draft already.
        """
        self.flush()
        self._place, self._stored = place, stored

    def read(self, prefix: str, deliver: Callable[[tuple[forms.DraftRow, ...]], object]) -> None:
        """Hand the drafts whose place begins with `prefix` to `deliver`, those that are being saved now included."""

        def ask(_outcome: object = None) -> None:
            self._bridge.then(self._desk.ask(forms.drafts, prefix), deliver, owner=self)

        if self._writing is None or self._writing.done():
            ask()
        else:
            self._bridge.then(self._writing, ask, ask, owner=self)

    def touch(self) -> None:
        """Something was typed: it will be on the disk within two seconds."""
        self._dirty = True
        if not self._timer.isActive():
            self._timer.start()

    def flush(self) -> None:
        """Save now what was typed since the last time."""
        self._timer.stop()
        if not self._dirty or not self._place:
            return
        self._dirty = False
        content = self._collect()
        if content is None:
            self.drop()
            return
        self._stored = True
        self._writing = self._desk.do(forms.save_draft, self._place, content)
        self._bridge.then(
            self._writing,
            lambda _outcome: self.saved.emit(),
            lambda error: self.failed.emit(str(error)),
            owner=self,
        )

    def drop(self) -> None:
        """Forget the draft: it was sent, or given up."""
        self._timer.stop()
        self._dirty = False
        if self._stored and self._place:
            self._stored = False
            self._writing = self._desk.do(forms.drop_draft, self._place)
            self._bridge.then(
                self._writing,
                None,
                lambda error: self.failed.emit(str(error)),
                owner=self,
            )
