"""Time on the map: keys and mouse move the window, the page itself hides what lies outside it, and words count it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.services.times import DAY, span_words
from opsdesk.ui.map.page import MapPage
from opsdesk.ui.map.time_bar import TimeBar
from opsdesk.ui.widgets.map_view.engine import Engine
from opsdesk.ui.widgets.time_strip.bars import dates
from opsdesk.ui.widgets.time_strip.strip import TimeStrip
from tests.support.clock import NOW
from tests.support.maps import LOADING_MS, at_rest
from tests.support.ticket_pages import Story

WEEKS = 40


@pytest.fixture
def bar(page: MapPage, story: Story, qtbot: QtBot) -> TimeBar:
    """The bar of time, with a ticket a week for forty weeks before the story."""
    for week in range(1, WEEKS + 1):
        values = {"lat": 52.38 + week / 1000, "lon": 4.9, "occurred_at": NOW - week * 7 * DAY}
        story.do(tickets.create, title=f"Week {week}", values=values)
    qtbot.waitUntil(
        lambda: page.times.bar.strip is not None and page.times.bar._moments.total == 9 + WEEKS, timeout=LOADING_MS
    )
    return page.times.bar


def strip(bar: TimeBar) -> TimeStrip:
    assert bar.strip is not None
    bar.strip.setFocus()
    return bar.strip


def drawn(ask: Callable[[str], Any]) -> int:
    count: int = ask("marks.drawn().reduce((sum, it) => sum + (it.rows ? it.rows.length : 1), 0)")
    return count


def test_the_window_says_how_many_it_holds_and_the_map_shows_those(
    page: MapPage, bar: TimeBar, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    page.fit()
    qtbot.waitUntil(lambda: drawn(ask) == 9 + WEEKS, timeout=LOADING_MS)
    bar.set_length(91 * DAY)
    assert bar.reach is not None
    held = bar.held
    assert 9 < held < 9 + WEEKS
    assert f"{held} of {9 + WEEKS} tickets" in bar.words.text()
    qtbot.waitUntil(lambda: drawn(ask) == held, timeout=LOADING_MS)
    assert page.layers._lines["tickets"]._count.text() == str(held)
    assert "window of time" in page.note.text()
    bar.set_length(0)
    qtbot.waitUntil(lambda: page.note.isHidden(), timeout=LOADING_MS)
    assert page.where.text().endswith(("middle", "pointer"))


def test_a_length_is_lit_only_while_the_window_has_it(bar: TimeBar) -> None:
    lit = bar._length_choice
    assert lit is not None
    assert lit.value == 0
    bar.set_length(91 * DAY + bar._moments.slot)
    assert bar.reach is not None
    assert lit.value is None
    (_, long) = bar._moments.lengths()[-1]
    bar.set_length(long)
    assert lit.value == bar.reach[1] - bar.reach[0] == long


def test_keys_move_widen_and_end_the_window(bar: TimeBar) -> None:
    here = strip(bar)
    QTest.keyClick(here, Qt.Key.Key_Home)
    assert bar.reach is not None
    assert bar.reach[0] == bar._moments.since
    long = bar.reach[1] - bar.reach[0]
    QTest.keyClick(here, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert bar.reach[0] == bar._moments.since + long
    QTest.keyClick(here, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(here, Qt.Key.Key_Left)
    assert bar.reach == (bar._moments.since, bar._moments.since + long)
    QTest.keyClick(here, Qt.Key.Key_Up)
    assert bar.reach[1] - bar.reach[0] > long
    QTest.keyClick(here, Qt.Key.Key_End)
    assert bar.reach[1] == bar._moments.until
    QTest.keyClick(here, Qt.Key.Key_Backspace, Qt.KeyboardModifier.ControlModifier)
    assert bar.reach is None


def test_space_plays_to_the_end_and_no_point_is_told_again(
    page: MapPage,
    bar: TimeBar,
    map_engine: Engine,
    ask: Callable[[str], Any],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page.reload()
    qtbot.waitUntil(lambda: len(page._found.points) == 9 + WEEKS, timeout=LOADING_MS)
    # What came before, a late move of the map among it, has been asked about.
    qtbot.waitUntil(lambda: at_rest(page, ask), timeout=LOADING_MS)
    calls: list[str] = []
    real = map_engine.call

    def call(name: str, *rest: Any) -> None:
        calls.append(name)
        real(name, *rest)

    monkeypatch.setattr(map_engine, "call", call)
    monkeypatch.setattr("opsdesk.ui.map.time_bar._WHOLE_S", 1.0)
    here = strip(bar)
    QTest.keyClick(here, Qt.Key.Key_Home)
    QTest.keyClick(here, Qt.Key.Key_Space)
    assert bar.playing
    qtbot.waitUntil(lambda: not bar.playing, timeout=LOADING_MS)
    assert bar.reach is not None
    assert bar.reach[1] == bar._moments.until
    assert calls.count("window") > 10
    assert set(calls) == {"window"}


def test_the_mouse_moves_the_window_takes_its_edge_and_draws_a_new_one(bar: TimeBar) -> None:
    here = strip(bar)
    bar.set_length(30 * DAY)
    bar.go_to_end(False)
    first = next(one for one in here.plot.drawing.bars if sum(one.counts))
    assert ": 1 ticket" in here.words_at(here.x_of((first.since + first.until) / 2))
    assert bar.reach is not None

    def at(moment: float) -> QPoint:
        return QPoint(round(here.x_of(moment)), 20)

    def drag(begin: float, end: float) -> None:
        QTest.mousePress(here, Qt.MouseButton.LeftButton, pos=at(begin))
        QTest.mouseMove(here, at((begin + end) / 2))
        QTest.mouseRelease(here, Qt.MouseButton.LeftButton, pos=at(end))

    since, until = bar.reach
    drag((since + until) / 2, (since + until) / 2 + 60 * DAY)
    assert abs(bar.reach[0] - since - 60 * DAY) < 3 * DAY
    assert bar.reach[1] - bar.reach[0] == until - since
    drag(bar.reach[1], bar.reach[1] + 40 * DAY)
    assert abs(bar.reach[1] - bar.reach[0] - 70 * DAY) < 6 * DAY
    drag(bar._moments.until - 20 * DAY, bar._moments.until - 50 * DAY)
    assert abs(bar.reach[0] - (bar._moments.until - 50 * DAY)) < 3 * DAY


def test_hiding_time_shows_all_of_it_again(page: MapPage, bar: TimeBar) -> None:
    bar.set_length(30 * DAY)
    page._shell.actions.run("map.time")
    assert bar.isHidden()
    assert bar.reach is None
    page._shell.actions.run("map.time")
    assert bar.isVisible()


def test_thousands_of_points_are_filtered_within_a_frame(page: MapPage, ask: Callable[[str], Any]) -> None:
    rows = [
        {
            "id": f"{n:032x}",
            "lat": 4 + n % 100 / 20,
            "lon": 16 + n // 100 / 10,
            "p": 1 + n % 4,
            "s": 10,
            "n": "",
            "t": "",
            "w": n,
        }
        for n in range(10_000)
    ]
    page.map.set_layer("tickets", "marks", rows)
    page.map.fit(4, 16, 9, 26)
    took = ask(
        "(() => { const took = []; for (let at = 0; at < 9000; at += 300) { const began = performance.now();"
        "marks.window(at, at + 1000); marks.draw(); took.push(performance.now() - began); }"
        "return Math.min(...took); })()"
    )
    # 25 pictures a second leave 40 ms for each. The quickest of 30 is the one that nobody disturbed; a machine half as
    # quick is given twice that.
    assert took < 80


def test_legend_tells_what_is_on_and_that_borders_are_those_held_in_fact(
    page: MapPage, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    page.map.show_legend(True)
    qtbot.waitUntil(lambda: "Urgent" in ask("legend.lines()"), timeout=LOADING_MS)
    assert "Border as held in fact" in ask("legend.lines()")
    assert "Airport" not in ask("legend.lines()")
    page._shell.actions.run("map.legend")
    qtbot.waitUntil(lambda: ask("legend.lines()") == [], timeout=LOADING_MS)
    ask("(document.querySelector('.legend-head').click(), 1)")
    qtbot.waitUntil(lambda: page._desk.settings.get("map.legend", None) is True, timeout=LOADING_MS)
    page.layers.turn("airports")
    page.layers.turn("terrain")
    qtbot.waitUntil(lambda: "Airport" in ask("legend.lines()"), timeout=LOADING_MS)
    assert "Border as held in fact" not in ask("legend.lines()")


def test_heat_that_goes_while_its_next_picture_is_due_breaks_nothing(
    page: MapPage, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    ask("(window.broke = 0, window.onerror = () => { window.broke += 1; }, 1)")
    rows = '[{"lat":52.37,"lon":4.9,"w":5}]'
    ask(f"(desk.fill('heat', {{kind: 'heat', rows: {rows}}}), desk.window(0, 9), desk.drop('heat'), 1)")
    ask(f"(desk.fill('heat', {{kind: 'heat', rows: {rows}}}), desk.window(0, 9), 1)")
    ask(f"(desk.fill('heat', {{kind: 'heat', rows: {rows}}}), 1)")
    QTest.qWait(300)
    assert ask("window.broke") == 0
    ask("(desk.drop('heat'), desk.window(null, null), 1)")


def test_a_window_of_whole_days_names_its_last_day() -> None:
    assert span_words(0, 2 * DAY) == "01 JAN 70 – 02 JAN 70"
    assert span_words(0, DAY) == "01 JAN 70"
    assert span_words(0, DAY // 2) == "01 0000Z JAN 70 – 01 1200Z JAN 70"


def test_dates_at_the_axis_are_never_more_than_there_is_room_for(bar: TimeBar) -> None:
    _, bars = bar._moments.bars()
    for most in range(2, 40):
        assert 1 <= len(dates(bars, most)) <= most
