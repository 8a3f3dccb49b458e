"""A window with the ticket list in it, on a folder of made-up tickets."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from opsdesk.services.desk import Desk
from opsdesk.services.seeding import seed
from opsdesk.services.tickets import TicketRow, lists
from opsdesk.store.database import Database

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget
    from pytestqt.qtbot import QtBot

    from opsdesk.ui.shell.window import MainWindow
    from opsdesk.ui.tickets.list_page import ListPage
    from opsdesk.ui.widgets.chooser import Chooser

NOW = 1_795_357_920_000
"""22 1432Z NOV 26."""
TICKETS = 500
NAMED = frozenset({"Return", "Escape", "Space", "Tab", "Up", "Down", "Left", "Right", "Home", "End", "F2", "F5", "F11"})


@pytest.fixture(scope="session")
def seeded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with made-up tickets. Only to be copied."""
    folder = tmp_path_factory.mktemp("seeded") / "data"
    Desk.open(folder, now=lambda: NOW).close()
    database = Database.open(folder)
    seed(database, TICKETS, now=NOW)
    database.close()
    return folder


@dataclass
class ListBench:
    """The list in its window, and hands to work it."""

    window: MainWindow
    page: ListPage
    desk: Desk
    qtbot: QtBot

    @property
    def numbers(self) -> list[str]:
        """The numbers of the tickets on the screen."""
        rows = self.page.table.rows
        first, last = self.page.table.on_view()
        return [row.number if (row := rows.row(number)) is not None else "…" for number in range(first, last + 1)]

    @property
    def row(self) -> TicketRow:
        """The ticket where the keyboard is."""
        row = self.page.table.current_row
        assert row is not None
        return row

    @property
    def toast(self) -> str:
        """The newest message."""
        shown = self.window.toasts.shown
        return shown[-1].text if shown else ""

    def wait(self, true: Callable[[], object]) -> None:
        """Handle events until something is true."""
        self.qtbot.waitUntil(lambda: bool(true()))

    def settle(self) -> None:
        """Wait until the list has answered and all its keys are known."""
        rows = self.page.table.rows
        self.wait(lambda: not rows.is_busy and rows.keys.complete and rows.query is not None)

    def rest(self) -> None:
        """Wait until the desk has nothing to do any more, counters included."""
        self.settle()
        self.wait(lambda: not self.desk.busy)

    def query(self, text: str) -> None:
        """Show a query and wait for it."""
        self.page.show_query(text)
        self.settle()

    def press(self, keys: str, *, on: QWidget | None = None) -> None:
        """Press keys where the keyboard is: letters one by one, or one name such as `Ctrl+A` or `Return`."""
        from PySide6.QtGui import QKeySequence
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        target = on or QApplication.focusWidget() or self.window
        if keys in NAMED or "+" in keys[1:]:
            combination = QKeySequence.fromString(keys)[0]  # type: ignore[index]  # missing in the stubs
            QTest.keyClick(target, combination.key(), combination.keyboardModifiers())
        else:
            QTest.keyClicks(target, keys)
        QApplication.processEvents()

    def ask(self, function: Callable[..., Any], *args: Any) -> Any:
        """Ask the desk and wait for the answer."""
        return self.desk.ask(function, *args).result()

    def count(self, text: str) -> int:
        """How many tickets the desk itself finds."""
        return int(self.ask(lists.count, lists.ListQuery(text)))


def chooser(bench: ListBench) -> Chooser:
    """The list to choose from, once it is open."""

    from opsdesk.ui.widgets.chooser import Chooser

    def find() -> Chooser | None:
        found = [part for part in bench.window.findChildren(Chooser) if part.isVisible()]
        return found[0] if found else None

    bench.wait(lambda: find() is not None)
    found = find()
    assert found is not None
    bench.wait(found.field.hasFocus)
    return found


@pytest.fixture
def bench(
    seeded_folder: Path, tmp_path: Path, dressed: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ListBench]:
    """The list on a copy of the seeded folder, in a window of 1440 by 900."""
    from PySide6.QtGui import QGuiApplication

    from opsdesk.ui.shell.navigation import PAGES
    from opsdesk.ui.shell.page import Page
    from opsdesk.ui.shell.window import MainWindow
    from opsdesk.ui.tickets.list_page import ListPage
    from opsdesk.ui.widgets import wall

    monkeypatch.setattr(wall, "now", lambda: NOW)
    ticks = itertools.count(NOW)
    desk = Desk.open(Path(shutil.copytree(seeded_folder, tmp_path / "data")), now=lambda: next(ticks))
    made: list[ListPage] = []

    def make(desk: Any, shell: Any) -> ListPage:
        made.append(ListPage(desk, shell))
        return made[-1]

    settings = [page for page in PAGES if page.key == "settings"]
    window = MainWindow(desk, [Page("tickets", "Tickets", "ticket", "T", make, ("ticket",)), *settings])
    qtbot.addWidget(window)
    window.resize(1440, 900)
    with qtbot.waitExposed(window):
        window.show()
    window.go("tickets")
    result = ListBench(window, made[0], desk, qtbot)
    result.settle()
    made[0].focus_list()
    result.wait(made[0].table.hasFocus)
    yield result
    # What Python has put there must not be taken away after Python's own end.
    QGuiApplication.clipboard().clear()
    window.bridge.close()
    window.close()
    desk.close()
