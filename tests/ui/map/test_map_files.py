"""A map from a file is added, drawn over the land and removed; a tile that is missing is an empty one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from opsdesk.services.base_maps import EMPTY
from opsdesk.ui.map.page import MapPage
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.map_view.engine import Engine
from tests.support.maps import LOADING_MS
from tests.support.tiles import mbtiles, picture

TILES = "document.querySelectorAll('.leaflet-tile-loaded').length"


def added(page: MapPage, tmp_path: Path, qtbot: QtBot) -> str:
    """Add a green world and return its id."""
    path = mbtiles(tmp_path / "green.mbtiles", [((0, 0, 0), picture("#00a040"))], name="Green world")
    page.files.add(path)
    qtbot.waitUntil(lambda: len(page.files.maps) == 1, timeout=LOADING_MS)
    return page.files.maps[0].id


def fetched(ask: Callable[[str], Any], qtbot: QtBot, address: str, headers: str = "{}") -> int:
    """How many bytes the page gets from an address."""
    ask(
        f"(window.got = null, fetch('{address}', {{headers: {headers}}}).then((it) => it.arrayBuffer())"
        ".then((it) => { window.got = it.byteLength; }, () => { window.got = -1; }), 1)"
    )
    qtbot.waitUntil(lambda: ask("window.got") is not None, timeout=LOADING_MS)
    return int(ask("window.got"))


def test_an_added_map_is_listed_with_what_it_covers_and_drawn_at_once(
    page: MapPage, ask: Callable[[str], Any], tmp_path: Path, qtbot: QtBot
) -> None:
    name = added(page, tmp_path, qtbot)
    line = page.files.lines[name]
    assert line.box.isChecked()
    assert "zoom 0" in line.said.text()
    assert "85° S – 85° N, 180° W – 180° E" in line.said.text()
    qtbot.waitUntil(lambda: ask(TILES) > 0, timeout=LOADING_MS)

    def is_green() -> bool:
        shot = page.map.grab().toImage()
        return QColor(shot.pixel(shot.width() // 2, 12)).green() > 100

    qtbot.waitUntil(is_green, timeout=LOADING_MS)  # the picture of the page is composed later
    line.box.click()
    qtbot.waitUntil(lambda: ask(TILES) == 0, timeout=LOADING_MS)


def test_a_map_of_a_town_tells_its_edges_apart_and_whose_it_is_without_markup(
    page: MapPage, tmp_path: Path, qtbot: QtBot
) -> None:
    path = mbtiles(
        tmp_path / "town.mbtiles", [((12, 2259, 1998), picture())], name="Bangui <b>town</b>",
        credit='<img src="file:///etc/x.png"><a href="http://x">&copy; Open data</a>',
    )  # fmt: skip
    page.files.add(path)
    qtbot.waitUntil(lambda: len(page.files.maps) == 1, timeout=LOADING_MS)
    (line,) = page.files.lines.values()
    assert line.said.text().startswith("4.30–4.39° N, 18.54–18.63° E\nzoom 12")
    assert "© Open data" in line.toolTip()
    assert "<b>" not in line.toolTip()
    assert "<img" not in line.toolTip()


def test_a_tile_that_is_missing_is_an_empty_picture_and_a_range_gets_on(
    page: MapPage, ask: Callable[[str], Any], map_engine: Engine, tmp_path: Path, qtbot: QtBot
) -> None:
    name = added(page, tmp_path, qtbot)
    whole = len(picture("#00a040"))
    assert fetched(ask, qtbot, f"opsdesk://tiles/{name}/0/0/0") == whole
    for missing in (f"{name}/9/3/3", f"{'0' * 32}/0/0/0", "../../x", f"{name}/0/0"):
        assert fetched(ask, qtbot, f"opsdesk://tiles/{missing}") == len(EMPTY)
    # The engine cuts a range out by itself, and ended the program when it was given the range only.
    part = "{Range: 'bytes=10-19'}"
    assert fetched(ask, qtbot, f"opsdesk://tiles/{name}/0/0/0", part) == 10
    assert fetched(ask, qtbot, "opsdesk://assets/leaflet/leaflet.js", part) == 10
    assert map_engine.door.blocked == []


def test_a_wrong_file_is_refused_in_its_place_and_a_removed_map_comes_back_by_undo(
    page: MapPage, tmp_path: Path, qtbot: QtBot
) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no map", encoding="utf-8")
    page.files.add(wrong)
    qtbot.waitUntil(lambda: "no MBTiles file" in page.files.error.text(), timeout=LOADING_MS)
    name = added(page, tmp_path, qtbot)
    assert page.files.error.isHidden()
    page.files.lines[name].remove.click()
    assert page.files.maps == ()
    (toast,) = page._shell.toasts.shown
    next(button for button in toast.findChildren(Button) if button.text() == "Undo").click()
    qtbot.waitUntil(lambda: len(page.files.maps) == 1, timeout=LOADING_MS)
    page.files.lines[name].remove.click()
    page.files.finish()
    qtbot.waitUntil(lambda: page._desk.base_maps.listed().result() == (), timeout=LOADING_MS)


def test_a_kept_file_that_was_overwritten_is_said_in_its_place_and_drawn_no_more(
    page: MapPage, ask: Callable[[str], Any], tmp_path: Path, qtbot: QtBot
) -> None:
    name = added(page, tmp_path, qtbot)
    qtbot.waitUntil(lambda: ask(TILES) > 0, timeout=LOADING_MS)
    (copy,) = page._desk.folder.rglob(f"{name}.mbtiles")
    copy.write_bytes(b"nothing")
    page.activated()
    qtbot.waitUntil(lambda: "has changed since it was added" in page.files.lines[name].said.text(), timeout=LOADING_MS)
    assert not page.files.lines[name].box.isChecked()
    assert not page.files.lines[name].box.isEnabled()
    qtbot.waitUntil(lambda: ask(TILES) == 0, timeout=LOADING_MS)
