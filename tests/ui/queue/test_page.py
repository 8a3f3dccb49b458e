"""The page "Queue and returned", by real keys: what waits, what came back, and what a person does about each."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.models.base import Id
from opsdesk.services import returned, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.desk import READERS, Desk
from opsdesk.services.link import LinkKind, LinkState
from opsdesk.ui.queue.page import QueuePage
from opsdesk.ui.shell.navigation import PAGES
from opsdesk.ui.shell.window import MainWindow
from opsdesk.ui.widgets.picker import Picker
from tests.support.exchange import Exchange

DOWN = LinkState(LinkKind.DISCONNECTED, "CP Main", since=1, last_exchange=1, bytes_per_second=100.0)


def focus() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


def make(desk: Desk, title: str = "Pump", **values: Any) -> Id:
    made = desk.do(tickets.create, title=title, values=values).result().value
    assert isinstance(made, bytes)
    return made


@pytest.fixture
def anna(exchange: Exchange) -> Desk:
    desk = exchange.desk("Anna")
    exchange.round(desk)
    desk.link._put(DOWN)
    return desk


@pytest.fixture
def open_window(qtbot: QtBot, dressed: QApplication, anna: Desk) -> Iterator[Callable[[], MainWindow]]:
    opened: list[MainWindow] = []

    def open_one() -> MainWindow:
        window = MainWindow(anna, [page for page in PAGES if page.key in ("home", "tickets", "queue")])
        opened.append(window)
        window.resize(1440, 900)
        window.go("queue")
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        qtbot.waitUntil(lambda: not anna.busy and QApplication.focusWidget() is not None)
        return window

    yield open_one
    for window in opened:
        window.close()
        window.dispose()


def page(window: MainWindow) -> QueuePage:
    found = window.page("queue")
    assert isinstance(found, QueuePage)
    return found


def come_back(exchange: Exchange, anna: Desk, reason: str = "no right: edit") -> None:
    exchange.server.permit = lambda _batch, _change, _record: reason
    exchange.round(anna)
    exchange.server.permit = lambda _batch, _change, _record: None


@pytest.fixture
def two_back(exchange: Exchange, anna: Desk) -> tuple[Id, Id]:
    """Two changes that came back, the second last."""
    first, second = make(anna, "Pump", location="Quay"), make(anna, "Crane")
    exchange.round(anna)
    for ticket, title in ((first, "Pump 2"), (second, "Crane 2")):
        anna.do(tickets.edit, ticket, {"title": title}).result()
        come_back(exchange, anna)
        time.sleep(0.002)
    return first, second


def title(anna: Desk, ticket: Id) -> str:
    return str(anna.ask(tickets.card, ticket).result().row.title)


def test_what_waits_is_listed_counted_and_goes_by_itself(
    exchange: Exchange, anna: Desk, open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    make(anna, "Generator 2 failed")
    window = open_window()
    shown = page(window).waiting
    qtbot.waitUntil(lambda: shown.table.rows.total == 1 and shown.table.current_row is not None)
    line = shown.table.rows.row(0)
    assert line is not None
    assert (line.title, line.words, line.by) == ("Generator 2 failed", "new ticket", "Anna")
    qtbot.waitUntil(lambda: shown._figures.text() == "1 change")
    assert shown._speed.text().startswith("About ")
    assert shown._speed.text().endswith("B, about 2 s on this link")
    make(anna, "Pump")
    qtbot.waitUntil(lambda: shown.table.rows.total == 2)
    exchange.round(anna)
    qtbot.waitUntil(lambda: shown.table.rows.total == 0)
    qtbot.waitUntil(lambda: shown.empty.accessibleName().startswith("Nothing waits"))


def test_enter_opens_the_ticket_of_a_line(anna: Desk, open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    make(anna)
    window = open_window()
    table = page(window).waiting.table
    qtbot.waitUntil(lambda: table.current_row is not None)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.current == "tickets")


def test_t_tries_the_link_and_p_pauses_and_resumes(
    anna: Desk, open_window: Callable[[], MainWindow], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(anna)
    window = open_window()
    shown = page(window).waiting
    qtbot.waitUntil(lambda: shown.table.current_row is not None)
    asked: list[str] = []
    for name in ("retry_now", "pause", "resume"):
        monkeypatch.setattr(anna.link, name, lambda name=name: asked.append(name))
    shown.table.setFocus()
    qtbot.keyClick(shown.table, Qt.Key.Key_T)
    qtbot.keyClick(shown.table, Qt.Key.Key_P)
    anna.link._put(replace(DOWN, kind=LinkKind.PAUSED))
    qtbot.waitUntil(lambda: shown.pause_button.text() == "Resume")
    assert not shown.try_button.isEnabled()
    qtbot.keyClick(shown.table, Qt.Key.Key_P)
    assert asked == ["retry_now", "pause", "resume"]
    qtbot.waitUntil(lambda: window.topbar.link.text().startswith("Paused"))


def test_the_queue_is_copied_as_text(anna: Desk, open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    make(anna, "Generator 2 failed")
    shown = page(open_window()).waiting
    qtbot.waitUntil(lambda: shown.copy_button.isVisible())
    with qtbot.waitSignal(shown.copied):
        qtbot.mouseClick(shown.copy_button, Qt.MouseButton.LeftButton)
    assert "Generator 2 failed: new ticket\tAnna" in QGuiApplication.clipboard().text()


def test_a_station_that_works_alone_says_so(anna: Desk, open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    make(anna)
    anna.link._put(LinkState())
    shown = page(open_window()).waiting
    assert shown.empty.accessibleName().startswith("This station works alone")
    assert not shown.try_button.isVisible()


def test_an_answer_that_fails_is_told_with_a_way_to_try_again(
    anna: Desk, open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    from opsdesk.services.errors import StorageError

    shown = page(open_window())
    shown.waiting._failed(StorageError("The disk is full"))
    shown.returned._failed(StorageError("The disk is full"))
    assert "The disk is full What waits is safe" in shown.waiting.empty.accessibleName()
    assert "kept on this station" in shown.returned.empty.accessibleName()


def test_what_came_back_is_shown_with_reason_way_and_difference(
    two_back: tuple[Id, Id], open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    shown = page(window).returned
    qtbot.waitUntil(lambda: len(shown.items) == 2)
    assert shown.item is not None
    assert shown.item.title == "Crane"
    assert shown.view.reason.accessibleName() == "CP Main: Your role does not let you change this."
    assert shown.view.journey.accessibleName().startswith("You wrote it")
    assert shown.view.difference.accessibleName() == "Title: before Crane, you sent Crane 2, now Crane"
    qtbot.waitUntil(lambda: window.rail._items["queue"].accessibleName() == "Queue and returned, 2 waiting")
    qtbot.waitUntil(lambda: "2 need you" in window.statusbar.words())


def test_e_sends_it_again_with_what_is_typed_then(
    exchange: Exchange, anna: Desk, two_back: tuple[Id, Id], open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    shown = page(open_window()).returned
    qtbot.waitUntil(lambda: len(shown.items) == 2)
    shown.setFocus()
    qtbot.keyClick(shown, Qt.Key.Key_J)
    assert shown.item is not None
    assert shown.item.title == "Pump"
    qtbot.keyClick(shown, Qt.Key.Key_E)
    field = focus()
    assert isinstance(field, QLineEdit)
    assert field.text() == "Pump 2"
    field.selectAll()
    qtbot.keyClicks(field, "Pump 3")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(shown.items) == 1 and len(shown.done) == 1)
    assert title(anna, two_back[0]) == "Pump 3"
    assert not shown.panel.isVisible()
    exchange.round(anna)
    assert exchange.server.held.records[two_back[0]].values[13] == "Pump 3"


def test_a_value_that_is_refused_is_told_in_the_panel(
    anna: Desk, two_back: tuple[Id, Id], open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    shown = page(open_window()).returned
    qtbot.waitUntil(lambda: len(shown.items) == 2)
    shown.setFocus()
    qtbot.keyClick(shown, Qt.Key.Key_E)
    field = focus()
    assert isinstance(field, QLineEdit)
    field.selectAll()
    qtbot.keyClicks(field, "Crane")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "what stands there now" in shown.panel._problem.text())
    assert field.text() == "Crane"
    assert len(shown.items) == 2
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not shown.panel.isVisible()


def test_h_hands_it_to_a_person(
    anna: Desk, two_back: tuple[Id, Id], open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    shown = page(open_window()).returned
    qtbot.waitUntil(lambda: len(shown.items) == 2)
    shown.setFocus()
    qtbot.keyClick(shown, Qt.Key.Key_H)
    field = focus()
    assert isinstance(field, Picker)
    qtbot.keyClicks(field, "Anna")
    qtbot.waitUntil(lambda: field._list.isVisible() and field._offered_for == "Anna")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    shown.panel.confirm()
    qtbot.waitUntil(lambda: len(shown.items) == 1)
    (done,) = shown.done
    assert (done.how, done.said) == (returned.HANDED, "Anna")


def test_d_discards_it_for_a_reason_and_a_toast_takes_it_back(
    anna: Desk, two_back: tuple[Id, Id], open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    shown = page(window).returned
    qtbot.waitUntil(lambda: len(shown.items) == 2)
    shown.setFocus()
    qtbot.keyClick(shown, Qt.Key.Key_D)
    field = focus()
    assert isinstance(field, QLineEdit | QPlainTextEdit)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert len(shown.items) == 2, "no reason, nothing done"
    qtbot.keyClicks(field, "Told by voice")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(shown.items) == 1)
    assert [item.said for item in shown.done] == ["Told by voice"]
    toast = window.toasts.shown[-1]
    back = next(button for button in toast.findChildren(QWidget) if button.accessibleName() == "Take back")
    qtbot.mouseClick(back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(shown.items) == 2)


def test_x_writes_it_to_a_file(
    anna: Desk, two_back: tuple[Id, Id], open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    window = open_window()
    shown = page(window).returned
    qtbot.waitUntil(lambda: len(shown.items) == 2)
    shown.setFocus()
    qtbot.keyClick(shown, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: any("Written to" in toast.text for toast in window.toasts.shown))
    (path,) = (anna.folder / "exports").glob("returned-*.json")
    assert json.loads(path.read_text(encoding="utf-8"))["title"] == "Crane"


def test_what_comes_back_meanwhile_leaves_what_is_typed_alone(
    exchange: Exchange, anna: Desk, two_back: tuple[Id, Id], open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    shown = page(open_window()).returned
    qtbot.waitUntil(lambda: len(shown.items) == 2)
    shown.setFocus()
    qtbot.keyClick(shown, Qt.Key.Key_E)
    field = focus()
    assert isinstance(field, QLineEdit)
    qtbot.keyClicks(field, "Half")
    anna.do(tickets.edit, two_back[0], {"location": "Gate"}).result()
    come_back(exchange, anna)
    qtbot.waitUntil(lambda: len(shown.items) == 3)
    assert field.text() == "Half"
    assert focus() is field
    assert shown.item is not None
    assert shown.item.title == "Crane"


def test_ten_thousand_waiting_changes_scroll_without_a_stall(
    anna: Desk, open_window: Callable[[], MainWindow], qtbot: QtBot
) -> None:
    def many(work: Any) -> Changes:
        ticket = work.value("SELECT id FROM ticket")
        for number in range(10_000):
            work.execute("UPDATE capture SET act = ?", (number.to_bytes(16),))
            tickets.edit(work, ticket, {"title": f"Title {number}"})
        return Changes(everything=True)

    make(anna)
    anna.do(many).result()
    shown = page(open_window()).waiting
    qtbot.waitUntil(lambda: shown.table.rows.total == 10_001 and shown.table.rows.keys.complete)
    bar = shown.table.verticalScrollBar()
    # All reading threads are held: a window that waited for one of them would hang.
    let_go = threading.Event()
    held = [anna.ask(lambda _reader: let_go.wait(60)) for _ in range(READERS)]
    for step in range(40):
        bar.setValue(bar.maximum() * step // 40)
        QApplication.processEvents()
    assert not any(one.done() for one in held)
    let_go.set()
    first, _last = shown.table.on_view()
    assert first > 9_000
    qtbot.waitUntil(lambda: shown.table.rows.row(first) is not None)


@pytest.mark.parametrize("theme", ["light", "dark", "red"])
@pytest.mark.parametrize("size", [(1440, 900), (1180, 760)])
def test_nothing_is_cut_or_stands_outside(
    two_back: tuple[Id, Id], open_window: Callable[[], MainWindow], qtbot: QtBot, theme: str, size: tuple[int, int]
) -> None:
    window = open_window()
    window.actions.run(f"theme.{theme}")
    window.resize(*size)
    shown = page(window)
    qtbot.waitUntil(lambda: len(shown.returned.items) == 2)
    QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    QApplication.processEvents()
    room = shown.returned._area.viewport().width()
    body = shown.returned._area.widget()
    assert body is not None
    assert body.width() <= room, "nothing stands beyond the right edge"
    for button in shown.returned.buttons.values():
        assert button.width() >= button.sizeHint().width()
