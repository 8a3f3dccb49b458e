"""Mentions in the composer by keys alone, and how they are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.models.organisation import Person
from opsdesk.services import mentions, tickets
from opsdesk.services.changes import Changes
from opsdesk.store.work import Work
from opsdesk.ui.tickets.page import find_tickets
from opsdesk.ui.widgets.composer import Composer
from opsdesk.ui.widgets.composer.mention_text import MentionText
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.markdown_view import MarkdownView, to_html
from tests.support.ticket_pages import PlainShell, Story

KIM = mentions.mention(mentions.PERSON, bytes(range(16)), "Kim Lee")


@pytest.fixture
def composer(story: Story, shell: PlainShell, qtbot: QtBot) -> Composer:
    directory = Directory(story.desk, shell.bridge, shell.window)
    directory.find_tickets = find_tickets
    directory.load()
    made = Composer(story.desk, shell.bridge, directory)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
    made.open("comment/" + story.tickets["bridge"].hex())
    made.focus()
    qtbot.waitUntil(lambda: bool(directory.people))
    return made


def box(composer: Composer) -> MentionText:
    found = composer.findChild(MentionText)
    assert found is not None
    return found


def offered(composer: Composer, qtbot: QtBot, first: str) -> None:
    qtbot.waitUntil(lambda: composer.completion.labels[:1] == (first,))


def test_a_person_is_mentioned_by_keys_alone(composer: Composer, story: Story, qtbot: QtBot) -> None:
    qtbot.keyClicks(box(composer), "Ask @nybr")
    offered(composer, qtbot, "@L. Nyberg")
    qtbot.keyClick(box(composer), Qt.Key.Key_Return)
    qtbot.keyClicks(box(composer), "now")
    nyberg = mentions.mention(mentions.PERSON, story.people["L. Nyberg"], "L. Nyberg")
    assert box(composer).toPlainText() == "Ask @L. Nyberg now"
    assert composer.text == f"Ask {nyberg.token} now"
    # Who was mentioned last is offered first from now on.
    qtbot.keyClicks(box(composer), " @")
    offered(composer, qtbot, "@L. Nyberg")
    qtbot.keyClick(box(composer), Qt.Key.Key_Escape)
    assert not composer.completion.visible
    qtbot.keyClicks(box(composer), "x")
    qtbot.wait(120)
    assert not composer.completion.visible


def test_units_and_tickets_are_mentioned_too(composer: Composer, story: Story, qtbot: QtBot) -> None:
    qtbot.keyClicks(box(composer), "@B Co")
    offered(composer, qtbot, "@B Coy")
    qtbot.keyClick(box(composer), Qt.Key.Key_Tab)
    number = story.card("bridge").row.number
    qtbot.keyClicks(box(composer), f"see #{number}")
    offered(composer, qtbot, f"#{number}")
    qtbot.keyClick(box(composer), Qt.Key.Key_Return)
    assert [(one.kind, one.record) for one in mentions.mentions(composer.text)] == [
        (mentions.UNIT, story.units["B Coy"]),
        (mentions.TICKET, story.tickets["bridge"]),
    ]
    assert box(composer).toPlainText() == f"@B Coy see #{number} "


def test_an_address_is_no_mention(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(box(composer), "Write to duty@post")
    qtbot.wait(150)
    assert not composer.completion.visible


def test_a_mention_that_is_changed_is_none_any_more(composer: Composer, qtbot: QtBot) -> None:
    composer.insert(f"To {KIM.token} today")
    assert composer.text == f"To {KIM.token} today"
    cursor = box(composer).textCursor()
    cursor.setPosition(len("To @Kim L"))
    box(composer).setTextCursor(cursor)
    qtbot.keyClick(box(composer), Qt.Key.Key_Backspace)
    assert composer.text == "To @Kim ee today"
    qtbot.keyClick(box(composer), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert composer.text == f"To {KIM.token} today"


def test_what_is_marked_bold_keeps_its_mentions(composer: Composer) -> None:
    composer.insert(f"x {KIM.token}")
    box(composer).selectAll()
    box(composer).wrap("**", "**")
    assert composer.text == f"**x {KIM.token}**"


def test_a_draft_comes_back_with_its_mentions(composer: Composer, qtbot: QtBot) -> None:
    place = composer._keeper.place
    composer.insert(f"{KIM.token}{KIM.token} 🚒 {KIM.token}x")
    said = composer.text
    composer.open("comment/elsewhere")
    assert composer.text == ""
    composer.open(place)
    qtbot.waitUntil(lambda: composer.text == said)


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
MENTIONS = st.builds(
    mentions.mention,
    st.sampled_from((mentions.PERSON, mentions.UNIT, mentions.TICKET)),
    st.binary(min_size=16, max_size=16),
    NAMES,
)
WORDS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters="["), max_size=12)


@given(st.lists(st.one_of(WORDS, MENTIONS), max_size=8))
def test_a_text_is_always_the_sum_of_its_pieces(parts: list[str | mentions.Mention]) -> None:
    text = "".join(part if isinstance(part, str) else part.token for part in parts)
    assert "".join(one if isinstance(one, str) else one.token for one in mentions.pieces(text)) == text
    assert {one.target for one in mentions.mentions(text)} == {
        part.target for part in parts if not isinstance(part, str)
    }


def test_a_mention_is_shown_under_the_name_that_it_has_now(story: Story) -> None:
    ticket, kim = story.tickets["bridge"], story.people["M. Okafor"]
    said = mentions.mention(mentions.PERSON, kim, "M. Okafor").token

    def rename(work: Work) -> Changes:
        work.update(Person, kim, {"name": "M. Berg"})
        return Changes(people=frozenset({kim}))

    story.do(tickets.comment, ticket, f"Ask {said}")
    story.do(rename)
    row = story.ask(tickets.conversation, ticket)[-1]
    assert row.body == f"Ask {said}", "what was written stays as it is"
    assert "@M. Berg" in to_html(row.body, dict(row.names))
    assert mentions.plain(row.body, dict(row.names)) == "Ask @M. Berg"
    # A link that calls somebody by another name shows the name of the one whom it leads to.
    assert "Commander" not in to_html(f"[@Commander](person:{kim.hex()})", dict(row.names))


def test_a_mention_leads_to_what_it_names(qtbot: QtBot, dressed: QApplication) -> None:
    view = MarkdownView(f"Ask {KIM.token}")
    qtbot.addWidget(view)
    with qtbot.waitSignal(view.record_wanted) as caught:
        view.anchorClicked.emit(QUrl(KIM.target))
    assert caught.args == ["person", KIM.record]


def test_pasted_html_becomes_its_words(composer: Composer) -> None:
    data = QMimeData()
    data.setHtml("<h1>Status</h1><script>alert(1)</script><p>Bridge <b>closed</b></p><ul><li>one<li>two</ul>")
    box(composer).insertFromMimeData(data)
    assert composer.text == "Status\n\nBridge closed\n\n- one\n- two"
