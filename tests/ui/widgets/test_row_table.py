from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication

from tests.support import row_lists
from tests.support.row_lists import Things
from tests.ui.widgets.row_tables import COLUMNS, Bench


def test_the_first_page_is_shown_before_count_and_keys_are_known(bench: Any) -> None:
    b = bench(1000)
    b.table.rows.show(("", "key"))
    b.desk.answer("page")
    assert b.names[0] == "thing 1"
    assert b.table.rows.total == 200
    b.desk.answer("count")
    assert b.table.rows.total == 1000
    assert not b.table.rows.keys.complete
    b.desk.answer("keys")
    assert b.table.rows.keys.complete


@pytest.mark.parametrize("order", [("page", "count", "keys"), ("count", "page", "keys"), ("page", "keys", "count")])
def test_answers_may_come_in_any_order(bench: Any, order: tuple[str, ...]) -> None:
    b = bench(1500)
    b.table.rows.show(("", "-key"))
    for part in order:
        b.desk.answer(part)
    b.desk.answer()
    assert b.table.rows.total == 1500
    assert b.table.rows.keys.at(1499) == 1
    assert b.table.rows.keys.complete


def test_rows_outside_the_known_pages_wait_with_an_ellipsis(bench: Any) -> None:
    b = bench(5000)
    b.table.rows.show(("", "key"))
    b.desk.answer("page")
    b.desk.answer("count")
    b.table.go(3000)
    b.table.grab()
    assert set(b.names) == {"…"}
    b.desk.answer("keys")
    b.desk.answer()
    assert "thing 3001" in b.names


def test_the_answer_to_an_older_query_is_dropped(bench: Any) -> None:
    b = bench(300)
    b.table.rows.show(("", "key"))
    late = list(b.desk.asked)
    b.desk.asked.clear()  # so that nothing supersedes them: they answer, too late
    b.show("thing 29")
    for _name, call, future in late:
        future.set_result(call())
    QApplication.processEvents()
    assert b.names == ["thing 29", *(f"thing {n}" for n in range(290, 300))]


def test_the_old_rows_stay_until_the_new_page_is_there_and_after_a_bad_query(bench: Any, qtbot: Any) -> None:
    b = bench(50)
    b.show()
    with qtbot.waitSignal(b.table.rows.failed) as failed:
        b.table.rows.show(("bad", "key"))
        assert b.table.rows.is_busy
        assert b.names[0] == "thing 1"
        b.desk.answer()
    assert "bad query" in str(failed.args[0])
    assert not b.table.rows.is_busy
    assert b.names[0] == "thing 1"


def test_painting_and_scrolling_ask_only_for_rows_on_view(bench: Any) -> None:
    b = bench(100_000)
    b.show()
    b.desk.log.clear()
    for place in (50_000, 99_000, 10):
        b.table.go(place)
        b.table.grab()
        b.table.grab()
    assert b.desk.log == ["rows"], "one question at a time, whatever is painted meanwhile"
    b.desk.answer()
    b.table.grab()
    assert set(b.desk.log) == {"rows"}
    assert b.names[0].startswith("thing ")


