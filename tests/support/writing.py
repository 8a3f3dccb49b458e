"""The pane of a new ticket and the page of one, open on the story with the keyboard where a person writes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from opsdesk.services import forms
from opsdesk.services.forms import DraftRow
from tests.support.patience import PATIENCE_S
from tests.support.ticket_pages import PlainShell, Story

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData
    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from opsdesk.ui.tickets.detail import TicketDetail
    from opsdesk.ui.tickets.new_ticket import NewTicketPane
    from opsdesk.ui.widgets.button import Button


def opened_pane(story: Story, shell: PlainShell, qtbot: QtBot) -> NewTicketPane:
    """A pane with a new ticket begun, as after Ctrl+N."""
    from PySide6.QtWidgets import QHBoxLayout

    from opsdesk.ui.tickets.new_ticket import NewTicketPane
    from opsdesk.ui.widgets.directory import Directory

    directory = Directory(story.desk, shell.bridge, shell.window)
    made = NewTicketPane(story.desk, shell, directory)
    _shown(made, QHBoxLayout, shell, qtbot)
    made.start()
    qtbot.waitUntil(lambda: bool(directory.types))
    return made


def opened_detail(story: Story, shell: PlainShell, qtbot: QtBot, name: str = "bridge") -> TicketDetail:
    """The page of a ticket of the story."""
    from PySide6.QtWidgets import QVBoxLayout

    from opsdesk.ui.tickets.detail import TicketDetail
    from opsdesk.ui.widgets.directory import Directory

    directory = Directory(story.desk, shell.bridge, shell.window)
    made = TicketDetail(story.desk, shell, directory)
    _shown(made, QVBoxLayout, shell, qtbot)
    made.open(story.tickets[name])
    qtbot.waitUntil(lambda: made.loaded is not None and bool(directory.people))
    return made


def _shown(widget: QWidget, layout: Any, shell: PlainShell, qtbot: QtBot) -> None:
    (shell.window.layout() or layout(shell.window)).addWidget(widget)
    with qtbot.waitActive(shell.window):
        shell.window.show()


def choose_type(pane: NewTicketPane, qtbot: QtBot, words: str) -> None:
    """Choose a type by typing a part of its name."""
    from PySide6.QtCore import Qt

    kind = pane.body.kind
    kind.setFocus()
    kind.selectAll()
    qtbot.keyClicks(kind, words)
    qtbot.keyClick(kind, Qt.Key.Key_Return)
    row = pane.body.type_row
    assert row is not None
    qtbot.waitUntil(lambda: pane.body.form.form is not None and pane.body.form.form.code == row.form)


def new_drafts(story: Story) -> tuple[DraftRow, ...]:
    """The tickets that are begun and not created."""
    found: tuple[DraftRow, ...] = story.ask(forms.drafts, "new-ticket/")
    return found


def button(inside: QWidget, name: str) -> Button:
    """The button with a name, or with words, that is shown in a widget, as soon as it is there: much is laid out only
    after what it belongs to has come."""
    from PySide6.QtTest import QTest

    from opsdesk.ui.widgets.button import Button

    def shown() -> list[Button]:
        return [b for b in inside.findChildren(Button) if name in (b.accessibleName(), b.text()) and b.isVisible()]

    end = time.monotonic() + PATIENCE_S
    while not (found := shown()):
        assert time.monotonic() < end, f"no button “{name}” is shown"
        QTest.qWait(10)
    return found[0]


def picture(shade: int = 0) -> QMimeData:
    """What the clipboard holds after a screenshot; those of other shades are other pictures."""
    from PySide6.QtCore import QMimeData
    from PySide6.QtGui import QImage

    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(0x335577 + shade)
    data = QMimeData()
    data.setImageData(image)
    return data
