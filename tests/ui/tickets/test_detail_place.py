"""Where a ticket is, changed from its page by the location picker."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.location_picker import LocationPicker
from tests.support.ticket_pages import PlainShell, Story

Key = Qt.Key


@pytest.fixture
def detail(story: Story, shell: PlainShell, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> TicketDetail:
    monkeypatch.setenv("OPSDESK_MAP", "off")
    made = TicketDetail(story.desk, shell, Directory(story.desk, shell.bridge, shell.window))
    QVBoxLayout(shell.window).addWidget(made)
    shell.window.resize(1280, 860)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    made.open(story.tickets["bridge"])
    qtbot.waitUntil(lambda: made.loaded is not None)
    made.setFocus()
    return made


def test_the_place_of_a_ticket_is_changed_by_keys(
    detail: TicketDetail, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    ticket = story.tickets["bridge"]
    before = story.ask(tickets.card, ticket)
    shell.actions.run("ticket.locate")
    picker = shell.window.findChild(LocationPicker)
    assert isinstance(picker, LocationPicker)
    assert picker.title.text() == f"Where is {before.row.number}"
    assert picker.line.text() == before.grid
    qtbot.keyClicks(QApplication.focusWidget(), "52.3702, 4.8952 ±20 m")
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Return)
    qtbot.waitUntil(lambda: story.ask(tickets.card, ticket).accuracy_m == 20.0)
    after = story.ask(tickets.card, ticket)
    assert (after.row.lat, after.row.lon, after.grid, after.place) == (52.3702, 4.8952, None, before.place)
    qtbot.waitUntil(lambda: "±20 m" in detail.sidebar._location._place.text())


def test_leaving_the_picker_changes_nothing(
    detail: TicketDetail, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    ticket = story.tickets["bridge"]
    before = story.ask(tickets.card, ticket)
    detail.sidebar._location.link.click()
    qtbot.keyClicks(QApplication.focusWidget(), "1, 1")
    qtbot.keyClick(QApplication.focusWidget(), Key.Key_Escape)
    picker = shell.window.findChild(LocationPicker)
    assert isinstance(picker, LocationPicker)
    assert not picker.isVisible()
    assert story.ask(tickets.card, ticket) == before
