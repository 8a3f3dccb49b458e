"""The one map of the program: its page, what it is told and what it tells. `MapView` shows it."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
import shiboken6
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from opsdesk.ui.widgets.map_view.tiles import Give


_EQUATOR_M: Final = 40_075_016.686
"""WGS 84."""

_LONG: Final = 10_000
"""Bytes of a value that are many for a script."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the map shows, in degrees WGS 84; `west` may be greater than `east` by a turn of the world."""

    south: float
    west: float
    north: float
    east: float
    lat: float
    lon: float
    zoom: float

    def pixel_m(self, lat: float) -> float:
        """Metres on the ground that a pixel is wide at a latitude (web Mercator, tiles of 256 pixels)."""
        return _EQUATOR_M * math.cos(math.radians(lat)) / 256 / 2**self.zoom

    def exact_m(self, lat: float) -> float:
        """How exact a point is that was chosen by the eye: two pixels, as for a click."""
        return max(1.0, float(round(2 * self.pixel_m(lat))))


def fitted(box: tuple[float, float, float, float], width: int, height: int) -> Bounds:
    """What a map of so many pixels will show that is fitted to south, west, north and east: as `desk.fit` of the page,
    known before there is a page (web Mercator, steps of half a zoom, 40 pixels free on each side)."""
    south, west, north, east = box
    low, high = (
        0.5 - math.asinh(math.tan(math.radians(max(-85.0, min(85.0, lat))))) / math.tau for lat in (south, north)
    )
    wide, tall = max((east - west) / 360, 1e-9), max(low - high, 1e-9)
    scale = min(max(width - 80, 1) / wide, max(height - 80, 1) / tall) / 256
    zoom = max(2.0, min(13.0, math.floor(2 * math.log2(scale) + 0.02) / 2))
    world = 256 * 2**zoom
    middle, right, down = (low + high) / 2, width / 2 / world * 360, height / 2 / world

    def lat_of(y: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y))))

    lon = (west + east) / 2
    return Bounds(lat_of(middle + down), lon - right, lat_of(middle - down), lon + right, lat_of(middle), lon, zoom)


def unavailable() -> str:
    """Why no map can be drawn on this machine; empty where one can."""
    if os.environ.get("OPSDESK_MAP") == "off":
        return "The map is switched off by OPSDESK_MAP"
    try:
        from opsdesk.ui.widgets.map_view import scheme
    except ImportError as error:
        return f"Qt WebEngine is missing: {error}"
    if scheme.file_of("/map/map.html") is None:
        return "The map's files are missing; `make setup` fetches them"
    return ""


class Channel(QObject):
    """What the page sees of the program."""

    told = Signal(str, str)

    @Slot(str, str)
    def tell(self, kind: str, text: str) -> None:
        """Called by the page: something was done on the map."""
        self.told.emit(kind, text)


class Engine(QObject):
    """The map's page. Signals: `told` with kind and text of what was done, `ready` when it can be told things;
    `is_loaded` says whether land and names were read too, and `problem` why they could not be.

    The widget goes with whoever shows it last and is made anew when it is next wanted; the profile stays to the end,
    because a page must never outlive it.
    """

    told = Signal(str, str)
    ready = Signal()
    freed = Signal()
    """Whoever had the page has it no more, so that another who is in sight may take it back."""

    def __init__(self) -> None:
        super().__init__()
        from PySide6.QtWebEngineCore import QWebEngineProfile

        from opsdesk.ui.widgets.map_view.scheme import Door, Handler

        self.profile = QWebEngineProfile(self)  # without a name it writes nothing to the disk
        self.handler, self.door = Handler(self.profile), Door(self.profile)
        self.profile.installUrlSchemeHandler(b"opsdesk", self.handler)
        self.profile.setUrlRequestInterceptor(self.door)
        self._view: Any = None
        self.is_ready = self.is_loaded = False
        self.problem = ""
        self.tiles: dict[str, Any] | None = None

    @property
    def view(self) -> QWidget:
        """The widget that draws the map."""
        if self._view is None or not shiboken6.isValid(self._view):
            self._view = self._make()
        return self._view

    def _make(self) -> Any:
        from PySide6.QtCore import QUrl
        from PySide6.QtWebChannel import QWebChannel
        from PySide6.QtWebEngineCore import QWebEnginePage
        from PySide6.QtWebEngineWidgets import QWebEngineView

        from opsdesk.ui.widgets.map_view.scheme import PAGE

        self.is_ready = self.is_loaded = False
        self.problem = ""
        view = QWebEngineView()
        view.setContextMenuPolicy(_no_menu())
        page = QWebEnginePage(self.profile, view)
        web, channel = QWebChannel(page), Channel(page)
        web.registerObject("desk", channel)
        page.setWebChannel(web)
        channel.told.connect(self._told)
        view.setPage(page)
        page.load(QUrl(PAGE))
        return view

    def call(self, name: str, *arguments: Any) -> None:
        """Call `desk.name(…)` of the page; arguments are what msgspec can say as JSON, dataclasses too. Does nothing
        before `ready`."""
        if self.is_ready and self._view is not None and shiboken6.isValid(self._view):
            said = ",".join(_script(one) for one in arguments)
            self._view.page().runJavaScript(f"desk.{name}({said})")

    def wear(self, tiles: Mapping[str, Any] | None, give: Give | None = None) -> None:
        """Draw a map from a file over the land, wherever the map is shown: its `id`, `minzoom`, `maxzoom` and `bounds`.
        `give` reads its tiles. None takes it away."""
        self.tiles = None if tiles is None else dict(tiles)
        self.handler.tiles.give = give
        self.call("tiles", self.tiles)

    def _told(self, kind: str, text: str) -> None:
        if kind == "ready":
            self.is_ready = True
            self.ready.emit()
        else:
            if kind in ("loaded", "failed"):
                self.is_loaded, self.problem = True, text
            self.told.emit(kind, text)

    def close(self) -> None:
        """Let the page go, and then its profile. Called once, when no window is left."""
        if self._view is not None and shiboken6.isValid(self._view):
            page = self._view.page()
            shiboken6.delete(page)
            shiboken6.delete(self._view)
        shiboken6.delete(self.profile)
        shiboken6.delete(self)


def _script(value: Any) -> str:
    """A value as an expression of JavaScript. A long one is a text of JSON there, which the engine reads in a third of
    the time that the same takes as a script."""
    said = msgspec.json.encode(value)
    return said.decode() if len(said) < _LONG else f"JSON.parse({msgspec.json.encode(said.decode()).decode()})"


def _no_menu() -> Any:
    from PySide6.QtCore import Qt

    return Qt.ContextMenuPolicy.NoContextMenu


_engine: Engine | None = None
_worn: tuple[Mapping[str, Any] | None, Give | None] = (None, None)


def wear(tiles: Mapping[str, Any] | None, give: Give | None = None) -> None:
    """Draw a map from a file over the land from now on, also when there is no map yet: see `Engine.wear`."""
    global _worn
    _worn = (tiles, give)
    if _engine is not None:
        _engine.wear(tiles, give)


def engine() -> Engine:
    """The one map, made at the first call. Raises ImportError where the web engine is missing: ask `unavailable`."""
    global _engine
    if _engine is None:
        _engine = Engine()
        _engine.wear(*_worn)
    return _engine


def close_engine() -> None:
    """Let the map go, when the program ends."""
    global _engine
    if _engine is not None:
        _engine.close()
        _engine = None
