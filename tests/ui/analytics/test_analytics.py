"""The dashboard on a real desk: figures, bars by mouse and keyboard and the rows behind them, copy, picture, states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QVBoxLayout
from pytestqt.qtbot import QtBot

from opsdesk.services import analytics, tickets
from opsdesk.services.errors import StorageError
from opsdesk.services.tickets import lists
from opsdesk.ui.analytics.page import AnalyticsPage
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.chart.chart import Chart
from tests.support.ticket_pages import PlainShell, Story, only_window


@pytest.fixture
def page(story: Story, shell: PlainShell, qtbot: QtBot) -> AnalyticsPage:
    with only_window(shell.window):
        made = AnalyticsPage(story.desk, shell)
        QVBoxLayout(shell.window).addWidget(made)
        shell.window.resize(1300, 820)
        with qtbot.waitActive(shell.window):
            shell.window.show()
        made.activated()
        qtbot.waitUntil(lambda: made.found is not None and made.cards["hours"].chart is not None)
    return made


def count(story: Story, query: str) -> int:
    """How many tickets a query finds."""
    found: int = story.ask(lists.count, lists.ListQuery(query))
    return found


def charts(page: AnalyticsPage) -> dict[str, Chart]:
    """The charts by name, those that have anything to show."""
    made = {name: card.load() for name, card in page.cards.items()}
    return {name: chart for name, chart in made.items() if chart.marks}


def test_a_press_on_any_bar_opens_exactly_the_rows_it_counts(
    page: AnalyticsPage, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    assert {"flow", "age", "units", "hours"} <= set(charts(page))
    for chart in charts(page).values():
        for mark in chart.marks:
            shell.opened.clear()
            qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=chart.place_of(mark))
            assert [count(story, target.query) for target in shell.opened] == [mark.value], chart.name


@pytest.mark.parametrize("name", ["open", "overdue", "opened", "closed"])
def test_each_tile_opens_as_many_rows_as_it_says(
    page: AnalyticsPage, story: Story, shell: PlainShell, qtbot: QtBot, name: str
) -> None:
    qtbot.mouseClick(page.tiles[name], Qt.MouseButton.LeftButton)
    said = page.tiles[name].accessibleName().split()[1].replace(",", "")
    assert count(story, shell.opened[0].query) == int(said)
    assert page.head.as_of.text() == "as of 22 1432Z"


def test_the_keyboard_reaches_every_bar_and_enter_opens_it(
    page: AnalyticsPage, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    chart = charts(page)["units"]
    chart.setFocus(Qt.FocusReason.TabFocusReason)
    reached = [chart.current]
    for _ in chart.marks:
        qtbot.keyClick(chart, Qt.Key.Key_Down)
        reached.append(chart.current)
    assert {mark.slot for mark in reached if mark} == {mark.slot for mark in chart.marks}
    qtbot.keyClick(chart, Qt.Key.Key_Home)
    assert chart.current == chart.marks[0]
    assert "Enter opens the tickets" in chart.accessibleDescription()
    assert page.cards["units"].readout.text().startswith(chart.data.slots[0].name if chart.data else "?")
    qtbot.keyClick(chart, Qt.Key.Key_Return)
    assert count(story, shell.opened[0].query) == chart.marks[0].value


def test_a_chart_is_copied_as_a_table_without_formulas(page: AnalyticsPage, qtbot: QtBot) -> None:
    chart = charts(page)["age"]
    chart.setFocus(Qt.FocusReason.TabFocusReason)
    assert page._shell.actions.run("analytics.copy")
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "Age\tIn time\tOverdue"
    assert len(lines) == 8
    cells = [cell for line in lines[1:] for cell in line.split("\t")[1:]]
    assert sum(map(int, cells)) == sum(mark.value for mark in chart.marks)
    assert not any(line.startswith(("=", "+", "-", "@")) for line in lines)


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_chart_is_saved_as_a_picture(page: AnalyticsPage, tmp_path: Path, qtbot: QtBot, ending: str) -> None:
    path = tmp_path / f"flow.{ending}"
    page.save_picture(page.cards["flow"], path)
    qtbot.waitUntil(path.exists)
    if ending == "png":
        image = QImage(str(path))
        assert image.width() >= 640
        assert len({image.pixel(x, image.height() // 2) for x in range(image.width())}) > 2
    else:
        assert "Opened and closed" in path.read_text()


def test_a_picture_that_cannot_be_saved_says_so(
    page: AnalyticsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Any] = []
    monkeypatch.setattr(page._shell.operations, "show_error", said.append)
    page.save_picture(page.cards["flow"], Path("/nowhere/at/all/flow.png"))
    qtbot.waitUntil(lambda: bool(said))
    assert isinstance(said[0], StorageError)


def test_a_filter_and_a_unit_narrow_what_is_counted(page: AnalyticsPage, story: Story, qtbot: QtBot) -> None:
    before = page.found
    page.head.bar.set_text("priority>=high")
    page.head.changed.emit()
    qtbot.waitUntil(lambda: page.found is not before)
    assert page.found is not None
    assert page.found.open.count == count(story, "priority>=high is:open")


def test_a_query_that_cannot_be_read_is_marked_and_the_last_figures_stay(page: AnalyticsPage, qtbot: QtBot) -> None:
    before = page.found
    page.head.bar.set_text("prio>=")
    page.head.changed.emit()
    qtbot.waitUntil(lambda: "missing" in page.head.bar.error)
    assert page.found is before
    assert page.cards["flow"].isVisible()


def test_nothing_found_says_so_and_clears_by_its_button(page: AnalyticsPage, qtbot: QtBot) -> None:
    page.head.bar.set_text("nosuchword")
    page.head.changed.emit()
    qtbot.waitUntil(page.empty.isVisible)
    assert page.empty.accessibleName() == "No tickets match. 1 filter is on"
    qtbot.mouseClick(page.empty._button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.cards["flow"].isVisible)


def test_a_failure_of_the_disk_stands_in_place_and_can_be_tried_again(
    page: AnalyticsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StorageError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(analytics, "dashboard", broken)
        page.reload()
        qtbot.waitUntil(page.empty.isVisible)
    assert "the disk is gone" in page.empty.accessibleName()
    qtbot.mouseClick(page.empty._button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.cards["flow"].isVisible)


def test_a_change_by_somebody_is_counted_after_a_moment(page: AnalyticsPage, story: Story, qtbot: QtBot) -> None:
    before = page.found
    assert before is not None
    story.do(tickets.create, title="One more")
    qtbot.waitUntil(lambda: page.found is not before)
    assert page.found is not None
    assert page.found.open.count == before.open.count + 1


@pytest.mark.parametrize("choice", ["dark", "red"])
def test_charts_follow_the_theme(page: AnalyticsPage, choice: str) -> None:
    chart = charts(page)["flow"]
    theme.switch(choice)
    picture = chart.grab().toImage()
    assert picture.pixelColor(3, 3) == theme.color("surface")
