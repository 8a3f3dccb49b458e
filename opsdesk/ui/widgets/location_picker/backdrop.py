"""What the picker's map shows around the pin: open tickets and our places, and which of them was pressed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

from opsdesk.services import maps
from opsdesk.services.maps import Box, Layer, Point
from opsdesk.ui.widgets.map_view import Bounds, MapView

if TYPE_CHECKING:
    from opsdesk.ui.bridge import Bridge

_SETTLE_MS = 200
_MOST = 500


class Backdrop(QObject):
    """Reads anew what lies in view when the map comes to rest."""

    def __init__(self, desk: Any, bridge: Bridge, view: MapView) -> None:
        super().__init__(view)
        self._desk, self._bridge, self._view = desk, bridge, view
        self._points: dict[str, dict[str, Point]] = {"own": {}, "tickets": {}}
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._read)
        view.moved.connect(lambda _bounds: self._settle.start())

    def point(self, record: str) -> tuple[str, Point] | None:
        """The layer (`own` or `tickets`) and the point of a mark by its id in hexadecimal."""
        return next(((layer, found[record]) for layer, found in self._points.items() if record in found), None)

    def _read(self) -> None:
        bounds: Bounds | None = self._view.bounds
        if bounds is None or not self._view.isVisible():
            return
        box = Box(bounds.south, bounds.west, bounds.north, bounds.east)
        for layer, question, arguments in (
            ("tickets", maps.tickets, ("is:open", box, _MOST)),
            ("own", maps.places, (box, _MOST)),
        ):
            future = self._desk.ask(question, *arguments, channel=f"picker.{layer}")
            self._bridge.then(future, partial(self._show, layer), owner=self)

    def _show(self, layer: str, found: Layer) -> None:
        self._points[layer] = {point.id: point for point in found.points}
        self._view.set_layer(layer, "marks", found.points)
