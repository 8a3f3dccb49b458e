"""The panel that exports the list: which tickets, as what, into which file; then how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QStandardPaths, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFrame, QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from opsdesk.services import exporting, times
from opsdesk.services.errors import OpsDeskError
from opsdesk.services.tickets import lists
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Button, Segmented
from opsdesk.ui.widgets.label import Label

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_WIDTH = 420
_FOLDER = "tickets.export.folder"
_FORMAT = "tickets.export.format"
_ANSWERS = "tickets.export.answers"


class ExportPanel(QFrame):
    """Floats over the window, at the lower edge of the list. Signals: `closed` when it goes."""

    closed = Signal()

    def __init__(
        self,
        desk: Desk,
        shell: Shell,
        query: lists.ListQuery,
        columns: list[str],
        *,
        name: str,
        total: int,
        marked: lists.Keys,
        parent: QWidget,
    ) -> None:
        super().__init__(parent.window())
        self._desk, self._shell, self._query, self._columns = desk, shell, query, columns
        self._marked, self._cancelled, self._running = marked, False, False
        self.setProperty("surface", "card")
        self.setAccessibleName("Export")
        self.which = Segmented(
            [("marked", f"{len(marked):,} marked"), ("all", f"All {total:,}")],
            "marked" if len(marked) else "all",
            "Tickets",
        )
        self.which.setVisible(bool(len(marked)))
        endings = [(ending, ending[1:].upper()) for ending in exporting.FORMATS]
        self.format = Segmented(endings, desk.settings.get(_FORMAT, ".csv"), "Format")
        self.hint = Label("", "quiet", "quiet")
        self.answers = QCheckBox("With a column for each question of the forms")
        self.answers.setChecked(desk.settings.get(_ANSWERS, False))
        self.answers.setToolTip("Only answers that the tickets show; what a form does not ask is left out")
        self.path = QLineEdit()
        self.path.setAccessibleName("File")
        self.note = Label("", "quiet", "warn", wrap=True)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.go = Button("Export", kind="primary", key="Enter")
        self.stop = Button("Cancel", key="Esc")
        self._build(total if not len(marked) else len(marked))
        folder = desk.settings.get(_FOLDER, "") or documents()
        stem = f"{_file_name(name)} {times.dtg(wall.now())}"
        self.path.setText(str(Path(folder) / f"{stem}{self.format.value}"))
        self._tell()

    def _build(self, count: int) -> None:
        browse = Button("Browse…")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        column.addWidget(Label(f"Export {count:,} ticket{'' if count == 1 else 's'}", "section"))
        choices, file, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (choices, file, foot):
            row.setSpacing(8)
        choices.addWidget(self.which)
        choices.addWidget(self.format)
        choices.addStretch(1)
        file.addWidget(self.path, 1)
        file.addWidget(browse)
        foot.addStretch(1)
        foot.addWidget(self.stop)
        foot.addWidget(self.go)
        column.addLayout(choices)
        column.addWidget(self.hint)
        column.addWidget(self.answers)
        column.addLayout(file)
        column.addWidget(self.note)
        column.addWidget(self.progress)
        column.addLayout(foot)
        self.setFixedWidth(_WIDTH)
        browse.clicked.connect(self._browse)
        self.format.chosen.connect(self._format_chosen)
        self.path.textEdited.connect(lambda _text: self._tell())
        self.go.clicked.connect(self.run)
        self.stop.clicked.connect(self.leave)
        self.path.installEventFilter(self)

    def open(self, corner: QPoint) -> None:
        """Show the panel with its bottom left corner at a global point, within the window."""
        window = self.window()
        self.adjustSize()
        at = window.mapFromGlobal(corner)
        x = min(max(8, at.x()), window.width() - self.width() - 8)
        self.move(x, max(8, min(at.y(), window.height() - 40) - self.height()))
        self.show()
        self.raise_()
        self.go.setFocus(Qt.FocusReason.PopupFocusReason)

    def run(self) -> None:
        """Write the file."""
        path = Path(self.path.text().strip()).expanduser()
        if self._running or not path.name:
            return
        self._running, self._cancelled = True, False
        self.go.setEnabled(False)
        self._say("", "quiet")
        self.progress.setRange(0, 0)
        self.progress.show()
        later = self._shell.bridge.later

        def progress(done: int, total: int) -> None:
            later(lambda: self._progressed(done, total))

        only = self._marked if self.which.value == "marked" and len(self._marked) else None
        future = exporting.export(
            self._desk, self._query, self._columns, path, progress, lambda: self._cancelled, only=only,
            answers=self.answers.isChecked(),
        )  # fmt: skip
        self._shell.bridge.then(future, lambda count: self._done(path, count), self._failed, owner=self)

    def leave(self) -> None:
        """Stop what is under way; else close the panel."""
        if self._running:
            self._cancelled = True
            return
        self.hide()
        self.closed.emit()
        self.deleteLater()

    def _progressed(self, done: int, total: int) -> None:
        if self._running:
            self.progress.setRange(0, total)
            self.progress.setValue(done)

    def _done(self, path: Path, count: int) -> None:
        self._running = False
        self._desk.settings.set(_FOLDER, str(path.parent))
        self._desk.settings.set(_FORMAT, path.suffix.lower())
        self._desk.settings.set(_ANSWERS, self.answers.isChecked())
        words = f"Exported {count:,} ticket{'' if count == 1 else 's'} to {path.name}"
        self._shell.toasts.show_toast(words)
        self.leave()

    def _failed(self, error: Exception) -> None:
        self._running = False
        self.go.setEnabled(True)
        self.progress.hide()
        if not isinstance(error, OpsDeskError):
            self._shell.operations.show_error(error)
        self._say(str(error), "quiet" if isinstance(error, exporting.ExportCancelled) else "danger")

    def _browse(self) -> None:
        kinds = ";;".join(f"{words} (*{ending})" for ending, words in exporting.FORMATS.items())
        chosen, _ = QFileDialog.getSaveFileName(self, "Export to", self.path.text(), kinds)
        if chosen:
            self.path.setText(chosen)
            self._tell()

    def _format_chosen(self, ending: object) -> None:
        self.path.setText(str(Path(self.path.text()).with_suffix(str(ending))))
        self._tell()

    def _tell(self) -> None:
        path = Path(self.path.text().strip()).expanduser()
        self.hint.setText(exporting.FORMATS.get(path.suffix.lower(), "Choose CSV, XLSX, JSON or GeoJSON"))
        self.answers.setVisible(path.suffix.lower() in (".csv", ".xlsx"))
        exists = bool(path.name) and path.is_file()
        self._say("A file of this name is there; it will be replaced." if exists else "", "warn")

    def _say(self, words: str, tone: str) -> None:
        self.note.setText(words)
        self.note.set_tone(tone)
        self.note.setVisible(bool(words))
        bottom = self.geometry().bottom()
        self.adjustSize()
        if self.isVisible():
            self.move(self.x(), bottom - self.height() + 1)

    # -- Qt ----------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        pressed = event.key() if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) else None
        if watched is self.path and pressed in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.run()
            return True
        return super().eventFilter(watched, event)


def documents() -> str:
    """The folder that a person's documents go to."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return place if place and Path(place).is_dir() else str(Path.home())


def _file_name(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in " -_" else " " for sign in name).strip() or "tickets"
