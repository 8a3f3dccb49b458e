"""What is read at a glance on the panel of conflicts: its keys, what is empty, and what is being typed."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.services.link import LinkKind, LinkState
from opsdesk.ui.conflicts.page import ConflictsPage
from opsdesk.ui.widgets.label import KeyCap, Label
from tests.support.posts import Post
from tests.support.ticket_pages import PlainShell, only_window
from tests.ui.conflicts.settling import BASE, MINE, THEIRS, Key, opened, press, save


def hints(page: ConflictsPage) -> list[str]:
    """What the foot says of the keys, in order."""
    said = []
    for part in page.foot.findChildren(QWidget):
        if isinstance(part, KeyCap | Label) and part.isVisible() and part is not page.foot.words:
            said.append(part.accessibleName() if isinstance(part, KeyCap) else part.text())
    return said


def test_the_keys_below_are_those_of_the_field_that_they_act_on(post: Post, page: ConflictsPage, qtbot: QtBot) -> None:
    ticket = post.ticket(description=BASE)
    post.apart(ticket, title=("Anna's", "Ben's"), description=(MINE, THEIRS))
    panel = opened(page, qtbot, 2)
    qtbot.waitUntil(lambda: {"1", "2", "3", "4", "other", "N", "next"} <= set(hints(page)))
    press(Key.Key_Down)
    assert panel.field is panel.fields[1]
    qtbot.waitUntil(lambda: "both" in hints(page))
    assert "other" not in hints(page)


def test_a_void_offers_no_key_for_another_value_and_what_came_together_takes_no_keyboard_away(
    post: Post, page: ConflictsPage, shell: PlainShell, qtbot: QtBot
) -> None:
    ticket = post.ticket()
    post.ben.do(tickets.void, ticket, "reported twice")
    post.anna.edit(ticket, location="East")
    for station in (post.ben, post.anna, post.ben):
        station.exchange()
    post.meet()
    with only_window(shell.window):
        opened(page, qtbot)
        qtbot.waitUntil(lambda: "3" in hints(page))
        assert page.record is not None
        assert [one.label for one in page.record.joined] == ["Location"]
        assert "4" not in hints(page)
        press(Key.Key_2)
    assert page.panel.chosen_count == 1


def test_a_text_that_was_not_there_says_none(post: Post, page: ConflictsPage, qtbot: QtBot) -> None:
    ticket = post.ticket()
    post.apart(ticket, description=("Mine is this.", "Theirs is that."))
    panel = opened(page, qtbot)
    assert "none" in [label.text() for label in panel.fields[0].cells[0].findChildren(Label)]


def test_the_editor_of_a_long_text_comes_into_view_and_stays_there(
    post: Post, page: ConflictsPage, qtbot: QtBot
) -> None:
    long = "\n\n".join(
        f"{number}. The route from the depot was driven at first light, and is dry." for number in range(30)
    )
    ticket = post.ticket(description=long)
    post.apart(ticket, description=(long.replace("dry", "wet"), long.replace("dry", "iced")))
    page.window().resize(900, 620)
    opened(page, qtbot)
    press(Key.Key_E)
    editor = QApplication.focusWidget()
    assert editor is not None
    view = page._scroll.viewport()

    def in_sight() -> bool:
        top = editor.mapTo(view, QPoint(0, 0)).y()
        return top >= 0 and top + editor.height() <= view.height()

    qtbot.waitUntil(in_sight)
    QTest.keyClicks(editor, " Seen by the patrol.")
    QApplication.processEvents()
    assert in_sight()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (LinkKind.ONLINE, "Goes out now"),
        (LinkKind.DISCONNECTED, "Kept here, shared when the link returns"),
        (LinkKind.PAUSED, "Kept here, shared when resumed"),
        (LinkKind.SHUT_OUT, "Kept here, shared with a new code"),
    ],
)
def test_what_becomes_of_a_choice_is_told_as_the_link_stands(
    post: Post, page: ConflictsPage, qtbot: QtBot, kind: LinkKind, words: str
) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    post.anna.desk.link._put(LinkState(kind, "CP Main"))
    opened(page, qtbot)
    qtbot.waitUntil(lambda: page.foot.words.text() == words)


def test_five_in_a_row_take_two_keys_each_and_leave_the_next_one_uncovered(
    post: Post, page: ConflictsPage, shell: PlainShell, qtbot: QtBot
) -> None:
    made = [post.ticket(title=f"Ticket {number}") for number in range(5)]
    for ticket in made:
        post.apart(ticket, location=("East", "West"))
    opened(page, qtbot)

    def waiting(count: int) -> bool:
        return len(page.inbox.lines()) == count

    keys = 0
    for left in range(4, -1, -1):
        keys += press(Key.Key_2) + save()
        qtbot.waitUntil(partial(waiting, left))
        if left:
            qtbot.waitUntil(lambda: page.panel.chosen_count == 0 and QApplication.focusWidget() is page.panel)
        assert len(shell.toasts.shown) == 1
    assert keys == 10
    assert {post.anna.shown(ticket, "location") for ticket in made} == {"East"}
