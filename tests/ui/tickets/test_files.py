"""The files of a ticket on the screen: dropped, pasted, chosen, looked at and taken off, with keys and mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QClipboard, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QVBoxLayout
from pytestqt.qtbot import QtBot

from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.tickets.detail.files_view import FilesView
from opsdesk.ui.widgets.attachment_strip import AttachmentStrip
from opsdesk.ui.widgets.attachment_strip.tile import Tile
from opsdesk.ui.widgets.directory import Directory
from tests.support.files import attached, png, rows
from tests.support.ticket_pages import PlainShell, Story


@pytest.fixture
def view(story: Story, shell: PlainShell, qtbot: QtBot) -> FilesView:
    """The Files tab of the ticket of the bridge."""
    made = TicketDetail(story.desk, shell, Directory(story.desk, shell.bridge, shell.window))
    QVBoxLayout(shell.window).addWidget(made)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    made.open(story.tickets["bridge"])
    qtbot.waitUntil(lambda: made.loaded is not None)
    made.tabs.open("files")
    return made.files


def names(view: FilesView) -> list[str]:
    return [tile.row.name for tile in view.strip.tiles if tile.row is not None]


def tile(view: FilesView, name: str) -> Tile:
    return next(tile for tile in view.strip.tiles if tile.row is not None and tile.row.name == name)


def drop(strip: AttachmentStrip, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at, copy, left = QPointF(5, 5), Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    strip.dragEnterEvent(QDragEnterEvent(at.toPoint(), copy, data, left, none))
    strip.dropEvent(QDropEvent(at, copy, data, left, none))


def test_files_that_are_dropped_are_attached_and_a_bad_one_is_told_in_its_place(
    view: FilesView, qtbot: QtBot, tmp_path: Path
) -> None:
    good, bad, folder = tmp_path / "bridge.png", tmp_path / "photo.jpg", tmp_path / "album"
    good.write_bytes(png())
    bad.write_bytes(b"MZ\x90\x00 this runs")
    folder.mkdir()
    drop(view.strip, good, bad, folder)
    qtbot.waitUntil(lambda: names(view) == ["bridge.png"] and view.strip.words.count("\n") == 1)
    assert "“photo.jpg” is a program" in view.strip.words
    assert "“album” is a folder" in view.strip.words
    assert tile(view, "bridge.png").accessibleName() == "bridge.png, 151 bytes, E. Harrow, Here"


@pytest.fixture
def clipboard(view: FilesView) -> Iterator[QClipboard]:
    """The clipboard; a picture that stays in it ends the process when Qt has gone before."""
    found = QGuiApplication.clipboard()
    yield found
    found.clear()


def test_a_screenshot_is_pasted_by_key(view: FilesView, story: Story, qtbot: QtBot, clipboard: QClipboard) -> None:
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(0x335577)
    data = QMimeData()
    data.setImageData(image)
    clipboard.setMimeData(data)
    view.strip._add.setFocus()
    qtbot.keyClick(view.strip._add, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: len(names(view)) == 1)
    (row,) = rows(story.desk, story.tickets["bridge"])
    assert row.name.startswith("screenshot 2")
    assert row.kind.mime == "image/png"
    qtbot.waitUntil(lambda: tile(view, row.name)._picture is not None)


def test_a_clipboard_without_a_file_is_told_in_place(view: FilesView, qtbot: QtBot) -> None:
    data = QMimeData()
    data.setText("words")
    assert not view.strip.paste(data)
    assert view.strip.words == "The clipboard holds no picture and no file"


def test_a_file_is_taken_off_by_key_and_comes_back_with_undo(
    view: FilesView, story: Story, shell: PlainShell, qtbot: QtBot
) -> None:
    for name in ("a.txt", "b.txt"):
        attached(story.desk, story.tickets["bridge"], name.encode(), name)
    qtbot.waitUntil(lambda: names(view) == ["a.txt", "b.txt"])
    tile(view, "a.txt").setFocus()
    qtbot.keyClick(tile(view, "a.txt"), Qt.Key.Key_Right)
    assert tile(view, "b.txt").hasFocus()
    qtbot.keyClick(tile(view, "b.txt"), Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(view) == ["a.txt"])
    shell.operations.undo()
    qtbot.waitUntil(lambda: names(view) == ["a.txt", "b.txt"])


def test_a_copy_is_saved_where_a_person_wants_it(view: FilesView, story: Story, qtbot: QtBot, tmp_path: Path) -> None:
    attached(story.desk, story.tickets["bridge"], b"words", "a.txt")
    qtbot.waitUntil(lambda: names(view) == ["a.txt"])
    view.save_to(view.rows[0], tmp_path / "out.txt")
    qtbot.waitUntil(lambda: (tmp_path / "out.txt").exists())
    assert (tmp_path / "out.txt").read_bytes() == b"words"


def test_what_is_being_taken_in_for_one_ticket_never_lands_on_another(
    view: FilesView, story: Story, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"words")
    drop(view.strip, tmp_path / "a.txt")
    view.start(story.tickets["flood"])
    qtbot.waitUntil(lambda: not view.strip.busy)
    qtbot.wait(50)
    assert rows(story.desk, story.tickets["flood"]) == ()


def test_a_voided_ticket_takes_no_files(view: FilesView, story: Story, qtbot: QtBot, tmp_path: Path) -> None:
    view.show_rows((), workable=False)
    (tmp_path / "a.txt").write_bytes(b"words")
    drop(view.strip, tmp_path / "a.txt")
    assert not view.strip.busy
