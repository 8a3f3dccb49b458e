"""The panel that brings drawings in from a GeoJSON file, or takes drawings or the map's tickets out to one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QStandardPaths, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.drawings import files
from opsdesk.services.errors import OpsDeskError
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Button, Segmented
from opsdesk.ui.widgets.label import Label

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_WIDTH = 440
_KINDS = "GeoJSON (*.geojson *.json)"


class FilePanel(QFrame):
    """Floats over the map. `way` is `import` or `export`. Signals: `gone` when it is closed."""

    gone = Signal()

    def __init__(self, desk: Desk, shell: Shell, way: str, query: str, *, parent: QWidget) -> None:
        super().__init__(parent.window())
        self._desk, self._shell, self._query, self._host = desk, shell, query, parent
        self._incoming = way == "import"
        self._cancelled = self._running = False
        self.setProperty("surface", "card")
        self.setAccessibleName("Import drawings" if self._incoming else "Export from the map")
        self.which = Segmented([("drawings", "All drawings"), ("tickets", "Tickets of the query")], "drawings", "What")
        self.which.setVisible(not self._incoming)
        self.path = QLineEdit()
        self.path.setAccessibleName("File")
        self.path.setPlaceholderText("areas.geojson")
        self.note = Label("", "quiet", "quiet", wrap=True, most_lines=8)
        self.note.hide()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.go = Button("Import" if self._incoming else "Export", kind="primary", key="Enter")
        self.stop = Button("Cancel", key="Esc")
        self._build()
        if not self._incoming:
            folder = desk.settings.get("map.folder", "") or _documents()
            stem = f"drawings {times.dtg(wall.now())}"
            self.path.setText(str(Path(folder) / f"{stem}.geojson"))

    def _build(self) -> None:
        browse = Button("Browse…")
        file, foot = QHBoxLayout(), QHBoxLayout()
        for row in (file, foot):
            row.setSpacing(8)
        file.addWidget(self.path, 1)
        file.addWidget(browse)
        foot.addStretch(1)
        foot.addWidget(self.stop)
        foot.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        column.addWidget(Label("Import drawings" if self._incoming else "Export from the map", "section"))
        words = "Points, lines and areas of a GeoJSON file become drawings; what is here already is not made twice."
        column.addWidget(Label(words if self._incoming else "GeoJSON, in WGS 84.", "quiet", "quiet", wrap=True))
        column.addWidget(self.which)
        column.addLayout(file)
        column.addWidget(self.note)
        column.addWidget(self.progress)
        column.addLayout(foot)
        self.setFixedWidth(_WIDTH)
        browse.clicked.connect(self._browse)
        self.go.clicked.connect(self.run)
        self.stop.clicked.connect(self.leave)
        self.path.installEventFilter(self)

    def open(self) -> None:
        """Show the panel over the middle of the page."""
        self._place()
        self.show()
        self.raise_()
        self.path.setFocus(Qt.FocusReason.PopupFocusReason)

    def run(self) -> None:
        """Read or write the file."""
        path = Path(self.path.text().strip()).expanduser()
        if self._running:
            return
        if not path.name:
            self._say("Name a file", "danger")
            return
        self._running, self._cancelled = True, False
        self.go.setEnabled(False)
        self._say("", "quiet")
        self.progress.setRange(0, 0)
        self.progress.show()
        later = self._shell.bridge.later

        def progress(done: int, total: int) -> None:
            later(lambda: self._progressed(done, total))

        what = "import" if self._incoming else str(self.which.value)
        future = files.run(self._desk, what, path, self._query, progress, lambda: self._cancelled)
        self._shell.bridge.then(future, lambda found: self._done(path, found), self._failed, owner=self)

    def leave(self) -> None:
        """Stop what is under way; else close the panel."""
        if self._running:
            self._cancelled = True
            return
        self.hide()
        self.gone.emit()
        self.deleteLater()

    def _progressed(self, done: int, total: int) -> None:
        if self._running:
            # In thousandths: a file may have more bytes than a bar can count.
            self.progress.setRange(0, 1000)
            self.progress.setValue(1000 * done // max(1, total))

    def _done(self, path: Path, found: files.Done) -> None:
        self._end()
        self._desk.settings.set("map.folder", str(path.parent))
        if found.outcome is not None:
            self._shell.operations.tell_done(found.outcome)
        if found.left:
            self._say(found.words, "warn")
            self.stop.setText("Close")
            return
        self._shell.toasts.show_toast(found.words) if found.outcome is None else None
        self.leave()

    def _failed(self, error: Exception) -> None:
        self._end()
        if not isinstance(error, OpsDeskError):
            self._shell.operations.show_error(error)
        self._say(str(error), "danger")

    def _end(self) -> None:
        self._running = False
        self.go.setEnabled(True)
        self.progress.hide()

    def _browse(self) -> None:
        ask: Any = QFileDialog.getOpenFileName if self._incoming else QFileDialog.getSaveFileName
        chosen, _ = ask(self, self.accessibleName(), self.path.text() or _documents(), _KINDS)
        if chosen:
            self.path.setText(chosen)

    def _say(self, words: str, tone: str) -> None:
        self.note.setText(words)
        self.note.set_tone(tone)
        self.note.setVisible(bool(words))
        self._place()

    def _place(self) -> None:
        self.adjustSize()
        corner = self._host.mapTo(self.window(), self._host.rect().topLeft())
        x = corner.x() + max(8, (self._host.width() - self.width()) // 2)
        self.move(x, corner.y() + max(8, (self._host.height() - self.height()) // 3))

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


def _documents() -> str:
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return place if place and Path(place).is_dir() else str(Path.home())
