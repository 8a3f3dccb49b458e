"""A mention written where the link is cut arrives as a notification on the other desk, through the real program."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from opsdesk.services import notifications, tickets
from opsdesk.ui.tickets.detail.thread import Note
from tests.journeys.hands import Hand, Post, written

pytestmark = pytest.mark.timeout(300)


class Pointer(QObject):
    """Counts presses of the pointer in the whole program."""

    def __init__(self) -> None:
        super().__init__()
        self.presses = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.presses += isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress
        return False


def commented(hand: Hand, ticket: bytes, typed: str, label: str) -> None:
    """Write a comment that mentions somebody, by keys alone."""
    hand.show_list(ticket)
    hand.insist("Return", lambda: hand.tickets.stack.currentWidget() is not hand.tickets.list, "the ticket")
    detail = hand.tickets.detail
    hand.wait(lambda: detail.loaded is not None and detail.loaded.card.row.id == ticket, "the ticket")
    box = detail.composer._text
    hand.insist("N", box.hasFocus, "the composer")
    hand.press("Please look ", f"@{typed}")
    hand.wait(lambda: detail.composer.completion.labels[:1] == (label,), "who can be mentioned")
    hand.press("Return", "at once", "Ctrl+Return")
    hand.wait(lambda: hand.ask(tickets.card, ticket).row.comments == 1, "the comment")


def test_a_mention_made_offline_arrives_as_a_notification_and_opens_at_the_comment(post: Post) -> None:
    anna, ben = post.both
    pointer = Pointer()
    application = QApplication.instance()
    assert application is not None
    application.installEventFilter(pointer)
    bridge = written(anna, "Bridge closed")
    post.come_to_rest()
    # What was there when Ben joined, and what is no business of his, is told by no bell.
    assert ben.window.topbar.bell.count == 0

    post.cut()
    commented(anna, bridge, "okoro", "@Ben Okoro")
    anna.picture("7-mention-offline")
    assert ben.ask(notifications.unread) == 0
    post.mend()
    ben.wait(lambda: ben.window.topbar.bell.count == 1, "the bell")
    assert anna.window.topbar.bell.count == 0, "nobody is told of what they did themselves"

    ben.insist("Ctrl+Shift+B", lambda: ben.window.bell_panel.isVisible(), "the list behind the bell")
    (line,) = ben.ask(notifications.lines)
    assert (line.actor.name, line.told, line.words) == (
        "Anna Berg",
        "mentioned you",
        "Please look @Ben Okoro at once",
    )
    ben.picture("8-notification")
    ben.insist("Return", lambda: not ben.window.bell_panel.isVisible(), "the way to the ticket")
    detail = ben.tickets.detail
    ben.wait(lambda: any(note.comment.id == line.record for note in detail.findChildren(Note)), "the comment")
    ben.wait(lambda: ben.window.topbar.bell.count == 0, "that it is read")
    ben.picture("9-at-the-comment")
    application.removeEventFilter(pointer)
    assert pointer.presses == 0
