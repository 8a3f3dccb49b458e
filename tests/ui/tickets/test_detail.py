"""One ticket on the screen, with real keys and mouse on a real desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets, times
from opsdesk.services.changes import Changes
from opsdesk.store.work import Work
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.tickets.list_page.place import ListPlace
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.choice import ChoiceBar
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.picker import Picker
from opsdesk.ui.widgets.toast import Toast
from tests.support.clock import NOW
from tests.support.ticket_pages import PlainShell, Story, only_window
from tests.support.writing import button

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def detail(story: Story, shell: PlainShell, qtbot: QtBot) -> TicketDetail:
    """The ticket of the bridge, open and loaded."""
    directory = Directory(story.desk, shell.bridge, shell.window)
    made = TicketDetail(story.desk, shell, directory)
    QVBoxLayout(shell.window).addWidget(made)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    made.open(story.tickets["bridge"], ListPlace("B Coy, all", 4, 3214))
    qtbot.waitUntil(lambda: made.loaded is not None and bool(directory.people))
    return made


def seen(detail: TicketDetail) -> tickets.TicketCard:
    assert detail.loaded is not None
    return detail.loaded.card


def note_of(detail: TicketDetail) -> QPlainTextEdit:
    found = detail.composer.findChild(QPlainTextEdit)
    assert found is not None
    return found


def toasts(shell: PlainShell) -> str:
    """Everything that toasts say now."""
    return "\n".join(toast.text for toast in shell.toasts.findChildren(Toast))


def press(qtbot: QtBot, widget: QWidget, text: str) -> None:
    qtbot.mouseClick(button(widget, text), Qt.MouseButton.LeftButton)


def change(story: Story, call: Callable[..., Changes], *args: Any, **kw: Any) -> None:
    """Let somebody else change the ticket meanwhile."""
    story.do(call, story.tickets["bridge"], *args, **kw)


def comments(story: Story, name: str) -> list[str]:
    return [comment.body for comment in story.ask(tickets.conversation, story.tickets[name])]


def test_it_shows_where_the_ticket_stands(detail: TicketDetail) -> None:
    assert detail.header.chevrons.accessibleName() == "State: In progress"
    assert [mark.word for mark in detail.timeline.marks] == [
        "Reported", "Accepted", "Waiting", "In progress", "Now", "Due",
    ]  # fmt: skip
    assert detail.header.due.accessibleName() == "1 h 10 left, Due 22 1542Z"
    assert detail.tabs.current == "conversation"


def test_no_part_of_it_flashes_as_a_window_of_its_own(story: Story, shell: PlainShell, qtbot: QtBot) -> None:
    with only_window(shell.window):
        detail = TicketDetail(story.desk, shell, Directory(story.desk, shell.bridge, shell.window))
        QVBoxLayout(shell.window).addWidget(detail)
        shell.window.show()
        detail.open(story.tickets["bridge"])
        qtbot.waitUntil(lambda: detail.loaded is not None)
        for key in ("assign", "due", "tag", "link", "snooze", "next"):
            detail.acts.do(key)
        for part in ("fields", "links", "history"):
            detail.tabs.open(part)
        detail.edit_field("ticket.assignee")


def test_opening_an_unread_ticket_marks_it_as_read(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not story.card("bridge").row.unread)


def test_escape_leads_back_and_from_the_composer_first_out_of_it(detail: TicketDetail, qtbot: QtBot) -> None:
    backs: list[bool] = []
    detail.back.connect(lambda: backs.append(True))
    qtbot.keyClick(detail, Qt.Key.Key_N)
    text = note_of(detail)
    assert text.hasFocus()
    qtbot.keyClick(text, Qt.Key.Key_Escape)
    assert detail.hasFocus()
    assert backs == []
    qtbot.keyClick(detail, Qt.Key.Key_Escape)
    assert backs == [True]


def test_a_letter_typed_into_a_note_is_a_letter(detail: TicketDetail, qtbot: QtBot) -> None:
    detail.write()
    text = note_of(detail)
    qtbot.keyClicks(text, "as spi")
    assert detail.composer.text == "as spi"
    assert not detail.sidebar.panel.isVisible()


def test_the_title_is_edited_in_place(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    qtbot.keyClick(detail, Qt.Key.Key_F2)
    field = detail.header.title.findChild(QLineEdit)
    assert field is not None
    assert field.selectedText() == "Road blocked at Kemp Bridge, fallen pylon"
    qtbot.keyClicks(field, "Pylon on Kemp Bridge")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: seen(detail).row.title == "Pylon on Kemp Bridge")
    assert not detail.header.title.editing


def test_a_title_being_edited_survives_a_change_and_keeps_its_base(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    qtbot.keyClick(detail, Qt.Key.Key_F2)
    base = detail.header.title.base
    field = detail.header.title.findChild(QLineEdit)
    assert field is not None
    qtbot.keyClicks(field, "Mine")
    change(story, tickets.edit, {"title": "Theirs"})
    qtbot.waitUntil(lambda: seen(detail).row.title == "Theirs")
    assert field.text() == "Mine"
    assert detail.header.title.base == base != seen(detail).row.base


def test_what_is_refused_is_told_at_the_title_and_stays_in_it(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    qtbot.keyClick(detail, Qt.Key.Key_F2)
    field = detail.header.title.findChild(QLineEdit)
    assert field is not None
    qtbot.keyClicks(field, "Mine")
    change(story, tickets.void, "Twice")
    qtbot.waitUntil(lambda: seen(detail).voided is not None)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "voided" in detail.header.title._problem.text())
    assert field.text() == "Mine"
    assert detail.header.title.editing


def test_a_voided_ticket_says_why_and_offers_only_to_bring_it_back(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    detail.write()
    qtbot.keyClicks(note_of(detail), "Half a note")
    change(story, tickets.void, "Entered twice")
    qtbot.waitUntil(detail.banner.isVisible)
    assert detail.banner._why.text() == "Voided: Entered twice"
    assert detail.hasFocus()
    assert not note_of(detail).isEnabled()
    for key in (Qt.Key.Key_N, Qt.Key.Key_A, Qt.Key.Key_L, Qt.Key.Key_R, Qt.Key.Key_F2):
        qtbot.keyClick(detail, key)
    assert not detail.sidebar.panel.isVisible()
    assert not detail.header.title.editing
    working = {b.text() or b.accessibleName() for b in detail.findChildren(Button) if b.isVisible() and b.isEnabled()}
    assert not working & {"Reply", "Edit", "Add", "Add a watcher", "Edit the title", "Send", "Assign"}
    detail.tabs.open("links")
    assert not button(detail.links, "Link another ticket").isEnabled()
    detail.tabs.open("fields")
    line = detail.fields.line("ticket.contact")
    line.edit()
    assert not line.editing
    press(qtbot, detail.banner, "Bring back")
    qtbot.waitUntil(lambda: seen(detail).voided is None)
    qtbot.waitUntil(detail.banner.isHidden)
    line.edit()
    assert line.editing
    detail.tabs.open("conversation")
    detail.write()
    qtbot.keyClick(note_of(detail), Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: comments(story, "bridge")[-1] == "Half a note")


def test_a_field_is_edited_in_place_on_the_base_it_was_opened_with(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    detail.tabs.open("fields")
    line = detail.fields.line("ticket.location")
    assert line.text == "east approach"
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(200, 10))
    field = line.findChild(QLineEdit)
    assert field is not None
    field.selectAll()
    qtbot.keyClicks(field, "west approach")
    change(story, tickets.edit, {"location": "middle of the bridge"})
    qtbot.waitUntil(lambda: seen(detail).location == "middle of the bridge")
    assert field.text() == "west approach"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: seen(detail).location == "west approach")
    assert not line.editing
    theirs, mine = story.ask(
        lambda reader: reader.rows(
            "SELECT base FROM change WHERE record = ? AND field = 22 ORDER BY seq", (story.tickets["bridge"],)
        )
    )
    # Both were made on what stood there when the field was opened: a conflict that the server can see.
    assert mine == theirs


def test_an_answer_of_the_form_is_changed_and_a_wrong_one_told_in_place(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    detail.tabs.open("fields")
    line = detail.fields.line("blocked_m")
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    field = line.findChild(QLineEdit)
    assert field is not None
    qtbot.keyClicks(field, "999999999")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert line._row is not None
    qtbot.waitUntil(lambda: line._row is not None and line._row.problem == "At most 100000 m")
    field.clear()
    qtbot.keyClicks(field, "40")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(answer.text == "40 m" for answer in seen(detail).answers))


def test_escape_in_a_field_gives_the_old_value_back(detail: TicketDetail, qtbot: QtBot) -> None:
    detail.edit_field("ticket.contact")
    line = detail.fields.line("ticket.contact")
    field = line.findChild(QLineEdit)
    assert field is not None
    qtbot.keyClicks(field, "nobody")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not line.editing
    assert line.text == "–"
    assert line.hasFocus()


def test_a_position_pasted_into_its_field_sets_all_its_columns(detail: TicketDetail, qtbot: QtBot) -> None:
    detail.edit_field("ticket.position")
    field = detail.fields.line("ticket.position").findChild(QLineEdit)
    assert field is not None
    field.selectAll()
    QApplication.clipboard().setText("5.36, -4.01")
    qtbot.keyClick(field, Qt.Key.Key_V, CTRL)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: seen(detail).row.lat == 5.36)
    assert seen(detail).row.lon == -4.01
    assert seen(detail).grid is None


def test_a_change_is_reverted_from_the_history_and_undone_again(
    detail: TicketDetail, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    change(story, tickets.edit, {"title": "Wrong"})
    qtbot.waitUntil(lambda: seen(detail).row.title == "Wrong")
    detail.tabs.open("history")
    press(qtbot, detail.history, "Revert")
    qtbot.waitUntil(lambda: seen(detail).row.title.startswith("Road blocked"))
    shell.operations.undo()
    qtbot.waitUntil(lambda: seen(detail).row.title == "Wrong")


def test_a_number_in_a_text_and_a_related_line_lead_to_that_ticket(
    detail: TicketDetail, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    bowser = story.card("bowser").row
    with qtbot.waitSignal(detail.opened) as caught:
        detail.conversation.ticket_wanted.emit(bowser.number)
    assert caught.args == [bowser.id]
    line = next(b for b in detail.sidebar.findChildren(QAbstractButton) if bowser.number in b.accessibleName())
    with qtbot.waitSignal(detail.opened) as caught:
        qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    assert caught.args == [bowser.id]


def test_a_link_is_made_to_a_ticket_found_by_its_words(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    detail.directory.find_tickets = lambda reader, text: [
        (story.tickets["landslide"], "T-1", "Landslide on route Amber")
    ]
    qtbot.keyClick(detail, Qt.Key.Key_R)
    kind = detail.sidebar.panel._form.row("kind").editor
    other = detail.sidebar.panel._form.row("ticket").editor
    assert isinstance(kind, Picker | ChoiceBar)
    assert isinstance(other, Picker)
    other.setFocus()
    qtbot.keyClicks(other, "landslide")
    qtbot.keyClick(other, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: other.value is not None)
    press(qtbot, detail.sidebar.panel, "Link")
    qtbot.waitUntil(lambda: any(link.ticket == story.tickets["landslide"] for link in seen(detail).links))


def test_a_ticket_that_is_gone_says_so_and_offers_the_way_back(detail: TicketDetail, qtbot: QtBot) -> None:
    detail.open(b"x" * 16)
    qtbot.waitUntil(lambda: detail._trouble.isVisible())
    with qtbot.waitSignal(detail.back):
        press(qtbot, detail._trouble, "Back to the list")


def test_tags_watchers_and_due_time_are_changed_from_the_side(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    press(qtbot, detail.sidebar, "amber")
    qtbot.waitUntil(lambda: "amber" not in seen(detail).row.tags)
    qtbot.keyClick(detail, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: seen(detail).watching)
    qtbot.keyClick(detail, Qt.Key.Key_D)
    field = detail.sidebar.panel._form.row("due_at").editor
    assert isinstance(field, QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "+3h")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: seen(detail).row.due_at == NOW + 3 * times.HOUR)


def test_the_description_and_comments_of_a_stranger_reach_nothing(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    def plant(work: Work) -> Changes:
        return tickets.edit(
            work, story.tickets["bridge"], {"description": "<img src='file:///etc/passwd'> ![x](http://e/x.png)"}
        )

    story.do(plant)
    qtbot.waitUntil(lambda: "<img" in seen(detail).description)
    detail.grab()
