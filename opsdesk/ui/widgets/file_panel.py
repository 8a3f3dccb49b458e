"""A panel over the window that names a file, has something done with it, and tells how far that is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from opsdesk.services.errors import OpsDeskError
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label

if TYPE_CHECKING:
    from opsdesk.ui.bridge import Bridge

Progress = Callable[[int, int], None]
_STEPS = 1000
"""Steps of the bar: a file may have more bytes than a bar can count."""


class FilePanel(QFrame):
    """What a panel of a feature builds on: it lays its own choices above the line of the file, says what is done with
    it (`_start`) and what becomes of that (`_finished`). Enter goes, Esc stops and then leaves.

    `name` is its accessible name, `verb` the word on its button. Signals: `closed` when it goes.
    """

    closed = Signal()
    quiet_errors: tuple[type[Exception], ...] = ()
    """Errors that a person brought about, such as a cancel; they are told without alarm."""

    def __init__(
        self, bridge: Bridge, show_error: Callable[[Exception], object], name: str, verb: str, *, parent: QWidget
    ) -> None:
        super().__init__(parent.window())
        self._bridge, self._show_error = bridge, show_error
        self._cancelled = self._running = False
        self.setProperty("surface", "card")
        self.setAccessibleName(name)
        self.path = QLineEdit()
        self.path.setAccessibleName("File")
        self.note = Label("", "quiet", "quiet", wrap=True, most_lines=8)
        self.note.hide()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.go = Button(verb, kind="primary", key="Enter")
        self.stop = Button("Cancel", key="Esc")

    def _lay_out(self, title: str, *above: QWidget | QLayout, width: int) -> None:
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
        for part in (Label(title, "section"), *above, file, self.note, self.progress, foot):
            column.addLayout(part) if isinstance(part, QLayout) else column.addWidget(part)
        self.setFixedWidth(width)
        browse.clicked.connect(self._browse)
        self.go.clicked.connect(self.run)
        self.stop.clicked.connect(self.leave)
        self.path.installEventFilter(self)

    # -- what a feature says ---------------------------------------------------------------------------------------

    def _start(self, path: Path, progress: Progress, cancelled: Callable[[], bool]) -> Future[Any]:
        """Begin what is to be done with the file."""
        raise NotImplementedError

    def _finished(self, path: Path, result: Any) -> None:
        """Tell what became of it, and leave where nothing is to be read."""
        raise NotImplementedError

    def _ask_path(self) -> str:
        """Let a person choose the file in the system's dialog; empty for none."""
        chosen, _ = QFileDialog.getSaveFileName(self, self.accessibleName(), self.path.text(), self._kinds())
        return chosen

    def _kinds(self) -> str:
        """The filter of the system's dialog."""
        raise NotImplementedError

    def _settle(self) -> None:
        """Take the place that the panel has with its new height."""

    def _fit_height(self) -> None:
        """Be as high as the words are at this width; `adjustSize` would ask how high they are as wide as they like."""
        layout = self.layout()
        if layout is not None:
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    # -- doing it --------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Begin, unless it is under way already."""
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
        self._settle()
        later = self._bridge.later

        def progress(done: int, total: int) -> None:
            later(lambda: self._progressed(done, total))

        future = self._start(path, progress, lambda: self._cancelled)
        self._bridge.then(future, partial(self._done, path), self._failed, owner=self)

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
            self.progress.setRange(0, _STEPS)
            self.progress.setValue(_STEPS * done // max(1, total))

    def _done(self, path: Path, result: Any) -> None:
        self._end()
        self._finished(path, result)

    def _failed(self, error: Exception) -> None:
        self._end()
        if not isinstance(error, OpsDeskError):
            self._show_error(error)
        self._say(str(error), "quiet" if isinstance(error, self.quiet_errors) else "danger")

    def _end(self) -> None:
        self._running = False
        self.go.setEnabled(True)
        self.progress.hide()

    def _browse(self) -> None:
        if chosen := self._ask_path():
            self.path.setText(chosen)
            self.path.textEdited.emit(chosen)  # as if it had been typed

    def _say(self, words: str, tone: str) -> None:
        self.note.setText(words)
        self.note.set_tone(tone)
        self.note.setVisible(bool(words))
        self._settle()

    # -- Qt --------------------------------------------------------------------------------------------------------

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
