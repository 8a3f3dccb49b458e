"""Notes on a ticket: sent, refused, stored late, and what is typed meanwhile."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from opsdesk.models.organisation import Person
from opsdesk.services import forms, tickets
from opsdesk.services.changes import Changes
from opsdesk.store.work import Work
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.widgets.button import Button
from tests.support.ticket_pages import PlainShell, Story, held_writer
from tests.ui.tickets.test_detail import change, comments, detail, note_of, seen, toasts

__all__ = ["detail"]

CTRL = Qt.KeyboardModifier.ControlModifier


def test_a_note_is_sent_with_ctrl_enter_and_stands_at_the_end(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    detail.write()
    text = note_of(detail)
    qtbot.keyClicks(text, "Crane has left")
    qtbot.keyClick(text, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: detail.loaded is not None and detail.loaded.comments[-1].body == "Crane has left")
    assert detail.composer.text == ""
    assert text.hasFocus()
    assert detail.loaded is not None
    assert detail.loaded.comments[-1].visibility == "internal"


def drafts(story: Story) -> dict[str, str]:
    return {draft.place: draft.content["body"] for draft in story.ask(forms.drafts, "comment/")}


def begin_to_send(detail: TicketDetail, qtbot: QtBot, words: str) -> None:
    detail.write()
    qtbot.keyClicks(note_of(detail), words)
    qtbot.keyClick(note_of(detail), Qt.Key.Key_Return, CTRL)


def go_to(detail: TicketDetail, ticket: bytes, qtbot: QtBot) -> None:
    detail.open(ticket)
    qtbot.waitUntil(lambda: detail.loaded is not None and detail.composer._keeper.place.endswith(ticket.hex()))


def test_what_is_typed_while_a_note_is_sent_stays(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    with held_writer(story.desk):
        begin_to_send(detail, qtbot, "First note")
        qtbot.keyClicks(note_of(detail), " second thought")
    qtbot.waitUntil(lambda: detail.composer.text == "second thought")
    assert comments(story, "bridge")[-1] == "First note"
    detail.composer.keep()
    place = f"comment/{story.tickets['bridge'].hex()}"
    qtbot.waitUntil(lambda: drafts(story) == {place: "second thought"})


def test_a_note_stored_late_leaves_the_note_on_the_next_ticket_alone(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    other = story.tickets["landslide"]
    with held_writer(story.desk):
        begin_to_send(detail, qtbot, "Note for the bridge")
        go_to(detail, other, qtbot)
        detail.write()
        qtbot.keyClicks(note_of(detail), "Note for the landslide")
    qtbot.waitUntil(lambda: detail.composer._flights == {})
    assert detail.composer.text == "Note for the landslide"
    detail.composer.keep()
    qtbot.waitUntil(lambda: drafts(story) == {f"comment/{other.hex()}": "Note for the landslide"})
    assert comments(story, "bridge")[-1] == "Note for the bridge"
    go_to(detail, story.tickets["bridge"], qtbot)
    assert detail.composer.text == ""


def test_a_note_refused_late_is_told_and_waits_as_the_draft_of_its_ticket(
    detail: TicketDetail, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    def demote(work: Work) -> Changes:
        role = work.value("SELECT id FROM role WHERE code = 'reader'")
        work.update(Person, work.person, {"role": role})
        return Changes()

    with held_writer(story.desk):
        story.desk.do(demote)
        begin_to_send(detail, qtbot, "Note for the bridge")
        go_to(detail, story.tickets["landslide"], qtbot)
    qtbot.waitUntil(lambda: "Your role does not include: comment" in toasts(shell))
    assert detail.composer.text == ""
    go_to(detail, story.tickets["bridge"], qtbot)
    qtbot.waitUntil(lambda: detail.composer.text == "Note for the bridge")


def test_a_note_sent_before_the_next_ticket_has_arrived_goes_to_the_one_it_was_written_for(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    detail.write()
    qtbot.keyClicks(note_of(detail), "For the bridge")
    detail.open(story.tickets["landslide"])
    detail.composer.submit()
    qtbot.waitUntil(lambda: comments(story, "bridge")[-1] == "For the bridge")
    assert comments(story, "landslide") == []


def test_a_reply_goes_below_the_comment_it_answers(detail: TicketDetail, qtbot: QtBot) -> None:
    replies = [b for b in detail.conversation.findChildren(Button) if b.text() == "Reply"]
    qtbot.mouseClick(replies[-1], Qt.MouseButton.LeftButton)
    text = note_of(detail)
    qtbot.keyClicks(text, "Diversion B is clear")
    qtbot.keyClick(text, Qt.Key.Key_Return, CTRL)
    assert detail.loaded is not None
    before = detail.loaded
    qtbot.waitUntil(lambda: detail.loaded is not before and bool(detail.loaded and detail.loaded.comments[-1].replies))
    assert detail.loaded.comments[-1].replies[0].body == "Diversion B is clear"


def test_a_change_from_elsewhere_keeps_typed_text_cursor_focus_and_place(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    detail.write()
    text = note_of(detail)
    qtbot.keyClicks(text, "Half a sentence")
    qtbot.keyClick(text, Qt.Key.Key_Home)
    bar = detail.conversation.area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 60)
    bar.setValue(bar.maximum() // 3)
    place = bar.value()
    change(story, tickets.edit, {"title": "Bridge blocked"})
    qtbot.waitUntil(lambda: seen(detail).row.title == "Bridge blocked")
    assert detail.composer.text == "Half a sentence"
    assert text.textCursor().position() == 0
    assert text.hasFocus()
    assert bar.value() == place


def test_a_comment_that_is_already_shown_keeps_its_widget(detail: TicketDetail, story: Story, qtbot: QtBot) -> None:
    shown = set(map(id, (widget for _, widget in detail.conversation._widgets.values())))
    change(story, tickets.comment, "One more")
    qtbot.waitUntil(lambda: detail.loaded is not None and detail.loaded.comments[-1].body == "One more")
    assert shown <= set(map(id, (widget for _, widget in detail.conversation._widgets.values())))
