"""A ticket from its opening to its closing with a comment, files and an assignment, by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QClipboard, QGuiApplication, QMouseEvent, QTabletEvent, QTouchEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services import files, tickets
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import State
from opsdesk.ui.shell.window import MainWindow
from tests.journeys.hands import Hand
from tests.support.writing import picture

pytestmark = pytest.mark.timeout(300)


class Pointer(QObject):
    """Counts what comes from a pointer in the whole program: presses, moves, wheels, touches."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent | QWheelEvent | QTouchEvent | QTabletEvent):
            self.events.append(f"{event.type()} on {watched}")
        return False


@pytest.fixture
def pointer(dressed: QApplication) -> Iterator[Pointer]:
    found = Pointer()
    dressed.installEventFilter(found)
    yield found
    dressed.removeEventFilter(found)


@pytest.fixture
def clipboard(dressed: QApplication) -> Iterator[QClipboard]:
    """What is copied elsewhere; a picture that stays in it ends the process when Qt has gone before."""
    found = QGuiApplication.clipboard()
    yield found
    found.clear()


@pytest.fixture
def hand(desk: Desk, dressed: QApplication, qtbot: QtBot) -> Iterator[Hand]:
    """A person at a station that works alone."""
    window = MainWindow(desk)
    window.resize(1440, 900)
    with qtbot.waitExposed(window):
        window.show()
    window.go("tickets")
    yield Hand("anna", window, desk, qtbot)
    window.dispose()


def test_a_ticket_is_opened_worked_and_closed_without_a_pointer(
    hand: Hand, pointer: Pointer, clipboard: QClipboard
) -> None:
    page: Any = hand.tickets
    hand.sit_down()
    # Written, with a screenshot from the clipboard.
    hand.press("Ctrl+N")
    hand.wait(lambda: page.pane.isVisible() and page.pane.isAncestorOf(hand.keyboard), "the pane")
    pane = page.pane
    hand.wait(lambda: pane.body.kind._model.rowCount() or True, "the types")
    hand.press("Task", "Return")
    hand.wait(lambda: pane.body.type_row is not None, "the type")
    hand.press("Tab", "Tab")
    hand.wait(pane.body.title.hasFocus, "the title")
    hand.press("Pump at the lock leaks")
    while not pane.body.description.hasFocus():
        hand.press("Tab")
    hand.press("Oil on the water.")
    clipboard.setMimeData(picture())
    hand.press("Ctrl+V")
    hand.wait(lambda: len(pane.body.files.kept) == 1, "the picture")
    hand.press("Ctrl+Return")
    hand.wait(lambda: not pane.isVisible(), "the ticket to be made")
    hand.wait(lambda: hand.row is not None, "its row")
    ticket = hand.row.id
    number = hand.row.number
    # Opened from the list, taken, accepted and begun.
    hand.press("Return")
    detail = page.detail
    hand.wait(lambda: detail.loaded is not None and detail.loaded.card.row.id == ticket and detail.hasFocus(), "it")
    hand.press("I")
    hand.wait(lambda: state(hand, ticket).assignee is not None, "who has it")
    for wanted in (State.OPEN, State.IN_PROGRESS):
        hand.wait(lambda: detail.loaded.card.row == state(hand, ticket), "the page to know")
        hand.press("Ctrl+R")
        hand.wait(partial(stands, hand, ticket, wanted), f"the state {wanted.label}")
    # A comment with a second picture, to be read by who reported it.
    hand.press("N")
    hand.wait(detail.composer._text.hasFocus, "the composer")
    hand.press("Seal is worn, see", "Ctrl+V")
    hand.wait(lambda: len(detail.composer.files.kept) == 1, "the second picture")
    hand.press("Ctrl+Return")
    hand.wait(lambda: state(hand, ticket).comments == 1, "the comment")
    hand.press("Escape")
    hand.wait(detail.hasFocus, "the keyboard back on the page")
    # Resolved with what was done, and closed.
    hand.wait(lambda: detail.loaded.card.row == state(hand, ticket), "the page to know")
    hand.press("Ctrl+R")
    panel = detail.sidebar.panel
    hand.wait(lambda: panel.isVisible() and panel.isAncestorOf(hand.keyboard), "what was done")
    hand.press("fixed", "Return", "Tab", "New seal", "Ctrl+Return")
    hand.wait(lambda: state(hand, ticket).state is State.RESOLVED, "it resolved")
    hand.wait(lambda: detail.hasFocus() and detail.loaded.card.row == state(hand, ticket), "the page to know")
    hand.press("Ctrl+R")
    hand.wait(lambda: state(hand, ticket).state is State.CLOSED, "it closed")

    card = hand.ask(tickets.card, ticket)
    assert (card.row.number, card.description) == (number, "Oil on the water.")
    assert card.row.assignee.id == hand.desk.person
    (comment,) = hand.ask(tickets.conversation, ticket)
    assert comment.body == "Seal is worn, see"
    assert [row.comment for row in hand.ask(files.of, ticket)] == [None, comment.id]
    assert pointer.events == []


def stands(hand: Hand, ticket: bytes, wanted: State) -> bool:
    return bool(state(hand, ticket).state is wanted)


def state(hand: Hand, ticket: bytes) -> Any:
    return hand.ask(tickets.card, ticket).row
