"""What a person does with tickets in the list, one or all that are marked, with real keys and mouse clicks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from opsdesk.services import tickets
from opsdesk.services.tickets import Priority, State, lists
from tests.support.ticket_list import ListBench, chooser

LEFT = Qt.MouseButton.LeftButton


def test_p_changes_the_priority_of_one_ticket_and_undo_brings_it_back(bench: ListBench) -> None:
    row = bench.row
    wanted = Priority.URGENT if row.priority is not Priority.URGENT else Priority.LOW
    bench.press("P")
    chooser(bench)
    bench.press(wanted.label)
    bench.press("Return")
    bench.wait(lambda: bench.ask(tickets.card, row.id).row.priority is wanted)
    bench.wait(lambda: bench.row.priority is wanted)
    assert bench.row.id == row.id, "it stays where it is"
    bench.press("Ctrl+Z")
    bench.wait(lambda: bench.ask(tickets.card, row.id).row.priority is row.priority)


def test_i_takes_the_ticket_and_it_leaves_the_list_of_unassigned(bench: ListBench) -> None:
    bench.query("is:open assignee:none")
    bench.page.focus_list()
    total, row = bench.page.table.rows.total, bench.row
    bench.press("I")
    bench.wait(lambda: bench.ask(tickets.card, row.id).row.assignee is not None)
    bench.wait(lambda: bench.page.table.rows.total == total - 1)
    assert bench.row.id != row.id


def test_a_assigns_all_marked_tickets_in_one_act(bench: ListBench) -> None:
    bench.query("is:open assignee:none")
    bench.page.focus_list()
    bench.press("X")
    bench.press("JX")
    keys = bench.page.table.chosen_keys().tolist()
    bench.press("A")
    chooser(bench)
    bench.press("me")
    bench.press("Return")
    bench.wait(lambda: all(row.assignee is not None for row in bench.ask(lists.rows, keys)))
    bench.wait(lambda: "2 tickets" in bench.toast)
    bench.press("Ctrl+Z")
    bench.wait(lambda: all(row.assignee is None for row in bench.ask(lists.rows, keys)))


def test_s_offers_what_may_happen_and_asks_for_what_it_needs(bench: ListBench) -> None:
    bench.query("state:open")
    bench.page.focus_list()
    row = bench.row
    bench.press("S")
    panel = chooser(bench)
    bench.press("wait")
    bench.press("Return")
    assert panel.field.accessibleName() == "Waits for"
    bench.press("parts")
    bench.press("Return")
    bench.wait(lambda: bench.ask(tickets.card, row.id).row.state is State.WAITING)
    assert bench.ask(tickets.card, row.id).row.waiting_reason == "parts"


def test_a_state_that_is_refused_is_told_at_the_cell(bench: ListBench) -> None:
    bench.query("state:new assignee:none")
    bench.page.focus_list()
    row = bench.row
    assert bench.ask(tickets.card, row.id).group is None
    bench.press("S")
    chooser(bench)
    bench.press("accept")
    bench.press("Return")
    bench.wait(lambda: bench.page.acts.editing.error)
    assert bench.page.acts.editing.error == "Set a group or an assignee first"
    bench.press("Escape")
    assert bench.page.acts.editing.error == ""


def test_d_takes_a_time_as_it_is_typed(bench: ListBench) -> None:
    row = bench.row
    bench.press("D")
    chooser(bench)
    bench.press("231200Z NOV 26")
    bench.press("Return")
    bench.wait(lambda: bench.ask(tickets.card, row.id).row.due_at == 1_795_435_200_000)


def test_l_puts_tags_on_and_takes_them_off(bench: ListBench) -> None:
    row = bench.row
    bench.press("L")
    panel = chooser(bench)
    bench.press("bridge-x")
    bench.press("Return")
    bench.wait(lambda: "bridge-x" in bench.ask(tickets.card, row.id).row.tags)
    assert panel.isVisible()
    bench.press("Return")
    bench.wait(lambda: "bridge-x" not in bench.ask(tickets.card, row.id).row.tags)
    bench.press("Escape")
    assert bench.page.table.hasFocus()


def test_f2_edits_the_title_in_the_cell_and_letters_do_not_act_there(bench: ListBench) -> None:
    row = bench.row
    bench.press("F2")
    line = bench.page.acts.editing.line
    assert line is not None
    bench.wait(line.hasFocus)
    assert line.text() == row.title
    bench.press("JXI assigned")
    assert bench.page.table.current_number == 0
    assert bench.page.table.marked_count == 0
    bench.press("Return")
    bench.wait(lambda: bench.ask(tickets.card, row.id).row.title == "JXI assigned")
    bench.wait(lambda: bench.page.acts.editing.line is None)
    assert bench.page.table.hasFocus()


def test_a_title_that_is_refused_keeps_what_was_typed(bench: ListBench) -> None:
    row = bench.row
    bench.press("F2")
    line = bench.page.acts.editing.line
    assert line is not None
    line.setText("x" * 400)
    bench.press("Return", on=line)
    bench.wait(lambda: bench.page.acts.editing.error)
    assert bench.page.acts.editing.error == "At most 300 characters, these are 400"
    assert line.text() == "x" * 400
    assert line.isVisible()
    bench.press("Escape", on=line)
    assert bench.page.acts.editing.line is None
    assert bench.row.title == row.title


def test_a_double_click_edits_and_a_click_on_the_number_opens(bench: ListBench) -> None:
    opened: list[bytes] = []
    bench.page.open_ticket.connect(opened.append)
    table = bench.page.table
    QTest.mouseDClick(table.viewport(), LEFT, pos=table.cell_rect(2, "title").center())
    assert bench.page.acts.editing.line is not None
    bench.page.acts.editing.cancel()
    at = table.cell_rect(3, "number").topLeft() + QPoint(20, 15)
    QTest.mouseClick(table.viewport(), LEFT, pos=at)
    assert opened == [bench.row.id]
    assert table.current_number == 3


def test_dot_copies_the_number_and_twice_the_title_too(bench: ListBench) -> None:
    row = bench.row
    bench.press(".")
    assert QGuiApplication.clipboard().text() == row.number
    bench.press(".")
    assert QGuiApplication.clipboard().text() == f"{row.number} {row.title}"


def test_ctrl_c_copies_the_marked_rows_as_a_table(bench: ListBench) -> None:
    first = bench.row
    bench.press("X")
    bench.press("JX")
    bench.press("Ctrl+C")
    bench.wait(lambda: bench.toast == "Copied 2 rows")
    data = QGuiApplication.clipboard().mimeData()
    lines = [line.split("\t") for line in data.text().split("\n")]
    assert lines[0][:3] == ["Priority", "Number", "Title"]
    assert lines[1][1:3] == [first.number, first.title]
    assert len(lines) == 3
    assert "<th>Number</th>" in data.html()


def test_chosen_lists_close_with_escape_and_give_the_keyboard_back(bench: ListBench) -> None:
    bench.press("A")
    panel = chooser(bench)
    bench.press("zzzz")
    bench.press("Escape")
    assert not panel.isVisible()
    assert bench.page.table.hasFocus()
    assert not isinstance(QApplication.focusWidget(), QLineEdit)


@pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)  # of a menu, on the offscreen platform
def test_a_right_click_offers_what_can_be_done_with_the_row(bench: ListBench) -> None:
    table = bench.page.table
    at = table.cell_rect(4, "title").center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, table.viewport().mapToGlobal(at))
    QApplication.sendEvent(table.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = [action.text().split("\t") for action in menu.actions() if not action.isSeparator()]
    assert ["Assign…", "A"] in texts
    assert ["Export the list…", "Ctrl+Shift+E"] in texts
    assert table.current_number == 4
    menu.close()


def test_u_hands_over_to_a_unit_and_a_hidden_column_is_edited_below_its_row(bench: ListBench) -> None:
    row = bench.row
    bench.page.table.header.hide_column("unit", True)
    bench.press("U")
    panel = chooser(bench)
    wanted = panel.list.model().index(1, 0).data(Qt.ItemDataRole.UserRole)
    bench.press("Down")
    panel.list.setCurrentIndex(panel.list.model().index(1, 0))
    bench.press("Return")
    bench.wait(lambda: getattr(bench.ask(tickets.card, row.id).row.unit, "id", None) == wanted.value)


def test_r_links_the_ticket_to_another_and_says_why_it_may_not(bench: ListBench) -> None:
    here = bench.row
    other = bench.page.table.rows.row(5)
    assert isinstance(other, tickets.TicketRow)

    def relate(said: str) -> None:
        bench.page.focus_list()
        bench.press("R")
        found = chooser(bench)
        bench.press("blocked by", on=found.field)
        bench.press("Return", on=found.field)
        bench.wait(lambda: found.list.model().rowCount() > 5)
        bench.press(other.number, on=found.field)
        bench.press("Return", on=found.field)
        bench.wait(lambda: bench.toast.startswith(said))
        assert [(row.words, row.ticket) for row in bench.ask(tickets.card, here.id).links] == [("blocked by", other.id)]

    relate("Link ")
    relate("They are linked so already")
    bench.press("Ctrl+Z")
    bench.wait(lambda: bench.ask(tickets.card, here.id).links == ())
    bench.rest()
