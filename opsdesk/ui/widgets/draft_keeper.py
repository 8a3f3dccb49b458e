"""Keeps what is being typed in the draft table, every two seconds, so that no crash and no closing loses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from opsdesk.services import forms
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.widgets import wall

EVERY_MS = 2000


class DraftDesk(Protocol):
    """The part of the Desk that drafts need."""

    def do(self, call: Callable[..., Any], /, *args: Any, **kw: Any) -> Future[Any]: ...

    def ask(self, call: Callable[..., Any], /, *args: Any, **kw: Any) -> Future[Any]: ...


class DraftKeeper(QObject):
    """Saves the draft of one editor. `collect` gives its content; None when there is nothing worth keeping.

    What could not be saved is tried again until it is, also when the editor has moved to another place meanwhile.
    Signals: `saved` when the draft of the present place is on the disk, `failed` with the reason when it is not.
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
        self._latest: dict[str, Future[Any]] = {}
        self._owed: dict[str, Mapping[str, Any] | None] = {}
        """What could not be written, by place; None where a draft should go."""
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

        def arrived(stored: tuple[forms.DraftRow, ...]) -> None:
            owed = [
                forms.DraftRow(place, dict(content), wall.now())
                for place, content in self._owed.items()
                if content is not None and place.startswith(prefix)
            ]
            deliver((*owed, *(draft for draft in stored if draft.place not in self._owed)))

        def ask(_outcome: object = None) -> None:
            self._bridge.then(self._desk.ask(forms.drafts, prefix), arrived, owner=self)

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
        """Save now what was typed since the last time, and what could not be saved before."""
        self._timer.stop()
        if self._dirty and self._place:
            self._dirty = False
            content = self._collect()
            if content is None:
                self.drop()
            else:
                self._stored = True
                self.put(self._place, content)
        for place, content in list(self._owed.items()):
            self.put(place, content)

    def drop(self) -> None:
        """Forget the draft: it was sent, or given up."""
        self._dirty = False
        if not self._owed:
            self._timer.stop()
        if self._stored and self._place:
            self._stored = False
            self.put(self._place, None)

    def put(self, place: str, content: Mapping[str, Any] | None) -> None:
        """Write the draft of any place, or drop it (None), whatever was to be written there before."""
        self._owed.pop(place, None)
        writing = (
            self._desk.do(forms.drop_draft, place)
            if content is None
            else self._desk.do(forms.save_draft, place, content)
        )
        self._writing = self._latest[place] = writing

        def is_latest() -> bool:
            if self._latest.get(place) is not writing:
                return False
            del self._latest[place]
            return True

        def written(_outcome: object) -> None:
            if is_latest() and content is not None and place == self._place:
                self.saved.emit()

        def failed(error: Exception) -> None:
            # A later write of the same place says what its draft should be now.
            if is_latest():
                self._owed[place] = content
                if not self._timer.isActive():
                    self._timer.start()
                self.failed.emit(str(error))

        self._bridge.then(writing, written, failed, owner=self)
