"""Time on the map: asks when the tickets of the query happened, and holds the map to the window of the bar."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from opsdesk.services import maps
from opsdesk.services.errors import QueryError
from opsdesk.services.maps import Layer, Moments
from opsdesk.ui.actions import Action
from opsdesk.ui.map.time_bar import TimeBar
from opsdesk.ui.widgets.map_view import MapView

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_FIRST_MS = 200
_AGAIN_MS = 1_000
"""Counts over all of the query cost more than the points in view, so changes that come by are counted less often."""


class Times(QObject):
    """Signals: `moved` when the window is another one, `wanting` when points that it holds are not here yet."""

    moved = Signal()
    wanting = Signal()

    def __init__(self, desk: Desk, shell: Shell, view: MapView, query: Callable[[], str]) -> None:
        super().__init__(view)
        self._desk, self._shell, self._map, self._query = desk, shell, view, query
        self._whens: list[int] = []
        self._layer = Layer((), 0, None)
        self._waiting = False
        self.asked = False
        """Whether the counts were ever asked for: after the first points, so that these come first."""
        self.bar = TimeBar()
        self.bar.setVisible(bool(desk.settings.get("map.time", True)) and not view.why_not)
        self.bar.changed.connect(self._changed)
        view.loaded.connect(self._load)
        self._again = QTimer(self, singleShot=True, interval=_AGAIN_MS)
        self._again.timeout.connect(self.ask)
        self._add_actions()

    def _add_actions(self) -> None:
        bar, add = self.bar, partial(Action, group="Time on the map", enabled=lambda: self.bar.isVisible())
        self._shell.actions.add(
            Action("map.time", "Show or hide time on the map", self.toggle, "clock", "T", group="Time on the map",
                   words="slider play history"),
            add("map.play", "Play time on the map, or pause", bar.play, "play", "Space"),
            owner=self._map,
        )  # fmt: skip
        keys = (
            ("back", "Window back by a quarter", partial(bar.step, -0.25), "Left"),
            ("on", "Window on by a quarter", partial(bar.step, 0.25), "Right"),
            ("far_back", "Window back by its length", partial(bar.step, -1), "Shift+Left"),
            ("far_on", "Window on by its length", partial(bar.step, 1), "Shift+Right"),
            ("first", "Window to the beginning", partial(bar.go_to_end, False), "Home"),
            ("last", "Window to the end", partial(bar.go_to_end, True), "End"),
            ("longer", "Longer window", partial(bar.lengthen, 1), "Up"),
            ("shorter", "Shorter window", partial(bar.lengthen, -1), "Down"),
            ("faster", "Another speed", bar.faster, "Ctrl+Shift+S"),
            ("all", "All of time", partial(bar.set_length, 0), "Ctrl+Backspace"),
        )
        self._shell.actions.add(
            add("map.time.play", "Play, or pause", bar.play, "play", "Space", listed=False),
            *(add(f"map.time.{name}", text, run, shortcut=key, listed=False) for name, text, run, key in keys),
            owner=bar,
        )

    # -- what the page asks ------------------------------------------------------------------------------------

    @property
    def since(self) -> int | None:
        """From when on points are wanted first, where not all can be had at once; None for no window."""
        return self.bar.reach[0] if self.bar.reach else None

    def ask(self) -> None:
        """Ask when the tickets of the query happened, if time is shown."""
        self._waiting, self.asked = False, True
        if self.bar.isHidden():
            return
        future = self._desk.ask(maps.moments, self._query(), channel="map.moments")
        self._shell.bridge.then(future, self._show, self._failed, owner=self)

    def ask_again(self) -> None:
        """Something changed: ask soon."""
        self._again.start()

    def take(self, layer: Layer) -> None:
        """The points in view are others."""
        self._layer, self._waiting = layer, False
        self._whens = sorted(point.w for point in layer.points if point.w is not None)
        self._want()

    def drawn(self) -> int:
        """How many of the points in view the window holds."""
        window = self.bar.reach
        if window is None:
            return self._layer.total
        return bisect_left(self._whens, window[1]) - bisect_left(self._whens, window[0])

    def toggle(self) -> None:
        """Show time, or hide it: then the map shows all of time again."""
        shown = self.bar.isHidden()
        self._desk.settings.set("map.time", shown)
        self.bar.setVisible(shown)
        if shown:
            self.ask()
        else:
            self.bar.set_length(0)

    # -- in between --------------------------------------------------------------------------------------------

    def _show(self, found: Moments) -> None:
        self.bar.show_moments(found)
        self._load()

    def _load(self) -> None:
        """Make the strip, after the map: its library takes a quarter of a second to import."""
        if self.bar.strip is None and self._map.is_loaded and self.asked and not self.bar.isHidden():
            QTimer.singleShot(_FIRST_MS, self, self.bar.load)

    def _failed(self, error: Exception) -> None:
        # A wrong query is told where it is typed; what was counted before stays.
        if not isinstance(error, QueryError):
            self._shell.bridge.unhandled.emit(error)

    def _changed(self) -> None:
        self._map.set_window(self.bar.reach)
        self.moved.emit()
        self._want()

    def _want(self) -> None:
        """Ask for points where the window holds some that are not here: of many only the first come."""
        window, covers = self.bar.reach, self._layer.covers
        if window is None or self._waiting or self._layer.total <= len(self._layer.points):
            return
        if covers is None or window[0] < covers[0] or (window[1] > covers[1] and window[0] > covers[0]):
            self._waiting = True
            self.wanting.emit()
