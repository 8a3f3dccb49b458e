"""What can be done at a position of the map: the menu of a right click."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication

from opsdesk.services import positions
from opsdesk.services.positions import Position
from opsdesk.ui.map import nearest
from opsdesk.ui.menus import passing_menu
from opsdesk.ui.resources import icon
from opsdesk.ui.shell.page import Target

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell
    from opsdesk.ui.widgets.map_view import MapView

NEAR_KM = 5


def list_near(shell: Shell, lat: float, lon: float) -> None:
    """Open the list of tickets within `NEAR_KM` of a position."""
    shell.open(Target("tickets", query=f"near:({lat:.5f},{lon:.5f}),{NEAR_KM}km"))


def offer(
    desk: Desk,
    shell: Shell,
    view: MapView,
    query: str,
    at: Position,
    where: tuple[float, float],
    new_at: Callable[[Position], object],
) -> None:
    """Show the menu at a point of the map; `new_at` begins a ticket at a position."""
    grid = positions.mgrs(at.lat, at.lon, 4) or positions.latlon(at.lat, at.lon)

    def copy() -> None:
        QGuiApplication.clipboard().setText(grid)
        shell.toasts.show_toast(f"Copied {grid}", tone="neutral")

    menu = passing_menu(view)
    entries: tuple[tuple[str, str, Callable[[], object]], ...] = (
        (f"New ticket at {grid}", "plus", partial(new_at, at)),
        (f"List tickets within {NEAR_KM} km", "list-bullets", partial(list_near, shell, at.lat, at.lon)),
        ("Nearest tickets of the query", "crosshair", partial(nearest.offer, desk, shell, view, query, at)),
        (f"Copy {grid}", "copy", copy),
    )
    for text, name, run in entries:
        menu.addAction(icon(name), text).triggered.connect(lambda _checked=False, run=run: run())
    menu.popup(view.mapToGlobal(QPoint(int(where[0]), int(where[1]))))
