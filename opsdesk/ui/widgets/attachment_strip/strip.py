"""The strip: tiles of files, and all the ways in which a file is added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDateTime, QMimeData, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from opsdesk.services.errors import OpsDeskError
from opsdesk.services.files import FileRow, Prepared, Taking, by_mime
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.resources import icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.attachment_strip import decoding, pasting
from opsdesk.ui.widgets.attachment_strip.tile import Tile, is_picture
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.flow_layout import FlowLayout
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.shortcuts import on_keys

_TICK_MS = 100
_MOST_WORDS = 4
_THUMBS = 300


class AttachmentStrip(QWidget):
    """Tiles of files. Signals: `prepared` with a Prepared whose bytes are safe, `opened`, `saved` and `removed` with
    the FileRow of a tile, `dropped` with a Prepared that was taken off before it was attached."""

    prepared = Signal(object)
    opened = Signal(object)
    saved = Signal(object)
    removed = Signal(object)
    dropped = Signal(object)

    def __init__(self, desk: Any, bridge: Bridge, parent: QWidget | None = None, *, empty: str = "") -> None:
        super().__init__(parent)
        self._desk, self._bridge = desk, bridge
        self._rows: dict[bytes, Tile] = {}
        self._kept: list[Tile] = []
        self._taking: list[Tile] = []
        self._lines: list[_Line] = []
        self._thumbs: dict[str, QImage | None] = {}
        self._over = False
        self._workable = True
        self.extra: Callable[[FileRow, QMenu], object] | None = None
        """Puts more into the menu of a tile."""
        self.setAcceptDrops(True)
        self.setAccessibleName("Files")
        self._build(empty)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def _build(self, empty: str) -> None:
        self._none = Label(empty, "body", "quiet", wrap=True)
        self._words = QVBoxLayout()
        self._words.setSpacing(4)
        tiles = QWidget()
        self._flow = FlowLayout(tiles, gap=10)
        self._add = Button("Attach files…", "paperclip", key="Ctrl+O")
        self._add.clicked.connect(self.choose)
        self._paste = Button("Paste", "clipboard-text", kind="quiet", key="Ctrl+V")
        self._paste.clicked.connect(lambda: self.paste(QGuiApplication.clipboard().mimeData()))
        hint = Label("or drop them here", "quiet", "quiet")
        foot = QHBoxLayout()
        foot.setSpacing(10)
        for widget in (self._add, self._paste, hint):
            foot.addWidget(widget)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self._none)
        self._none.setVisible(bool(empty))
        column.addWidget(tiles)
        column.addLayout(self._words)
        column.addLayout(foot)
        on_keys(self, ("Ctrl+O",), self.choose)
        on_keys(self, ("Ctrl+V",), lambda: self.paste(QGuiApplication.clipboard().mimeData()))

    # -- what is shown -------------------------------------------------------------------------------------

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """The tiles from first to last."""
        return (*self._rows.values(), *self._kept, *self._taking)

    @property
    def busy(self) -> bool:
        """Whether a file is still being taken in."""
        return bool(self._taking)

    @property
    def words(self) -> str:
        """What is said below the tiles of files that were not taken."""
        return "\n".join(line.text for line in self._lines)

    def focus_on(self, record: bytes) -> None:
        """Give the keyboard to the tile of a file, or to the button when it is gone."""
        tile = self._rows.get(record)
        (tile or self._add).setFocus(Qt.FocusReason.OtherFocusReason)

    def start(self) -> None:
        """Show another record: nothing of the one before."""
        for tile in self._taking:
            assert tile.taking is not None
            tile.taking.cancel()
        for tile in self.tiles:
            self._drop(tile)
        self._rows.clear()
        self._kept.clear()
        self._taking.clear()
        for line in tuple(self._lines):
            self._unsay(line)

    def show_rows(self, rows: Sequence[FileRow], *, workable: bool = True) -> None:
        """Show the files of a record; they can be added to and taken away if it is `workable`."""
        self._workable = workable
        for button in (self._add, self._paste):
            button.setEnabled(workable)
        left = {row.id for row in rows}
        for gone in [record for record in self._rows if record not in left]:
            self._drop(self._rows.pop(gone))
        for at, row in enumerate(rows):
            tile = self._rows.get(row.id)
            if tile is None:
                tile = self._rows[row.id] = self._tile(at)
            tile.show_row(row)
            if is_picture(row):
                self._show_thumb(tile, row.sha256, row.size)
        self._arrange()

    def show_kept(self, files: Iterable[Prepared]) -> None:
        """Show files that wait for a form to be sent."""
        for tile in self._kept:
            self._drop(tile)
        self._kept.clear()
        for file in files:
            self._keep(file)
        self._arrange()

    @property
    def kept(self) -> tuple[Prepared, ...]:
        """The files that wait for a form to be sent."""
        return tuple(tile.prepared for tile in self._kept if tile.prepared is not None)

    def _keep(self, file: Prepared) -> None:
        kind = by_mime(file.mime, file.name)
        tile = self._tile(len(self._rows) + len(self._kept))
        tile.show_prepared(file, kind.word)
        self._kept.append(tile)
        if file.mime.startswith("image/") and kind.word == "picture":
            self._show_thumb(tile, file.sha256, file.size)

    def _tile(self, at: int) -> Tile:
        tile = Tile()
        tile.clicked.connect(lambda: self.opened.emit(tile.row) if tile.row is not None else None)
        tile.taken_away.connect(lambda: self._taken_away(tile))
        tile.moved.connect(lambda by: self._step(tile, by))
        tile.customContextMenuRequested.connect(lambda at: self._menu(tile, tile.mapToGlobal(at)))
        self._flow.insert_widget(min(at, self._flow.count()), tile)
        tile.show()
        return tile

    def _drop(self, tile: Tile) -> None:
        if tile.hasFocus():
            self._step(tile, 1)
        self._flow.removeWidget(tile)
        tile.hide()
        tile.deleteLater()

    def _arrange(self) -> None:
        self._none.setVisible(bool(self._none.text()) and not self.tiles)
        self._flow.invalidate()
        self.updateGeometry()

    def _step(self, tile: Tile, by: int) -> None:
        """Give the keyboard to the next tile, or to the button after the last."""
        tiles = self.tiles
        at = tiles.index(tile) + by if tile in tiles else 0
        if 0 <= at < len(tiles):
            tiles[at].setFocus(Qt.FocusReason.TabFocusReason)
        elif at >= len(tiles):
            self._add.setFocus(Qt.FocusReason.TabFocusReason)

    def _show_thumb(self, tile: Tile, sha256: str, size: int) -> None:
        if sha256 in self._thumbs:
            tile.show_picture(self._thumbs[sha256])
            return
        if size > decoding.THUMB_BYTES:
            return
        if len(self._thumbs) >= _THUMBS:
            self._thumbs.pop(next(iter(self._thumbs)))
        self._thumbs[sha256] = None

        def made(image: QImage) -> None:
            self._thumbs[sha256] = image
            for shown in self.tiles:
                file = shown.row or shown.prepared
                if file is not None and file.sha256 == sha256:
                    shown.show_picture(image)

        # A picture that cannot be read keeps the sign; its preview says what is wrong.
        future = self._desk.files.read(sha256, decoding.THUMB_BYTES, decoding.thumbnail)
        self._bridge.then(future, made, lambda error: _only_ours(error), owner=self)

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
        self._bridge.then(
            self._desk.files.make(pasting.png, image),
            lambda data: self._begin(self._desk.files.take_bytes(data, name)),
            owner=self,
        )
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

    def _unsay(self, line: _Line) -> None:
        self._lines.remove(line)
        self._words.removeWidget(line)
        line.hide()
        line.deleteLater()

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

        def ready(file: Prepared) -> None:
            if over():
                if file.renamed:
                    self.say(f"Kept under the name “{file.name}”")
                self.prepared.emit(file)

        def refused(error: Exception) -> None:
            _only_ours(error)
            if over():
                self.say(str(error))

        taking.future.add_done_callback(
            lambda future: self._bridge.later(over) if future.cancelled() else None  # `then` tells nothing of these
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
        elif tile.prepared is not None:
            self._kept.remove(tile)
            self._drop(tile)
            self._arrange()
            self.dropped.emit(tile.prepared)
        elif tile.row is not None and self._workable:
            self.removed.emit(tile.row)

    def _menu(self, tile: Tile, at: QPoint) -> None:
        menu = QMenu(self)
        row = tile.row
        if row is not None:
            look = menu.addAction(icon("eye" if row.here else "arrow-down"), "Look at it" if row.here else "Fetch it")
            look.triggered.connect(lambda: self.opened.emit(row))
            if row.here:
                menu.addAction(icon("floppy-disk"), "Save as…").triggered.connect(lambda: self.saved.emit(row))
            if self.extra is not None:
                self.extra(row, menu)
        if row is None or self._workable:
            menu.addAction(icon("trash"), "Take it off").triggered.connect(lambda: self._taken_away(tile))
        menu.popup(at)

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


def _only_ours(error: Exception) -> None:
    """Pass over what the world did wrong; a mistake of ours is raised, to be told as one."""
    if not isinstance(error, OpsDeskError):
        raise error
