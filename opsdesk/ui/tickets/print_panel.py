"""One ticket as it will be on paper, with what is told of it: saved as PDF, or printed where there is a printer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPdfWidgets import QPdfView
from PySide6.QtPrintSupport import QPrintDialog, QPrinter, QPrinterInfo
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import printing
from opsdesk.services.errors import OpsDeskError
from opsdesk.services.printing import PrintOptions
from opsdesk.ui.folders import documents
from opsdesk.ui.widgets.button import Button, IconButton, Segmented
from opsdesk.ui.widgets.label import Label, rule
from opsdesk.ui.widgets.overlay import Overlay
from opsdesk.ui.widgets.shortcuts import on_keys

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_FOLDER = "tickets.print.folder"
_DOTS = 300
"""Dots an inch at which pages are handed to a printer."""


class PrintPanel(Overlay):
    """The panel; it goes when it is closed. Esc closes, Ctrl+S saves, Ctrl+P prints."""

    def __init__(self, host: QWidget, desk: Desk, shell: Shell, ticket: bytes, number: str) -> None:
        super().__init__(host, width=980, top=40, height=780)
        self._desk, self._shell, self._ticket, self._number = desk, shell, ticket, number
        self.content = b""
        self.setAccessibleName(f"Print {number}")
        self.internal = Segmented([(True, "All notes"), (False, "For the requester")], True, "Notes")
        self.history = Segmented([(False, "No history"), (True, "With history")], False, "History")
        self.note = Label("", "quiet", "quiet", wrap=True)
        self.document = QPdfDocument(self)
        self.view = QPdfView(self.panel)
        self.view.setDocument(self.document)
        self.view.setPageMode(QPdfView.PageMode.MultiPage)
        self.view.setZoomMode(QPdfView.ZoomMode.FitToWidth)
        self.view.setAccessibleName("Preview")
        self.printers = QPrinterInfo.availablePrinterNames()
        self.save = Button("Save PDF…", "file-pdf", kind="primary", key="Ctrl+S")
        self.print = Button("Print…", "printer", key="Ctrl+P")
        self._build(number)
        on_keys(self, ("Ctrl+S",), self.choose_file)
        on_keys(self, ("Ctrl+P",), self.choose_printer)
        self.closed.connect(self.deleteLater)

    def _build(self, number: str) -> None:
        close = IconButton("x", "Close", key="Esc")
        head, foot = QHBoxLayout(), QHBoxLayout()
        head.setContentsMargins(24, 14, 14, 10)
        head.setSpacing(12)
        head.addWidget(Label(f"Print {number}", "section"))
        head.addStretch(1)
        head.addWidget(self.internal)
        head.addWidget(self.history)
        head.addWidget(close)
        foot.setContentsMargins(24, 12, 16, 12)
        foot.setSpacing(8)
        foot.addWidget(self.note, 1)
        foot.addWidget(self.print)
        foot.addWidget(self.save)
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(rule())
        column.addWidget(self.view, 1)
        column.addWidget(rule())
        column.addLayout(foot)
        close.clicked.connect(self.close_panel)
        self.internal.chosen.connect(lambda _value: self.reload())
        self.history.chosen.connect(lambda _value: self.reload())
        self.save.clicked.connect(self.choose_file)
        self.print.clicked.connect(self.choose_printer)
        self._tell_ready()

    @property
    def options(self) -> PrintOptions:
        """What is chosen."""
        return PrintOptions(internal=bool(self.internal.value), history=bool(self.history.value))

    def open(self) -> None:
        super().open()
        self.reload()

    def take_focus(self) -> None:
        self.save.setFocus(Qt.FocusReason.PopupFocusReason)

    def reload(self) -> None:
        """Make the pages with what is chosen now."""
        self.save.setEnabled(False)
        self.print.setEnabled(False)
        self._say("Making the pages…", "quiet")
        future = printing.pdf(self._desk, self._ticket, self.options)
        self._shell.bridge.then(future, self._arrived, self._failed, owner=self)

    def _arrived(self, content: bytes) -> None:
        self.content = content
        buffer = QBuffer(self.document)
        buffer.setData(QByteArray(content))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self.document.load(buffer)
        self.save.setEnabled(True)
        self.print.setEnabled(bool(self.printers))
        self._tell_ready()
        if not self.save.hasFocus() and self.isVisible():
            self.take_focus()

    def _tell_ready(self) -> None:
        count = self.document.pageCount()
        pages = f"{count} page{'' if count == 1 else 's'}. " if count else ""
        self._say(pages if self.printers else f"{pages}No printer is set up here: save it as PDF.", "quiet")

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, OpsDeskError):
            self._shell.operations.show_error(error)
        self.save.setEnabled(bool(self.content))
        self._say(f"{error}. The ticket is safe.", "danger")

    def _say(self, words: str, tone: str) -> None:
        self.note.setText(words)
        self.note.set_tone(tone)

    # -- out of the program --------------------------------------------------------------------------------

    def choose_file(self) -> None:
        """Ask where the PDF goes."""
        if not self.save.isEnabled():
            return
        folder = self._desk.settings.get(_FOLDER, "") or documents()
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Save the ticket", str(Path(folder) / f"{self._number}.pdf"), "PDF (*.pdf)"
        )
        if chosen:
            path = Path(chosen)
            self.save_to(path if path.suffix else path.with_suffix(".pdf"))

    def save_to(self, path: Path) -> None:
        """Write the PDF, with what is chosen, on a reading thread."""

        def saved(done: Path) -> None:
            self._desk.settings.set(_FOLDER, str(done.parent))
            self._shell.toasts.show_toast(f"Saved {done.name}")
            self.close_panel()

        future = printing.save(self._desk, self._ticket, path, self.options)
        self._shell.bridge.then(future, saved, self._failed, owner=self)

    def choose_printer(self) -> None:
        """Ask which printer; the pages go to it when that is answered."""
        if not self.print.isEnabled():
            return
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self)
        dialog.accepted.connect(lambda: self.print_on(printer))
        dialog.show()

    def print_on(self, printer: QPrinter) -> None:
        """Draw the pages on a printer."""
        printer.setFullPage(True)
        painter = QPainter()
        if not painter.begin(printer):
            self._say("The printer does not answer. The ticket is safe; save it as PDF.", "danger")
            return
        for number in range(self.document.pageCount()):
            if number:
                printer.newPage()
            points = self.document.pagePointSize(number)
            size = QSize(round(points.width() * _DOTS / 72), round(points.height() * _DOTS / 72))
            painter.drawImage(QRectF(painter.viewport()), self.document.render(number, size))
        painter.end()
        self._shell.toasts.show_toast(f"{self._number} went to the printer")
        self.close_panel()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
            return
        super().keyPressEvent(event)
