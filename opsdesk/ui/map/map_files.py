"""Maps from files, below the layers: which are here, what they cover, which one is drawn; to add, see and remove."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services.base_maps import Described, Stopped, TileMap
from opsdesk.services.errors import Refused
from opsdesk.services.filework.worker import size_text
from opsdesk.ui.actions import Action
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.label import ElidedLabel, Label
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.map_view import MapView, wear
from opsdesk.ui.widgets.tip import tip

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_SETTING = "map.file"
_BEAT_MS = 120
_UNDO_S = 8


class MapFiles(QWidget):
    """The section. What is drawn is remembered with the data folder."""

    def __init__(self, desk: Desk, shell: Shell, view: MapView) -> None:
        super().__init__()
        self.setAccessibleName("Map files")
        self._desk, self._shell, self._map = desk, shell, view
        self.maps: tuple[TileMap, ...] = ()
        self.lines: dict[str, _Line] = {}
        self._chosen = str(desk.settings.get(_SETTING, ""))
        self._stop: threading.Event | None = None
        self._done = (0, 1)
        self._going: set[str] = set()
        add = IconButton("plus", "Add a map file (MBTiles)", size=24)
        add.clicked.connect(lambda _checked=False: self.ask_for_file())
        head = QHBoxLayout()
        head.addWidget(Label("MAP FILES", "small-strong", "quiet"), 1)
        head.addWidget(add)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(2)
        self.words = Label("", "quiet", "quiet", wrap=True)
        self.error = Label("", "quiet", "danger", wrap=True)
        self.cancel = Button("Cancel")
        self.cancel.clicked.connect(self._cancel)
        for part in (self.error, self.cancel):
            part.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addLayout(self._rows)
        for part in (self.words, self.error, self.cancel):
            column.addWidget(part)
        self._tick = QTimer(self, interval=_BEAT_MS)
        self._tick.timeout.connect(self._say_progress)
        shell.actions.add(
            Action("map.add_file", "Add a map file (MBTiles)", self.ask_for_file, "map-trifold", "Ctrl+Shift+O",
                   group="Map", words="tiles base offline raster"),
            owner=view,
        )  # fmt: skip
        self.read()

    # -- what is here ------------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read which maps are here."""
        self._shell.bridge.then(self._desk.base_maps.listed(), self._show, owner=self)

    def look_again(self) -> None:
        """See whether a file was changed while the map was out of sight; tiles are fetched anew only if one was."""
        self._shell.bridge.then(self._desk.base_maps.listed(), self._show_changed, owner=self)

    def _show_changed(self, maps: Sequence[TileMap]) -> None:
        if tuple(one for one in maps if one.id not in self._going) != self.maps:
            self._show(maps)

    def _show(self, maps: Sequence[TileMap]) -> None:
        self.maps = tuple(one for one in maps if one.id not in self._going)
        clear_layout(self._rows)
        self.lines = {}
        for one in self.maps:
            line = self.lines[one.id] = _Line(one)
            line.box.setChecked(one.id == self._chosen and not one.wrong)
            line.box.toggled.connect(partial(self._toggled, one.id))
            line.go.clicked.connect(partial(self._go, one.about))
            line.remove.clicked.connect(partial(self._remove, one))
            self._rows.addWidget(line)
        if self._stop is None:
            self.words.setText("" if self.maps else "None yet. An MBTiles file is drawn over the land.")
            self.words.setVisible(not self.maps)
        self._wear()

    def _toggled(self, name: str, on: bool) -> None:
        self.choose(name if on else "")

    def choose(self, name: str) -> None:
        """Draw this map, by its id; empty for none."""
        self._chosen = name
        self._desk.settings.set(_SETTING, name)
        for other, line in self.lines.items():
            line.box.blockSignals(True)
            line.box.setChecked(other == name)
            line.box.blockSignals(False)
        self._wear()

    def _wear(self) -> None:
        one = next((one for one in self.maps if one.id == self._chosen and not one.wrong), None)
        if one is None:
            wear(None)
            return
        about = one.about
        bounds = [[about.south, about.west], [about.north, about.east]]
        told = {"id": one.id, "minzoom": about.min_zoom, "maxzoom": about.max_zoom, "bounds": bounds}
        wear(told, self._desk.base_maps.tile)

    def _go(self, about: Described, _checked: bool = False) -> None:
        self._map.fit(about.south, about.west, about.north, about.east)

    def _remove(self, one: TileMap, _checked: bool = False) -> None:
        """Take a map out of sight, and let it go when that can no longer be undone."""
        self._going.add(one.id)
        self._show(self.maps)

        def undo() -> None:
            self._going.discard(one.id)
            self.read()

        toast = self._shell.toasts.show_toast(
            f"Removed the map “{one.about.name}”", button="Undo", run=undo, tone="neutral", seconds=_UNDO_S
        )
        # Later: a message that goes because of its button goes before the button acts.
        toast.gone.connect(lambda: self._shell.bridge.later(partial(self._let_go, one.id)))

    def _let_go(self, name: str) -> None:
        if name in self._going:
            self._going.discard(name)
            self._desk.base_maps.remove(name)

    def finish(self) -> None:
        """The window closes: what was removed goes for good, and what is being copied stops."""
        for name in tuple(self._going):
            self._let_go(name)
        self._cancel()
        wear(None)

    # -- adding ------------------------------------------------------------------------------------------------

    def ask_for_file(self) -> None:
        """Show the dialog for a file."""
        dialog = QFileDialog(self, "Add a map file", "", "Maps (*.mbtiles);;All files (*)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.add(Path(name)))
        dialog.open()

    def add(self, path: Path) -> None:
        """Check a file and keep a copy of it."""
        if self._stop is not None:
            return
        stop = self._stop = threading.Event()
        self._done = (0, 1)
        self.error.hide()
        future = self._desk.base_maps.add(path, self._note, stop.is_set)
        self._shell.bridge.then(future, self._added, self._failed, owner=self)
        self._tick.start()
        self._say_progress()

    def _note(self, done: int, size: int) -> None:
        self._done = (done, size)  # on the thread that copies; the tick shows it

    def _say_progress(self) -> None:
        done, size = self._done
        self.words.setText(f"Copying: {100 * done // max(1, size)} %" if done else "Looking at the file…")
        self.words.show()
        self.cancel.show()

    def _end(self) -> None:
        self._stop = None
        self._tick.stop()
        self.cancel.hide()
        self.read()

    def _added(self, one: TileMap) -> None:
        self._chosen = one.id
        self._desk.settings.set(_SETTING, one.id)
        self._end()
        self._go(one.about)

    def _failed(self, error: Exception) -> None:
        self._end()
        if isinstance(error, Stopped):
            return
        if not isinstance(error, Refused):
            self._shell.bridge.unhandled.emit(error)
            return
        self.error.setText(str(error))
        self.error.show()

    def _cancel(self) -> None:
        if self._stop is not None:
            self._stop.set()


class _Line(QWidget):
    def __init__(self, one: TileMap) -> None:
        super().__init__()
        about = one.about
        self.box = QCheckBox()
        self.box.setEnabled(not one.wrong)
        self.box.setAccessibleName(f"Draw {about.name}, {coverage(about)}")
        name = ElidedLabel(about.name, "body")
        self.setToolTip(tip("\n".join(part for part in (about.name, about.credit) if part)))
        self.go = IconButton("frame-corners", f"Show where {about.name} is", size=24)
        self.remove = IconButton("trash", f"Remove {about.name}", size=24)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.box)
        row.addWidget(name, 1)
        row.addSpacing(4)
        row.addWidget(self.go)
        row.addSpacing(4)
        row.addWidget(self.remove)
        self.said = Label(one.wrong or coverage(about), "quiet", "danger" if one.wrong else "quiet", wrap=True)
        self.said.setContentsMargins(24, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.said)


def coverage(about: Described) -> str:
    """What a map covers, and below that its scales and size: `2–11° N, 14–28° E`, `zoom 4 – 12 · 212 MB`."""
    lats, lons = _span(about.south, about.north, "SN"), _span(about.west, about.east, "WE")
    zooms = f"zoom {about.min_zoom} – {about.max_zoom}" if about.min_zoom < about.max_zoom else f"zoom {about.min_zoom}"
    return f"{lats}, {lons}\n{zooms} · {size_text(about.size)}"


def _span(low: float, high: float, signs: str) -> str:
    """From a degree to another, as exactly as it takes to tell them apart; `signs` are those of below and above 0."""
    exact = max(0, min(4, math.ceil(-math.log10((high - low) / 2)))) if high > low else 4
    first, last = (signs[at >= 0] for at in (low, high))
    begin = f"{abs(low):.{exact}f}–" if first == last else f"{abs(low):.{exact}f}° {first} – "
    return f"{begin}{abs(high):.{exact}f}° {last}"
