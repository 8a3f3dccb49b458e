"""Where a file to import is dropped or chosen, and where a file that cannot be read says why."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.empty_state import EmptyState

SENTENCE = "Drop a file with incidents here"
DETAIL = (
    "CSV, TSV, Excel, GeoJSON or JSON, also packed as .gz. First it is only looked over: nothing is written before you"
    " say so."
)


class DropZone(QWidget):
    """A dashed field that takes one file. Signals: `dropped` with its path, `asked` to choose one."""

    dropped = Signal(Path)
    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._over = False
        self.setAcceptDrops(True)
        self.setAccessibleName(SENTENCE)
        self._words = EmptyState("")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._words)
        self.invite()

    def invite(self) -> None:
        """Ask for a file."""
        self._words.show_words(
            SENTENCE, icon="download-simple", detail=DETAIL, button="Choose a file…", key="Ctrl+O", run=self.asked.emit
        )

    def refuse(self, reason: str) -> None:
        """Say why the last file cannot be imported, and ask for another."""
        self._words.show_error(reason, "Nothing was written.", button="Choose another file…", run=self.asked.emit)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_file(event) is not None:
            event.acceptProposedAction()
            self._over = True
            self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._over = False
        self.update()
        path = dropped_file(event)
        if path is not None:
            event.acceptProposedAction()
            self.dropped.emit(path)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme.color("accent" if self._over else "line_strong"), 2 if self._over else 1.5)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(theme.color("selection" if self._over else "surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)


def dropped_file(event: QDropEvent) -> Path | None:
    """The one file on this machine that is being dropped, if that is what it is. Whether it can be read, and is no
    folder, is said when it is looked over."""
    urls = event.mimeData().urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    return Path(urls[0].toLocalFile())
