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
    from opsdesk.services.maps import Layer
    from opsdesk.services.tickets import TicketRow
    from opsdesk.ui.shell.page import Shell
    from opsdesk.ui.widgets.map_view import MapView

NEAR_KM = 5


def list_near(shell: Shell, lat: float, lon: float) -> None:
    """Open the list of tickets within `NEAR_KM` of a position."""
    shell.open(Target("tickets", query=f"near:({lat:.5f},{lon:.5f}),{NEAR_KM}km"))


def grid_of(at: Position) -> str:
    """A position as it is copied: its grid, to ten metres, or degrees where there is none."""
    return positions.mgrs(at.lat, at.lon, 4) or positions.latlon(at.lat, at.lon)


def copy(shell: Shell, text: str) -> None:
    """Put a position on the clipboard and say so."""
    QGuiApplication.clipboard().setText(text)
    shell.toasts.show_toast(f"Copied {text}", tone="neutral")


def copy_where(shell: Shell, view: MapView, row: TicketRow | None) -> None:
    """Copy where a ticket is, or without one (or its position) the middle of the map."""
    at = row.position if row is not None else None
    if at is None and view.bounds is not None:
        at = Position(view.bounds.lat, view.bounds.lon)
    if at is not None:
        copy(shell, grid_of(at))


def drawn_words(found: Layer, *, windowed: bool) -> str:
    """What is to be said of what is drawn of the query; empty where it is all of it that is in view."""
    if not found.total:
        return "No ticket of this query is in view."
    if windowed:
        return "Only what happened in the window of time is drawn."
    few = f"The {len(found.points):,} newest of {found.total:,} are drawn. Come nearer, or filter."
    return "" if len(found.points) == found.total else few


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
    grid, degrees = grid_of(at), positions.latlon(at.lat, at.lon)
    menu = passing_menu(view)
    entries: tuple[tuple[str, str, Callable[[], object]], ...] = (
        (f"New ticket at {grid}", "plus", partial(new_at, at)),
        (f"List tickets within {NEAR_KM} km", "list-bullets", partial(list_near, shell, at.lat, at.lon)),
        ("Nearest tickets of the query", "crosshair", partial(nearest.offer, desk, shell, view, query, at)),
        (f"Copy {grid}", "copy", partial(copy, shell, grid)),
        (f"Copy {degrees}", "copy", partial(copy, shell, degrees)),
    )
    for text, name, run in entries:
        menu.addAction(icon(name), text).triggered.connect(lambda _checked=False, run=run: run())
    menu.popup(view.mapToGlobal(QPoint(int(where[0]), int(where[1]))))
