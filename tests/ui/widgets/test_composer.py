from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from opsdesk.services import forms
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.store.work import Work
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.widgets import draft_keeper
from opsdesk.ui.widgets.composer import Composer

PLACE = "comment/0102"


@pytest.fixture
def bridge(desk: Desk, dressed: QApplication) -> Iterator[Bridge]:
    made = Bridge(desk)
    yield made
    made.close()


@pytest.fixture
def composer(qtbot: QtBot, desk: Desk, bridge: Bridge) -> Composer:
    return opened(qtbot, desk, bridge)


def opened(qtbot: QtBot, desk: Desk, bridge: Bridge, requester: str = "Gate Sec") -> Composer:
    made = Composer(desk, bridge)
    qtbot.addWidget(made)
    with qtbot.waitActive(made):
        made.show()
    made.open(PLACE, requester=requester)
    return made


def text_of(composer: Composer) -> QPlainTextEdit:
    found = composer.findChild(QPlainTextEdit)
    assert found is not None
    return found


def drafts(desk: Desk) -> tuple[forms.DraftRow, ...]:
    return desk.ask(forms.drafts, "").result()


def drafts_after_writing(desk: Desk) -> tuple[forms.DraftRow, ...]:
    """The drafts when all that was given to the writer is done."""
    desk.do(lambda _work: Changes()).result()
    return drafts(desk)


@contextmanager
def failing_drafts(desk: Desk) -> Iterator[None]:
    """Let the file refuse every draft, as a full disk does."""

    def run(statement: str) -> None:
        def change(work: Work) -> Changes:
            work.connection.execute(statement)
            return Changes()

        desk.do(change).result()

    run("CREATE TRIGGER no_draft BEFORE INSERT ON draft BEGIN SELECT RAISE(ABORT, 'The disk is full'); END")
    yield
    run("DROP TRIGGER no_draft")


