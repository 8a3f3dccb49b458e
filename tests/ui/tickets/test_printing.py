"""The print panel: what it shows, what is left out, the file it makes, and the keys that lead there and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services import tickets
from opsdesk.ui.tickets.print_panel import PrintPanel
from opsdesk.ui.tickets.printing import open_print_panel
from tests.support.ticket_pages import PlainShell, Story


@pytest.fixture
def panel(story: Story, shell: PlainShell, qtbot: QtBot) -> PrintPanel:
    story.do(tickets.comment, story.tickets["overlay"], "only inside")
    body = QWidget()
    QVBoxLayout(shell.window).addWidget(body)
    shell.window.resize(1200, 860)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    made = open_print_panel(body, story.desk, shell, story.tickets["overlay"], "T-CP1-00001")
    qtbot.waitUntil(lambda: made.save.isEnabled())
    return made


def words(panel: PrintPanel) -> str:
    """All that the preview says."""
    document = panel.document
    return " ".join(document.getAllText(page).text() for page in range(document.pageCount()))


def test_the_preview_is_the_paper_and_the_choice_of_notes_changes_it(panel: PrintPanel, qtbot: QtBot) -> None:
    assert "only inside" in words(panel)
    before = panel.content
    panel.internal.set_value(False)
    panel.internal.chosen.emit(False)
    qtbot.waitUntil(lambda: panel.content != before)
    assert "only inside" not in words(panel)
    assert "for the requester" in words(panel)


def test_without_a_printer_it_says_so_and_saves_a_pdf(panel: PrintPanel, qtbot: QtBot, tmp_path: Path) -> None:
    if not panel.printers:
        assert not panel.print.isEnabled()
        assert "No printer is set up here" in panel.note.text()
    path = tmp_path / "one.pdf"
    panel.save_to(path)
    qtbot.waitUntil(path.exists)
    assert path.read_bytes().startswith(b"%PDF-")


BAD_FILES = {
    "/nowhere/at/all.pdf": "cannot be written to",
    "{tmp}/one.docx": "ends in .pdf",
    "{tmp}/line\nbreak.pdf": "no control characters",
    "{tmp}/" + "n" * 250 + ".pdf": "at most 200 bytes",
    "{tmp}/folder.pdf": "is a folder",
    "/proc/one.pdf": "cannot be written to",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_is_told_in_place(panel: PrintPanel, qtbot: QtBot, tmp_path: Path, name: str) -> None:
    there = tmp_path / "there"
    (there / "folder.pdf").mkdir(parents=True)
    panel.save_to(Path(name.format(tmp=there)))
    qtbot.waitUntil(lambda: BAD_FILES[name] in panel.note.text())
    assert "The ticket is safe" in panel.note.text()
    assert panel.isVisible()
    assert [path.name for path in there.iterdir()] == ["folder.pdf"]


def test_escape_closes_the_panel(panel: PrintPanel, qtbot: QtBot) -> None:
    gone: list[bool] = []
    panel.destroyed.connect(lambda: gone.append(True))
    qtbot.keyClick(panel.save, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: bool(gone))
