"""People at windows beside a server that is a process of its own: joined by code, worked by keys.

OPSDESK_PICTURES names a folder for pictures of what stood on the screens.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from opsdesk.services.desk import Desk
from opsdesk.services.link import LinkKind
from opsdesk.ui.shell.window import MainWindow
from tests.server.running import Running
from tests.support.ticket_list import NAMED

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

PICTURES = os.environ.get("OPSDESK_PICTURES")


@dataclass
class Hand:
    """A person at a window."""

    name: str
    window: MainWindow
    desk: Desk
    qtbot: QtBot

    def wait(self, true: Callable[[], object], what: str) -> None:
        """Handle events until something is true."""
        try:
            self.qtbot.waitUntil(lambda: bool(true()))
        except Exception as error:
            self.picture("failed")
            at = f"the keyboard is at {self.keyboard}, {self.desk.link.state}"
            raise AssertionError(f"{self.name}: it never came: {what}; {at}") from error

    @property
    def keyboard(self) -> QWidget:
        """Where the keyboard is in this window, which the other may have taken it from for a moment."""
        return QApplication.focusWidget() or self.window.focusWidget() or self.window

    def sit_down(self) -> None:
        """Give this window the keyboard."""
        self.window.activateWindow()
        self.qtbot.wait(50)
        if not self.window.isActiveWindow():
            # The offscreen platform now and then tells neither of two windows that it has the turn.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                QApplication.setActiveWindow(self.window)
        self.wait(lambda: self.window.isActiveWindow() and QApplication.focusWidget() is not None, "the window's turn")

    def press(self, *words: str) -> None:
        """Press keys where the keyboard is: words letter by letter, or a name such as `Ctrl+A` or `Return`."""
        for word in words:
            target = self.keyboard
            if word in NAMED or "+" in word[1:]:
                combination = QKeySequence.fromString(word)[0]  # type: ignore[index]  # missing in the stubs
                QTest.keyClick(target, combination.key(), combination.keyboardModifiers())
            else:
                QTest.keyClicks(target, word)
            QApplication.processEvents()

    def insist(self, keys: str, true: Callable[[], object], what: str) -> None:
        """Press keys until something is true: of two windows side by side the platform may have taken the turn away."""

        def tried() -> bool:
            if not true():
                self.sit_down()
                self.press(keys)
                self.qtbot.wait(200)
            return bool(true())

        self.wait(tried, what)

    def ask(self, function: Callable[..., Any], *args: Any) -> Any:
        return self.desk.ask(function, *args).result()

    def do(self, function: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        return self.desk.do(function, *args, **kw).result().value

    @property
    def tickets(self) -> Any:
        page = self.window.page("tickets")
        assert page is not None
        return page

    def show_list(self, ticket: bytes) -> None:
        """The list with the keyboard on a ticket."""
        self.sit_down()
        self.window.go("tickets")
        self.tickets.show_list()
        self.tickets.list.focus_list()
        self.wait(lambda: self._stands_on(ticket), "the row")

    def _stands_on(self, ticket: bytes) -> bool:
        if self.row is not None and self.row.id == ticket:
            return True
        # Where it stands may become another place while the list is read anew.
        self.tickets.list.show_ticket(ticket)
        self.qtbot.wait(50)
        return False

    @property
    def row(self) -> Any:
        return self.tickets.list.table.current_row

    def waiting(self) -> int:
        return int(self.ask(lambda reader: reader.value("SELECT count(*) FROM change WHERE outcome IS NULL")))

    def picture(self, name: str) -> None:
        if PICTURES:
            QApplication.processEvents()
            self.window.grab().save(str(Path(PICTURES) / f"{name}-{self.name}.png"))


@dataclass
class Post:
    """The server and the two at their desks."""

    data: Path
    port: int
    server: Running
    anna: Hand
    ben: Hand

    @property
    def both(self) -> tuple[Hand, Hand]:
        return self.anna, self.ben

    def cut(self) -> None:
        """The server goes; both desks notice by themselves."""
        assert self.server.end() == 0
        for hand in self.both:
            hand.wait(lambda hand=hand: hand.desk.link.state.kind is LinkKind.DISCONNECTED, "the cut")  # type: ignore[misc]

    def mend(self) -> None:
        """The server comes back; nobody does anything at the desks."""
        self.server = Running(self.data, self.port)
        assert self.server.healthy(), self.server.log.read_text()
        self.come_to_rest()

    def come_to_rest(self) -> None:
        """Wait until nothing waits anywhere and both have heard all."""
        for hand in self.both:
            hand.wait(partial(self.rests, hand), "the queue to empty")
        self.anna.wait(lambda: self._heads(self.anna) == self._heads(self.ben), "the same news at both")

    def rests(self, hand: Hand) -> bool:
        """Whether nothing waits at a desk."""
        return hand.desk.link.state.kind is LinkKind.ONLINE and hand.waiting() == 0

    def _heads(self, hand: Hand) -> Any:
        # Without the person's own feed, which nobody else reads.
        shared = "SELECT place, pos FROM feed_cursor WHERE length(place) <> 16 ORDER BY place"
        return hand.ask(lambda reader: reader.rows(shared))


def sat_down(folder: Path, name: str, qtbot: QtBot) -> Hand:
    """Open a desk's window on its tickets, with the link running as the program has it."""
    desk = Desk.open(folder)
    window = MainWindow(desk)
    window.resize(1440, 900)
    with qtbot.waitExposed(window):
        window.show()
    window.go("tickets")
    desk.link.start()
    return Hand(name, window, desk, qtbot)


def written(hand: Hand, title: str) -> bytes:
    """Write a ticket by keys alone."""
    hand.sit_down()
    before = set(hand.ask(lambda reader: reader.rows("SELECT id FROM ticket")))
    hand.press("Ctrl+N")
    hand.wait(lambda: hand.tickets.pane.isVisible(), "the pane")
    hand.wait(lambda: hand.tickets.pane.isAncestorOf(hand.keyboard), "the keyboard in it")
    hand.press("Incident", "Return", "Tab", "Tab")
    hand.wait(hand.tickets.pane.body.title.hasFocus, "the title")
    hand.press(title, "Ctrl+Return")
    # The form asks what it needs, and puts the keyboard there.
    hand.wait(lambda: hand.keyboard is not hand.tickets.pane.body.title, "the question")
    hand.press("No", "Return", "Ctrl+Return")
    hand.wait(lambda: len(hand.ask(lambda reader: reader.rows("SELECT id FROM ticket"))) > len(before), "the ticket")
    hand.wait(lambda: not hand.tickets.pane.isVisible(), "the pane to close")
    ((ticket,),) = set(hand.ask(lambda reader: reader.rows("SELECT id FROM ticket"))) - before
    return bytes(ticket)
