"""Conflicts where a person meets them: on the ticket itself, and at the rail."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services import conflicts, tickets
from opsdesk.services.conflicts import Choice
from opsdesk.ui.shell.window import MainWindow
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.widgets.directory import Directory
from tests.support.posts import Post
from tests.support.ticket_pages import PlainShell
from tests.ui.conflicts.settling import BASE, MINE, THEIRS, Ctrl, Key, all_show, press, save, shown


@pytest.fixture
def detail(post: Post, shell: PlainShell, qtbot: QtBot) -> TicketDetail:
    """The detail of a ticket on Anna's desk."""
    made = TicketDetail(post.anna.desk, shell, Directory(post.anna.desk, shell.bridge, shell.window))
    shown(shell, made, qtbot)
    return made


def test_on_the_ticket_a_banner_tells_and_j_leads_to_the_versions(
    post: Post, detail: TicketDetail, qtbot: QtBot
) -> None:
    ticket = post.ticket(description=BASE)
    post.apart(ticket, title=("Anna's", "Ben's"), description=(MINE, THEIRS))
    detail.open(ticket)
    qtbot.waitUntil(lambda: detail.conflicts.banner.isVisible() and detail.hasFocus())
    keys = press(Key.Key_J)
    panel = detail.conflicts.panel
    assert panel is not None
    assert detail.tabs.current == "fields"
    qtbot.waitUntil(panel.hasFocus)
    keys += press(Key.Key_2, Key.Key_3) + save()
    assert keys == 4
    qtbot.waitUntil(lambda: post.anna.shown(ticket, "title") == "Anna's")
    qtbot.waitUntil(lambda: not detail.conflicts.banner.isVisible() and not panel.isVisible())
    assert all_show(post, ticket, title="Anna's", description=THEIRS)


def test_on_the_ticket_too_what_was_settled_elsewhere_says_so_and_keeps_what_was_typed(
    post: Post, detail: TicketDetail, qtbot: QtBot
) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    detail.open(ticket)
    qtbot.waitUntil(lambda: detail.conflicts.banner.isVisible() and detail.hasFocus())
    press(Key.Key_J, Key.Key_E)
    editor = QApplication.focusWidget()
    assert editor is not None
    QTest.keyClick(editor, Key.Key_A, Ctrl)
    QTest.keyClicks(editor, "Half a sen")
    found = post.ben.record(ticket).open[0]
    post.ben.do(conflicts.settle, [Choice(found.seen, "Ben's newest")])
    post.ben.exchange()
    post.anna.exchange()
    panel = detail.conflicts.panel
    assert panel is not None
    qtbot.waitUntil(lambda: bool(panel.fields) and panel.fields[0].conflict.settlement is not None)
    assert not detail.conflicts.banner.isVisible()
    unfinished = panel.fields[0].unfinished
    assert unfinished is not None
    assert unfinished["answer"] == "Half a sen"
    assert "by Ben Ferreira: Ben's newest" in panel.fields[0].accessibleDescription()


def test_keep_all_theirs_is_one_press_and_undone_as_one(
    post: Post, detail: TicketDetail, shell: PlainShell, qtbot: QtBot
) -> None:
    ticket = post.ticket()
    post.anna.do(tickets.answer, ticket, "depth", "1 m")
    post.meet()
    post.ben.do(tickets.answer, ticket, "depth", "2 m")
    post.anna.do(tickets.answer, ticket, "depth", "3 m")
    post.apart(ticket, title=("Anna's", "Ben's"))
    detail.open(ticket)
    qtbot.waitUntil(lambda: detail.conflicts.banner.isVisible())
    qtbot.mouseClick(detail.conflicts.banner.theirs, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not detail.conflicts.banner.isVisible())
    assert post.anna.shown(ticket, "title") == "Ben's"
    shell.operations.undo()
    qtbot.waitUntil(lambda: detail.conflicts.banner.isVisible())
    assert len(post.anna.ask(conflicts.of_ticket, ticket)) == 2


def test_the_rail_counts_what_needs_me_without_the_page_being_opened(
    post: Post, dressed: QApplication, qtbot: QtBot
) -> None:
    window = MainWindow(post.anna.desk)
    try:
        item = next(item for item in window.rail._items.values() if item.page.key == "conflicts")
        ticket = post.ticket()
        post.apart(ticket, title=("Anna's", "Ben's"))
        qtbot.waitUntil(lambda: "1" in item.accessibleName())
        found = post.anna.record(ticket).open[0]
        post.anna.do(conflicts.settle, [Choice(found.seen, "Anna's")])
        qtbot.waitUntil(lambda: "1" not in item.accessibleName())
    finally:
        window.close()
        window.dispose()
