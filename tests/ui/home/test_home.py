"""The home page on a real desk: figures, and the rows behind them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout
from pytestqt.qtbot import QtBot

from opsdesk.services import home, tickets
from opsdesk.services.query import parse
from opsdesk.services.tickets import Priority
from opsdesk.ui.home.charts import HourBars, PriorityBar
from opsdesk.ui.home.lines import ChangeLine, DueLine, WaitingLine
from opsdesk.ui.home.page import HomePage
from opsdesk.ui.shell.page import Target
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.chart import nice_top
from tests.support.ticket_pages import PlainShell, Story, only_window


@pytest.fixture
def page(story: Story, shell: PlainShell, qtbot: QtBot) -> HomePage:
    made = HomePage(story.desk, shell)
    QVBoxLayout(shell.window).addWidget(made)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    made.activated()
    qtbot.waitUntil(lambda: made.summary is not None)
    return made


def test_the_tiles_show_what_the_desk_counts(page: HomePage, story: Story) -> None:
    summary = story.ask(home.summary)
    said = {name: tile.accessibleName() for name, tile in page.tiles.items()}
    assert said["my_open"].startswith(f"My open: {summary.my_open} ")
    assert said["overdue"] == "Overdue: 2 past due time or target"
    assert all(tile.toolTip().startswith("As of 22 1432Z") for tile in page.tiles.values())
    assert page._as_of.text() == "as of 22 1432Z"


@pytest.mark.parametrize("name", ["my_open", "waiting", "overdue", "changed"])
def test_each_tile_opens_the_rows_behind_it(page: HomePage, shell: PlainShell, qtbot: QtBot, name: str) -> None:
    qtbot.mouseClick(page.tiles[name], Qt.MouseButton.LeftButton)
    assert shell.opened == [Target("tickets", query=home.QUERIES[name])]
    parse(shell.opened[0].query)


def test_a_waiting_line_opens_its_ticket_by_the_keyboard(
    page: HomePage, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    first = page.findChildren(WaitingLine)[0]
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Return)
    assert shell.opened == [Target("ticket", story.tickets["overlay"])]


def test_what_others_did_is_told_with_their_name(page: HomePage) -> None:
    said = [line.accessibleName() for line in page.findChildren(ChangeLine)]
    assert said[0].startswith("C. Moreau moved to In progress")


def test_the_latest_of_all_is_first_among_the_due(page: HomePage) -> None:
    said = [line.accessibleName() for line in page.findChildren(DueLine)]
    ends = [line.rpartition(", ")[2] for line in said[:2]]
    assert ends == ["answer late 1 h", "over by 25 min"], "what nobody has taken up, then what is past its due time"


def test_a_change_is_counted_again_by_itself(page: HomePage, story: Story, qtbot: QtBot) -> None:
    before = page.summary
    assert before is not None
    story.do(tickets.create, title="One more for me", values={"assignee": story.desk.person})
    qtbot.waitUntil(lambda: page.summary is not None and page.summary.my_open == before.my_open + 1)


def test_a_priority_of_the_legend_opens_its_rows(page: HomePage, shell: PlainShell, qtbot: QtBot) -> None:
    cell = page.bar._cells()[1]
    qtbot.mouseClick(page.bar, Qt.MouseButton.LeftButton, pos=cell.center().toPoint())
    assert shell.opened == [Target("tickets", query="is:open prio:high")]
    parse(shell.opened[0].query)


def test_no_part_of_it_flashes_as_a_window_of_its_own(story: Story, shell: PlainShell, qtbot: QtBot) -> None:
    with only_window(shell.window):
        page = HomePage(story.desk, shell)
        QVBoxLayout(shell.window).addWidget(page)
        shell.window.show()
        page.activated()
        qtbot.waitUntil(lambda: page.summary is not None)


@pytest.mark.parametrize("choice", ["light", "dark", "red"])
def test_charts_draw_nothing_at_all_as_well_as_much(qtbot: QtBot, dressed: QApplication, choice: str) -> None:
    theme.switch(choice)
    bars, bar = HourBars(), PriorityBar()
    for chart in (bars, bar):
        qtbot.addWidget(chart)
        chart.resize(400, 160)
    for count in (0, 1, 100_000):
        bars.show_hours((count,) * 24, (0,) * 24, 1_795_357_920_000)
        bar.show_counts([(priority, count) for priority in reversed(Priority)])
        assert not bars.grab().isNull()
        assert not bar.grab().isNull()


@pytest.mark.parametrize(("highest", "top"), [(0, 4), (3, 4), (5, 6), (11, 12), (99, 100), (1234, 1600)])
def test_the_axis_ends_on_a_round_figure_above_the_highest(highest: int, top: int) -> None:
    found, step = nice_top(highest)
    assert found == top
    assert found % step == 0
    assert found // step <= 6
