"""A box with hundreds of things in it, in a narrow window: what is decided on stays in sight, and the count is true."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.link import LinkKind, LinkState
from opsdesk.ui.queue.difference import Box
from opsdesk.ui.queue.page import QueuePage
from opsdesk.ui.shell.navigation import PAGES
from opsdesk.ui.shell.window import MainWindow
from tests.support.exchange import Exchange

MANY = 200
LONG = "Convoy waits at the crossing of Kemp Road and Weir Road for a crane that can lift forty tonnes"


@pytest.fixture
def anna(exchange: Exchange) -> Desk:
    """Anna's desk, whose server took none of the edits that she made to two hundred tickets."""
    desk = exchange.desk("Anna")
    exchange.round(desk)
    made: list[bytes] = []

    def create(work: Any) -> Changes:
        for number in range(MANY):
            work.execute("UPDATE capture SET act = ?", (number.to_bytes(16),))
            tickets.create(work, title=f"{LONG} {number}")
            made.append(work.value_out)
        return Changes(everything=True)

    def edit(work: Any) -> Changes:
        for number, ticket in enumerate(made):
            work.execute("UPDATE capture SET act = ?", ((MANY + number).to_bytes(16),))
            tickets.edit(work, ticket, {"location": f"hall {number}, behind the second gate from the east"})
        return Changes(everything=True)

    desk.do(create).result()
    exchange.round(desk)
    desk.do(edit).result()
    exchange.server.permit = lambda _batch, _change, _record: "no right: edit"
    exchange.round(desk)
    desk.link._put(LinkState(LinkKind.DISCONNECTED, "CP Main", since=1, last_exchange=1, bytes_per_second=100.0))
    return desk


@pytest.fixture
def page(anna: Desk, dressed: QApplication, qtbot: QtBot) -> Iterator[QueuePage]:
    """The page in a narrow and low window."""
    window = MainWindow(anna, [page for page in PAGES if page.key in ("home", "queue")])
    window.resize(1180, 720)
    window.go("queue")
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    found = window.page("queue")
    assert isinstance(found, QueuePage)
    qtbot.waitUntil(lambda: len(found.returned.lines.lines()) > 0 and QApplication.focusWidget() is found.returned)
    yield found
    window.close()
    window.dispose()


def in_sight(page: QueuePage, widget: Any) -> bool:
    """Whether all of a widget of the box stands in the window."""
    box = page.returned
    top = widget.mapTo(box, QPoint(0, 0)).y()
    return top >= 0 and top + widget.height() <= box.height()


def test_the_reason_is_in_sight_however_many_came_back(page: QueuePage, qtbot: QtBot) -> None:
    shown = page.returned
    assert len(shown.lines.lines()) == MANY
    for _ in range(30):
        qtbot.keyClick(shown, Qt.Key.Key_J)
    line = next(one for one in shown.lines.lines() if one.isChecked())
    assert line.item is shown.item
    assert shown.item is not None
    assert shown.item.title == f"{LONG} 30"
    assert in_sight(page, line), "the list follows"
    qtbot.waitUntil(lambda: in_sight(page, shown.view.reason))


def test_the_rest_of_it_is_read_by_pages_from_the_keyboard(page: QueuePage, qtbot: QtBot) -> None:
    shown = page.returned
    discard = shown.buttons["discard"]
    qtbot.waitUntil(lambda: shown._area.verticalScrollBar().maximum() > 0)
    assert not in_sight(page, discard)
    qtbot.keyClick(shown, Qt.Key.Key_PageDown)
    assert in_sight(page, discard)
    qtbot.keyClick(shown, Qt.Key.Key_J)
    assert in_sight(page, shown.view.reason), "the next one begins at its reason"


def test_the_box_counts_all_that_came_back_also_what_it_does_not_list(
    page: QueuePage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["opsdesk.services.returned.items"], "LISTED", 50)
    page.returned.reload()
    qtbot.waitUntil(lambda: len(page.returned.items) == 50)
    assert page.returned._count.text == "200"
    assert page.returned.lines.note.text() == "150 more come here as these are settled"


def test_values_that_differ_are_read_and_not_cut_after_a_word(page: QueuePage, qtbot: QtBot) -> None:
    (row,) = [one for one in page.returned.view.difference.findChildren(Box) if one.text().startswith("hall 0")]
    qtbot.waitUntil(lambda: row.height() > 2 * row.fontMetrics().height())
    assert row.toolTip() == "" or "second gate" in row.toolTip()


def test_how_much_waits_is_told_in_a_narrow_window_too(anna: Desk, page: QueuePage, qtbot: QtBot) -> None:
    anna.do(tickets.create, title="Pump").result()
    shown = page.waiting
    qtbot.waitUntil(lambda: shown._figures.text() == "1 change" and shown._speed.text().startswith("About "))
    for label in (shown._figures, shown._speed):
        assert label.isVisible()
        assert label.width() >= label.fontMetrics().horizontalAdvance(label.text())
