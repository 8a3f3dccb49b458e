"""The place in a window where the map is drawn while it is in sight."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import shiboken6
from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from opsdesk.services.maps import Point
from opsdesk.services.positions import Position
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.map_view.engine import Bounds, Engine, engine, unavailable


class MapView(QWidget):
    """A map. There is one page for the whole program: this borrows it while shown, and tells it anew what to show.

    Signals: `moved` with the Bounds in view, `chosen` and `opened` with a record's id in hexadecimal (chosen: empty
    for none), `picked` with a Position, `asked_here` with a Position and the point of a right click, `hovered` with
    latitude and longitude, `drawn` when the page was told all, `loaded` when land and names were
    read, or could not be, `legend_turned` when a person folds the legend or opens it.
    """

    moved = Signal(object)
    chosen = Signal(str)
    opened = Signal(str)
    picked = Signal(object)
    asked_here = Signal(object, object)
    hovered = Signal(float, float)
    drawn = Signal()
    loaded = Signal()
    said = Signal(str, str)
    legend_turned = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Map")
        self.bounds: Bounds | None = None
        self._shown: Sequence[str] = ("terrain", "places", "graticule", "mgrs")
        self._layers: dict[str, Any] = {}
        self._kept: dict[str, tuple[Any, ...]] = {}
        self._point: tuple[float, float, float | None] | None = None
        self._picking = False
        self.legend_open: bool | None = None
        """Whether the legend is unfolded; None leaves it to the room there is and what it would hide."""
        self._legend_yielded = False
        self._chosen = ""
        self._window: tuple[int, int] | None = None
        self._at: tuple[str, tuple[Any, ...]] = ("go", (8.0, 20.0, 3))
        self._engine: Engine | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.notice = Label("", "quiet-medium", "warn", wrap=True, most_lines=3)
        self.notice.setContentsMargins(12, 6, 12, 6)
        self.notice.hide()
        self._column.addWidget(self.notice)
        self._why = unavailable()
        if self._why:
            said = EmptyState(
                "The map cannot be drawn here", icon="map-trifold", detail=f"{self._why}. Typed positions work."
            )
            self._column.addWidget(said)
        theme.changed.connect(self._dress)

    @property
    def why_not(self) -> str:
        """Why there is no map; empty where there is one."""
        return self._why

    @property
    def is_loaded(self) -> bool:
        """Whether land and names were read, or could not be."""
        return self._engine is not None and self._engine.is_loaded

    # -- what is to be seen ------------------------------------------------------------------------------------

    def show_base(self, names: Sequence[str]) -> None:
        """Show these of `terrain`, `places`, `airports`, `ports`, `graticule`, `mgrs`."""
        self._shown = tuple(names)
        self._call("show", list(names))

    def set_layer(self, name: str, kind: str, rows: Sequence[Point | Mapping[str, Any]]) -> None:
        """Show records as a layer: `kind` is `marks` or `heat`; a row that is no Point has the same fields."""
        self._layers[name] = {"kind": kind, "rows": list(rows)}
        self._call("fill", name, self._layers[name])

    def drop_layer(self, name: str) -> None:
        """Show a layer no more."""
        if self._layers.pop(name, None) is not None:
            self._call("drop", name)

    def choose(self, record: str) -> None:
        """Mark one record, by its id in hexadecimal; empty for none."""
        self._chosen = record
        self._call("choose", record)

    def set_window(self, window: tuple[int, int] | None) -> None:
        """Show of the records only those whose `w` is from one moment to before another; None for all."""
        self._window = window
        self._call("window", *(window or (None, None)))

    def show_legend(self, on: bool | None) -> None:
        """Open the legend, fold it to its head, or (None) leave it to the room there is and what it would hide."""
        self.legend_open, self._legend_yielded = on, False
        self._call("legend", on, False)

    def turn_legend(self) -> None:
        """Fold the legend, or open it; `legend_turned` tells which."""
        self._call("turn_legend")

    def go(self, lat: float, lon: float, zoom: float | None = None) -> None:
        """Bring a position to the middle; `zoom` None leaves the scale as it is."""
        self._move("go", lat, lon, zoom)

    def fit(self, south: float, west: float, north: float, east: float) -> None:
        """Show a rectangle as large as it can be."""
        self._move("fit", south, west, north, east)

    def zoom(self, by: float) -> None:
        """Come nearer by so many steps, or go away."""
        self._call("zoom", by)

    def pan(self, right: int, down: int) -> None:
        """Move by pixels."""
        self._call("pan", right, down)

    def put_point(self, at: Position | None) -> None:
        """Set the pin with its circle of error, or take it away."""
        self._point = None if at is None else (at.lat, at.lon, at.accuracy_m)
        self._call("clear") if self._point is None else self._call("put", *self._point)

    def pick(self, on: bool) -> None:
        """Let a click or a drag of the pin say a position."""
        self._picking = on
        self._call("pick", on)

    def keep(self, name: str, *arguments: Any) -> None:
        """Call `desk.name(…)` of the page, now and whenever it is told all anew."""
        self._kept[name] = arguments
        self._call(name, *arguments)

    def tell(self, name: str, *arguments: Any) -> None:
        """Call `desk.name(…)` of the page once."""
        self._call(name, *arguments)

    # -- the page, borrowed ------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._why:
            return
        if self._engine is None:
            self._engine = engine()
            self._engine.told.connect(self._told)
            self._engine.ready.connect(self._replay)
            self._engine.freed.connect(self._take_back)
        self._borrow()

    def _borrow(self) -> None:
        if self._engine is not None and self._column.indexOf(self._engine.view) < 0:
            self._column.addWidget(self._engine.view, 1)
            self._engine.view.show()
            self._replay()

    def _take_back(self) -> None:
        """Another part of the window lay over this one and has gone."""
        if self.isVisible():
            self._borrow()

    def give_back(self) -> None:
        """Let go of the page before this widget goes, so that the next one need not load it anew."""
        if self._engine is not None and self._here():
            self._column.removeWidget(self._engine.view)
            self._engine.view.setParent(None)
            self._engine.freed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._call("resized")

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    def _here(self) -> bool:
        return (
            self._engine is not None
            and shiboken6.isValid(self._engine)
            and self._column.indexOf(self._engine.view) >= 0
        )

    def _call(self, name: str, *arguments: Any) -> None:
        if self._engine is not None and self._here():
            self._engine.call(name, *arguments)

    def _move(self, name: str, *arguments: Any) -> None:
        self._at = (name, arguments)
        self._call(name, *arguments)

    def _dress(self) -> None:
        self._call("theme", theme.tokens.name)

    def _replay(self) -> None:
        """Tell the page all that is to be seen here: another place may have had it, or it was made anew."""
        if self._engine is None or not self._here() or not self._engine.is_ready:
            return
        self._say_problem()
        self._call("reset")
        self._dress()
        self._call("tiles", self._engine.tiles)
        self._call("resized")
        self._call("show", list(self._shown))
        name, arguments = self._at
        self._call(name, *arguments)
        self._call("pick", self._picking)
        self._call("legend", self.legend_open, self._legend_yielded)
        self.put_point(None if self._point is None else Position(*self._point))
        for layer, data in self._layers.items():
            self._call("fill", layer, data)
        self._call("choose", self._chosen)
        self._call("window", *(self._window or (None, None)))
        for kept, told in self._kept.items():
            self._call(kept, *told)
        self.drawn.emit()

    def _say_problem(self) -> None:
        """Say over the map why its ground is empty; what is known of positions is drawn all the same."""
        why = "" if self._engine is None else self._engine.problem
        self.notice.setText(
            f"Land and names cannot be read ({why}). Everything else is drawn where it is." if why else ""
        )
        self.notice.setVisible(bool(why))

    def _told(self, kind: str, text: str) -> None:
        if self._engine is None or not self._engine.is_ready or not self._here() or not self.isVisible():
            return
        if kind in ("loaded", "failed"):
            self._say_problem()
            self.loaded.emit()
        elif kind == "legend":
            self.legend_open = text == "open"
            self.legend_turned.emit(self.legend_open)
        elif kind == "yielded":
            self._legend_yielded = True
        elif kind == "moved":
            self.bounds = Bounds(**json.loads(text))
            self._at = ("go", (self.bounds.lat, self.bounds.lon, self.bounds.zoom))
            self.moved.emit(self.bounds)
        elif kind == "picked":
            found = json.loads(text)
            self.picked.emit(Position(found["lat"], found["lon"], found["accuracy"]))
        elif kind == "menu":
            found = json.loads(text)
            self.asked_here.emit(Position(found["lat"], found["lon"]), (found["x"], found["y"]))
        elif kind == "hovered":
            found = json.loads(text)
            self.hovered.emit(found["lat"], found["lon"])
        elif kind in ("chosen", "opened"):
            getattr(self, kind).emit(text)
        else:
            self.said.emit(kind, text)
