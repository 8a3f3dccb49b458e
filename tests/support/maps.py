"""The map's page for the session, which tests lend to each other since it takes seconds to load, and acts on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtTest import QTest

from tests.support.patience import PATIENCE_MS

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from opsdesk.services.desk import Desk
    from opsdesk.ui.map.page import MapPage
    from opsdesk.ui.widgets.map_view import MapView
    from opsdesk.ui.widgets.map_view.engine import Engine

LOADING_MS = PATIENCE_MS
"""What the page of the map is waited for at most."""


@pytest.fixture(scope="session")
def map_engine(qapp: QApplication) -> Iterator[Engine]:
    """The one map; whoever shows it gives it back."""
    from opsdesk.ui.widgets.map_view.engine import close_engine, engine

    yield engine()
    close_engine()


def click(ask: Callable[[str], Any], at: tuple[float, float], when: str = "true") -> bool:
    """Click a position, as an event of the page on whatever stands there: the engine takes the mouse in a process of
    its own, and on the offscreen platform a click of the window's is now and then not passed on at all. Where the
    position stands is asked in the same breath, since a layout that comes late moves it. `when` is a condition on
    `point`; without it nothing is clicked, and the answer is False."""
    return bool(
        ask(
            f"(() => {{ const point = map.latLngToContainerPoint([{at[0]}, {at[1]}]);"
            f"if (!({when})) return 0;"
            "const box = map.getContainer().getBoundingClientRect();"
            "const at = {bubbles: true, view: window, clientX: box.left + point.x, clientY: box.top + point.y};"
            "const target = document.elementFromPoint(at.clientX, at.clientY);"
            "for (const kind of ['mousedown', 'mouseup', 'click']) target.dispatchEvent(new MouseEvent(kind, at));"
            "return 1; })()"
        )
    )


def click_mark(ask: Callable[[str], Any], qtbot: QtBot, at: tuple[float, float]) -> None:
    """Click the mark of one record at a position, as soon as it is drawn there."""
    qtbot.waitUntil(lambda: click(ask, at, "marks.hit(point)?.one"), timeout=LOADING_MS)


def answered(desk: Desk, ask: Callable[[str], Any]) -> bool:
    """Whether the desk has nothing to do and all its answers were handled, so that none moves the map any more."""
    # An answer is handed over as the desk becomes idle; asking the page, in another process, handles what has come.
    return not desk.busy and bool(ask("true")) and not desk.busy


def at_rest(page: MapPage, ask: Callable[[str], Any]) -> bool:
    """Whether nothing will move or fill the map of the page by itself any more: it is as large as its place in the
    window, has told what it shows, and that was asked about and answered."""
    if not answered(page._desk, ask):
        return False
    now = ask(
        "(() => { const box = map.getBounds(), size = map.getSize(); return [innerWidth, innerHeight, size.x, size.y,"
        "box.getSouth(), box.getWest(), box.getNorth(), box.getEast(), map.getZoom()]; })()"
    )
    told, wide, high = page.map.bounds, page.map.width(), page.map.height()
    if told is None or page._settle.isActive() or page._desk.busy:
        return False
    return bool(now == [wide, high, wide, high, told.south, told.west, told.north, told.east, told.zoom])


def show(view: MapView, ask: Callable[[str], Any], lat: float, lon: float, zoom: float) -> None:
    """Bring a position to the middle, again where the view was moved by an answer that came late. The middle is a
    whole pixel once the map was given another size."""
    pixel_degrees = 360 / 256 / 2**zoom
    for _ in range(40):
        view.go(lat, lon, zoom)
        QTest.qWait(250)
        if abs(ask("map.getCenter().lat") - lat) <= pixel_degrees and ask("map.getZoom()") == zoom:
            return
    raise AssertionError("the map does not come there")
