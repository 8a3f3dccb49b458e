"""Comments on a ticket by keys alone: a mention with its access, an edit, and what it said before."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout
from pytestqt.qtbot import QtBot

from opsdesk.models.organisation import Person
from opsdesk.services import mentions, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.conflicts.texts import Span
from opsdesk.store.work import Work
from opsdesk.ui.shell.page import Target
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.tickets.detail.thread import Note
from opsdesk.ui.tickets.detail.versions import Versions
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.composer.blind_line import BlindLine
from opsdesk.ui.widgets.composer.mention_text import MentionText
from opsdesk.ui.widgets.directory import Directory
from tests.support.ticket_pages import PlainShell, Story

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def detail(story: Story, shell: PlainShell, qtbot: QtBot) -> TicketDetail:
    """The ticket of the bridge, open with the keyboard in its composer."""
    directory = Directory(story.desk, shell.bridge, shell.window)
    made = TicketDetail(story.desk, shell, directory)
    QVBoxLayout(shell.window).addWidget(made)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    made.open(story.tickets["bridge"])
    qtbot.waitUntil(lambda: made.loaded is not None and bool(directory.people))
    qtbot.keyClick(made, Qt.Key.Key_N)
    qtbot.waitUntil(box(made).hasFocus)
    return made


def box(detail: TicketDetail) -> MentionText:
    found = detail.composer.findChild(MentionText)
    assert found is not None
    return found


def blind(detail: TicketDetail) -> BlindLine:
    found = detail.composer.findChild(BlindLine)
    assert found is not None
    return found


def said(detail: TicketDetail) -> list[str]:
    assert detail.loaded is not None
    return [row.body for comment in detail.loaded.comments for row in (comment, *comment.replies)]


def mention(detail: TicketDetail, qtbot: QtBot, typed: str, label: str) -> None:
    qtbot.keyClicks(box(detail), f"@{typed}")
    qtbot.waitUntil(lambda: detail.composer.completion.labels[:1] == (label,))
    qtbot.keyClick(box(detail), Qt.Key.Key_Return)


def sent(detail: TicketDetail, qtbot: QtBot, count: int) -> None:
    qtbot.keyClick(box(detail), Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: len(said(detail)) == count)


def test_who_is_mentioned_without_access_is_named_at_once_and_given_it_by_keys(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    def arrives(work: Work) -> Changes:
        kim = work.insert(Person, {"name": "Kim Lee", "unit": story.units["Depot East"]})
        work.value_out = kim
        return Changes(people=frozenset({kim}))

    kim = story.do(arrives)
    qtbot.waitUntil(lambda: any(person.id == kim for person in detail.directory.people))
    mention(detail, qtbot, "kim", "@Kim Lee")
    qtbot.waitUntil(lambda: blind(detail).isVisible())
    assert blind(detail).words == "Kim Lee is in Depot East and cannot read this ticket. As a watcher Kim Lee can."
    button = blind(detail).findChild(Button)
    assert button is not None
    while not button.hasFocus():
        qtbot.keyClick(detail.window().focusWidget(), Qt.Key.Key_Tab)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not blind(detail).isVisible())
    assert kim in {person.id for person in story.card("bridge").watchers}
    assert box(detail).toPlainText() == "@Kim Lee ", "what was typed stays"


def test_who_reads_it_by_the_unit_or_by_being_named_is_not_offered_access(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    ticket = story.tickets["bridge"]

    def found(name: str, kind: str = mentions.PERSON) -> list[str]:
        record = story.people[name] if kind == mentions.PERSON else story.units[name]
        token = mentions.mention(kind, record, name).token
        return [one.why for one in story.ask(mentions.blind, ticket, token)]

    assert found("A. Brandt") == [], "the assignee is named"
    assert found("L. Nyberg") == [], "so is a watcher"
    assert found("S. Ferreira") == [], "the company reads what its platoons have"
    assert found("B Coy", mentions.UNIT) == []
    assert found("Depot East", mentions.UNIT) == [
        "Depot East cannot read this ticket. Only persons can be given access"
    ]
    assert found("C. Moreau") == ["C. Moreau is in 1 Plt and cannot read this ticket. As a watcher C. Moreau can"]


def test_an_own_comment_is_edited_by_keys_with_its_mentions_and_shows_what_it_said(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    before = len(said(detail))
    qtbot.keyClicks(box(detail), "Ask ")
    mention(detail, qtbot, "brandt", "@A. Brandt")
    qtbot.keyClicks(box(detail), "soon")
    sent(detail, qtbot, before + 1)
    note = detail.conversation.findChildren(Note)[-1]
    edit = next(tool for tool in note.findChildren(Button) if tool.text() == "Edit")
    edit.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(edit, Qt.Key.Key_Space)
    qtbot.waitUntil(box(detail).hasFocus)
    assert box(detail).toPlainText() == "Ask @A. Brandt soon"
    # Leaving it keeps what was typed for the next time.
    qtbot.keyClicks(box(detail), "er")
    qtbot.keyClick(box(detail), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: detail.composer.text == "")
    qtbot.keyClick(edit, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: box(detail).toPlainText() == "Ask @A. Brandt sooner")
    qtbot.keyClick(box(detail), Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: said(detail)[-1].endswith("sooner"))
    assert mentions.mentions(said(detail)[-1])[0].record == story.people["A. Brandt"]
    qtbot.waitUntil(lambda: detail.composer.text == "")

    note = detail.conversation.findChildren(Note)[-1]
    edits = next(tool for tool in note.findChildren(Button) if tool.text() == "Edits")
    qtbot.keyClick(edits, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: note.findChild(Versions) is not None)
    (version,) = story.ask(tickets.comment_versions, note.comment.id)
    assert version.spans == (Span("same", "Ask @A. Brandt "), Span("removed", "soon"), Span("added", "sooner"))


def test_a_mention_in_a_comment_leads_to_the_person(detail: TicketDetail, shell: PlainShell, story: Story) -> None:
    brandt = story.people["A. Brandt"]
    detail.conversation.record_wanted.emit("person", brandt)
    assert shell.opened == [Target("person", brandt)]
