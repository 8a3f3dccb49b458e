"""What a person does on the page of conflicts: keys, and what stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services import conflicts
from opsdesk.ui.conflicts.page import ConflictsPage
from tests.support.posts import Post
from tests.support.ticket_pages import PlainShell

if TYPE_CHECKING:
    from opsdesk.ui.widgets.conflict_panel import ConflictPanel

Key, Ctrl = Qt.Key, Qt.KeyboardModifier.ControlModifier
BASE = "Diversion A is signed. Keep 30 m back."
MINE = "Diversion A is flooded. Keep 30 m back."
THEIRS = "Diversion A is signed. Keep 50 m back."


def shown(shell: PlainShell, widget: QWidget, qtbot: QtBot) -> None:
    """Show a widget in the window and wait until it has the keyboard."""
    layout = shell.window.layout()
    assert layout is not None
    layout.addWidget(widget)
    with qtbot.waitActive(shell.window):
        shell.window.show()


def opened(page: ConflictsPage, qtbot: QtBot, fields: int = 1) -> ConflictPanel:
    """The panel once the first conflict is on it."""
    page.activated()
    qtbot.waitUntil(lambda: len(page.panel.fields) == fields and QApplication.focusWidget() is page.panel)
    return page.panel


def press(*keys: Qt.Key) -> int:
    """Press keys on whatever has the keyboard; how many."""
    for key in keys:
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)
    return len(keys)


def save() -> int:
    """Ctrl+S."""
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, Key.Key_S, Ctrl)
    return 1


def all_show(post: Post, ticket: bytes, **values: Any) -> bool:
    """Whether every desk shows these values and nothing is open anywhere."""
    post.meet()
    agree = all(one.shown(ticket, name) == value for one in post.stations for name, value in values.items())
    return agree and not any(one.ask(conflicts.all_forked) for one in post.stations)
