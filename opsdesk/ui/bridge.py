"""Brings answers and announcements of the Desk's threads to the GUI thread, all through one queued signal.

One signal means one order: an answer that was ready before an announcement arrives before it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from threading import Lock
from typing import Any, Protocol

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

from opsdesk.services.changes import Changes
from opsdesk.services.errors import Superseded


class Announcement(Protocol):
    """What `Desk.changed` is: callbacks run on whatever thread did the work."""

    def connect(self, callback: Callable[[Changes], None], /) -> object:
        """Call `callback` after each unit of work."""


class AnnouncingDesk(Protocol):
    """The part of the Desk that the bridge needs."""

    @property
    def changed(self) -> Announcement: ...


class Bridge(QObject):
    """The one door between worker threads and widgets.

    Signals: `changed` with the `Changes` of a unit of work; `unhandled` with an error that nobody asked to see
    (the window shows it). Both are emitted on the GUI thread.
    """

    changed = Signal(object)
    unhandled = Signal(object)
    _arrived = Signal(object)

    def __init__(self, desk: AnnouncingDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = True
        self._closing = Lock()
        self._arrived.connect(self._run, Qt.ConnectionType.QueuedConnection)
        desk.changed.connect(self._announced)

    def then(
        self,
        future: Future[Any],
        ok: Callable[[Any], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
        owner: QObject | None = None,
    ) -> None:
        """Call `ok` with the result of `future`, or `failed` with its error, on the GUI thread, later.

        Nothing is called when the question was superseded or cancelled, or when `owner` is gone by then; without
        `owner` that is the object whose method `ok` or `failed` is. An error without `failed` goes to `unhandled`.
        """
        owner = owner or _object_of(ok) or _object_of(failed)

        def deliver() -> None:
            if owner is not None and not shiboken6.isValid(owner):
                return
            try:
                result = future.result()
            except (CancelledError, Superseded):
                return
            except Exception as error:  # noqa: BLE001 - a worker may raise anything; it is shown, never hidden
                (failed or self.unhandled.emit)(error)
            else:
                if ok is not None:
                    ok(result)

        future.add_done_callback(lambda _: self._post(deliver))

    def later(self, call: Callable[[], object]) -> None:
        """Call `call` on the GUI thread, from any thread."""
        self._post(call)

    def close(self) -> None:
        """Deliver nothing any more; called before the window goes."""
        # Not between a worker's look at `_open` and its signal: that of an object that is gone ends the program.
        with self._closing:
            self._open = False

    def _announced(self, changes: Changes) -> None:
        self._post(lambda: self.changed.emit(changes))

    def _post(self, call: Callable[[], object]) -> None:
        with self._closing:
            if self._open:
                self._arrived.emit(call)

    def _run(self, call: Callable[[], object]) -> None:
        if self._open:
            call()


def _object_of(call: Callable[..., object] | None) -> QObject | None:
    found = getattr(call, "__self__", None)
    return found if isinstance(found, QObject) else None
