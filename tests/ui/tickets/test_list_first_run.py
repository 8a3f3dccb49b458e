"""The ticket list on a folder without tickets offers the ways to the first one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.services.desk import Desk
from opsdesk.ui.tickets.list_page import ListPage
from opsdesk.ui.widgets.button import Button
from tests.support.ticket_pages import PlainShell

FIRST = "There are no tickets yet Write the first one, or import a file."


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk.open(tmp_path / "desk")
    yield made
    made.close()


@pytest.fixture
def shell(desk: Desk, dressed: QApplication) -> Iterator[PlainShell]:
    made = PlainShell(desk)
    yield made
    made.bridge.close()
    made.window.close()
    made.window.deleteLater()


@pytest.fixture
def page(desk: Desk, shell: PlainShell, qtbot: QtBot) -> ListPage:
    made = ListPage(desk, shell)
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    return made


def says(page: ListPage) -> str:
    return page.empty.accessibleName() if page.empty.isVisible() else ""


def buttons(page: ListPage) -> dict[str, Button]:
    return {button.text(): button for button in page.empty.findChildren(Button) if button.isVisible()}


def test_a_desk_without_tickets_offers_to_write_or_import_the_first(
    page: ListPage, shell: PlainShell, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: says(page) == FIRST)
    assert page.text == "is:open"
    assert list(buttons(page)) == ["New ticket", "Import"]
    with qtbot.waitSignal(page.new_ticket):
        qtbot.mouseClick(buttons(page)["New ticket"], Qt.MouseButton.LeftButton)
    qtbot.mouseClick(buttons(page)["Import"], Qt.MouseButton.LeftButton)
    assert shell.opened == ["import"]


def test_the_first_ticket_ends_the_first_run(page: ListPage, desk: Desk, qtbot: QtBot) -> None:
    page.show_query("priority:urgent")
    qtbot.waitUntil(lambda: says(page) == FIRST)
    desk.do(tickets.create, title="Road blocked", values={}).result()
    qtbot.waitUntil(lambda: says(page) == "No tickets match 1 filter is on")
    assert list(buttons(page)) == ["Clear"]
    page.show_query("")
    qtbot.waitUntil(lambda: page.table.rows.total == 1)
    assert not page.empty.isVisible()


def test_a_list_without_rows_on_a_desk_with_tickets_says_that_none_match(
    desk: Desk, shell: PlainShell, qtbot: QtBot
) -> None:
    desk.do(tickets.create, title="Road blocked", values={}).result()
    desk.settings.set("tickets.view", "")
    page = ListPage(desk, shell)
    qtbot.addWidget(page)
    page.resize(1200, 800)
    page.show_query("priority:urgent")
    page.show()
    qtbot.waitUntil(lambda: says(page) == "No tickets match 1 filter is on")
