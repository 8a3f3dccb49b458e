"""Steps of a ticket on its page: resolved, snoozed, waiting, given to somebody, with real keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets, times
from opsdesk.services.tickets import State
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.tickets.detail.doings import doings
from opsdesk.ui.widgets.picker import Picker
from tests.support.clock import NOW
from tests.support.ticket_pages import PlainShell, Story
from tests.support.writing import button
from tests.ui.tickets.test_detail import detail, press, seen

__all__ = ["detail"]

CTRL = Qt.KeyboardModifier.ControlModifier


def test_resolving_asks_for_the_solution_and_says_what_is_missing(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    qtbot.keyClick(detail, Qt.Key.Key_R, CTRL)
    panel = detail.sidebar.panel
    assert panel.isVisible()
    press(qtbot, panel, "Resolve")
    row = panel._form.row("solution")
    assert row.problem == "Solution is needed"
    solution = row.editor
    assert isinstance(solution, Picker)
    qtbot.keyClicks(solution, "worked")
    qtbot.keyClick(solution, Qt.Key.Key_Return)
    qtbot.keyClick(solution, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: seen(detail).row.state is State.RESOLVED)
    assert not panel.isVisible()
    assert detail.hasFocus()


def test_h_snoozes_until_a_time_here_as_in_the_list(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    qtbot.keyClick(detail, Qt.Key.Key_H)
    panel = detail.sidebar.panel
    assert panel.key == "event/wait/until"
    until = panel._form.row("until").editor
    assert isinstance(until, QLineEdit)
    inside = detail.sidebar.widget()
    assert inside is not None
    assert inside.minimumSizeHint().width() <= detail.sidebar.viewport().width(), "nothing is cut off at its side"
    qtbot.keyClicks(until, "221300Z")
    qtbot.keyClick(until, Qt.Key.Key_Return)
    assert panel._form.row("until").problem == "That time is past"
    until.selectAll()
    qtbot.keyClicks(until, "+2h")
    qtbot.keyClick(until, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: seen(detail).row.state is State.WAITING)
    row = seen(detail).row
    assert (row.waiting_reason, row.waiting_until) == ("scheduled", NOW + 2 * times.HOUR)
    assert [doing.key for doing in doings(seen(detail)) if doing.shortcut == "H"] == []
    qtbot.keyClick(detail, Qt.Key.Key_H)
    assert not panel.isVisible()


def test_one_press_snoozes_until_a_usual_time(detail: TicketDetail, qtbot: QtBot) -> None:
    qtbot.keyClick(detail, Qt.Key.Key_H)
    qtbot.keyClick(button(detail.sidebar.panel, "In 4 hours"), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: seen(detail).row.state is State.WAITING)
    assert seen(detail).row.waiting_until == NOW + 4 * times.HOUR


def test_waiting_asks_for_what_it_waits(detail: TicketDetail, shell: PlainShell, qtbot: QtBot) -> None:
    shell.actions.run("ticket.wait")
    picker = detail.sidebar.panel._form.row("waiting_reason").editor
    assert isinstance(picker, Picker)
    qtbot.keyClicks(picker, "weather")
    qtbot.keyClick(picker, Qt.Key.Key_Return)
    press(qtbot, detail.sidebar.panel, "Wait")
    qtbot.waitUntil(lambda: seen(detail).row.state is State.WAITING)
    assert detail.header.due.accessibleName().startswith("Paused: weather")


def test_a_step_without_its_guard_is_shown_with_the_reason(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    detail.open(story.tickets["trees"])
    qtbot.waitUntil(lambda: detail.loaded is not None and seen(detail).row.id == story.tickets["trees"])
    accept = detail.sidebar.button("next")
    assert accept is not None
    assert accept.text() == "Accept"
    assert not accept.isEnabled()
    assert accept.toolTip() == "Set a group or an assignee first"


def test_assigning_by_keys_alone(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    qtbot.keyClick(detail, Qt.Key.Key_A)
    picker = detail.sidebar.panel._form.row("person").editor
    assert isinstance(picker, Picker)
    assert picker.hasFocus()
    qtbot.keyClicks(picker, "zzz")
    qtbot.keyClick(picker, Qt.Key.Key_Return, CTRL)
    assert detail.sidebar.panel._form.row("person").problem == "Choose one from the list"
    picker.selectAll()
    qtbot.keyClicks(picker, "delg")
    qtbot.keyClick(picker, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: (seen(detail).row.assignee or tickets.Named(b"", "")).name == "R. Delgado")


def test_the_i_key_takes_the_ticket(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    qtbot.keyClick(detail, Qt.Key.Key_I)
    qtbot.waitUntil(lambda: getattr(seen(detail).row.assignee, "id", None) == story.desk.person)


def test_a_priority_other_than_the_rule_asks_why(detail: TicketDetail, qtbot: QtBot) -> None:
    detail.acts._set_priority(tickets.Priority.URGENT, tickets.Priority.HIGH)
    reason = detail.sidebar.panel._form.row("priority_reason").editor
    qtbot.keyClicks(reason, "Hospital behind the bridge")
    qtbot.keyClick(reason, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: seen(detail).row.priority is tickets.Priority.URGENT)
    assert seen(detail).priority_reason == "Hospital behind the bridge"
