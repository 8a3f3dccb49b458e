"""The files of a ticket: tiles, and all that is done with one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services import files
from opsdesk.services.files import FileRow, Prepared
from opsdesk.ui.widgets.attachment_strip import AttachmentStrip

EMPTY = "No files yet. Drop one here, paste a screenshot, or choose one. It goes to the server when there is a link."


class FilesView(QScrollArea):
    """The tab. Signals: `counted` with how many files there are."""

    counted = Signal(int)

    def __init__(self, desk: Any, shell: Any, run: Callable[..., None], parent: QWidget | None = None) -> None:
        """`run` runs a command on the ticket that is shown."""
        super().__init__(parent)
        self._desk, self._shell, self._run = desk, shell, run
        self.ticket: bytes | None = None
        self.rows: tuple[FileRow, ...] = ()
        self._workable = True
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.strip = AttachmentStrip(desk, shell.bridge, empty=EMPTY)
        self.strip.prepared.connect(self._attach)
        self.strip.opened.connect(self.open_file)
        self.strip.saved.connect(self.save)
        self.strip.removed.connect(self._remove)
        body = QFrame()
        body.setProperty("surface", "panel")
        column = QVBoxLayout(body)
        column.setContentsMargins(24, 14, 24, 14)
        column.addWidget(self.strip)
        column.addStretch(1)
        self.setWidget(body)

    def start(self, ticket: bytes) -> None:
        """Show another ticket."""
        self.ticket, self.rows = ticket, ()
        self.strip.start()

    def show_rows(self, rows: Sequence[FileRow], *, workable: bool) -> None:
        """Show its files as they are now."""
        self.rows, self._workable = tuple(rows), workable
        self.strip.show_rows(rows, workable=workable)
        self.counted.emit(len(rows))

    def reload(self) -> None:
        """Read where its files are; the ticket itself is as it was."""
        if self.ticket is not None:
            ticket, workable = self.ticket, self._workable

            def arrived(rows: tuple[FileRow, ...]) -> None:
                if ticket == self.ticket:
                    self.show_rows(rows, workable=workable)

            self._shell.bridge.then(self._desk.ask(files.of, ticket, channel="ticket-files"), arrived, owner=self)

    def open_file(self, row: FileRow) -> None:
        """Fetch a file that is not here."""
        if not row.here:
            self._shell.bridge.then(self._desk.do(files.ask_for, row.id), owner=self)
            words = "comes as soon as there is a link" if not self._desk.link.online else "is on its way"
            self._shell.toasts.show_toast(f"“{row.name}” {words}", tone="neutral", seconds=4)

    def save(self, row: FileRow) -> None:
        """Ask where to, and write a copy there."""
        dialog = QFileDialog(self, "Save the file as")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(row.name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.save_to(row, Path(path)))
        dialog.open()

    def save_to(self, row: FileRow, path: Path) -> None:
        """Write a copy of a file."""
        self._shell.bridge.then(
            self._desk.files.save(row.sha256, path),
            lambda saved: self._shell.toasts.show_toast(f"Saved as {saved}"),
            lambda error: self.failed(row, error),
            owner=self,
        )

    def failed(self, row: FileRow, error: Exception) -> None:
        """Say what went wrong with a file; one that the disk has damaged is asked for again."""
        if isinstance(error, files.Damaged):
            self._shell.bridge.then(self._desk.do(files.was_damaged, row.id), owner=self)
        self._shell.operations.show_error(error)

    def _attach(self, file: Prepared) -> None:
        self._run(files.attach, self.ticket, (file,), failed=lambda error: self.strip.say(str(error)))

    def _remove(self, row: FileRow) -> None:
        self._run(files.remove, row.id, failed=lambda error: self.strip.say(str(error)))
