"""A menu of the tickets that are nearest to a position, with how far each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsdesk.services import maps
from opsdesk.services.drawings.words import length_words
from opsdesk.services.maps import Nearby
from opsdesk.services.positions import Position
from opsdesk.ui.menus import passing_menu
from opsdesk.ui.shell.page import Target

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell
    from opsdesk.ui.widgets.map_view import MapView


def offer(desk: Desk, shell: Shell, view: MapView, query: str, at: Position | None = None) -> None:
    """Show the menu over the map: of the query's tickets those nearest to a position, by default to the map's middle.
    Choosing one opens it."""
    if at is None:
        if view.bounds is None:
            return
        at = Position(view.bounds.lat, view.bounds.lon)

    def show(found: tuple[Nearby, ...]) -> None:
        menu = passing_menu(view)
        menu.setAccessibleName("Nearest tickets")
        for one in found:
            words = f"{one.number}  {one.title[:60]}".replace("&", "&&").replace("\t", " ")
            entry = menu.addAction(f"{words}\t{length_words(one.metres)}")
            entry.triggered.connect(lambda _checked=False, ticket=one.id: shell.open(Target("ticket", ticket)))
        if not found:
            menu.addAction("No ticket of the query has a position").setEnabled(False)
        menu.popup(view.mapToGlobal(view.rect().center()))
        if found:
            menu.setActiveAction(menu.actions()[0])

    shell.bridge.then(desk.ask(maps.nearest, query, at.lat, at.lon, channel="map.nearest"), show, owner=view)
