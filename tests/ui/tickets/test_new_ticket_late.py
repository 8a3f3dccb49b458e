"""What happens to a new ticket after it was sent: refused, stored late, written on; nothing typed is lost."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.ui.tickets.new_ticket import NewTicketPane
from tests.support.ticket_pages import PlainShell, Story, held_writer
from tests.support.writing import button, choose_type, new_drafts
from tests.ui.tickets.new_tickets import demote, toasts


def test_what_the_rules_refuse_is_told_and_nothing_is_lost(pane: NewTicketPane, story: Story, qtbot: QtBot) -> None:
    choose_type(pane, qtbot, "task")
    qtbot.keyClicks(pane.body.title, "A task")

    story.do(demote)
    pane.submit()
    qtbot.waitUntil(lambda: pane._refusal.isVisible())
    assert pane._refusal.text() == "Your role does not include: create. Nothing you typed is lost."
    assert pane.body.title.text() == "A task"
    assert button(pane, "Create").isEnabled()


def test_a_ticket_stored_late_leaves_the_next_one_alone(pane: NewTicketPane, story: Story, qtbot: QtBot) -> None:
    choose_type(pane, qtbot, "task")
    qtbot.keyClicks(pane.body.title, "First")
    closed: list[bool] = []
    made: list[tuple[bytes, bool]] = []
    pane.created.connect(lambda ticket, again: made.append((ticket, again)))
    with held_writer(story.desk):
        pane.submit()
        pane.close_pane()
        pane.closed.connect(lambda: closed.append(True))
        pane.start()
        place = pane._keeper.place
        qtbot.keyClicks(pane.body.title, "Second")
    qtbot.waitUntil(lambda: bool(made))
    assert story.ask(tickets.card, made[0][0]).row.title == "First"
    assert made[0][1], "another one is being written"
    assert (closed, pane._keeper.place, pane.body.title.text()) == ([], place, "Second")
    pane.keep()
    qtbot.waitUntil(lambda: [draft.content["title"] for draft in new_drafts(story)] == ["Second"])


def test_nothing_can_be_typed_where_it_would_be_lost_while_it_is_sent(
    pane: NewTicketPane, story: Story, qtbot: QtBot
) -> None:
    choose_type(pane, qtbot, "task")
    qtbot.keyClicks(pane.body.title, "First")
    with held_writer(story.desk):
        pane.submit()
        assert not pane.body.description.isEnabled()
        assert pane._state.text() == "Sending …"
        with qtbot.waitSignal(pane.closed):
            qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
        pane.start()
        assert pane.body.description.isEnabled()


def test_after_a_refusal_it_is_written_on_where_the_keyboard_was(
    pane: NewTicketPane, story: Story, qtbot: QtBot
) -> None:
    choose_type(pane, qtbot, "task")
    qtbot.keyClicks(pane.body.title, "A task")
    pane.body.description.setFocus()
    story.do(demote)
    pane.submit()
    qtbot.waitUntil(lambda: pane._refusal.isVisible())
    assert pane.body.description.hasFocus()


def test_a_ticket_refused_late_is_told_and_stays_as_a_draft(
    pane: NewTicketPane, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    choose_type(pane, qtbot, "task")
    qtbot.keyClicks(pane.body.title, "First")
    with held_writer(story.desk):
        story.desk.do(demote)
        pane.submit()
        pane.close_pane()
        pane.start()
        qtbot.keyClicks(pane.body.title, "Second")
    qtbot.waitUntil(lambda: "Your role does not include: create" in toasts(shell))
    assert pane.body.title.text() == "Second"
    assert not pane._refusal.isVisible()
    assert [draft.content["title"] for draft in new_drafts(story)] == ["First"]


def test_a_note_added_late_to_a_similar_ticket_leaves_the_next_one_alone(
    pane: NewTicketPane, story: Story, qtbot: QtBot
) -> None:
    qtbot.keyClicks(pane.body.title, "Landslide on route Amber again")
    qtbot.waitUntil(lambda: any(row.ticket == story.tickets["landslide"] for row in pane.similar.rows))
    row = next(row for row in pane.similar.rows if row.ticket == story.tickets["landslide"])
    with held_writer(story.desk):
        pane.looking.add_to(row)
        pane.close_pane()
        pane.start()
        qtbot.keyClicks(pane.body.title, "Second")
    qtbot.waitUntil(lambda: pane._sending == set())
    assert pane.body.title.text() == "Second"
    assert story.ask(tickets.conversation, row.ticket)[-1].body == "Landslide on route Amber again"
    assert new_drafts(story) == ()
