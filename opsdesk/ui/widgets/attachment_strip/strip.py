"""The strip: tiles of files, and all the ways in which a file is added."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDateTime, QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services.files import FileRow, Prepared, Taking
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.attachment_strip import pasting
from opsdesk.ui.widgets.attachment_strip.tile import Tile
from opsdesk.ui.widgets.attachment_strip.tiles import Tiles, only_ours
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.label import ElidedLabel, Label

_TICK_MS = 100
_MOST_WORDS = 4


class AttachmentStrip(Tiles):
    """Tiles of files that more can be added to. Signals: `prepared` with a Prepared whose bytes are safe, `settled`
    when none is being taken in any more, `told` when something is said below the tiles, or no longer.

    The keys Ctrl+O and Ctrl+V are those of whoever shows it.
    """

    prepared = Signal(object)
    settled = Signal()
    told = Signal()

    def __init__(
        self, desk: Any, bridge: Bridge, parent: QWidget | None = None, *, empty: str = "", foot: bool = True
    ) -> None:
        """Without `foot` there are no buttons to add files by: who shows it has its own."""
        super().__init__(desk, bridge, parent)
        self._lines: list[_Line] = []
        self._making = 0
        self._turn = 0
        """Goes up with each record that is shown, so that nothing lands on another than it was meant for."""
        self._over = False
        self._workable = True
        self.setAcceptDrops(True)
        self._build(empty, foot=foot)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def _build(self, empty: str, *, foot: bool) -> None:
        self._none = Label(empty, "body", "quiet", wrap=True)
        self._words = QVBoxLayout()
        self._words.setSpacing(4)
        self._column.insertWidget(0, self._none)
        self._none.setVisible(bool(empty))
        self._column.addLayout(self._words)
        self._add = Button("Attach files…", "paperclip", key="Ctrl+O")
        self._add.clicked.connect(self.choose)
        self._paste = Button("Paste", "clipboard-text", kind="quiet", key="Ctrl+V")
        self._paste.clicked.connect(self.paste_clipboard)
        self._foot = QWidget()
        row = QHBoxLayout(self._foot)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        for widget in (self._add, self._paste):
            row.addWidget(widget)
        row.addWidget(ElidedLabel("or drop them", "quiet", "quiet"), 1)
        self._column.addWidget(self._foot)
        self._has_foot = foot
        self._foot.setVisible(foot)
        if foot:
            self.setFocusProxy(self._add)
            self.left.connect(self.focus_button)

    # -- what is shown -------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a file is still being taken in."""
        return bool(self._taking or self._making)

    @property
    def words(self) -> str:
        """What is said below the tiles of files that were not taken."""
        return "\n".join(line.text for line in self._lines)

    def start(self) -> None:
        """Show another record: nothing of the one before."""
        self._turn += 1
        self._making = 0
        for tile in self._taking:
            assert tile.taking is not None
            tile.taking.cancel()
        for tile in self.tiles:
            self._drop(tile)
        self._rows.clear()
        self._kept.clear()
        self._taking.clear()
        self._arrange()
        for line in tuple(self._lines):
            self._unsay(line)

    def show_rows(self, rows: Sequence[FileRow], *, workable: bool = True) -> None:
        """Show the files of a record; they can be added to and taken away if it is `workable`."""
        for button in (self._add, self._paste):
            button.setEnabled(workable)
        super().show_rows(rows, workable=workable)

    def focus_on(self, record: bytes) -> None:
        """Give the keyboard to the tile of a file, or to the button when it is gone."""
        tile = self._rows.get(record)
        (tile or self._add).setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_button(self) -> None:
        """Give the keyboard to the button that adds files."""
        self._add.setFocus(Qt.FocusReason.OtherFocusReason)

    def _arrange(self) -> None:
        self._none.setVisible(bool(self._none.text()) and not self.tiles)
        super()._arrange()

    # -- adding --------------------------------------------------------------------------------------------

    def choose(self) -> None:
        """Ask the system which files."""
        if not self._workable:
            return
        dialog = QFileDialog(self, "Attach files")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(lambda paths: self.add([Path(path) for path in paths]))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def paste_clipboard(self) -> None:
        """Take what the clipboard holds of files or pictures."""
        self.paste(QGuiApplication.clipboard().mimeData())

    def paste(self, data: QMimeData) -> bool:
        """Take what the clipboard holds of files or pictures; says so when it holds neither."""
        if not self._workable:
            return False
        files = pasting.pasted_files(data)
        if files:
            self.add(files)
            return True
        image = pasting.pasted_picture(data)
        if image is None:
            self.say("The clipboard holds no picture and no file")
            return False
        name = f"screenshot {QDateTime.currentDateTimeUtc().toString('yyyy-MM-dd HHmmss')}Z.png"
        turn = self._turn
        self._making += 1

        def made(data: bytes) -> None:
            if turn == self._turn:
                self._making -= 1
                self._begin(self._desk.files.take_bytes(data, name))

        def failed(error: Exception) -> None:
            if turn == self._turn:
                self._making -= 1
            only_ours(error)
            if turn == self._turn:
                self.say(str(error))
                if not self.busy:
                    self.settled.emit()

        self._bridge.then(self._desk.files.make(pasting.png, image), made, failed, owner=self)
        return True

    def add(self, paths: Sequence[Path]) -> None:
        """Take files in; what cannot be attached is said below the tiles."""
        for path in paths:
            self._begin(self._desk.files.take(path))

    def say(self, words: str) -> None:
        """Say below the tiles what was not taken, and why."""
        while len(self._lines) >= _MOST_WORDS:
            self._unsay(self._lines[0])
        line = _Line(words)
        line.closed.connect(lambda: self._unsay(line))
        self._lines.append(line)
        self._words.addWidget(line)
        self.told.emit()

    def _unsay(self, line: _Line) -> None:
        self._lines.remove(line)
        self._words.removeWidget(line)
        line.hide()
        line.deleteLater()
        self.told.emit()

    def _begin(self, taking: Taking) -> None:
        tile = self._tile(len(self.tiles))
        tile.show_taking(taking)
        self._taking.append(tile)
        self._arrange()
        self._timer.start()

        def over() -> bool:
            """Whether the tile still stands; another record may be shown by now."""
            if tile not in self._taking:
                return False
            self._taking.remove(tile)
            self._drop(tile)
            self._arrange()
            return True

        def settle() -> None:
            if not self.busy:
                self.settled.emit()

        def ready(file: Prepared) -> None:
            if over():
                if file.renamed:
                    self.say(f"Kept under the name “{file.name}”")
                self.prepared.emit(file)
                settle()

        def refused(error: Exception) -> None:
            only_ours(error)
            if over():
                self.say(str(error))
                settle()

        def stopped() -> None:
            if over():
                settle()

        taking.future.add_done_callback(
            lambda future: self._bridge.later(stopped) if future.cancelled() else None  # `then` tells nothing of these
        )
        self._bridge.then(taking.future, ready, refused, owner=self)

    def keep(self, file: Prepared) -> None:
        """Show one more file that waits for a form to be sent."""
        if any(file == known for known in self.kept):
            return
        self._keep(file)
        self._arrange()

    def _taken_away(self, tile: Tile) -> None:
        if tile.taking is not None:
            tile.taking.cancel()
        else:
            super()._taken_away(tile)

    def _tick(self) -> None:
        for tile in self._taking:
            if tile.taking is not None:
                tile.show_taking(tile.taking)
        if not self._taking:
            self._timer.stop()

    # -- Qt ------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        if self._workable and (pasting.pasted_files(data) or pasting.pasted_picture(data) is not None):
            event.acceptProposedAction()
            self._over = True
            self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._over = False
        self.update()
        if self.paste(event.mimeData()):
            event.acceptProposedAction()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._over:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(theme.color("accent"), 2)
            pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.setBrush(theme.color("selection"))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 8, 8)


class _Line(QWidget):
    """A sentence about a file that was not taken. Signals: `closed`."""

    closed = Signal()

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.setAccessibleName(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        sign = IconButton("x", "Close this line", size=24)
        sign.clicked.connect(self.closed)
        row.addWidget(Label(text, "body", "warn", wrap=True), 1)
        row.addWidget(sign)
