"""The bell with real keys: what is new, opened, read, put off and acknowledged."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from opsdesk.models.base import Id
from opsdesk.models.organisation import Person
from opsdesk.services import notifications, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.store import notices
from opsdesk.store.work import Work
from opsdesk.ui.shell.bell.rows import NoticeList
from opsdesk.ui.shell.notify_card import Exceptions
from opsdesk.ui.shell.page import Target
from opsdesk.ui.shell.window import MainWindow
from opsdesk.ui.widgets.label import Label
from tests.ui.shell.conftest import PlainPage

SHIFT = Qt.KeyboardModifier.ShiftModifier


def told(desk: Desk, kind: str, title: str, count: int = 1) -> tuple[Id, Id]:
    """Let somebody have done something; the ticket and the comment that it is about."""

    def raise_them(work: Work) -> Changes:
        kim = work.value("SELECT id FROM person WHERE name = 'Kim Lee'") or work.insert(Person, {"name": "Kim Lee"})
        for number in range(count):
            tickets.create(work, title=f"{title} {number}" if count > 1 else title)
            ticket = bytes(work.value_out)  # type: ignore[call-overload]
            tickets.comment(work, ticket, "Please **look** at this")
            comment = bytes(work.value_out)  # type: ignore[call-overload]
            about = comment if kind == notices.MENTIONED else ticket
            notices.raise_one(work.connection, work.person, notices.Event(kind, ticket, about, kim, work.now), work.now)
        work.value_out = ticket, about
        return Changes(notifications=True, tickets=frozenset({ticket}))

    made: tuple[Id, Id] = desk.do(raise_them).result().value
    return made


def rows(window: MainWindow) -> list[str]:
    return [row if isinstance(row, str) else row.told for row in window.bell_panel.model.rows]


@pytest.fixture
def ringing(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """Two new lines behind the bell, which is open."""
    told(window.desk, notices.ASSIGNED, "Pump broken")
    told(window.desk, notices.MENTIONED, "Bridge closed")
    qtbot.waitUntil(lambda: window.topbar.bell.count == 2)
    window.go("home")
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier | SHIFT)
    qtbot.waitUntil(window.bell_panel.list.hasFocus)
    qtbot.waitUntil(lambda: window.bell_panel.current is not None)
    return window


def test_a_line_is_opened_at_its_comment_by_keys_and_counts_no_more(qtbot: QtBot, ringing: MainWindow) -> None:
    assert rows(ringing) == ["New", "mentioned you", "assigned a ticket to you"]
    line = ringing.bell_panel.current
    assert line is not None
    assert line.words == "Please look at this"
    qtbot.keyClick(ringing.bell_panel.list, Qt.Key.Key_Return)
    page = ringing.page("tickets")
    assert isinstance(page, PlainPage)
    assert page.told[-1] == Target("ticket", line.ticket, part=line.record)
    assert not ringing.bell_panel.isVisible()
    qtbot.waitUntil(lambda: ringing.topbar.bell.count == 1)


def test_what_came_last_is_marked_when_the_bell_is_opened(qtbot: QtBot, window: MainWindow) -> None:
    told(window.desk, notices.ASSIGNED, "Pump broken")
    qtbot.waitUntil(lambda: window.topbar.bell.count == 1)
    told(window.desk, notices.MENTIONED, "Bridge closed")
    qtbot.waitUntil(lambda: window.topbar.bell.count == 2)
    window.open_bell()
    assert window.bell_panel.current is not None
    assert window.bell_panel.current.told == "mentioned you"


def test_a_line_is_read_and_unread_put_off_and_all_are_acknowledged(qtbot: QtBot, ringing: MainWindow) -> None:
    panel = ringing.bell_panel
    qtbot.keyClick(panel.list, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: rows(ringing) == ["New", "assigned a ticket to you", "Read", "mentioned you"])
    qtbot.keyClick(panel.list, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: "Read" not in rows(ringing))
    qtbot.keyClick(panel.list, Qt.Key.Key_H, SHIFT)
    qtbot.waitUntil(lambda: rows(ringing)[2] == "Put off")
    qtbot.keyClick(panel.list, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: ringing.topbar.bell.count == 0)
    assert rows(ringing) == ["Put off", "mentioned you", "Read", "assigned a ticket to you"]


def test_many_of_one_act_are_one_line_that_opens_to_a_line_each(qtbot: QtBot, window: MainWindow) -> None:
    told(window.desk, notices.ASSIGNED, "Pump", 12)
    qtbot.waitUntil(lambda: window.topbar.bell.count == 1)
    window.open_bell()
    assert rows(window) == ["New", "assigned 12 tickets to you"]
    qtbot.keyClick(window.bell_panel.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(rows(window)) == 13)
    assert window.bell_panel.isVisible()


def test_what_is_behind_the_bell_keeps_the_contract_of_models(qtbot: QtBot, window: MainWindow) -> None:
    told(window.desk, notices.ASSIGNED, "Pump", 2)
    model = NoticeList()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    lines = window.desk.ask(notifications.lines).result()
    for shown in (lines, (), lines[:1]):
        model.show_lines(shown, 0)
    assert model.rowCount() == 2
    tester.deleteLater()


def test_a_line_is_acknowledged_with_a_note_by_keys_and_the_note_is_on_the_ticket(
    qtbot: QtBot, ringing: MainWindow
) -> None:
    panel = ringing.bell_panel
    line = panel.current
    assert line is not None
    qtbot.keyClick(panel.list, Qt.Key.Key_N)
    field = panel.note._field
    qtbot.waitUntil(field.hasFocus)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert panel.note.problem == "Write the note first"
    qtbot.keyClicks(field, "Sent a patrol")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert panel.list.hasFocus()
    assert panel.isVisible()
    qtbot.keyClick(panel.list, Qt.Key.Key_N)
    assert field.text() == "Sent a patrol", "what was typed stays"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.keyClick(field, Qt.Key.Key_Return)  # pressed twice it is one note all the same
    qtbot.waitUntil(lambda: rows(ringing) == ["New", "assigned a ticket to you", "Read", "mentioned you"])
    (comment,) = ringing.desk.ask(tickets.conversation, line.ticket).result()
    assert [reply.body for reply in comment.replies] == ["Sent a patrol"]
    assert not panel.note.isVisible()


def test_a_note_on_a_line_of_many_goes_to_the_first_of_them_and_the_others_stay(
    qtbot: QtBot, window: MainWindow
) -> None:
    told(window.desk, notices.ASSIGNED, "Pump", 12)
    qtbot.waitUntil(lambda: window.topbar.bell.count == 1)
    window.open_bell()
    panel = window.bell_panel
    qtbot.keyClick(panel.list, Qt.Key.Key_N)
    field = panel.note._field
    qtbot.waitUntil(field.hasFocus)
    line = panel.current
    assert line is not None
    assert panel.note._words.text() == f"Acknowledge {line.number} with a note. The other 11 stay: ↓ and N for the next"
    qtbot.keyClicks(field, "Mine")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: rows(window)[-2:] == ["Read", "assigned a ticket to you"])
    assert len(rows(window)) == 14
    assert [one.body for one in window.desk.ask(tickets.conversation, line.ticket).result()][-1] == "Mine"
    qtbot.waitUntil(panel.list.hasFocus)
    qtbot.keyClick(panel.list, Qt.Key.Key_N)
    qtbot.waitUntil(field.hasFocus)
    assert field.text() == ""


def test_the_keys_of_the_bell_stand_in_the_sheet_of_keys(window: MainWindow) -> None:
    window.open_keys()
    shown = {label.text() for label in window.shortcut_sheet.findChildren(Label)}
    assert shown >= {"Notifications", "Acknowledge with a note", "Again in an hour", "Again tomorrow", "All read"}


def test_events_are_taken_out_of_a_switch_in_the_settings_and_rest_while_it_is_off(
    qtbot: QtBot, window: MainWindow
) -> None:
    made = Exceptions(window, "notify.watched")
    qtbot.addWidget(made)
    made.show()
    moved = made.ticks[notices.MOVED]
    qtbot.keyClick(moved, Qt.Key.Key_Space)
    assert window.desk.settings.get("notify.watched.moved", True) is False
    assert made._words.text() == "Of these, 1 never"
    window.preferences.set("notify.watched", False)
    assert not moved.isEnabled()
    assert made.ticks[notices.DUE].isEnabled()
