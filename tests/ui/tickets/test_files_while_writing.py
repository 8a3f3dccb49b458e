"""Files of what is being written: dropped or pasted, kept with the draft through a crash, sent in one step with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QClipboard, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from opsdesk.services import files, forms, tickets
from opsdesk.services.tickets import CommentRow
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.tickets.detail.thread import Note
from opsdesk.ui.widgets.attachment_strip import KeptFiles, Tiles
from opsdesk.ui.widgets.attachment_strip.tile import Tile
from opsdesk.ui.widgets.composer.mention_text import MentionText
from tests.support.files import png, rows, taken
from tests.support.ticket_pages import PlainShell, Story, held_writer
from tests.support.writing import button, choose_type, new_drafts, opened_detail, opened_pane, picture

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def clipboard(shell: PlainShell) -> Iterator[QClipboard]:
    """The clipboard; a picture that stays in it ends the process when Qt has gone before."""
    found = QGuiApplication.clipboard()
    yield found
    found.clear()


@pytest.fixture
def detail(story: Story, shell: PlainShell, qtbot: QtBot) -> TicketDetail:
    made = opened_detail(story, shell, qtbot)
    qtbot.keyClick(made, Qt.Key.Key_N)
    qtbot.waitUntil(box(made).hasFocus)
    return made


def box(detail: TicketDetail) -> MentionText:
    found = detail.composer.findChild(MentionText)
    assert found is not None
    return found


def drop(strip: KeptFiles, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    strip.dropEvent(
        QDropEvent(
            QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )


def kept(strip: KeptFiles) -> list[str]:
    return sorted(file.name for file in strip.kept)


def newest(story: Story) -> CommentRow:
    found: CommentRow = story.ask(tickets.conversation, story.tickets["bridge"])[-1]
    return found


def test_files_of_a_new_ticket_survive_a_crash_and_are_stored_with_it_in_one_act(
    story: Story, shell: PlainShell, qtbot: QtBot, tmp_path: Path, clipboard: QClipboard
) -> None:
    pane = opened_pane(story, shell, qtbot)
    choose_type(pane, qtbot, "task")
    qtbot.keyClicks(pane.body.title, "Road blocked")
    good, bad = tmp_path / "road.png", tmp_path / "tool.exe"
    good.write_bytes(png())
    bad.write_bytes(b"MZ\x90\x00 this runs")
    drop(pane.body.files, good, bad)
    clipboard.setMimeData(picture())
    pane.body.description.setFocus()
    qtbot.keyClick(pane.body.description, Qt.Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: len(pane.body.files.kept) == 2)
    assert "“tool.exe” is a program" in pane.body.files.words
    pane.keep()
    qtbot.waitUntil(lambda: [len(draft.content["files"]) for draft in new_drafts(story)] == [2])
    # The program dies here: nothing is closed, nothing is told.
    again = opened_pane(story, shell, qtbot)
    qtbot.waitUntil(lambda: len(again.strip.drafts) == 1)
    again._continue(again.strip.drafts[0])
    assert kept(again.body.files)[0] == "road.png"
    assert kept(again.body.files)[1].startswith("screenshot 2")
    qtbot.waitUntil(lambda: again.body.type_row is not None)
    with qtbot.waitSignal(again.created) as caught:
        qtbot.keyClick(again.body.title, Qt.Key.Key_Return, CTRL)
    assert len(rows(story.desk, caught.args[0])) == 2
    assert new_drafts(story) == ()
    shell.operations.undo()
    qtbot.waitUntil(lambda: rows(story.desk, caught.args[0]) == ())
    qtbot.waitUntil(lambda: [len(draft.content["files"]) for draft in new_drafts(story)] == [2])


def test_a_screenshot_pasted_while_a_line_has_the_keyboard_becomes_a_file_and_text_stays_text(
    story: Story, shell: PlainShell, qtbot: QtBot, clipboard: QClipboard
) -> None:
    pane = opened_pane(story, shell, qtbot)
    choose_type(pane, qtbot, "incident")
    body = pane.body
    asked = next(line for line in body.form.findChildren(QLineEdit) if type(line) is QLineEdit and line.isVisible())
    for count, line in enumerate((body.title, body.contact, asked, body.occurred), 1):
        line.setFocus()
        qtbot.waitUntil(line.hasFocus)
        clipboard.setMimeData(picture(shade=count))
        qtbot.keyClick(line, Qt.Key.Key_V, CTRL)
        qtbot.waitUntil(lambda count=count: len(body.files.kept) == count)  # type: ignore[misc]
        assert line.text() == ""
        assert line.hasFocus()
        clipboard.setText("14 Nov 06:10")
        qtbot.keyClick(line, Qt.Key.Key_V, CTRL)
        assert line.text() == "14 Nov 06:10"
        line.clear()
    assert len(body.files.kept) == 4


def test_a_screenshot_that_is_attached_out_of_sight_is_told(
    story: Story, shell: PlainShell, qtbot: QtBot, clipboard: QClipboard
) -> None:
    pane = opened_pane(story, shell, qtbot)
    pane.resize(560, 420)
    qtbot.waitUntil(lambda: pane.body.files.visibleRegion().isEmpty())
    pane.body.title.setFocus()
    qtbot.waitUntil(pane.body.title.hasFocus)
    clipboard.setMimeData(picture())
    qtbot.keyClick(pane.body.title, Qt.Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: any(toast.text.startswith("Attached “screenshot ") for toast in shell.toasts.shown))
    button(shell.toasts.shown[-1], "Show").click()
    qtbot.waitUntil(lambda: not pane.body.files.visibleRegion().isEmpty())


def test_a_ticket_sent_while_a_file_is_read_is_created_with_it(
    story: Story, shell: PlainShell, qtbot: QtBot, tmp_path: Path
) -> None:
    pane = opened_pane(story, shell, qtbot)
    choose_type(pane, qtbot, "task")
    qtbot.keyClicks(pane.body.title, "Road blocked")
    (tmp_path / "notes.txt").write_bytes(b"words")
    with qtbot.waitSignal(pane.created) as caught:
        drop(pane.body.files, tmp_path / "notes.txt")
        qtbot.keyClick(pane.body.title, Qt.Key.Key_Return, CTRL)
        assert pane._state.text() == "Created as soon as the files are read …"
    assert [row.name for row in rows(story.desk, caught.args[0])] == ["notes.txt"]


def test_a_screenshot_pasted_into_a_comment_stands_below_it_and_is_looked_at_from_there(
    detail: TicketDetail, story: Story, qtbot: QtBot, clipboard: QClipboard
) -> None:
    clipboard.setMimeData(picture())
    qtbot.keyClick(box(detail), Qt.Key.Key_V, CTRL)
    qtbot.keyClicks(box(detail), "As it is now")
    qtbot.keyClick(box(detail), Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: newest(story).body == "As it is now")
    (row,) = rows(story.desk, story.tickets["bridge"])
    assert row.comment == newest(story).id
    qtbot.waitUntil(lambda: bool(shown_below(detail, row.comment)))
    qtbot.waitUntil(lambda: detail.composer.text == "" and not detail.composer.files.isVisible())
    (tile,) = shown_below(detail, row.comment)
    tile.setFocus()
    qtbot.keyClick(tile, Qt.Key.Key_Return)
    assert detail.tabs.current == "files"
    assert detail.files.preview.row == row


def shown_below(detail: TicketDetail, comment: bytes | None) -> list[Tile]:
    note = next((n for n in detail.conversation.findChildren(Note) if n.comment.id == comment), None)
    tiles = note.findChild(Tiles) if note is not None else None
    return list(tiles.tiles) if tiles is not None and tiles.isVisible() else []


def test_a_comment_of_a_file_alone_says_so_for_programs_that_show_none(
    detail: TicketDetail, story: Story, qtbot: QtBot
) -> None:
    detail.composer.files.keep(taken(story.desk, png(), "road.png"))
    qtbot.keyClick(box(detail), Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: newest(story).body == "Sent a file")


def test_files_of_a_comment_come_back_with_its_draft_and_what_came_since_is_not_sent_twice(
    detail: TicketDetail, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    composer = detail.composer
    composer.files.prepared.emit(taken(story.desk, b"one", "one.txt"))
    detail.open(story.tickets["flood"])
    qtbot.waitUntil(lambda: composer._keeper.place.endswith(story.tickets["flood"].hex()))
    assert composer.files.kept == ()
    detail.open(story.tickets["bridge"])
    qtbot.waitUntil(lambda: kept(composer.files) == ["one.txt"])
    with held_writer(story.desk):
        composer.submit()
        composer.files.prepared.emit(taken(story.desk, b"two", "two.txt"))
    qtbot.waitUntil(lambda: kept(composer.files) == ["two.txt"])
    assert [row.name for row in rows(story.desk, story.tickets["bridge"])] == ["one.txt"]
    composer.keep()
    qtbot.waitUntil(lambda: [len(draft.content["files"]) for draft in story.ask(forms.drafts, forms.COMMENT)] == [1])


def test_a_comment_written_anew_gains_and_loses_files_which_its_draft_keeps_and_one_undo_brings_back(
    detail: TicketDetail, story: Story, shell: PlainShell, qtbot: QtBot, clipboard: QClipboard
) -> None:
    ticket, composer = story.tickets["bridge"], detail.composer
    old = [taken(story.desk, b"one", "one.txt"), taken(story.desk, b"two", "two.txt")]
    story.do(tickets.comment, ticket, "Mine", files=old)
    detail.reload()
    comment = newest(story)
    qtbot.waitUntil(lambda: len(shown_below(detail, comment.id)) == 2)
    detail.talking.edit(comment)
    assert sorted(tile.row.name for tile in composer.files.tiles if tile.row) == ["one.txt", "two.txt"]
    first = next(tile for tile in composer.files.tiles if tile.row is not None and tile.row.name == "one.txt")
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Delete)
    clipboard.setMimeData(picture())
    qtbot.keyClick(box(detail), Qt.Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: len(composer.files.kept) == 1)
    assert sorted(row.name for row in rows(story.desk, ticket)) == ["one.txt", "two.txt"], "nothing is done yet"
    # Left and taken up again: the draft knows both.
    qtbot.keyClick(box(detail), Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: composer.files.tiles == ())
    detail.talking.edit(comment)
    qtbot.waitUntil(lambda: len(composer.files.kept) == 1)
    assert [tile.row.name for tile in composer.files.tiles if tile.row] == ["two.txt"]
    qtbot.keyClick(box(detail), Qt.Key.Key_Return, CTRL)
    qtbot.waitUntil(lambda: "one.txt" not in [row.name for row in rows(story.desk, ticket)])
    after = rows(story.desk, ticket)
    assert {row.comment for row in after} == {comment.id}
    assert sorted(row.name[:10] for row in after) == ["screenshot", "two.txt"]
    qtbot.waitUntil(lambda: composer.text == "" and not composer.files.isVisible())
    assert story.ask(forms.drafts, "comment-edit/") == ()
    shell.operations.undo()
    qtbot.waitUntil(lambda: sorted(row.name for row in rows(story.desk, ticket)) == ["one.txt", "two.txt"])


def test_words_copied_from_an_office_program_are_pasted_as_words_though_they_bring_a_picture(
    detail: TicketDetail, qtbot: QtBot
) -> None:
    data = picture()
    data.setText("lane 6 m")
    box(detail).insertFromMimeData(data)
    assert detail.composer.text == "lane 6 m"
    assert not detail.composer.files.busy


@pytest.mark.parametrize(
    "said", [None, 3, [1], [{"name": "a"}], [{"name": "a", "mime": "b", "size": 1, "sha256": ".."}]]
)
def test_files_of_a_draft_that_make_no_sense_are_left_out(said: object) -> None:
    assert files.from_draft(said) == ()
