"""Groups of the ticket list: heads with numbers, folding by mouse and keyboard, marks, and what is kept with a view."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest

from opsdesk.services import tickets
from opsdesk.services.tickets import lists
from tests.support.ticket_list import ListBench, chooser
from tests.ui.tickets.test_list_views import click, save_as, view


def group_by(bench: ListBench, words: str) -> None:
    """As a person does: the key, the name of a field, Enter."""
    bench.press("Ctrl+Shift+G")
    chooser(bench)
    bench.press(words)
    bench.press("Return")
    bench.settle()


def heads(bench: ListBench) -> list[tuple[str, int]]:
    """The heads in the order of their lines, as a person reads them."""
    rows = bench.page.table.rows
    found = [rows.head(line) for line in range(rows.rowCount())]
    return [(group.label, rows.head_count(group)) for group in found if group is not None]


def press_head(bench: ListBench, label: str, x: int = 200) -> None:
    table = bench.page.table
    line = next(n for n in range(table.rows.rowCount()) if (g := table.rows.head(n)) is not None and g.label == label)
    table.scrollTo(table.rows.index(line, 0))
    rect = table.visualRect(table.rows.index(line, 0))
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, rect.center().y()))


def test_heads_stand_above_their_rows_with_the_numbers_that_the_desk_counts(bench: ListBench) -> None:
    bench.query("is:open")
    group_by(bench, "state")
    table = bench.page.table
    QAbstractItemModelTester(table.rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert heads(bench) == [
        (label, number)
        for label in ("New", "Open", "In progress", "Waiting")
        if (number := bench.count(f"state:{label.lower().replace(' ', '-')}"))
    ]
    assert bench.page.head.number.text() == f"{bench.count('is:open')} tickets"
    assert table.current_row is not None, "the keyboard is on the first ticket, not on a head"
    for line in range(0, table.rows.rowCount(), 7):
        row = table.rows.row(line)
        above = table.rows.sections.groups[table.rows.sections.number_of(line)]
        assert row is None or row.state.label == above.label
    assert bench.page.footer.place.text().endswith("· New")


def test_left_and_right_fold_and_open_and_a_click_does_the_same(bench: ListBench) -> None:
    bench.query("is:open")
    group_by(bench, "priority")
    table = bench.page.table
    QAbstractItemModelTester(table.rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    whole, first = table.rows.rowCount(), heads(bench)[0]
    bench.press("Left")
    assert table.rows.head(table.current_number) is not None, "from a row to the head of its group"
    assert table.rows.rowCount() == whole
    bench.press("Left")
    assert table.rows.rowCount() == whole - first[1]
    assert heads(bench)[0] == first
    bench.press("Down")
    assert table.rows.head(table.current_number) is not None
    bench.press("Up")
    bench.press("Right")
    assert table.rows.rowCount() == whole
    bench.press("Right")
    assert bench.row.key == table.rows.key_at(1)
    press_head(bench, first[0])
    assert table.rows.rowCount() == whole - first[1]
    bench.press("Shift+Left")
    assert table.rows.rowCount() == len(heads(bench))
    assert bench.page.footer.place.text() == f"{len(heads(bench))} groups of {bench.count('is:open')} rows"
    bench.press("Shift+Right")
    assert table.rows.rowCount() == whole


def test_a_mark_at_a_head_marks_the_group_also_what_is_folded(bench: ListBench) -> None:
    bench.query("is:open")
    group_by(bench, "state")
    label, number = heads(bench)[1]
    press_head(bench, label)
    press_head(bench, label, x=10)  # the column of marks
    table = bench.page.table
    assert table.marked_count == number
    rows = bench.ask(lists.rows, table.chosen_keys().tolist())
    assert {row.state.label for row in rows} == {label}
    bench.press("X")
    assert table.marked_count == 0


def test_the_next_ticket_is_the_next_row_over_heads_and_a_jump_opens_what_is_folded(bench: ListBench) -> None:
    bench.query("is:open")
    group_by(bench, "state")
    table, first = bench.page.table, heads(bench)[0][1]
    table.go(first)
    bench.wait(lambda: table.current_row is not None)
    after = bench.page.step(1)
    bench.wait(lambda: table.current_row is not None)
    assert table.current_number == first + 2
    assert after in (None, bench.row.id)
    bench.press("Shift+Left")
    bench.page.jump(str(first + 1))
    bench.wait(lambda: table.current_row is not None)
    assert table.rows.sections.is_open(1)
    assert table.rows.sections.place(table.current_number) == first


def test_a_ticket_that_is_moved_stands_in_its_new_group_and_the_keyboard_stays(bench: ListBench) -> None:
    bench.query("state:new,open")
    group_by(bench, "state")
    before, table = dict(heads(bench)), bench.page.table
    moved, line = bench.row.id, table.current_number
    table.acted(table.current_keys())
    bench.desk.do(tickets.assign, moved, bench.desk.person).result()
    bench.desk.do(tickets.transition, moved, "accept").result()
    bench.wait(lambda: dict(heads(bench)) == {"New": before["New"] - 1, "Open": before["Open"] + 1})
    assert table.current_number == line
    assert bench.row.id != moved


def test_numbers_of_heads_follow_what_comes_in_while_rows_wait(bench: ListBench) -> None:
    bench.query("is:open")
    group_by(bench, "state")
    table, before = bench.page.table, dict(heads(bench))
    table.go(table.rows.rowCount() - 1)  # somebody works at the foot of the list
    bench.desk.do(tickets.create, title="One more")
    bench.wait(lambda: dict(heads(bench))["New"] == before["New"] + 1)
    assert table.rows.sections.total == sum(before.values()), "the rows stay until they are asked for"
    bench.page.refresh()
    bench.settle()
    assert table.rows.sections.total == sum(before.values()) + 1


def test_groups_and_what_is_folded_are_kept_with_a_view_and_saved_in_it(bench: ListBench) -> None:
    click(bench, "All open")
    group_by(bench, "unit")
    label = heads(bench)[0][0]
    press_head(bench, label)
    save_as(bench, "By unit")
    assert view(bench, "By unit").group == "unit"
    assert bench.page.showing.group == "unit"
    click(bench, "Overdue")
    assert not bench.page.table.rows.sections
    click(bench, "All open")
    assert bench.page.showing.group == "unit"
    assert not bench.page.table.rows.sections.is_open(0)
    group_by(bench, "no groups")
    assert not bench.page.table.rows.sections
    assert bench.page.head.group.text() == "Group"


def test_every_grouping_can_be_chosen(bench: ListBench) -> None:
    bench.query("is:open")
    for grouping in lists.GROUPINGS.values():
        bench.page.showing.set_group(grouping.name)
        bench.settle()
        assert bench.page.table.rows.sections.total == bench.count("is:open"), grouping.label
        assert bench.page.table.grab().width()
