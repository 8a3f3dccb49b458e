"""The answers of a ticket on its Fields tab, with the rules of its form."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout
from pytestqt.qtbot import QtBot

from opsdesk.services import forms, tickets
from opsdesk.services.tickets import State
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.tickets.detail.field_line import FieldLine
from opsdesk.ui.tickets.list_page.place import ListPlace
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.picker import Picker
from tests.support.ticket_pages import PlainShell, Story


@pytest.fixture
def truck(story: Story) -> bytes:
    """A truck that does not drive."""
    kind = story.types["vehicle"]
    form = story.ask(forms.form_for, kind)
    answers = {"serial": "22-117", "runs": "no", "recovery": True, "load": "12 boxes"}
    made: bytes = story.do(tickets.create, title="Truck 22", type=kind, form=form.id, answers=answers)
    return made


@pytest.fixture
def detail(story: Story, shell: PlainShell, qtbot: QtBot, truck: bytes) -> TicketDetail:
    directory = Directory(story.desk, shell.bridge, shell.window)
    made = TicketDetail(story.desk, shell, directory)
    QVBoxLayout(shell.window).addWidget(made)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    made.open(truck, ListPlace("All", 1, 1))
    qtbot.waitUntil(lambda: made.loaded is not None and bool(directory.people))
    made.tabs.open("fields")
    return made


def opened(detail: TicketDetail, code: str, qtbot: QtBot) -> FieldLine:
    line = detail.fields.line(code)
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    return line


def asked(detail: TicketDetail) -> set[str]:
    return set(detail.fields._answers)


def test_the_fields_follow_the_rules_and_what_is_typed_elsewhere_stays(
    detail: TicketDetail, story: Story, truck: bytes, qtbot: QtBot
) -> None:
    assert {"serial", "runs", "recovery", "load"} <= asked(detail)
    load = opened(detail, "load", qtbot)
    typed: Any = load.findChild(QLineEdit)
    typed.setText("14 boxes")
    runs = opened(detail, "runs", qtbot)
    picker = runs.findChild(Picker)
    assert picker is not None
    picker.selectAll()
    qtbot.keyClicks(picker, "Yes")
    for _ in range(2):
        qtbot.keyClick(picker, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "recovery" not in asked(detail))
    assert typed.text() == "14 boxes"
    assert {answer.question for answer in story.ask(tickets.card, truck).answers} == {"serial", "runs"}
    qtbot.keyClick(typed, Qt.Key.Key_Return)
    assert load._row is not None
    qtbot.waitUntil(lambda: load._row is not None and load._row.problem == "Load or crew on board is not asked now")


def test_what_a_rule_needs_is_said_where_it_is_missing(
    detail: TicketDetail, story: Story, truck: bytes, qtbot: QtBot
) -> None:
    story.do(tickets.answer, truck, "fault", ["accident"])
    qtbot.waitUntil(lambda: detail.fields.line("driver").text == "Needed")
    assert detail.fields.line("driver").accessibleName() == "Driver at the time"


def test_what_a_step_needs_is_named_with_a_way_there_and_the_step_waits_for_it(
    detail: TicketDetail, story: Story, truck: bytes, qtbot: QtBot
) -> None:
    story.do(tickets.edit, truck, {"assignee": story.desk.person})
    for event in ("accept", "start"):
        story.do(tickets.transition, truck, event)
    qtbot.waitUntil(lambda: detail.loaded is not None and detail.loaded.card.row.state is State.IN_PROGRESS)
    panel = detail.sidebar.panel
    detail.setFocus()
    detail.acts.next()
    assert panel._first.words == "1 required left: Cause found"
    solution = panel._form.row("solution").editor
    assert isinstance(solution, Picker)
    qtbot.keyClicks(solution, "Fixed")
    qtbot.keyClick(solution, Qt.Key.Key_Return)
    panel.confirm()
    qtbot.waitUntil(lambda: panel._problem.text() == "Cause found is needed first")
    panel._first.linkActivated.emit("cause")
    line = detail.fields.line("cause")
    assert line.editing
    cause = line.findChild(Picker)
    assert cause is not None
    qtbot.keyClicks(cause, "Wear")
    for _ in range(2):
        qtbot.keyClick(cause, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: panel._first.words == "Complete")
    assert panel._form.answers["solution"] == "fixed"
    panel.confirm()
    qtbot.waitUntil(lambda: detail.loaded is not None and detail.loaded.card.row.state is State.RESOLVED)
    assert not panel.isVisible()
