"""The files of a ticket on the screen: dropped, pasted, chosen, looked at and taken off, with keys and mouse."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QClipboard, QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QPainter, QPdfWriter
from PySide6.QtWidgets import QApplication, QVBoxLayout
from pytestqt.qtbot import QtBot

from opsdesk.services.changes import Changes
from opsdesk.services.files import Whereabouts
from opsdesk.store.files import copies
from opsdesk.store.work import Work
from opsdesk.ui.resources import has_icon
from opsdesk.ui.tickets.detail import TicketDetail
from opsdesk.ui.tickets.detail.files_view import FilesView
from opsdesk.ui.widgets.attachment_strip import AttachmentStrip, decoding, texts
from opsdesk.ui.widgets.attachment_strip.tile import SIGNS, STATES, Tile
from opsdesk.ui.widgets.button import Button
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


def test_readers_of_pictures_are_loaded_before_a_thread_reads_one(view: FilesView) -> None:
    # One that another thread loads moves to the window's thread, which may then wait for it, and it for the window.
    assert decoding.prepare.cache_info().currsize == 1


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


# Looking at a file


def sheet(pages: int = 2) -> bytes:
    """A PDF."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    painter = QPainter(writer)
    for number in range(pages):
        painter.drawText(300, 300, f"Page {number}")
        if number < pages - 1:
            writer.newPage()
    painter.end()
    return bytes(buffer.data().data())


def look(view: FilesView, qtbot: QtBot, story: Story, data: bytes, name: str) -> None:
    """Attach a file and open it by key."""
    attached(story.desk, story.tickets["bridge"], data, name)
    qtbot.waitUntil(lambda: name in names(view))
    tile(view, name).setFocus()
    qtbot.keyClick(tile(view, name), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: view.preview.isVisible() and view.preview.words != "Being opened …")


def test_a_picture_is_looked_at_and_left_with_keys_alone(view: FilesView, story: Story, qtbot: QtBot) -> None:
    look(view, qtbot, story, png(400, 300), "bridge.png")
    canvas = view.preview.canvas
    assert canvas.isVisible()
    assert "400 × 300" in view.preview._about.text()
    fitted = canvas.scale
    qtbot.keyClick(view.preview, Qt.Key.Key_Plus)
    assert canvas.scale > fitted
    qtbot.keyClick(view.preview, Qt.Key.Key_1)
    assert canvas.scale == 1
    qtbot.keyClick(view.preview, Qt.Key.Key_0)
    assert canvas.scale == fitted
    qtbot.keyClick(view.preview, Qt.Key.Key_Escape)
    assert not view.preview.isVisible()
    assert tile(view, "bridge.png").hasFocus()


def test_the_pages_of_a_pdf_are_turned_and_the_next_file_is_a_key_away(
    view: FilesView, story: Story, qtbot: QtBot
) -> None:
    attached(story.desk, story.tickets["bridge"], b"lane,limit\n1,12\n", "loads.csv")
    look(view, qtbot, story, sheet(), "sheet.pdf")
    assert view.preview.page == (0, 2)
    qtbot.keyClick(view.preview, Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: view.preview.page == (1, 2))
    qtbot.keyClick(view.preview, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: view.preview._text.isVisible() and view.preview._text.toPlainText().startswith("lane"))


STRANGE: dict[str, tuple[bytes, str, str]] = {
    "a picture of a trillion pixels": (png(said=(1_000_000, 1_000_000)), "bomb.png", "too many pixels"),
    "a picture that was cut off": (png(200, 200)[:60], "cut.png", "damaged, or is not"),
    "a picture that only begins like one": (b"\xff\xd8\xff" + b"x" * 50, "no.jpg", "is no picture|damaged|cannot be"),
    "a PDF that only begins like one": (b"%PDF-1.7 nothing", "no.pdf", "is damaged, or is not what it is called"),
    "an archive": (b"PK\x03\x04" + b"x" * 50, "a.zip", "cannot be shown here. Save it"),
}


@pytest.mark.qt_log_ignore("Unsupported marker")  # the decoder tells of what it was given
@pytest.mark.parametrize("strange", STRANGE)
def test_what_cannot_be_shown_says_why_in_its_place(view: FilesView, story: Story, qtbot: QtBot, strange: str) -> None:
    data, name, words = STRANGE[strange]
    look(view, qtbot, story, data, name)
    assert re.search(words, view.preview.words)
    assert view.preview._save.isEnabled()


def test_a_page_with_a_script_is_shown_as_letters_and_never_opened(view: FilesView, story: Story, qtbot: QtBot) -> None:
    data = "<svg onload='run()'>\u202eevil</svg>".encode()
    look(view, qtbot, story, data, "map.svg")
    assert view.preview._text.toPlainText() == "<svg onload='run()'>\ufffdevil</svg>"
    assert not view.preview._outside.isVisible()


def test_a_harmless_file_is_opened_with_another_program_after_a_question(
    view: FilesView, story: Story, qtbot: QtBot
) -> None:
    opened: list[Path] = []
    view.preview._open_outside = opened.append
    look(view, qtbot, story, png(), "bridge.png")
    view.preview._outside.click()
    assert opened == []
    button = next(b for b in view.preview.findChildren(Button) if b.text() == "Open the copy")
    assert button.isVisible()
    button.click()
    qtbot.waitUntil(lambda: len(opened) == 1)
    assert (opened[0].name, opened[0].read_bytes()) == ("bridge.png", png())


def test_a_file_that_is_not_here_is_asked_for_and_shown_when_it_comes(
    view: FilesView, story: Story, qtbot: QtBot
) -> None:
    attached(story.desk, story.tickets["bridge"], b"words", "a.txt")
    row = rows(story.desk, story.tickets["bridge"])[0]
    box = story.desk.files.box
    away = box._path(row.sha256).rename(story.desk.folder / "away")

    def gone(work: Work) -> Changes:
        copies.lost(work.connection, row.sha256, wanted=False)
        return Changes()

    story.desk.do(gone).result()
    view.reload()
    qtbot.waitUntil(lambda: bool(view.rows) and not view.rows[0].here)
    qtbot.keyClick(tile(view, "a.txt"), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.preview.words.startswith("On its way here"))
    box._path(row.sha256).parent.mkdir(exist_ok=True)
    away.rename(box._path(row.sha256))

    def arrived(work: Work) -> Changes:
        copies.kept(work.connection, row.sha256)
        return Changes(files=frozenset({story.tickets["bridge"]}))

    story.desk.do(arrived).result()
    qtbot.waitUntil(lambda: view.preview._text.isVisible() and view.preview._text.toPlainText() == "words")


def test_a_file_that_the_disk_damaged_says_so_and_is_asked_for_again(
    view: FilesView, story: Story, qtbot: QtBot
) -> None:
    attached(story.desk, story.tickets["bridge"], b"words", "a.txt")
    qtbot.waitUntil(lambda: "a.txt" in names(view))
    story.desk.files.box._path(view.rows[0].sha256).write_bytes(b"w0rds")
    qtbot.keyClick(tile(view, "a.txt"), Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(view.rows) and not view.rows[0].here)
    assert view.preview.words.startswith("On its way here")


@given(st.binary(max_size=600))
def test_any_bytes_become_letters(data: bytes) -> None:
    shown = texts.text(data)
    assert all(letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cf") for letter in shown)


def test_every_kind_of_file_and_every_state_has_a_sign(qapp: QApplication) -> None:
    assert all(has_icon(name) for name in SIGNS.values())
    assert STATES.keys() == set(Whereabouts)
    assert all(has_icon(icon) for icon, _tone in STATES.values())