def test_ctrl_enter_sends_what_is_written_with_who_reads_it(composer: Composer, qtbot: QtBot) -> None:
    composer.focus()
    qtbot.keyClicks(text_of(composer), "Bridge is **clear**")
    text = text_of(composer)
    qtbot.keyClick(text, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    with qtbot.waitSignal(composer.submitted) as caught:
        qtbot.keyClick(text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert caught.args == ["Bridge is **clear**", "requester", None, PLACE]


def test_the_text_stays_when_it_is_refused_and_goes_when_it_is_sent(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(text_of(composer), "Lost?")
    composer.submit()
    assert composer.refused(PLACE, "The disk is full")
    assert composer.text == "Lost?"
    composer.submit()
    composer.sent(PLACE)
    assert composer.text == ""


def test_pressing_send_twice_sends_once(composer: Composer, qtbot: QtBot) -> None:
    sent: list[str] = []
    composer.submitted.connect(lambda body, _who, _reply, _place: sent.append(body))
    qtbot.keyClicks(text_of(composer), "Once")
    composer.submit()
    composer.submit()
    assert sent == ["Once"]


def test_a_draft_is_on_the_disk_within_two_seconds_of_typing(
    composer: Composer, qtbot: QtBot, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert draft_keeper.EVERY_MS == 2000
    qtbot.keyClicks(text_of(composer), "Half a sent")
    with qtbot.waitSignal(composer.draft_kept):
        pass
    (draft,) = drafts(desk)
    assert draft.content["body"] == "Half a sent"


def test_a_draft_comes_back_after_a_crash_with_its_reply(
    composer: Composer, qtbot: QtBot, desk: Desk, bridge: Bridge
) -> None:
    composer.set_reply(b"r" * 16, "R. Delgado", "Convoy is holding")
    qtbot.keyClicks(text_of(composer), "Half a sent")
    composer.keep()
    drafts_after_writing(desk)
    again = opened(qtbot, desk, bridge)
    qtbot.waitUntil(lambda: again.text == "Half a sent")
    assert again.reply_to == b"r" * 16


def test_what_was_typed_before_the_draft_arrived_is_not_overwritten(
    composer: Composer, qtbot: QtBot, desk: Desk, bridge: Bridge
) -> None:
    qtbot.keyClicks(text_of(composer), "Old")
    composer.keep()
    drafts_after_writing(desk)
    again = opened(qtbot, desk, bridge)
    text_of(again).insertPlainText("New")
    qtbot.waitUntil(lambda: drafts(desk) != ())
    assert again.text == "New"


def test_another_place_has_its_own_draft(composer: Composer, qtbot: QtBot, desk: Desk) -> None:
    qtbot.keyClicks(text_of(composer), "For the first")
    composer.open("comment/0304", requester="")
    assert composer.text == ""
    qtbot.keyClicks(text_of(composer), "For the second")
    composer.open(PLACE, requester="Gate Sec")
    qtbot.waitUntil(lambda: composer.text == "For the first")
    assert {draft.content["body"] for draft in drafts(desk)} == {"For the first", "For the second"}


def test_sending_forgets_the_draft(composer: Composer, qtbot: QtBot, desk: Desk) -> None:
    qtbot.keyClicks(text_of(composer), "Sent")
    composer.keep()
    composer.submit()
    composer.sent(PLACE)
    qtbot.waitUntil(lambda: drafts(desk) == ())


def test_nobody_outside_can_be_written_to_without_a_requester(qtbot: QtBot, desk: Desk, bridge: Bridge) -> None:
    composer = opened(qtbot, desk, bridge, requester="")
    composer.switch_visibility()
    assert composer.visibility == "internal"


def test_escape_first_gives_up_the_reply_and_keeps_the_text(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(text_of(composer), "Text")
    composer.set_reply(b"r" * 16, "R. Delgado", "")
    qtbot.keyClick(text_of(composer), Qt.Key.Key_Escape)
    assert composer.reply_to is None
    assert composer.text == "Text"


def test_what_is_typed_while_it_is_sent_stays_and_is_kept(composer: Composer, qtbot: QtBot, desk: Desk) -> None:
    qtbot.keyClicks(text_of(composer), "First note")
    composer.submit()
    qtbot.keyClicks(text_of(composer), " second thought")
    composer.sent(PLACE)
    assert composer.text == "second thought"
    assert [draft.content["body"] for draft in drafts_after_writing(desk)] == ["second thought"]


def test_a_text_changed_inside_while_it_is_sent_stays_whole(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(text_of(composer), "Bridge clear")
    composer.submit()
    qtbot.keyClick(text_of(composer), Qt.Key.Key_Backspace)
    composer.sent(PLACE)
    assert composer.text == "Bridge clea"


def test_a_reply_chosen_while_a_note_is_sent_stays(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(text_of(composer), "Note")
    composer.submit()
    composer.set_reply(b"r" * 16, "R. Delgado", "")
    composer.sent(PLACE)
    assert (composer.text, composer.reply_to) == ("", b"r" * 16)


def test_an_answer_for_another_place_leaves_the_open_one_alone(composer: Composer, qtbot: QtBot, desk: Desk) -> None:
    qtbot.keyClicks(text_of(composer), "For the first")
    composer.submit()
    qtbot.keyClicks(text_of(composer), " and more")
    composer.open("comment/0304", requester="")
    qtbot.keyClicks(text_of(composer), "For the second")
    composer.keep()
    composer.sent(PLACE)
    assert composer.text == "For the second"
    kept = {draft.place: draft.content["body"] for draft in drafts_after_writing(desk)}
    assert kept == {PLACE: "and more", "comment/0304": "For the second"}


def test_a_refusal_for_another_place_is_not_shown_here_and_its_text_is_its_draft(
    composer: Composer, qtbot: QtBot, desk: Desk
) -> None:
    qtbot.keyClicks(text_of(composer), "For the first")
    composer.submit()
    composer.open("comment/0304", requester="")
    assert not composer.refused(PLACE, "The disk is full")
    composer.open(PLACE, requester="Gate Sec")
    qtbot.waitUntil(lambda: composer.text == "For the first")
    assert composer._send.isEnabled()


def test_coming_back_while_it_is_sent_shows_the_text_and_does_not_send_it_again(
    composer: Composer, qtbot: QtBot
) -> None:
    sent: list[str] = []
    composer.submitted.connect(lambda body, _who, _reply, _place: sent.append(body))
    qtbot.keyClicks(text_of(composer), "Once")
    composer.submit()
    composer.open("comment/0304", requester="")
    composer.open(PLACE, requester="Gate Sec")
    assert composer.text == "Once"
    composer.submit()
    assert sent == ["Once"]
    composer.sent(PLACE)
    assert composer.text == ""


def test_a_draft_that_could_not_be_saved_is_saved_by_the_timer(composer: Composer, qtbot: QtBot, desk: Desk) -> None:
    composer._keeper._timer.setInterval(1)
    with failing_drafts(desk):
        qtbot.keyClicks(text_of(composer), "Kept at last")
        with qtbot.waitSignal(composer._keeper.failed):
            composer.keep()
    qtbot.waitUntil(lambda: [draft.content["body"] for draft in drafts(desk)] == ["Kept at last"])


def test_a_draft_that_could_not_be_saved_is_not_lost_by_going_elsewhere(
    composer: Composer, qtbot: QtBot, desk: Desk
) -> None:
    with failing_drafts(desk):
        qtbot.keyClicks(text_of(composer), "Kept at last")
        with qtbot.waitSignal(composer._keeper.failed):
            composer.open("comment/0304", requester="")
        composer.open(PLACE, requester="Gate Sec")
        qtbot.waitUntil(lambda: composer.text == "Kept at last")
    composer._keeper._timer.start(1)
    qtbot.waitUntil(lambda: [draft.content["body"] for draft in drafts(desk)] == ["Kept at last"])
