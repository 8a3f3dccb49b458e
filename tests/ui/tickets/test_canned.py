"""Texts put in behind `::` with real keys, and made and changed in the settings."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QAbstractButton, QPlainTextEdit, QVBoxLayout
from pytestqt.qtbot import QtBot

from opsdesk.models.forms import CannedText
from opsdesk.services import canned, mentions, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.forms import Facts, Form, FormField, Section
from opsdesk.store.work import Work
from opsdesk.ui.shell.canned_card import CannedCard
from opsdesk.ui.widgets.composer import MarkdownText
from opsdesk.ui.widgets.composer.completion import Completion
from opsdesk.ui.widgets.composer.mention_text import MentionText
from tests.support.ticket_pages import PlainShell, Story
from tests.support.writing import choose_type, opened_detail, opened_pane, picture

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def texts(story: Story) -> None:
    story.do(canned.save, name="On the way", shortcut="eta", body="On the way to **{place}**, {number}.")
    story.do(canned.save, name="Power cut", body="The line to {place} is cut.", scope="unit")


@pytest.mark.usefixtures("texts")
def test_a_text_is_found_by_its_shortcut_and_stands_filled_in_the_comment(
    story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    detail = opened_detail(story, shell, qtbot)
    qtbot.keyClick(detail, Qt.Key.Key_N)
    box = detail.composer.findChild(MentionText)
    assert box is not None
    qtbot.keyClicks(box, "We are ::")
    qtbot.waitUntil(lambda: detail.composer.completion.labels == ("On the way", "Power cut"))
    qtbot.keyClicks(box, "et")
    qtbot.waitUntil(lambda: detail.composer.completion.labels == ("On the way",))
    qtbot.keyClick(box, Qt.Key.Key_Return)
    number = story.card("bridge").row.number
    assert detail.composer.text == f"We are On the way to **Kemp Bridge**, {number}."
    qtbot.keyClick(box, Qt.Key.Key_Z, CTRL)
    assert detail.composer.text.startswith("We are ::et")


@pytest.mark.usefixtures("texts")
def test_a_text_is_put_into_the_description_of_a_new_ticket(story: Story, shell: PlainShell, qtbot: QtBot) -> None:
    pane = opened_pane(story, shell, qtbot)
    choose_type(pane, qtbot, "task")
    pane.body.where.set_content({"way": "words", "said": {"words": "Gate 2"}})
    box = pane.body.description
    box.setFocus()
    qtbot.keyClicks(box, "::power")
    qtbot.waitUntil(lambda: box.completion.labels == ("Power cut",))
    qtbot.keyClick(box, Qt.Key.Key_Tab)
    assert box.markdown == "The line to Gate 2 is cut."
    assert box.hasFocus()


@pytest.mark.usefixtures("texts")
def test_a_text_is_put_into_a_long_answer_and_a_screenshot_pasted_there_becomes_a_file(
    story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    pane = opened_pane(story, shell, qtbot)
    choose_type(pane, qtbot, "incident")
    pane.body.where.set_content({"way": "words", "said": {"words": "Gate 2"}})
    asked = FormField("what", "What happened", "longtext")
    pane.body.ask(Form("made", "Made", 1, (Section((asked,)),)), Facts())
    box = pane.body.form._editors["what"].widget
    assert isinstance(box, MentionText)
    box.setFocus()
    qtbot.waitUntil(box.hasFocus)
    qtbot.keyClicks(box, "Now: ::power")
    completion = box.findChild(Completion)
    assert completion is not None
    qtbot.waitUntil(lambda: completion.labels == ("Power cut",))
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert pane.body.form.given == {"what": "Now: The line to Gate 2 is cut."}
    QGuiApplication.clipboard().setMimeData(picture())
    qtbot.keyClick(box, Qt.Key.Key_V, CTRL)
    QGuiApplication.clipboard().clear()
    qtbot.waitUntil(lambda: len(pane.body.files.kept) == 1)
    assert pane.body.form.given == {"what": "Now: The line to Gate 2 is cut."}


@pytest.mark.usefixtures("texts")
def test_the_description_is_written_anew_with_mentions_as_names_and_texts_filled(
    story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    named = mentions.mention(mentions.PERSON, story.people["M. Okafor"], "M. Okafor").token
    story.do(tickets.edit, story.tickets["bridge"], {"description": f"Ask {named}."})
    detail = opened_detail(story, shell, qtbot)
    assert detail.loaded is not None
    detail.edit_field("ticket.description")
    box = detail.fields.line("ticket.description").findChild(MarkdownText)
    assert box is not None
    assert box.toPlainText() == "Ask @M. Okafor."
    box.moveCursor(QTextCursor.MoveOperation.End)
    qtbot.keyClicks(box, " ::power")
    qtbot.waitUntil(lambda: box.completion.labels == ("Power cut",))
    qtbot.keyClick(box, Qt.Key.Key_Return)
    qtbot.keyClick(box, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: story.card("bridge").description == f"Ask {named}. The line to Kemp Bridge is cut.")
    qtbot.waitUntil(lambda: not detail.fields.line("ticket.description").editing)
    read = "Ask @M. Okafor. The line to Kemp Bridge is cut."
    qtbot.waitUntil(lambda: detail.fields.line("ticket.description").text == read)


def test_where_there_are_no_texts_yet_it_is_said_where_they_are_made(
    story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    detail = opened_detail(story, shell, qtbot)
    qtbot.keyClick(detail, Qt.Key.Key_N)
    box = detail.composer.findChild(MentionText)
    assert box is not None
    qtbot.keyClicks(box, "::")
    qtbot.waitUntil(lambda: detail.composer.completion.labels == ("No texts yet",))


def press(card: CannedCard, name: str, qtbot: QtBot) -> None:
    def there() -> bool:
        return any(b.accessibleName() == name and b.isVisible() for b in card.findChildren(QAbstractButton))

    qtbot.waitUntil(there)
    found = next(b for b in card.findChildren(QAbstractButton) if b.accessibleName() == name)
    qtbot.keyClick(found, Qt.Key.Key_Space)


def test_a_text_is_written_changed_and_removed_in_the_settings_by_keys(
    story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    card = CannedCard(story.desk, shell)
    QVBoxLayout(shell.window).addWidget(card)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    qtbot.keyClick(card._new, Qt.Key.Key_Space)
    name, short, body = (card.panel._form.row(code).editor for code in ("name", "shortcut", "body"))
    assert isinstance(body, QPlainTextEdit)
    qtbot.keyClicks(name, "On the way")
    qtbot.keyClicks(short, "eta")
    qtbot.keyClicks(body, "At {plase}")
    qtbot.keyClick(body, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: card.panel._form.row("body").problem == "{plase} stands for nothing")
    assert body.toPlainText() == "At {plase}"
    body.setPlainText("At {place}")
    qtbot.keyClick(body, Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: [row.body for row in card.rows] == ["At {place}"] and not card.panel.isVisible())
    press(card, "Change the text On the way", qtbot)
    name = card.panel._form.row("name").editor
    qtbot.keyClick(name, Qt.Key.Key_End)
    qtbot.keyClicks(name, " there")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [row.name for row in card.rows] == ["On the way there"])
    press(card, "Remove the text On the way there", qtbot)
    qtbot.waitUntil(lambda: card.rows == () and card._none.isVisible())
    shell.operations.undo()
    qtbot.waitUntil(lambda: len(card.rows) == 1)


def many(work: Work) -> Changes:
    """More texts than are shown or offered at once."""
    for number in range(canned.MOST + 20):
        work.insert(CannedText, {"unit": work.unit, "owner": work.person, "name": f"Text {number:03d}", "body": "x"})
    return Changes(forms=frozenset({b"x"}))


def test_each_of_very_many_texts_is_found_changed_and_offered(story: Story, shell: PlainShell, qtbot: QtBot) -> None:
    story.do(many)
    card = CannedCard(story.desk, shell)
    (shell.window.layout() or QVBoxLayout(shell.window)).addWidget(card)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    qtbot.waitUntil(card.more.isVisible)
    assert card.more.text() == "The first 60 of 520. Type above to find the others."
    qtbot.keyClicks(card.search, "text 519")
    qtbot.waitUntil(lambda: [row.name for row in card.rows] == ["Text 519"])
    card.edit(card.rows[0])
    story.do(canned.save, id=card.rows[0].id, name="Text 519", body="Anew", seen=card.rows[0].base)
    assert [offer.text for offer in story.ask(canned.offers, canned.About(), "519") if offer.name == "Text 519"] == [
        "Anew"
    ]
    qtbot.keyClicks(card.search, " no such")
    qtbot.waitUntil(lambda: card._none.text() == "No text has “text 519 no such” in it.")
