"""Names on the map keep clear of what lies over them, and the legend of what is reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytestqt.qtbot import QtBot

from opsdesk.ui.map.page import MapPage
from tests.support.maps import LOADING_MS, show

BAMBARI = (5.762, 20.667)
OVERLAP = "overlay.words().some((word) => marks.boxes().some((mark) => overlay.touches(word, mark)))"
NEAR = (
    f"(() => {{ const {{x, y}} = overlay.at({BAMBARI[0]}, {BAMBARI[1]});"
    "return overlay.words().some(([left, top, right, bottom]) => right - left > 30 && left > x - 110 && right < x + 110"
    " && top > y - 50 && bottom < y + 50); })()"
)


def _fill(page: MapPage, spots: list[tuple[float, float]], layer: str = "tried") -> None:
    rows = [
        {"id": f"{at:032x}", "lat": lat, "lon": lon, "p": 2, "s": 10, "n": "", "t": ""}
        for at, (lat, lon) in enumerate(spots)
    ]
    page.map.set_layer(layer, "marks", rows)


def _settled(page: MapPage, ask: Callable[[str], Any], qtbot: QtBot, count: int) -> None:
    qtbot.waitUntil(lambda: len(ask("marks.drawn()")) == count, timeout=LOADING_MS)
    clear = "JSON.stringify(overlay.covered()) === overlay.known()"
    qtbot.waitUntil(lambda: bool(ask(clear)), timeout=LOADING_MS)


def test_the_name_of_a_town_gives_way_to_marks_over_its_place_and_beside_it(
    page: MapPage, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: page.map.is_loaded, timeout=LOADING_MS)
    page.map.drop_layer("tickets")
    show(page.map, ask, *BAMBARI, 8)
    qtbot.waitUntil(lambda: bool(ask(NEAR)), timeout=LOADING_MS)
    lat, lon = BAMBARI
    for spots in ([(lat, lon)], [(lat, lon), (lat, lon + 0.3)], [(lat, lon), (lat, lon + 0.3), (lat, lon - 0.3)]):
        _fill(page, spots)
        _settled(page, ask, qtbot, len(spots))
        assert not ask(OVERLAP), spots
        assert ask(NEAR), spots


def test_no_letters_of_the_grid_and_no_names_lie_below_the_legend(
    page: MapPage, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: page.map.is_loaded, timeout=LOADING_MS)
    page.map.drop_layer("tickets")
    page.map.show_legend(True)
    show(page.map, ask, *BAMBARI, 6.5)
    beneath = "overlay.words().some((word) => overlay.touches(word, legend.place()))"
    qtbot.waitUntil(lambda: len(ask("legend.lines()")) > 0 and not ask(beneath), timeout=LOADING_MS)
    assert len(ask("overlay.words()")) > 20


def test_the_legend_gives_way_once_to_what_it_would_hide_unless_somebody_opened_it(
    page: MapPage, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: page.map.is_loaded, timeout=LOADING_MS)
    page.map.drop_layer("tickets")
    page.map.show_legend(None)
    show(page.map, ask, *BAMBARI, 7)
    page.resize(1200, 800)
    qtbot.waitUntil(lambda: len(ask("legend.lines()")) > 0, timeout=LOADING_MS)
    middle = "((box) => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])(legend.place())"
    found = ask(f"map.containerPointToLatLng({middle})")
    spot = (found["lat"], found["lng"])
    _fill(page, [spot])
    qtbot.waitUntil(lambda: ask("legend.lines()") == [], timeout=LOADING_MS)
    assert page._desk.settings.get("map.legend", None) is None, "it was no person's word"
    page._shell.actions.run("map.legend")
    qtbot.waitUntil(lambda: page._desk.settings.get("map.legend", None) is True, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: len(ask("legend.lines()")) > 0, timeout=LOADING_MS)
    _fill(page, [spot, BAMBARI])
    _settled(page, ask, qtbot, 2)
    assert ask("legend.lines()")
    assert page.map.legend_open is True
