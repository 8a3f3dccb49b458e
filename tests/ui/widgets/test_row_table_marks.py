"""Marks on rows of a table: one, a range, a page, all that match."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest


# -- marks ---------------------------------------------------------------------------------------------------
def test_ctrl_a_marks_the_page_and_then_all_that_match(bench: Any) -> None:
    b = bench(100_000)
    b.show()
    page = b.table.on_view()[1] + 1
    b.table.mark_page()
    assert b.table.marked_count == page
    b.table.mark_page()
    assert b.table.marked_count == 100_000
    assert b.table.all_marked
    assert b.table.marks._flags.nbytes < 200_000, "a mark costs a byte or two"


def test_all_that_match_includes_keys_on_their_way(bench: Any) -> None:
    b = bench(5000)
    b.table.rows.show(("", "key"))
    b.desk.answer("page")
    b.desk.answer("count")
    b.table.mark_all()
    assert b.table.marked_count == 5000
    b.desk.answer("keys")
    assert len(b.table.chosen_keys()) == 5000


def test_marks_hold_through_sorting_but_not_through_another_query(bench: Any) -> None:
    b = bench(1000)
    b.show()
    b.table.go(3)
    b.table.mark()
    b.table.show_query(("", "-key"), same_rows=True)
    b.desk.answer()
    assert b.table.chosen_keys().tolist() == [4]
    b.table.show_query(("thing 9", "-key"))
    b.desk.answer()
    assert not b.table.marks


def test_a_range_goes_from_the_last_mark_to_here(bench: Any) -> None:
    b = bench(1000)
    b.show()
    b.table.go(10)
    b.table.mark()
    b.table.go(14)
    b.table.mark_range()
    assert b.table.chosen_keys().tolist() == [11, 12, 13, 14, 15]


def test_chosen_is_the_current_row_when_nothing_is_marked(bench: Any) -> None:
    b = bench(10)
    b.show()
    b.table.go(2)
    assert b.table.chosen_keys().tolist() == [3]


def test_a_click_in_the_mark_column_marks_and_ctrl_click_adds_to_where_one_is(bench: Any) -> None:
    b = bench(50)
    b.show()
    height = b.table.verticalHeader().defaultSectionSize()
    click = QTest.mouseClick
    viewport, left = b.table.viewport(), Qt.MouseButton.LeftButton
    click(viewport, left, pos=QPoint(10, 2 * height + 5))
    assert b.table.chosen_keys().tolist() == [3]
    b.table.unmark()
    click(viewport, left, pos=QPoint(100, 4 * height + 5))
    assert not b.table.marks
    click(viewport, left, Qt.KeyboardModifier.ControlModifier, QPoint(100, 6 * height + 5))
    assert b.table.chosen_keys().tolist() == [5, 7]
    click(viewport, left, Qt.KeyboardModifier.ShiftModifier, QPoint(100, 8 * height + 5))
    assert b.table.chosen_keys().tolist() == [5, 7, 8, 9]


def test_shift_and_arrows_mark_as_they_go(bench: Any) -> None:
    b = bench(50)
    b.show()
    b.table.go(4)
    for _ in range(3):
        QTest.keyClick(b.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert b.table.chosen_keys().tolist() == [5, 6, 7, 8]
