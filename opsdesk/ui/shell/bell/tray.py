"""Tells of news by the system's own notifications while the window is not in front, where there is a tray for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QSystemTrayIcon

from opsdesk.services.notifications import Notice
from opsdesk.ui.shell.page import Target
from opsdesk.ui.shell.rail import logo_icon

_FOR_ME = frozenset({"mentioned", "group", "assigned", "due"})
"""What is told over the window too; all else only counts at the bell."""
_SHOWN_MS = 10_000


def available() -> bool:
    """Whether this system has a tray."""
    return QSystemTrayIcon.isSystemTrayAvailable()


class Teller(QObject):
    """Shows one message for all that came at once."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window
        self._tray: QSystemTrayIcon | None = None
        self._line: Notice | None = None

    def tell(self, lines: Sequence[Notice]) -> None:
        """Tell of new lines, newest first: over the window when it is in front, else by the system."""
        if self._window.isActiveWindow():
            mine = [line for line in lines if line.kind in _FOR_ME]
            if mine:
                self._toast(mine)
        elif self._window.preferences.get("notify.tray") and available():
            self._message(lines)

    def _toast(self, lines: Sequence[Notice]) -> None:
        if len(lines) > 1:
            run, button = self._window.open_bell, "Show"
        else:
            run, button = (lambda: self._open(lines[0])), "Open"
        self._window.toasts.show_toast(in_words(lines), button=button, run=run, tone="neutral")

    def _message(self, lines: Sequence[Notice]) -> None:
        if self._tray is None:
            self._tray = QSystemTrayIcon(logo_icon(), self)
            self._tray.setToolTip("OpsDesk")
            self._tray.messageClicked.connect(self._clicked)
            self._tray.activated.connect(lambda _reason: self._raise())
            self._tray.show()
        self._line = lines[0] if len(lines) == 1 else None
        self._tray.showMessage("OpsDesk", in_words(lines), logo_icon(), _SHOWN_MS)

    def _clicked(self) -> None:
        self._raise()
        if self._line is not None:
            self._open(self._line)
        else:
            self._window.open_bell()

    def _raise(self) -> None:
        self._window.showNormal() if self._window.isMinimized() else self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def _open(self, line: Notice) -> None:
        self._window.open(Target("ticket", line.ticket, part=None if line.record == line.ticket else line.record))


def in_words(lines: Sequence[Notice]) -> str:
    """One sentence for all of them."""
    return lines[0].sentence if len(lines) == 1 else f"{len(lines)} notifications, the newest: {lines[0].sentence}"
