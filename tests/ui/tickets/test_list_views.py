"""The views at the left: built-in and own ones, their counters, their order, and what is kept with each."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from opsdesk.services import times, views
from opsdesk.ui.tickets.list_page import ListPage
from opsdesk.ui.tickets.views_pane import View
from opsdesk.ui.widgets import wall
from tests.support.ticket_list import NOW, ListBench


def drawn(bench: ListBench) -> list[str]:
    """The pane as text: headings, and views with their counters."""
    pane = bench.page.pane
    lines = []
    for number in range(pane.list.count()):
        item = pane.list.item(number)
        view = pane.list.view_of(item)
        count = pane.counter(view.code).number if view is not None else None
        lines.append(f"# {item.text()}" if view is None else f"{item.text()} {'' if count is None else count}".strip())
    return lines


def view(bench: ListBench, name: str) -> View:
    return next(view for view in bench.page.pane.views if view.name == name)


def click(bench: ListBench, name: str) -> None:
    pane = bench.page.pane
    item = next(pane.list.item(n) for n in range(pane.list.count()) if pane.list.item(n).text() == name)
    QTest.mouseClick(pane.list.viewport(), Qt.MouseButton.LeftButton, pos=pane.list.visualItemRect(item).center())
    bench.settle()


def save_as(bench: ListBench, name: str) -> None:
    bench.page.views.save()
    bench.press(name)
    bench.press("Return")
    bench.wait(lambda: name in [view.name for view in bench.page.pane.views])
    bench.wait(lambda: bench.page.title == name)
    bench.settle()


def test_the_pane_shows_sections_with_counters_that_the_desk_agrees_to(bench: ListBench) -> None:
    bench.page.views.count()
    bench.wait(lambda: all(bench.page.pane.counter(view.code).number is not None for view in bench.page.pane.views))
    lines = drawn(bench)
    assert lines[0] == "# My work"
    assert "# Own views" in lines
    assert f"Unassigned {bench.count('is:open assignee:none')}" in lines
    assert f"All {bench.count('')}" in lines


def test_a_click_shows_a_view_and_it_is_there_again_next_time(bench: ListBench) -> None:
    click(bench, "Overdue")
    assert bench.page.title == "Overdue"
    assert bench.page.bar.text == "is:overdue"
    assert bench.page.table.header.order == ("due",)
    assert bench.desk.settings.get("tickets.view", "") == "overdue"


def test_a_query_is_saved_as_a_view_with_its_columns_and_order(bench: ListBench) -> None:
    bench.query("state:waiting")
    bench.page.sort(("title",))
    bench.settle()
    bench.page.table.header.hide_column("place", True)
    save_as(bench, "What waits")
    saved = view(bench, "What waits")
    assert saved.query == "state:waiting"
    assert tuple(saved.order)[:1] == ("title",)
    assert "place" not in dict(saved.columns)
    assert drawn(bench)[drawn(bench).index("# Own views") + 1].startswith("What waits")


def test_columns_belong_to_their_view(bench: ListBench) -> None:
    bench.page.table.header.hide_column("state", True)
    click(bench, "Overdue")
    state = bench.page.table.rows.column_number("state")
    assert not bench.page.table.isColumnHidden(state)
    click(bench, "All open")
    assert bench.page.table.isColumnHidden(state)


def test_an_own_view_is_renamed_in_place(bench: ListBench) -> None:
    save_as(bench, "First name")
    bench.page.pane.rename(view(bench, "First name"))
    line = bench.page.pane.list.findChild(QLineEdit)
    assert line is not None
    line.setText("Second name")
    QTest.keyClick(line, Qt.Key.Key_Return)
    bench.wait(lambda: "Second name" in drawn(bench)[drawn(bench).index("# Own views") + 1])
    bench.wait(lambda: bench.page.title == "Second name")


def test_a_deleted_view_comes_back_with_undo(bench: ListBench) -> None:
    save_as(bench, "Short lived")
    bench.page.pane.delete_asked.emit(view(bench, "Short lived"))
    bench.wait(lambda: "Short lived" not in [view.name for view in bench.page.pane.views])
    assert bench.page.title != "Short lived"
    bench.page.focus_list()
    bench.press("Ctrl+Z")
    bench.wait(lambda: "Short lived" in [view.name for view in bench.page.pane.views])


def test_own_views_are_ordered_with_alt_and_arrows_but_not_among_the_built_in(bench: ListBench) -> None:
    for name in ("One", "Two"):
        save_as(bench, name)
    pane = bench.page.pane.list
    row = next(n for n in range(pane.count()) if pane.item(n).text() == "Two")
    pane.setCurrentRow(row)
    pane.setFocus()
    bench.press("Alt+Up", on=pane)
    bench.wait(lambda: [v.name for v in bench.ask(views.views) if v.id is not None] == ["Two", "One"])
    # The pane itself is told a moment later than the desk.
    bench.wait(lambda: [v.name for v in bench.page.pane.views if v.id is not None] == ["Two", "One"])
    bench.settle()
    place = next(n for n in range(pane.count()) if pane.item(n).text() == "Two")
    pane.setCurrentRow(place)
    bench.press("Alt+Up", on=pane)
    assert pane.item(place).text() == "Two"
    assert pane.item(place - 1) is pane.own_heading


def test_a_changed_own_view_can_be_saved_over(bench: ListBench) -> None:
    bench.query("state:waiting")
    save_as(bench, "Mine")
    assert not bench.page.head.keep.isVisible()
    bench.page.bar.set_text("state:waiting prio:high")
    bench.page.bar.commit()
    bench.settle()
    assert bench.page.head.keep.isVisible()
    QTest.mouseClick(bench.page.head.keep, Qt.MouseButton.LeftButton)
    bench.wait(lambda: view(bench, "Mine").query == "state:waiting prio:high")
    bench.wait(lambda: not bench.page.head.keep.isVisible())


def test_a_name_that_is_taken_is_refused_in_words(bench: ListBench) -> None:
    save_as(bench, "Twice")
    bench.page.views.save()
    bench.press("Twice")
    bench.press("Return")
    bench.wait(lambda: bench.toast == "There is a view “Twice” already")


def test_a_counter_says_how_old_it_is_once_that_matters(bench: ListBench, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = bench.page.pane.counter("open")
    bench.page.pane.set_count("open", 7)
    assert counter.words(wall.now()) == ""
    monkeypatch.setattr(wall, "now", lambda: NOW + 12 * times.MINUTE)
    assert counter.words(wall.now()) == "counted 12 min ago"


def test_a_query_from_elsewhere_is_no_view_unless_one_asks_for_just_that(bench: ListBench) -> None:
    bench.query("state:waiting priority:high")
    assert bench.page.title == "Tickets"
    bench.query("is:overdue")
    assert bench.page.title == "Overdue"


def test_a_changed_view_says_so(bench: ListBench) -> None:
    bench.page.bar.set_text("is:open prio:high")
    bench.page.bar.commit()
    bench.settle()
    assert bench.page.title == "All open"
    assert bench.page.head.changed.isVisible()


def test_a_query_asked_for_before_the_views_have_come_stays(bench: ListBench) -> None:
    page = ListPage(bench.desk, bench.window)
    bench.qtbot.addWidget(page)
    page.show_query("state:waiting")
    bench.wait(lambda: page.pane.views and page.table.rows.keys.complete and not page.table.rows.is_busy)
    assert page.text == "state:waiting"
    assert page.title == "Tickets"


def test_the_views_give_way_where_the_rows_would_have_no_room(bench: ListBench) -> None:
    page = bench.page
    page.resize(700, 600)
    assert page.left.isHidden()
    page.resize(1200, 600)
    assert not page.left.isHidden()
    page.sides.toggle()
    page.resize(1300, 600)
    assert page.left.isHidden()


def test_an_own_view_is_shared_from_the_palette_and_says_so(bench: ListBench) -> None:
    bench.query("state:waiting")
    save_as(bench, "Ours")
    bench.window.actions.run("list.share_view")
    bench.wait(lambda: view(bench, "Ours").shared)
    assert view(bench, "Ours").icon == views.SHARED_ICON
    bench.page.pane.share_asked.emit(view(bench, "Ours"))
    bench.wait(lambda: not view(bench, "Ours").shared)
    bench.wait(lambda: bench.page.title == "Ours")
    click(bench, "All open")
    bench.window.actions.run("list.share_view")
    bench.wait(lambda: "Only an own view" in bench.toast)
