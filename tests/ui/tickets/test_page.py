"""The Tickets page in the real window: from the list to a ticket and back, and the pane for a new one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from opsdesk.services import forms, tickets
from opsdesk.ui.shell.page import Target
from opsdesk.ui.shell.window import MainWindow
from opsdesk.ui.tickets.page import TicketsPage, find_tickets
from tests.support.clock import NOW
from tests.support.ticket_pages import Story

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(story: Story, dressed: QApplication, qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow(story.desk, now=lambda: datetime.fromtimestamp(NOW / 1000, UTC))
    made.resize(1440, 900)
    with qtbot.waitActive(made):
        made.show()
    made.go("tickets")
    page = page_of(made)
    qtbot.waitUntil(lambda: page.list.table.rows.total == 9 and page.list.table.current_row is not None)
    yield made
    made.bridge.close()
    made.close()
    made.deleteLater()


def page_of(window: MainWindow) -> TicketsPage:
    page = window.page("tickets")
    assert isinstance(page, TicketsPage)
    return page


def shown(page: TicketsPage, ticket: bytes) -> bool:
    return page.detail.isVisible() and page.detail.loaded is not None and page.detail.loaded.card.row.id == ticket


def test_enter_opens_the_row_and_escape_leads_back_to_it(window: MainWindow, qtbot: QtBot) -> None:
    page = page_of(window)
    table = page.list.table
    qtbot.keyClick(table, Qt.Key.Key_J)
    qtbot.keyClick(table, Qt.Key.Key_J)
    row = table.current_row
    assert row is not None
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown(page, row.id))
    assert page.detail.header._place.text() == "3 of 9"
    assert page.detail.hasFocus()
    qtbot.keyClick(page.detail, Qt.Key.Key_Escape)
    assert page.list.isVisible()
    assert table.hasFocus()
    assert table.current_number == 2


def test_the_next_of_the_view_follows_without_the_list(window: MainWindow, qtbot: QtBot) -> None:
    page = page_of(window)
    table = page.list.table
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.detail.loaded is not None)
    qtbot.keyClick(page.detail, Qt.Key.Key_BracketRight)
    row = table.current_row
    assert row is not None
    assert table.current_number == 1
    qtbot.waitUntil(lambda: shown(page, row.id))
    assert page.detail.header._place.text() == "2 of 9"
    qtbot.keyClick(page.detail, Qt.Key.Key_BracketLeft)
    assert table.current_number == 0


def test_a_followed_ticket_leads_back_to_the_one_before(window: MainWindow, story: Story, qtbot: QtBot) -> None:
    page = page_of(window)
    window.open(Target("ticket", story.tickets["bridge"]))
    qtbot.waitUntil(lambda: shown(page, story.tickets["bridge"]))
    page.detail.opened.emit(story.tickets["bowser"])
    qtbot.waitUntil(lambda: shown(page, story.tickets["bowser"]))
    qtbot.keyClick(page.detail, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: shown(page, story.tickets["bridge"]))
    qtbot.keyClick(page.detail, Qt.Key.Key_Escape)
    assert page.list.isVisible()


def test_a_ticket_opened_from_elsewhere_learns_its_place_in_the_view(
    window: MainWindow, story: Story, qtbot: QtBot
) -> None:
    page = page_of(window)
    window.open(Target("ticket", story.tickets["trees"]))
    qtbot.waitUntil(lambda: page.detail.header._place.text().endswith(" of 9"))
    assert page.list.table.current_row is not None
    assert page.list.table.current_row.id == story.tickets["trees"]
    assert page.detail.hasFocus()


def test_text_typed_for_one_ticket_waits_there_while_others_are_read(
    window: MainWindow, story: Story, qtbot: QtBot
) -> None:
    page = page_of(window)
    window.open(Target("ticket", story.tickets["bridge"]))
    qtbot.waitUntil(lambda: shown(page, story.tickets["bridge"]))
    page.detail.write()
    text = page.detail.composer.findChild(QPlainTextEdit)
    assert text is not None
    qtbot.keyClicks(text, "Half a sentence")
    window.open(Target("ticket", story.tickets["bowser"]))
    qtbot.waitUntil(lambda: shown(page, story.tickets["bowser"]))
    assert page.detail.composer.text == ""
    window.open(Target("ticket", story.tickets["bridge"]))
    qtbot.waitUntil(lambda: page.detail.composer.text == "Half a sentence")


def test_a_new_ticket_is_written_beside_the_list_and_found_in_it(
    window: MainWindow, story: Story, qtbot: QtBot
) -> None:
    page = page_of(window)
    qtbot.keyClick(page.list.table, Qt.Key.Key_N, CTRL)
    assert page.pane.isVisible()
    assert page.list.isVisible()
    assert not page.list.preview.isVisible()
    body = page.pane.body
    qtbot.waitUntil(lambda: bool(page.directory.types))
    qtbot.keyClicks(body.kind, "task")
    qtbot.keyClick(body.kind, Qt.Key.Key_Return)
    qtbot.keyClicks(body.title, "Count the camp beds")
    qtbot.keyClick(body.title, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: not page.pane.isVisible())
    assert page.list.preview.isVisible()
    row = page.list.table
    qtbot.waitUntil(lambda: row.current_row is not None and row.current_row.title == "Count the camp beds")


def test_writing_several_in_a_row_keeps_the_keyboard_in_the_pane(
    window: MainWindow, story: Story, qtbot: QtBot
) -> None:
    page = page_of(window)
    window.begin_new("ticket")
    body = page.pane.body
    qtbot.waitUntil(lambda: bool(page.directory.types))
    for title in ("First", "Second"):
        qtbot.keyClicks(body.kind, "task")
        qtbot.keyClick(body.kind, Qt.Key.Key_Return)
        qtbot.keyClicks(body.title, title)
        with qtbot.waitSignal(page.pane.created):
            qtbot.keyClick(body.title, Qt.Key.Key_Return, CTRL | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: page.list.table.rows.total == 11)
    assert body.kind.hasFocus()
    assert page.pane.isVisible()


def test_closing_the_window_keeps_what_is_being_written(window: MainWindow, story: Story, qtbot: QtBot) -> None:
    page = page_of(window)
    window.begin_new("ticket")
    qtbot.keyClicks(page.pane.body.title, "Half a title")
    window.close()
    qtbot.waitUntil(
        lambda: [draft.content["title"] for draft in story.ask(forms.drafts, "new-ticket/")] == ["Half a title"]
    )


def test_the_tickets_of_a_person_are_a_query(window: MainWindow, story: Story, qtbot: QtBot) -> None:
    page = page_of(window)
    window.open(Target("person", story.people["A. Brandt"]))
    qtbot.waitUntil(lambda: page.list.text == 'assignee:"A. Brandt"')
    qtbot.waitUntil(lambda: page.list.table.rows.total == 2)


def test_a_ticket_asked_for_beside_stays_with_the_list(window: MainWindow, story: Story, qtbot: QtBot) -> None:
    page = page_of(window)
    window.open(Target("ticket", story.tickets["trees"], beside=True))
    qtbot.waitUntil(lambda: getattr(page.list.preview.row, "id", None) == story.tickets["trees"])
    assert page.list.isVisible()


def test_a_picker_finds_tickets_by_number_and_by_words(story: Story) -> None:
    number = story.card("relay").row.number
    for text in (number, "relay"):
        found = story.ask(find_tickets, text)
        assert found[0] == (story.tickets["relay"], number, "Radio relay R4 down since first light")
    assert story.ask(tickets.by_number, number) == story.tickets["relay"]
