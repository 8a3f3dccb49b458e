"""Facets beside the list: numbers that the desk agrees to, and values that a click puts into the query or takes out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication

from opsdesk.services import tickets
from opsdesk.services.tickets.facets import LABELS, FacetValue
from tests.support.ticket_list import ListBench


def show(bench: ListBench, text: str = "is:open") -> None:
    bench.query(text)
    bench.press("Ctrl+Shift+F")
    counted(bench)


def counted(bench: ListBench) -> None:
    """Wait until the values that are open have been counted for what is shown."""
    bench.settle()
    bench.page.narrowing.count()
    bench.rest()
    QApplication.processEvents()  # the answers are on their way to this thread


def value(bench: ListBench, name: str, label: str) -> FacetValue:
    found = bench.page.facets.model.facets[name].values
    return next(one for one in found if one.label == label)


def click(bench: ListBench, name: str, text: str, *, at_end: bool = False) -> None:
    view = bench.page.facets.list
    index = bench.page.facets.model.index(bench.page.facets.model.row_of(name, text))
    view.scrollTo(index)
    rect = view.visualRect(index)
    at = rect.center() if not at_end else rect.center() + (rect.topRight() - rect.topLeft()) / 2 * 0.93
    before = bench.page.text
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    bench.wait(lambda: bench.page.text != before)
    counted(bench)


def test_a_click_narrows_the_query_and_another_takes_it_back(bench: ListBench) -> None:
    show(bench)
    QAbstractItemModelTester(bench.page.facets.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    waiting = value(bench, "state", "Waiting")
    assert waiting.count == bench.count("is:open state:waiting")
    click(bench, "state", "waiting")
    assert bench.page.text == "is:open state:waiting"
    assert bench.page.bar.text == bench.page.text
    assert bench.page.table.rows.total == waiting.count
    assert value(bench, "state", "Waiting").chosen
    assert value(bench, "state", "Open").count == bench.count("is:open state:open"), "what else could be chosen"
    click(bench, "state", "open")
    assert bench.page.text == "is:open state:waiting,open"
    click(bench, "state", "waiting")
    assert bench.page.text == "is:open state:open"
    click(bench, "state", "", at_end=True)
    assert bench.page.text == "is:open"


def test_presses_that_follow_each_other_each_count(bench: ListBench) -> None:
    show(bench)
    view = bench.page.facets.list
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Space, Qt.Key.Key_Down, Qt.Key.Key_Space):
        QTest.keyClick(view, key)
    assert bench.page.text == "is:open state:new,open"
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert bench.page.text == "is:open state:new", "though its line is not yet shown as chosen"
    counted(bench)
    assert value(bench, "state", "New").chosen


def test_nothing_is_counted_while_it_is_not_seen_and_what_changed_meanwhile_is_counted_then(bench: ListBench) -> None:
    show(bench)
    bench.page.left.hide()
    bench.query("is:open prio:urgent")
    assert not bench.page.narrowing._soon.isActive()
    bench.page.left.show()
    model, total = bench.page.facets.model, bench.count("is:open prio:urgent")
    bench.wait(lambda: sum(one.count for one in model.facets["state"].values) == total)


def test_what_is_written_into_the_bar_shows_as_chosen(bench: ListBench) -> None:
    show(bench, "is:open prio:urgent,high")
    assert [one.label for one in bench.page.facets.model.facets["priority"].values if one.chosen] == ["Urgent", "High"]
    assert sum(one.count for one in bench.page.facets.model.facets["state"].values) == bench.page.table.rows.total


def test_facets_are_worked_by_the_keyboard_alone(bench: ListBench) -> None:
    show(bench)
    pane = bench.page.facets
    assert pane.list.hasFocus()
    bench.press("Down")
    bench.press("Space")
    bench.wait(lambda: bench.page.text == "is:open state:new")
    counted(bench)
    bench.press("Left")
    counted(bench)
    assert "state" not in pane.model.open
    while pane.model.line(pane.list.currentIndex()).name != "category":  # type: ignore[union-attr]
        bench.press("Down")
    bench.press("Right")
    counted(bench)
    assert value(bench, "category", pane.model.facets["category"].values[0].label).count
    bench.press("Escape")
    assert bench.page.table.hasFocus()
    bench.press("Ctrl+Shift+V")
    assert bench.page.pane.isVisible()
    assert not pane.isVisible()


def test_numbers_follow_changes_from_elsewhere_value_by_value(bench: ListBench) -> None:
    show(bench)
    before = value(bench, "state", "New").count
    bench.desk.do(tickets.create, title="One more").result()
    bench.wait(lambda: value(bench, "state", "New").count == before + 1)


def test_every_field_can_be_opened_and_is_open_again_next_time(bench: ListBench) -> None:
    show(bench)
    for name in LABELS:
        bench.page.facets.set_open(name, True)
    bench.wait(lambda: set(bench.page.facets.model.facets) == set(LABELS))
    assert set(bench.desk.settings.get("tickets.facets", [])) == set(LABELS)
    assert bench.page.facets.grab().width()


def test_a_query_that_cannot_be_read_leaves_the_numbers_as_they_were(bench: ListBench) -> None:
    show(bench)
    before = bench.page.facets.model.facets["state"]
    bench.page.narrow("state:opne")
    bench.wait(lambda: not bench.page.table.rows.is_busy)
    bench.page.narrowing.count()
    bench.wait(lambda: not bench.desk.busy)
    assert bench.page.facets.model.facets["state"] == before
    assert not bench.window.toasts.shown
