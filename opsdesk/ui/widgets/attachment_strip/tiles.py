"""Tiles of files in rows, with their thumbnails, walked through by arrows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from opsdesk.services.errors import OpsDeskError
from opsdesk.services.files import FileRow, Prepared, by_mime
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.menus import passing_menu
from opsdesk.ui.resources import icon
from opsdesk.ui.widgets.attachment_strip import decoding
from opsdesk.ui.widgets.attachment_strip.tile import Tile, is_picture
from opsdesk.ui.widgets.flow_layout import FlowLayout

_THUMBS = 300


class Tiles(QWidget):
    """Files to look at. Signals: `opened`, `saved` and `removed` with the FileRow of a tile, `dropped` with a Prepared
    that was taken off before it was attached, `left` when the arrows lead behind the last."""

    left = Signal()
    opened = Signal(object)
    saved = Signal(object)
    removed = Signal(object)
    dropped = Signal(object)

    def __init__(self, desk: Any, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        decoding.prepare()
        self._desk, self._bridge = desk, bridge
        self._rows: dict[bytes, Tile] = {}
        self._kept: list[Tile] = []
        self._taking: list[Tile] = []
        self._thumbs: dict[str, QImage | None] = {}
        self._workable = False
        self.extra: Callable[[FileRow, QMenu], object] | None = None
        """Puts more into the menu of a tile."""
        self.setAccessibleName("Files")
        self._box = QWidget()
        self._flow = FlowLayout(self._box, gap=10)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)
        self._column.addWidget(self._box)

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """The tiles from first to last."""
        return (*self._rows.values(), *self._kept, *self._taking)

    def show_rows(self, rows: Sequence[FileRow], *, workable: bool = True) -> None:
        """Show the files of a record; they can be taken away if it is `workable`."""
        self._workable = workable
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
        self._flow.invalidate()
        self.updateGeometry()

    def _step(self, tile: Tile, by: int) -> None:
        """Give the keyboard to the next tile, or to what follows the last."""
        tiles = self.tiles
        at = tiles.index(tile) + by if tile in tiles else 0
        if 0 <= at < len(tiles):
            tiles[at].setFocus(Qt.FocusReason.TabFocusReason)
        elif at >= len(tiles):
            self.left.emit()

    def _taken_away(self, tile: Tile) -> None:
        if tile.prepared is not None:
            self._kept.remove(tile)
            self._drop(tile)
            self._arrange()
            self.dropped.emit(tile.prepared)
        elif tile.row is not None and self._workable:
            self.removed.emit(tile.row)

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
        self._bridge.then(future, made, only_ours, owner=self)

    def _menu(self, tile: Tile, at: QPoint) -> None:
        menu = passing_menu(self)
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


def only_ours(error: Exception) -> None:
    """Pass over what the world did wrong; a mistake of ours is raised, to be told as one."""
    if not isinstance(error, OpsDeskError):
        raise error