def test_qt_finds_no_fault_with_the_model(bench: Any) -> None:
    b = bench(2000)
    tester = QAbstractItemModelTester(b.table.rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    b.show()
    b.show("thing 1")
    b.show("nothing is so called")
    assert b.table.rows.total == 0
    b.show()
    b.things.add("thing new")
    b.table.rows.changed([b"x"])
    b.table.rows._compare()
    b.desk.answer()
    b.table.rows.take_out(np.array([5, 6], dtype=np.int32))
    tester.deleteLater()


# -- refreshing ----------------------------------------------------------------------------------------------
def refresh(b: Bench, *ids: bytes) -> None:
    b.table.rows.changed(ids)
    b.desk.answer()
    b.table.rows._compare()  # the timer's turn
    b.desk.answer()


def test_a_changed_row_is_fetched_again_in_its_place(bench: Any) -> None:
    b = bench(100)
    b.show()
    refresh(b, b.things.change(3, name="thing three"))
    assert b.names[2] == "thing three"


def test_a_comparison_reads_only_rows_that_are_not_here_as_they_are(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    b = bench(300)
    b.show(order="-key")
    read: list[list[int]] = []

    def rows(reader: Things, wanted: Any) -> Any:
        read.append(list(wanted))
        return row_lists.rows(reader, wanted)

    monkeypatch.setattr(b.table.rows, "source", replace(b.table.rows.source, rows=rows))
    b.things.change(300, name="never told of")
    refresh(b, b.things.add("thing new"), b.things.change(299, name="thing changed"))
    assert sorted(key for some in read for key in some) == [299, 301]
    assert b.names[:3] == ["thing new", "thing 300", "thing changed"]


def test_new_rows_wait_while_somebody_works_in_the_list(bench: Any) -> None:
    b = bench(100)
    b.show(order="-key")
    b.table.setFocus()
    b.table.go(5)
    refresh(b, b.things.add("thing new"), b.things.add("thing newer"))
    assert b.names[0] == "thing 100"
    assert len(b.table.waiting.added) == 2
    b.table.take_news()
    assert b.names[:3] == ["thing newer", "thing new", "thing 100"]
    assert b.table.waiting is None
    assert b.table.rows.total == 102


def test_new_rows_appear_at_once_for_who_watches_the_top(bench: Any) -> None:
    b = bench(100)
    b.show(order="-key")
    refresh(b, b.things.add("thing new"))
    assert b.names[0] == "thing new"
    assert b.table.current_row.name == "thing 100", "the keyboard stays on its row"


def test_news_keep_the_rows_under_the_reader_where_they_are(bench: Any) -> None:
    b = bench(1000)
    b.show(order="name")
    b.table.setFocus()
    b.table.go(500)
    b.paint()
    shown, current = b.names, b.table.current_row.name
    del b.things.by_key[1]
    refresh(b, (1).to_bytes(16))
    b.table.take_news()
    b.paint()
    assert b.names == shown
    assert b.table.current_row.name == current


def test_a_row_that_the_person_moved_out_leaves_at_once(bench: Any) -> None:
    b = bench(100)
    b.show("thing")
    b.table.setFocus()
    b.table.go(4)
    b.table.acted(b.table.chosen_keys())
    refresh(b, b.things.change(5, name="done"))
    assert "done" not in b.names
    assert b.table.rows.total == 99
    assert b.table.current_row.name == "thing 6"


def test_a_row_that_is_gone_says_so(bench: Any) -> None:
    b = bench(100)
    b.show()
    b.table.setFocus()
    b.table.go(4)
    del b.things.by_key[5]
    b.table.rows.cache._rows.pop(5)
    refresh(b, b"")
    assert b.table.rows.is_gone(4)


# -- columns and order ---------------------------------------------------------------------------------------
def header_click(b: Bench, name: str, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    header = b.table.header
    number = b.table.rows.column_number(name)
    point = QPoint(header.sectionViewportPosition(number) + 20, 10)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, modifier, point)


def test_a_click_on_a_header_sorts_and_shift_adds_a_column(bench: Any) -> None:
    b = bench(10)
    b.show()
    orders: list[tuple[str, ...]] = []
    b.table.header.order_chosen.connect(orders.append)
    b.table.header.order_chosen.connect(b.table.header.set_order)
    header_click(b, "size")
    header_click(b, "size")
    header_click(b, "name", Qt.KeyboardModifier.ShiftModifier)
    header_click(b, "name", Qt.KeyboardModifier.ShiftModifier)
    header_click(b, "name", Qt.KeyboardModifier.ShiftModifier)
    header_click(b, "key")
    assert orders == [
        ("-size",), ("size",), ("size", "name"), ("size", "-name"), ("size",), ("key",),
    ]  # fmt: skip


def test_columns_give_way_so_that_the_title_keeps_its_room(bench: Any) -> None:
    b = bench(10)
    b.show()
    b.table.resize(420, 300)
    assert b.table.isColumnHidden(2)
    assert b.table.columnWidth(1) >= 300
    b.table.resize(700, 300)
    assert not b.table.isColumnHidden(2)


def test_an_arrangement_comes_back_and_survives_nonsense(bench: Any) -> None:
    from opsdesk.ui.widgets.row_table import Arrangement

    b = bench(10)
    header = b.table.header
    header.hide_column("size", True)
    header.move_column("key", 0)
    header.resizeSection(3, 90)
    saved = header.arrangement.to_save()
    again = Arrangement.from_saved(COLUMNS, saved)
    assert again == header.arrangement
    assert again.order[0] == "key"
    assert again.widths["key"] == 90
    nonsense: Any
    for nonsense in (None, [], {"order": 5, "widths": {"key": "x"}, "hidden": {}}, {"order": ["gone", "key"]}):
        assert set(Arrangement.from_saved(COLUMNS, nonsense).order) == {"mark", "name", "size", "key"}


# -- keys and mouse ------------------------------------------------------------------------------------------
def test_enter_a_double_click_and_a_link_open_the_row(bench: Any) -> None:
    b = bench(20)
    b.show()
    opened: list[str] = []
    asked: list[tuple[int, str]] = []
    b.table.opened.connect(lambda row: opened.append(row.name))
    b.table.edit_asked.connect(lambda number, name: asked.append((number, name)))
    b.table.go(3)
    QTest.keyClick(b.table, Qt.Key.Key_Return)
    QTest.mouseDClick(b.table.viewport(), Qt.MouseButton.LeftButton, pos=b.table.cell_rect(5, "size").center())
    QTest.mouseDClick(b.table.viewport(), Qt.MouseButton.LeftButton, pos=b.table.cell_rect(6, "name").center())
    QTest.mouseClick(
        b.table.viewport(), Qt.MouseButton.LeftButton, pos=b.table.cell_rect(7, "key").topLeft() + QPoint(8, 9)
    )
    assert opened == ["thing 4", "thing 6", "thing 8"]
    assert asked == [(6, "name")]


def test_a_screen_reader_gets_words_with_the_name_of_the_column(bench: Any) -> None:
    b = bench(20)
    b.show()
    model = b.table.rows
    assert model.data(model.index(3, 2), Qt.ItemDataRole.AccessibleTextRole) == "Size: 4"
