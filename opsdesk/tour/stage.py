"""The window on the sample data, and what a scene does with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opsdesk.services.desk import Desk

QUIET_S = 0.4
"""The window counts as settled when the desk was idle for so long: longer than any debounce of a screen."""
PATIENCE_S = 20.0
_DRAWING_MS = 1_200


@dataclass(frozen=True)
class Scene:
    """One picture: its name and what is done for it."""

    name: str
    play: Callable[[Stage], None]


class Stage:
    """The window on the sample data, and ways to act on it as a person does."""

    def __init__(self, desk: Desk, window: Any, split: bytes) -> None:
        self.desk = desk
        self.window = window
        self.split = split
        """The ticket that was changed in two places."""

    def settle(self) -> None:
        """Let events run until nothing is under way any more. Raises TimeoutError when that does not come."""
        from PySide6.QtCore import QCoreApplication

        began = quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_S:
            turn = time.monotonic()
            QCoreApplication.processEvents()
            # A turn that took long did something, and may have left more for the next.
            if self.desk.busy or time.monotonic() - turn > QUIET_S / 4:
                quiet_since = time.monotonic()
            if time.monotonic() - began > PATIENCE_S:
                raise TimeoutError("The window does not come to rest")
            time.sleep(0.005)

    def drawn(self, view: Any = None) -> None:
        """Let a map, by default that of its page, draw what it was told: it lives in a process of its own, which nobody
        can ask."""
        from PySide6.QtTest import QTest

        began, view = time.monotonic(), view or self.window.page("map").map
        while view.bounds is None and not view.why_not:
            QTest.qWait(20)
            if time.monotonic() - began > PATIENCE_S:
                raise TimeoutError("The map does not come")
        self.settle()
        QTest.qWait(_DRAWING_MS)

    def ticket(self) -> bytes:
        """The ticket that the detail shows: the one with the longest conversation."""
        found: bytes = self.desk.ask(
            lambda reader: reader.value(
                "SELECT t.id FROM comment c JOIN ticket t ON t.id = c.subject WHERE t.voided IS NULL "
                "GROUP BY t.id ORDER BY count(*) DESC, t.key LIMIT 1"
            )
        ).result()
        return found

    def go_to_list(self) -> None:
        """Go to the list of tickets, with the third in hand."""
        self.window.go("tickets")
        self.settle()
        self.press("J", "J", "J")

    def focus(self) -> Any:
        """The widget that has the keyboard. The offscreen platform forgets the active window when a popup goes."""
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        if QApplication.focusWidget() is None:
            self.window.activateWindow()
            QTest.qWaitForWindowActive(self.window, 2000)
        return QApplication.focusWidget() or self.window

    def forget_drafts(self) -> None:
        """Drop what another scene has typed or chosen."""
        from opsdesk.services import forms

        for draft in self.desk.ask(forms.drafts).result():
            self.desk.do(forms.drop_draft, draft.place).result()

    def press(self, *keys: str) -> None:
        """Press keys on whatever has the focus ("Ctrl+K", "J")."""
        from PySide6.QtGui import QKeySequence
        from PySide6.QtTest import QTest

        for key in keys:
            combination = QKeySequence(key)[0]  # type: ignore[index]  # the stub forgets __getitem__
            QTest.keyClick(self.focus(), combination.key(), combination.keyboardModifiers())
            self.settle()

    def type(self, text: str) -> None:
        """Type text into whatever has the focus."""
        from PySide6.QtTest import QTest

        QTest.keyClicks(self.focus(), text)
