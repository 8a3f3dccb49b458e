"""What is chosen on the map is chosen in the list, and the other way round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

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
