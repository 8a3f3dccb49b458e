"""The files of a ticket: tiles, and all that is done with one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QMenu, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services import files
from opsdesk.services.files import FileRow, Prepared
from opsdesk.ui.resources import icon
from opsdesk.ui.widgets.attachment_strip import AttachmentStrip, Preview

EMPTY = "No files yet. Drop one here, paste a screenshot, or choose one. It goes to the server when there is a link."


_STRIP_HEIGHT = 170
"""Pixels that the tiles keep while a file is looked at."""


class FilesView(QWidget):
    """The tab. Signals: `shown` with the FileRows that there are."""

    shown = Signal(object)

    def __init__(self, desk: Any, shell: Any, run: Callable[..., None], parent: QWidget | None = None) -> None:
        """`run` runs a command on the ticket that is shown."""
        super().__init__(parent)
        self._desk, self._shell, self._run = desk, shell, run
        self.ticket: bytes | None = None
        self.rows: tuple[FileRow, ...] = ()
        self._workable = True
        self.strip = AttachmentStrip(desk, shell.bridge, empty=EMPTY)
        self.strip.prepared.connect(self._attach)
        self.strip.opened.connect(self.open_file)
        self.strip.saved.connect(self.save)
        self.strip.removed.connect(self._remove)
        self.strip.extra = self._more
        self.preview = Preview(desk, shell.bridge)
        self.preview.closed.connect(self._close_preview)
        self.preview.step.connect(self._step)
        self.preview.saved.connect(self.save)
        self.preview.wanted.connect(self._fetch)
        self.preview.damaged.connect(self.failed)
        body = QFrame()
        body.setProperty("surface", "panel")
        inner = QVBoxLayout(body)
        inner.setContentsMargins(24, 14, 24, 14)
        inner.addWidget(self.strip)
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumHeight(_STRIP_HEIGHT)
        area.setWidget(body)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(area, 1)
        column.addWidget(self.preview, 3)
        self.preview.hide()

    def start(self, ticket: bytes) -> None:
        """Show another ticket."""
        self.ticket, self.rows = ticket, ()
        self.strip.start()
        self.preview.hide()
        self.preview.forget()

    def show_rows(self, rows: Sequence[FileRow], *, workable: bool) -> None:
        """Show its files as they are now."""
        self.rows, self._workable = tuple(rows), workable
        self.strip.show_rows(rows, workable=workable)
        self.shown.emit(self.rows)
        looked_at = self.preview.row
        if looked_at is not None and self.preview.isVisibleTo(self):
            now = next((row for row in rows if row.id == looked_at.id), None)
            if now is None:
                self._close_preview()
            else:
                self.preview.show_row(now)

    def reload(self) -> None:
        """Read where its files are; the ticket itself is as it was."""
        if self.ticket is not None:
            ticket, workable = self.ticket, self._workable

            def arrived(rows: tuple[FileRow, ...]) -> None:
                if ticket == self.ticket:
                    self.show_rows(rows, workable=workable)

            self._shell.bridge.then(self._desk.ask(files.of, ticket, channel="ticket-files"), arrived, owner=self)

    def open_file(self, row: FileRow) -> None:
        """Look at a file; one that is not here is asked for."""
        self.preview.show_row(row)
        self.preview.show()
        self.preview.setFocus(Qt.FocusReason.OtherFocusReason)
        if not row.here:
            self._fetch(row)

    def _fetch(self, row: FileRow) -> None:
        self._shell.bridge.then(self._desk.do(files.ask_for, row.id), owner=self)
        if not self._desk.link.online:
            self._shell.toasts.show_toast(f"“{row.name}” comes as soon as there is a link", tone="neutral", seconds=4)

    def _close_preview(self) -> None:
        row = self.preview.row
        self.preview.hide()
        self.preview.forget()
        if row is not None:
            self.strip.focus_on(row.id)

    def _step(self, by: int) -> None:
        """Look at the file before or after."""
        ids = [row.id for row in self.rows]
        if self.preview.row is not None and self.preview.row.id in ids:
            at = ids.index(self.preview.row.id) + by
            if 0 <= at < len(ids):
                self.open_file(self.rows[at])

    def _more(self, row: FileRow, menu: QMenu) -> None:
        if row.where is files.Whereabouts.TROUBLE:
            again = menu.addAction(icon("arrow-clockwise"), "Try to send it again")
            again.triggered.connect(lambda: self._shell.bridge.then(self._desk.do(files.try_again, row.id), owner=self))

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
