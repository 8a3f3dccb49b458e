"""Undo asks before it leaves what others wrote: told by a toast, shown field by field, answered by a key."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.services.desk import Desk
from opsdesk.ui.shell.window import MainWindow


def focus() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


@pytest.fixture
def asked(qtbot: QtBot, window: MainWindow, desk: Desk) -> bytes:
    """A ticket of whose last act one field was changed since, and the sheet that says so."""
    made = desk.do(tickets.create, title="Water short").result().value
    assert isinstance(made, bytes)
    window.operations.run(tickets.edit, made, {"title": "Water", "location": "Gate"}, said="Changed")
    qtbot.waitUntil(lambda: len(window.operations.history) == 1)
    desk.do(tickets.edit, made, {"title": "Newer"}).result()
    qtbot.keyClick(focus(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    said = "Not undone yet: 1 field was changed since and stays"
    qtbot.waitUntil(lambda: any(toast.text == said for toast in window.toasts.shown))
    assert where(desk, made) == ("Newer", "Gate"), "nothing is done before it is agreed to"
    toast = next(toast for toast in window.toasts.shown if toast.text == said)
    show = next(button for button in toast.findChildren(QWidget) if button.accessibleName() == "Show")
    qtbot.mouseClick(show, Qt.MouseButton.LeftButton)
    assert window.undo_sheet.isVisible()
    return made


def where(desk: Desk, ticket: bytes) -> tuple[str, str | None]:
    card = desk.ask(tickets.card, ticket).result()
    return card.row.title, card.location


def test_enter_undoes_the_rest(qtbot: QtBot, window: MainWindow, desk: Desk, asked: bytes) -> None:
    words = {label.text() for label in window.undo_sheet.findChildren(QLabel)}
    assert {"Title", "Water", "Newer"} <= words
    qtbot.keyClick(focus(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: where(desk, asked) == ("Newer", None))
    assert not window.undo_sheet.isVisible()
    said = "Undone, but 1 field was changed since and stays"
    qtbot.waitUntil(lambda: any(toast.text == said for toast in window.toasts.shown))


def test_esc_leaves_all_as_it_is_and_undo_can_be_asked_again(
    qtbot: QtBot, window: MainWindow, desk: Desk, asked: bytes
) -> None:
    qtbot.keyClick(focus(), Qt.Key.Key_Escape)
    assert not window.undo_sheet.isVisible()
    assert where(desk, asked) == ("Newer", "Gate")
    assert [done.text for done in window.operations.history] == ["Changed"]
