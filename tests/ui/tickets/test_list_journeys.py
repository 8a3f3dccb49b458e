"""Journeys through the ticket list with real keys and mouse clicks, on a real folder."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from opsdesk.services import tickets, times
from opsdesk.services.tickets import State
from opsdesk.ui.tickets.preview import Preview
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.due import due_of
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.row_table.chooser import ColumnChooser
from tests.support.ticket_list import TICKETS, ListBench, chooser

LEFT = Qt.MouseButton.LeftButton


def test_the_list_opens_on_all_open_tickets_with_the_keyboard_on_the_first(bench: ListBench) -> None:
    assert bench.page.title == "All open"
    assert bench.page.head.number.text() == f"{bench.count('is:open')} tickets"
    assert bench.page.table.current_number == 0
    assert bench.page.footer.place.text().startswith("Rows 1–")
    assert bench.page.footer.order.text() == "sorted by last change"


def test_j_and_k_move_and_the_preview_follows(bench: ListBench) -> None:
    bench.press("JJJK")
    assert bench.page.table.current_number == 2
    bench.wait(lambda: bench.page.preview.number.text() == bench.row.number)
    description = bench.ask(tickets.card, bench.row.id).description
    bench.wait(lambda: bench.page.preview.description.text()[:40] == description.strip()[:40])


def test_space_peeks_and_enter_opens_and_counts_as_read(bench: ListBench) -> None:
    opened: list[bytes] = []
    bench.page.open_ticket.connect(opened.append)
    assert bench.page.preview.isVisible()
    bench.press("Space")
    assert not bench.page.preview.isVisible()
    bench.query("is:unread")
    bench.press("J")
    row = bench.row
    bench.press("Return")
    assert opened == [row.id]
    bench.wait(lambda: bench.count("is:unread") == bench.page.table.rows.total - 1)


def test_x_marks_and_the_bar_slides_up(bench: ListBench) -> None:
    bench.press("X")
    bench.press("JJJ")
    bench.press("Shift+X")
    assert bench.page.bulk.count.text() == "4 selected"
    bench.wait(lambda: bench.page.bulk.height() > 50)
    bench.press("Escape")
    assert bench.page.table.marked_count == 0
    bench.wait(lambda: bench.page.bulk.height() == 0)


def test_ctrl_a_twice_marks_all_that_match(bench: ListBench) -> None:
    bench.query("")
    bench.page.focus_list()
    bench.press("Ctrl+A")
    page = bench.page.table.marked_count
    assert 0 < page < TICKETS
    bench.press("Ctrl+A")
    assert bench.page.bulk.count.text() == f"{TICKETS} selected"
    assert len(bench.page.table.chosen_keys()) == TICKETS


def test_slash_filters_and_enter_goes_back_to_the_list(bench: ListBench) -> None:
    bench.press("/")
    assert bench.page.bar.line.hasFocus()
    bench.press("prio>=high ")
    bench.press("Return")
    bench.settle()
    assert bench.page.table.hasFocus()
    assert bench.page.table.rows.total == bench.count("is:open prio>=high")
    wanted = [("Is", "open"), ("Priority", "≥ high")]
    bench.wait(lambda: [chip[:2] for chip in bench.page.bar._conditions] == wanted)


def test_a_query_that_cannot_be_read_keeps_the_last_rows_and_marks_the_place(bench: ListBench) -> None:
    before = bench.numbers
    bench.press("/")
    bench.press("prioo:high")
    bench.press("Escape")
    bench.press("Return")
    bench.wait(lambda: bench.page.bar.error)
    start, end = bench.page.bar.line._wrong
    assert bench.page.bar.line.text()[start:end].startswith("prioo")
    assert bench.numbers == before


def test_nothing_found_offers_to_clear_and_escape_twice_does(bench: ListBench) -> None:
    bench.query("state:open nothingiscalledso")
    assert bench.page.empty.isVisible()
    bench.wait(lambda: bench.page.empty.accessibleName() == "No tickets match 2 filters are on")
    bench.page.focus_list()
    bench.press("Escape")
    assert bench.page.text
    bench.press("Escape")
    bench.settle()
    assert bench.page.text == ""
    assert bench.page.table.rows.total == TICKETS
    assert not bench.page.empty.isVisible()


def test_jump_goes_to_a_row_or_a_number_and_says_when_it_is_not_here(bench: ListBench) -> None:
    bench.query("")
    box = bench.page.footer.box
    bench.press("Ctrl+J")
    assert box.hasFocus()
    bench.press("321")
    bench.press("Return")
    assert bench.page.table.current_number == 320
    assert bench.page.table.hasFocus()
    bench.wait(lambda: bench.page.table.current_row is not None)
    number = bench.row.number
    bench.press("Ctrl+J")
    box.setText("T-NO-00000")
    bench.press("Return", on=box)
    bench.wait(lambda: "is not in this list" in bench.page.footer._hint.text())
    bench.page.table.go(0)
    box.setText(number)
    bench.press("Return", on=box)
    bench.wait(lambda: bench.page.table.current_number == 320)


def test_what_the_jump_did_not_find_is_forgotten_with_the_list(bench: ListBench) -> None:
    box, hint = bench.page.footer.box, bench.page.footer._hint
    bench.press("Ctrl+J")
    box.setText("99999")
    bench.press("Return", on=box)
    bench.wait(lambda: hint.text() == "99999 is not in this list")
    bench.query("priority:urgent")
    assert hint.text() == "Jump to row or number"


def test_sorting_by_several_columns_is_remembered_with_the_view(bench: ListBench) -> None:
    header = bench.page.table.header
    for name, modifier in (("priority", Qt.KeyboardModifier.NoModifier), ("title", Qt.KeyboardModifier.ShiftModifier)):
        number = bench.page.table.rows.column_number(name)
        at = QPoint(header.sectionViewportPosition(number) + 15, 12)
        QTest.mouseClick(header.viewport(), LEFT, modifier, at)
        bench.settle()
    rows = [bench.page.table.rows.row(number) for number in range(20)]
    keys = [(-int(row.major), -row.priority, row.title.lower()) for row in rows if row is not None]
    assert keys == sorted(keys)
    assert bench.page.footer.order.text().startswith("sorted by priority, then title")
    assert bench.desk.settings.get("tickets.order.open", []) == ["-priority", "title"]


def test_new_tickets_are_announced_and_shown_on_request(bench: ListBench) -> None:
    bench.press("JJJ")
    before = bench.numbers
    bench.desk.do(tickets.create, title="Just come in").result()
    bench.wait(bench.page.news.isVisible)
    assert bench.page.news.text() == "1 new · Show"
    assert bench.numbers == before
    bench.press("F5")
    assert bench.row.title == "Just come in"
    assert not bench.page.news.isVisible()


def test_f11_hides_the_sides_and_brings_them_back(bench: ListBench) -> None:
    bench.press("F11")
    assert not bench.page.pane.isVisible()
    assert not bench.page.preview.isVisible()
    bench.press("F11")
    assert bench.page.pane.isVisible()
    assert bench.page.preview.isVisible()


def test_titles_keep_their_room_in_a_small_window_with_the_preview(bench: ListBench) -> None:
    bench.window.resize(1180, 760)
    QApplication.processEvents()
    table = bench.page.table
    assert table.columnWidth(table.rows.column_number("title")) >= 300
    assert table.isColumnHidden(table.rows.column_number("age"))
    assert table.isColumnHidden(table.rows.column_number("unit"))


def test_the_list_stays_as_it_was_while_a_ticket_is_open(bench: ListBench) -> None:
    bench.query("")
    bench.page.table.go(200)
    QApplication.processEvents()
    place, number = bench.page.table.verticalScrollBar().value(), bench.page.table.current_number
    bench.window.go("settings")
    bench.window.go("tickets")
    bench.page.focus_list()
    assert bench.page.table.verticalScrollBar().value() == place
    assert bench.page.table.current_number == number


def test_stepping_works_while_the_list_is_hidden_behind_the_ticket(bench: ListBench) -> None:
    bench.query("")
    bench.page.hide()
    stepped: list[bytes] = []
    bench.page.stepped.connect(stepped.append)
    bench.page.table.go(400)
    before = bench.page.step(1)
    bench.wait(lambda: stepped or before)
    assert [*stepped, before][0] == bench.row.id
    assert bench.page.table.current_number == 401
    bench.page.table.go(TICKETS - 1)
    assert bench.page.step(1) is None


def test_watch_and_new_and_help_are_at_hand(bench: ListBench) -> None:
    asked: list[str] = []
    bench.page.new_ticket.connect(lambda: asked.append("new"))
    bench.press("C")
    assert asked == ["new"]
    row = bench.row
    bench.press("W")
    bench.wait(lambda: bench.ask(tickets.card, row.id).watching)
    ids = {action.id for action in bench.window.actions.at_hand()}
    assert {"list.assign", "list.state", "list.filter", "list.export", "list.mark"} <= ids


def test_the_preview_stays_as_wide_as_its_pane_whatever_is_in_it(bench: ListBench) -> None:
    arabic = "\u0627\u0646\u0642\u0637\u0627\u0639 \u0627\u0644\u062a\u064a\u0627\u0631 " * 4
    tag, word, page = "t" * 40, "W" * 200, bench.page
    made = [
        bench.desk.do(tickets.create, title=arabic.strip(), values={}).result().value,
        bench.desk.do(tickets.create, title=word, values={"description": word}).result().value,
    ]
    for ticket in made:
        bench.desk.do(tickets.tag, ticket, tag).result()
        bench.desk.do(tickets.comment, ticket, word).result()
    preview = page.preview
    for ticket in made:
        bench.query("tag:" + tag)
        page.show_ticket(ticket)
        bench.wait(partial(_shows, preview, ticket))
        bench.wait(preview._talk.isVisible)
        room = preview._scroll.viewport().width()
        assert preview._content.width() == room
        labels = [label for label in preview._content.findChildren(Label) if label.isVisible()]
        assert all(label.mapTo(preview._content, label.rect().topRight()).x() < room for label in labels)
    values = {name.text(): value for name, value in preview._facts._rows if value.isVisible()}
    assert values["Tags"].text() == "t" * 19 + "…"
    assert values["Tags"].toolTip() == tag


def test_the_preview_shows_what_the_ticket_says_and_takes_it(bench: ListBench) -> None:
    bench.query("has:comment assignee:none")
    bench.page.focus_list()
    row, preview = bench.row, bench.page.preview
    bench.wait(lambda: preview._talk.isVisible())
    assert preview.title.text() == row.title
    assert preview._pills[1].text.startswith(row.state.label)
    shown = [label.text() for _, label in preview._facts._rows if label.isVisible()]
    assert "Unassigned" in shown
    QTest.mouseClick(preview.take, LEFT)
    bench.wait(lambda: bench.ask(tickets.card, row.id).row.assignee is not None)


def test_the_preview_keeps_what_it_shows_while_a_far_row_is_on_its_way(bench: ListBench) -> None:
    bench.query("")
    bench.wait(lambda: bench.page.preview.number.text() == bench.row.number)
    number = bench.page.preview.number.text()
    bench.page.table.go(450)
    assert bench.page.table.current_row is None
    assert bench.page.preview.number.text() == number
    bench.wait(lambda: bench.page.table.current_row is not None)
    bench.wait(lambda: bench.page.preview.number.text() == bench.row.number)


def test_columns_are_chosen_in_a_panel_by_keys(bench: ListBench) -> None:
    table = bench.page.table
    bench.page.showing.choose_columns()
    panel = bench.window.findChild(ColumnChooser)
    assert panel is not None
    names = [panel.list.item(n).text() for n in range(panel.list.count())]
    panel.list.setCurrentRow(names.index("Category"))
    bench.press("Space")
    bench.press("Alt+Up")
    assert not table.isColumnHidden(table.rows.column_number("category"))
    order = table.header.arrangement.order
    assert order.index("category") == names.index("Category") - 1
    bench.press("Escape")
    assert table.hasFocus()
    saved: dict[str, list[str]] = bench.desk.settings.get("tickets.columns.open", {})
    assert "category" not in saved["hidden"]


def test_what_all_rows_have_in_common_is_said_once_in_the_heading(bench: ListBench) -> None:
    bench.wait(bench.page.head.exercise.isVisible)
    bench.query("state:open nothingiscalledso")
    bench.wait(lambda: not bench.page.head.exercise.isVisible())


def _shows(preview: Preview, ticket: bytes) -> bool:
    return preview.row is not None and preview.row.id == ticket


def row_at(bench: ListBench, number: int) -> tickets.TicketRow:
    row = bench.page.table.rows.row(number)
    assert isinstance(row, tickets.TicketRow)
    return row


def test_a_ticket_that_has_just_moved_is_found_where_the_list_still_shows_it(bench: ListBench) -> None:
    bench.page.focus_list()
    bench.press("JJJ")
    moving, began = row_at(bench, 9).id, bench.row.id
    seen: list[bytes] = []
    bench.page.table.current_changed.connect(lambda row: seen.append(row.id) if row is not None else None)
    bench.desk.do(tickets.edit, moving, {"title": "Changed last, so first"}).result()
    bench.page.show_ticket(moving)
    bench.wait(lambda: bench.row.id == moving)
    bench.rest()
    assert bench.row.id == moving
    assert set(seen) <= {began, moving}, "the keyboard was on no other row"


def test_the_keyboard_stays_where_it_is_when_the_ticket_is_not_in_the_rows_that_are_shown(bench: ListBench) -> None:
    bench.page.focus_list()
    bench.press("JJJ")
    began = bench.row.id
    made = bench.desk.do(tickets.create, title="New", values={}).result().value
    bench.page.show_ticket(made)
    bench.wait(bench.page.news.isVisible)
    bench.qtbot.wait(200)
    assert bench.row.id == began
    bench.page.table.take_news()
    bench.wait(lambda: bench.row.id == made)


def test_a_ticket_is_found_in_a_list_that_is_being_read_anew(bench: ListBench) -> None:
    wanted = row_at(bench, 9).id
    bench.page.sort(("number",))
    bench.page.show_ticket(wanted)
    bench.settle()
    bench.wait(lambda: bench.row.id == wanted)
    bench.rest()
    assert bench.row.id == wanted


def test_h_snoozes_a_ticket_until_a_time_as_typed(bench: ListBench) -> None:
    bench.query("state:in-progress")
    row = bench.row
    bench.press("H")
    asked = chooser(bench)
    bench.press("2h", on=asked.field)
    bench.press("Return", on=asked.field)
    bench.wait(lambda: bench.ask(tickets.card, row.id).row.state is State.WAITING)
    waits = bench.ask(tickets.card, row.id)
    assert (waits.row.waiting_reason, waits.row.waiting_until) == ("scheduled", waits.waiting_until)
    assert waits.row.waiting_until is not None
    left = waits.row.waiting_until - wall.now()
    assert 119 * times.MINUTE < left <= 120 * times.MINUTE
    assert due_of(waits.row, waits.row.waiting_until - 5 * times.MINUTE).words == "wakes in 5 min"
    assert due_of(waits.row, waits.row.waiting_until).words == "due to wake"
    early = bench.desk.do(tickets.wake).result()
    assert not early.changes, "not before its time"
