"""A window on a real Desk in a temporary folder, with two pages of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit, QTableWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services.desk import Desk
from opsdesk.ui.shell.navigation import PAGES
from opsdesk.ui.shell.page import New, Page, Target
from opsdesk.ui.shell.window import MainWindow
from tests.support.desks import new_folder

NOON = datetime(2026, 11, 22, 14, 32, tzinfo=UTC)


class PlainPage(QWidget):
    """A page with a table and a field that notes what it is told."""

    def __init__(self, desk: Any, shell: Any) -> None:
        super().__init__()
        self.told: list[object] = []
        self.table, self.field = QTableWidget(2, 2), QLineEdit()
        column = QVBoxLayout(self)
        column.addWidget(self.table)
        column.addWidget(self.field)

    def activated(self) -> None:
        self.told.append("activated")
        self.table.setFocus()

    def show_target(self, target: Target) -> None:
        self.told.append(target)

    def begin_new(self, kind: str, like: object = None) -> None:
        self.told.append(f"new {kind}")

    def leaving(self) -> None:
        self.told.append("leaving")


SETTINGS = next(page for page in PAGES if page.key == "settings")
NEW_TICKET = New("ticket", "New ticket", "Ctrl+N")
TEST_PAGES = (
    Page("home", "Home", "house", "H", PlainPage),
    Page("tickets", "Tickets", "ticket", "T", PlainPage, ("ticket", "person"), (NEW_TICKET,)),
    SETTINGS,
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A new data folder."""
    opened = Desk.open(new_folder(tmp_path / "data"))
    yield opened
    opened.close()


@pytest.fixture
def open_window(qtbot: QtBot, dressed: QApplication, desk: Desk) -> Iterator[Callable[[], MainWindow]]:
    """Open a window on the desk, on its first page, with the focus."""
    opened: list[MainWindow] = []

    def open_one() -> MainWindow:
        window = MainWindow(desk, TEST_PAGES, now=lambda: NOON)
        opened.append(window)
        window.resize(1440, 900)
        window.go("home")
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
        return window

    yield open_one
    for window in opened:
        window.close()
        window.dispose()


@pytest.fixture
def window(open_window: Callable[[], MainWindow]) -> MainWindow:
    """An open window."""
    return open_window()
