"""A ticket that was told before: following it, or adding to it what was typed, with nothing lost either way."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.ui.tickets.new_ticket import NewTicketPane
from opsdesk.ui.widgets.button import Button
from tests.support.files import png, rows, taken
from tests.support.ticket_pages import PlainShell, Story
from tests.support.writing import button, choose_type, new_drafts, opened_pane


@pytest.fixture
def pane(story: Story, shell: PlainShell, qtbot: QtBot) -> NewTicketPane:
    """A new ticket about a landslide that is known."""
    made = opened_pane(story, shell, qtbot)
    choose_type(made, qtbot, "route")
    qtbot.keyClicks(made.body.title, "Landslide on route Amber again")
    qtbot.waitUntil(lambda: any(row.ticket == story.tickets["landslide"] for row in made.similar.rows))
    made.similar._open(True)
    return made


def test_following_a_similar_ticket_keeps_all_that_was_typed(
    pane: NewTicketPane, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    number = story.card("landslide").row.number
    qtbot.keyClicks(pane.body.description, "Both lanes")
    before = pane.body.content
    follow = button(pane, f"Add me as affected to {number}")
    qtbot.keyClick(follow, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: story.card("landslide").watching)
    qtbot.waitUntil(lambda: follow.text() == "You follow it")
    assert not follow.isEnabled()
    assert pane.body.content == before
    pane.keep()
    qtbot.waitUntil(lambda: [draft.content for draft in new_drafts(story)] == [before])
    shell.operations.undo()
    qtbot.waitUntil(follow.isEnabled)
    assert follow.accessibleName() == f"Add me as affected to {number}"
    assert not story.card("landslide").watching


def test_all_that_was_typed_becomes_a_note_on_the_ticket_that_it_is_about_and_undo_makes_it_a_draft_again(
    pane: NewTicketPane, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    landslide = story.tickets["landslide"]
    pane.body.files.keep(taken(story.desk, png(), "slide.png"))
    qtbot.keyClicks(pane.body.description, "Both lanes")
    qtbot.keyClicks(pane.body.form.row("route").editor, "Amber")
    pane.body.where.set_content({"way": "words", "said": {"words": "Gate 2"}})
    pane.body.contact.setText("Convoy 7")
    opened_ids: list[bytes] = []
    pane.open_wanted.connect(opened_ids.append)
    typed = pane.body.content
    # By keys alone: F6 leads to the block, Tab to what can be done with its first ticket.
    qtbot.keyClick(pane.body.title, Qt.Key.Key_F6)
    line = QApplication.focusWidget()
    assert line is not None
    assert line.accessibleName().startswith("Landslide on route Amber")
    for _ in range(2):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: opened_ids == [landslide])
    (comment,) = story.ask(tickets.conversation, landslide)
    assert comment.body == (
        "**Landslide on route Amber again**\n\nBoth lanes\n\n- Location: Gate 2\n- Contact: Convoy 7\n- Route: Amber"
    )
    (file,) = rows(story.desk, landslide)
    assert (file.name, file.comment) == ("slide.png", comment.id)
    qtbot.waitUntil(lambda: new_drafts(story) == ())
    shell.operations.undo()
    qtbot.waitUntil(lambda: [draft.content for draft in new_drafts(story)] == [typed])
    assert story.ask(tickets.conversation, landslide) == ()
    assert rows(story.desk, landslide) == ()
    qtbot.waitUntil(lambda: any(b.text() == "Go on" for b in shell.window.findChildren(Button)))
    next(b for b in shell.window.findChildren(Button) if b.text() == "Go on").click()
    assert pane.body.content == typed
    assert shell.opened[-1] == "ticket"
