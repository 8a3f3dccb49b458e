"""The field that brings the map to a grid, to degrees or to a place by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from opsdesk.services import maps, positions
from opsdesk.services.maps import Found
from opsdesk.ui.widgets.map_view import MapView
from opsdesk.ui.widgets.pick_list import Pick
from opsdesk.ui.widgets.picker import Picker

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell


class GoTo(Picker):
    """Moves a map to what is picked and sets its pin there."""

    def __init__(self, desk: Desk, shell: Shell, view: MapView) -> None:
        super().__init__(
            "Go to a grid, degrees or a place", placeholder="Go to MGRS, lat/lon or place", icon_name="map-pin"
        )
        self._desk, self._shell, self._map = desk, shell, view
        self.setMinimumWidth(130)
        self.setMaximumWidth(300)
        self.search = self._find
        self.picked.connect(self._went)

    def begin(self) -> None:
        """Take the keyboard, ready for another text."""
        self.setFocus()
        self.selectAll()

    def clear_pin(self) -> None:
        """Take the pin away, and what brought the map there out of the field."""
        self.set_value(None)
        self._map.put_point(None)

    def _find(self, text: str, give: Callable[[Sequence[Pick]], None]) -> None:
        future = self._desk.ask(maps.find, text, channel="map.find")

        def show(found: Sequence[Found]) -> None:
            picks = [Pick(one, one.label, one.detail, one.icon) for one in found]
            why = "" if picks else positions.why_not(text)
            give(picks or ([Pick(None, why, icon="warning-circle")] if why else []))

        self._shell.bridge.then(future, show, owner=self)

    def _went(self, found: Found | None) -> None:
        self._map.put_point(None if found is None else found.at)
        if found is not None:
            self._map.go(found.at.lat, found.at.lon, found.zoom)
            self._map.setFocus()
