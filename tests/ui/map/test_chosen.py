"""What is chosen on the map is chosen in the list, and the other way round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services import positions
from opsdesk.ui.map.page import MapPage
from opsdesk.ui.shell.page import Target
from opsdesk.ui.tickets.page import TicketsPage
from tests.support.maps import LOADING_MS, click_mark, show
from tests.support.ticket_pages import PlainShell, Story


def test_a_ticket_clicked_on_the_map_is_the_one_in_hand_in_the_list(
    page: MapPage, story: Story, shell: PlainShell, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    tickets = TicketsPage(story.desk, shell)
    beside = shell.window.layout()
    assert beside is not None
    beside.addWidget(tickets)
    table = tickets.list.table
    qtbot.waitUntil(lambda: table.rows.total > 5 and table.rows.row(0) is not None, timeout=LOADING_MS)
    show(page.map, ask, 52.3731, 4.8922, 17)
    click_mark(ask, qtbot, (52.3731, 4.8922))
    qtbot.waitUntil(lambda: page.card.row is not None, timeout=LOADING_MS)
    tickets.activated()
    bridge = story.tickets["bridge"]
    qtbot.waitUntil(lambda: table.current_row is not None and table.current_row.id == bridge, timeout=LOADING_MS)
    # And back: the next one in the list is marked on the map.
    tickets.list.focus_list()
    QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: shell.chosen.ticket not in (None, bridge), timeout=LOADING_MS)
    page.activated()
    qtbot.waitUntil(lambda: page.card.row is not None and page.card.row.id == shell.chosen.ticket, timeout=LOADING_MS)


def test_show_on_the_map_brings_the_ticket_to_the_middle(
    page: MapPage, story: Story, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    page.show_target(Target("map", story.tickets["bridge"]))
    qtbot.waitUntil(lambda: abs(ask("map.getCenter().lat") - 52.3731) < 0.001, timeout=LOADING_MS)
    assert page.card.row is not None
    assert page.card.row.id == story.tickets["bridge"]


def test_esc_closes_the_card_and_then_takes_the_pin_away_and_a_key_copies_where(
    page: MapPage, story: Story, shell: PlainShell, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    pins = "document.querySelectorAll('.pin').length"
    page.go_to.begin()
    QTest.keyClicks(page.go_to, "30N UL 8800 9250")
    qtbot.waitUntil(lambda: page.go_to._list.isVisible(), timeout=LOADING_MS)
    QTest.keyClick(page.go_to, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ask(pins) == 1, timeout=LOADING_MS)
    page.show_target(Target("map", story.tickets["bridge"]))
    qtbot.waitUntil(lambda: page.card.isVisible(), timeout=LOADING_MS)
    page.map.setFocus()
    QTest.keyClick(page.map, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert page.card.row is not None
    at = page.card.row.position
    assert at is not None
    assert QApplication.clipboard().text() == positions.mgrs(at.lat, at.lon, 4)
    QTest.keyClick(page.map, Qt.Key.Key_Escape)
    assert not page.card.isVisible()
    assert shell.chosen.ticket is None
    assert ask(pins) == 1
    QTest.keyClick(page.map, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: ask(pins) == 0, timeout=LOADING_MS)
    assert page.go_to.text() == ""
    QTest.keyClick(page.map, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert page.map.bounds is not None
    assert QApplication.clipboard().text() == positions.mgrs(page.map.bounds.lat, page.map.bounds.lon, 4)
