"""What is read in the conversation of a ticket stays under the eye, however late what is new gets its height."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.tickets.detail.thread import Thread
from tests.support.ticket_pages import Story
from tests.ui.tickets.test_detail import change, detail

__all__ = ["detail"]

LONG = "Word by word this note goes on, so that it takes several lines of the page.\n\n" * 3


def lay_out() -> None:
    """Let all have their heights: a widget asks the one around it for room, a turn of the event loop for each."""
    for _ in range(30):
        QApplication.processEvents()


def wheel(detail: TicketDetail, pixels: int) -> None:
    """Turn the wheel over the conversation."""
    over = detail.conversation.area.viewport()
    at = QPointF(over.rect().center())
    QApplication.sendEvent(
        over,
        QWheelEvent(
            at, QPointF(over.mapToGlobal(over.rect().center())), QPoint(), QPoint(0, pixels),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        ),
    )  # fmt: skip
    lay_out()


def filled(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    for number in range(14):
        change(story, tickets.comment, f"Note {number}. {LONG}")
    qtbot.waitUntil(lambda: bool(detail.loaded and detail.loaded.comments[-1].body.startswith("Note 13")))
    lay_out()


def top_of(detail: TicketDetail, words: str) -> int:
    """Where a note begins, in pixels below the upper edge of what is seen."""
    view = detail.conversation
    for entry, widget in view._widgets.values():
        if entry.comment is not None and entry.comment.body.startswith(words) and isinstance(widget, Thread):
            return widget.mapTo(view.area.viewport(), QPoint()).y()
    raise AssertionError(f"{words} is not shown")


def read(detail: TicketDetail) -> str:
    """The note that is read: the first that begins within what is seen."""
    seen = [(top_of(detail, f"Note {n}."), f"Note {n}.") for n in range(14)]
    return min(one for one in seen if one[0] >= 0)[1]


def scrolled_up(detail: TicketDetail, story: Story, qtbot: QtBot) -> tuple[str, int]:
    filled(detail, story, qtbot)
    bar = detail.conversation.area.verticalScrollBar()
    while bar.value() > bar.maximum() / 2:
        wheel(detail, 120)
    assert 0 < bar.value() < bar.maximum() - 200
    note = read(detail)
    return note, top_of(detail, note)


def test_notes_above_that_grow_or_are_made_anew_do_not_move_what_is_read(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    note, top = scrolled_up(detail, story, qtbot)
    view = detail.conversation
    entries = list(view._entries)
    for at, entry in enumerate(entries):
        if entry.comment is not None and entry.comment.body.startswith(("Note 0.", "Note 1.", "Note 2.")):
            entries[at] = replace(entry, comment=replace(entry.comment, body=entry.comment.body + LONG * 2))
    view.show_entries(entries, ticked=view._ticked)
    lay_out()
    assert top_of(detail, note) == top
    wheel(detail, -40)
    moved = top_of(detail, note)
    assert moved < top, "it is held only until somebody scrolls"
    lay_out()
    assert top_of(detail, note) == moved


def test_a_list_that_is_made_anew_as_a_whole_stays_where_it_is_read(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    note, top = scrolled_up(detail, story, qtbot)
    view = detail.conversation
    entries = list(view._entries)
    view.show_entries(entries, ticked=not view._ticked)
    lay_out()
    assert top_of(detail, note) == top


def test_at_the_end_the_end_stays_and_elsewhere_a_new_note_moves_nothing(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    filled(detail, story, qtbot)
    bar = detail.conversation.area.verticalScrollBar()
    assert bar.value() == bar.maximum()
    change(story, tickets.comment, f"Note 14. {LONG}")
    qtbot.waitUntil(lambda: bool(detail.loaded and detail.loaded.comments[-1].body.startswith("Note 14")))
    lay_out()
    assert bar.value() == bar.maximum()
    for _ in range(4):
        wheel(detail, 120)
    note = read(detail)
    top = top_of(detail, note)
    change(story, tickets.comment, f"Note 15. {LONG}")
    qtbot.waitUntil(lambda: bool(detail.loaded and detail.loaded.comments[-1].body.startswith("Note 15")))
    lay_out()
    assert top_of(detail, note) == top
