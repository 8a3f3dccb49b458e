"""Keeps the bell right: asks for what is new, tells it, and runs what a person does with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from opsdesk.services import notifications
from opsdesk.services.changes import Changes
from opsdesk.services.notifications import Notice
from opsdesk.ui.shell.bell.panel import BellPanel
from opsdesk.ui.shell.bell.tray import Teller
from opsdesk.ui.shell.page import Target
from opsdesk.ui.widgets.age import ticker

_SETTLE_MS = 300


@dataclass(frozen=True, slots=True)
class _Found:
    lines: tuple[Notice, ...]
    unread: int
    latest: int
    fresh: tuple[Notice, ...]
    due: bool


def _read(reader: Any, told: int, whole: frozenset[int]) -> _Found:
    return _Found(
        notifications.lines(reader, whole=whole),
        notifications.unread(reader),
        notifications.latest(reader),
        notifications.fresh(reader, told),
        notifications.due_waits(reader),
    )


class NoticeKeeper(QObject):
    """Signals: `arrived` with the lines that are new since a person was last told."""

    arrived = Signal(object)

    def __init__(self, window: Any, panel: BellPanel, show_count: Callable[[int], object]) -> None:
        """`window` is the shell around the pages, with its desk."""
        super().__init__(window)
        self._window, self._desk, self._bridge = window, window.desk, window.bridge
        self._panel, self._show_count = panel, show_count
        self._whole: set[int] = set()
        """Notices that are shown a line each, though they were one act, until the list is closed."""
        self._timer = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._timer.timeout.connect(self._ask)
        self._bridge.changed.connect(self._changed)
        # What was put off comes back with the minute, and what is due soon becomes so.
        ticker.minute.connect(self._ask)
        panel.opened.connect(self._open)
        panel.read.connect(lambda keys, unread: self._do(notifications.read, keys, unread=unread))
        panel.snoozed.connect(lambda keys, until: self._do(notifications.snooze, keys, until))
        panel.noted.connect(self._acknowledge)
        panel.all_read.connect(lambda: self._do(notifications.read_all))
        panel.closed.connect(self._whole.clear)
        panel.choosing.connect(lambda: window.go("settings"))
        self.arrived.connect(Teller(window).tell)
        self._ask()

    def _changed(self, changes: Changes) -> None:
        if (changes.notifications or changes.everything or changes.people) and not self._timer.isActive():
            self._timer.start()

    def _ask(self) -> None:
        told = self._desk.settings.get(notifications.TOLD, 0)
        asked = self._desk.ask(_read, told, frozenset(self._whole), channel="notifications", background=True)
        self._bridge.then(asked, self._arrived, owner=self)

    def _arrived(self, found: _Found) -> None:
        self._panel.show_lines(found.lines)
        self._show_count(found.unread)
        if found.latest > self._desk.settings.get(notifications.TOLD, 0):
            self._desk.settings.set(notifications.TOLD, found.latest)
            if found.fresh:
                self.arrived.emit(found.fresh)
        if found.due:
            self._do(notifications.due_soon, background=True)

    def _open(self, line: Notice) -> None:
        """Go to what a line is about, at the comment; many in one become a line each."""
        if line.count > 1:
            self._whole |= set(line.keys)
            self._ask()
            return
        self._do(notifications.read, line.keys)
        self._window.open(Target("ticket", line.ticket, part=None if line.record == line.ticket else line.record))

    def _acknowledge(self, notice: int, note: str) -> None:
        self._window.operations.run(
            notifications.acknowledge, notice, note, said="Acknowledged with a note on the ticket",
            ok=lambda _outcome: self._panel.note_kept(), failed=lambda error: self._panel.note.refused(str(error)),
            owner=self,
        )  # fmt: skip

    def _do(self, call: Callable[..., Any], *args: Any, **options: Any) -> None:
        self._bridge.then(self._desk.do(call, *args, **options), owner=self)
