"""The ground of the map in the real web engine: what is land and what is water, on both sides of the date line."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from opsdesk import RESOURCES
from opsdesk.ui.map.page import MapPage
from opsdesk.ui.widgets.map_view import scheme
from opsdesk.ui.widgets.map_view.engine import Engine
from tests.support.maps import LOADING_MS, show

CANVAS = "map.getPane('ground').querySelector('canvas')"
LAND = RESOURCES / "assets" / "map" / "land.bin"
Ground = Callable[[float, float], str]


@pytest.fixture
def ground(page: MapPage, ask: Callable[[str], Any], qtbot: QtBot) -> Ground:
    """What is painted at a position: the name of a colour of the look, or the colour itself."""
    qtbot.waitUntil(lambda: page.map.is_loaded, timeout=LOADING_MS)

    def at(lat: float, lon: float) -> str:
        found: str = ask(
            f"(() => {{ const canvas = {CANVAS}, to = canvas.getBoundingClientRect(), scale = canvas.width / to.width;"
            f"const point = map.latLngToContainerPoint([{lat}, {lon}]);"
            "const from = map.getContainer().getBoundingClientRect();"
            "const hex = (part) => part.toString(16).padStart(2, '0');"
            "const one = Object.assign(document.createElement('canvas'), {width: 1, height: 1});"
            "const context = one.getContext('2d', {willReadFrequently: true});"
            "context.drawImage(canvas, -Math.round((point.x + from.left - to.left) * scale),"
            "-Math.round((point.y + from.top - to.top) * scale));"
            "const [...told] = context.getImageData(0, 0, 1, 1).data;"
            "const said = told[3] ? '#' + told.slice(0, 3).map(hex).join('') : 'water';"
            "return ['land', 'water'].find((name) => theme.now[name] === said) || said; })()"
        )
        return found

    return at


def test_land_lakes_and_the_islands_in_them_are_where_they_are(
    page: MapPage, ask: Callable[[str], Any], ground: Ground
) -> None:
    show(page.map, ask, 45, 60, 3)
    assert ground(42, 51) == "water", "the Caspian Sea, a hole in the land"
    assert ground(45, 75) == "land"
    assert ground(12, 65) == "water"
    for zoom in (6, 9, 13, 18):  # the nearer, the farther the ends of what crosses the view
        show(page.map, ask, 51.3975, -68.8196, zoom)
        assert ground(51.3975, -68.8196) == "land", "the island of Manicouagan"
    show(page.map, ask, 51.3975, -68.8196, 7)
    assert ground(51.062, -68.705) == "water"


def test_the_world_goes_on_over_the_date_line_without_a_seam(
    page: MapPage, ask: Callable[[str], Any], ground: Ground
) -> None:
    for lon in (180.0, 180.2, 179.9):
        show(page.map, ask, 67.5, lon, 5)
        assert {ground(67.5, 180 + step / 50) for step in range(-20, 21)} == {"land"}
    for turn in (0, -360):
        show(page.map, ask, 50, 180 + turn, 3)
        assert ground(64, 209 + turn) == "land", "Alaska"
        assert ground(36, 138 + turn) == "land", "Japan"


def test_another_look_and_another_choice_paint_the_ground_anew(
    page: MapPage, ask: Callable[[str], Any], ground: Ground, qtbot: QtBot
) -> None:
    show(page.map, ask, 8, 20, 5)
    for look in ("dark", "red", "light"):
        page.map.tell("theme", look)
        assert ground(8, 20) == "land"
        assert ask("theme.name") == look
    page.map.tell("show", ["places"])
    assert ask(f"{CANVAS}.style.display") == "none"
    page.map.tell("go", 45, 75, 5)
    page.map.tell("show", ["terrain", "places"])
    assert ask(f"{CANVAS}.style.display") == ""
    assert ground(45, 75) == "land"


def test_the_ground_is_stretched_while_a_zoom_is_under_way_and_stands_still_after_it(
    page: MapPage, ask: Callable[[str], Any], ground: Ground
) -> None:
    show(page.map, ask, 8, 20, 5)
    ask("map.fire('zoomanim', {center: map.getCenter(), zoom: 6}) && 1")
    assert "scale(2)" in ask(f"{CANVAS}.style.transform")
    page.map.tell("go", 8, 20, 5)
    assert "scale" not in ask(f"{CANVAS}.style.transform")
    assert ground(8, 20) == "land"


def words(*numbers: int) -> bytes:
    return b"ODGD" + struct.pack(f"<{len(numbers)}i", *numbers)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is cut short"),
        (words(1, 1, 2, 2, 0, 5, 5, 9, 9)[:-3], "is cut short"),
        (words(1, 1, 2, 2, 0, 5, 5, 9), "is not as long as it says"),
        (words(1, -1, 2, 2, 0), "is not as long as it says"),
        (b"PNG!" + words(1, 0, 0)[4:], "is no layer of the ground"),
        (words(2, 0, 0), "is of version 2, not 1"),
        (words(1, 1, 2, 1, 0, 5, 5, 9, 9), "is damaged"),
        (words(1, 1, 2, 3, 0, 5, 5, 9, 9), "is damaged"),
        (words(1, 1, 3, 2, 0, 5, 5, 9, 9, 9, 9), "is damaged"),
        (words(1, 1, 2, 2, 7, 5, 5, 9, 9), "is damaged"),
        (words(1, 1, 2, 2, 0, 5, 5, 9, 2**30 + 1), "is damaged"),
        (words(1, 1, 2, 2, 0, -5, 5, 9, 9), "is damaged"),
        (words(1, 1, 2, 2, 1, 5, 5, 9, 9), ""),
        (words(1, 0, 0), ""),
    ],
)
def test_a_layer_that_is_short_foreign_or_damaged_is_refused_with_what_is_wrong(
    page: MapPage, ask: Callable[[str], Any], data: bytes, said: str
) -> None:
    told = ask(
        f"(() => {{ try {{ ground.unpack('x.bin', new Uint8Array({list(data)}).buffer); return ''; }}"
        "catch (error) { return String(error); } })()"
    )
    assert told == (f"Error: x.bin {said}" if said else "")


@pytest.fixture
def instead(
    page: MapPage, map_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> Iterator[Callable[[bytes], None]]:
    """Load the page anew with other bytes for land; and as it was when the test ends."""

    def load() -> None:
        map_engine.is_ready = map_engine.is_loaded = False
        map_engine.problem = ""
        map_engine.view.reload()  # type: ignore[attr-defined]
        qtbot.waitUntil(lambda: map_engine.is_loaded, timeout=LOADING_MS)

    def loaded(data: bytes) -> None:
        path = tmp_path / "land.bin"
        path.write_bytes(data)
        with monkeypatch.context() as other:
            other.setattr(scheme, "file_of", lambda address: path if address == "/map/land.bin" else file_of(address))
            load()

    file_of = scheme.file_of
    yield loaded
    load()


def test_a_map_whose_land_is_damaged_says_so_and_draws_the_rest(
    page: MapPage, map_engine: Engine, instead: Callable[[bytes], None], ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    instead(LAND.read_bytes()[:-4000])
    qtbot.waitUntil(page.map.notice.isVisible, timeout=LOADING_MS)
    assert "cannot be read (Error: land.bin is not as long as it says)" in page.map.notice.text()
    qtbot.waitUntil(lambda: ask("marks.drawn().length") > 0, timeout=LOADING_MS)
    instead(LAND.read_bytes())
    assert map_engine.problem == ""
    assert not page.map.notice.isVisible()


def test_airports_and_ports_are_read_when_they_are_wanted_and_a_layer_that_is_gone_is_told(
    page: MapPage, map_engine: Engine, ground: Ground, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    show(page.map, ask, 52.3, 4.76, 9)
    page.map.tell("show", ["airports"])
    qtbot.waitUntil(lambda: len(ask("overlay.words()")) > 0, timeout=LOADING_MS)
    ask("(window.kept = window.fetch, window.fetch = () => Promise.reject(new Error('gone')), desk.show(['ports']), 1)")
    try:
        qtbot.waitUntil(page.map.notice.isVisible, timeout=LOADING_MS)
        assert "cannot be read (Error: gone)" in page.map.notice.text()
    finally:
        map_engine.problem = ""  # other tests have the same page
        ask("(window.fetch = window.kept, 1)")
    qtbot.waitUntil(lambda: ask("overlay.words()") == [], timeout=LOADING_MS)
    page.map.tell("show", ["ports"])
    qtbot.waitUntil(lambda: len(ask("overlay.words()")) > 0, timeout=LOADING_MS)


def test_a_move_draws_each_canvas_once(page: MapPage, ask: Callable[[str], Any], ground: Ground) -> None:
    show(page.map, ask, 8, 20, 5)
    cleared, canvases = ask(
        "(() => { const kind = CanvasRenderingContext2D.prototype, was = kind.clearRect; let count = 0;"
        "kind.clearRect = function (...box) { count += 1; return was.apply(this, box); };"
        "desk.go(9, 21, 7); kind.clearRect = was;"
        "return [count, document.querySelectorAll('.leaflet-map-pane canvas').length]; })()"
    )
    assert 0 < cleared <= canvases


def test_a_place_on_the_map_is_where_leaflet_has_it(page: MapPage, ask: Callable[[str], Any]) -> None:
    for lat, lon in ((0, 0), (52.37, 4.9), (-33.9, 190), (85.2, -180), (-90, 10)):
        there = ask(f"[mercator({lat}, {lon}), map.project([{lat}, {lon}], 0)]")
        assert there[0] == {axis: pytest.approx(there[1][axis] / 256, abs=1e-9) for axis in "xy"}
