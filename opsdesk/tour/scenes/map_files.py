"""The listing of map files, with one that is painted here: relief that nobody has surveyed."""

from __future__ import annotations

import math
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from opsdesk.tour.stage import PATIENCE_S, Scene, Stage

_ZOOMS = (4, 5, 6, 7)
_WEST, _SOUTH, _EAST, _NORTH = 14.4, 2.2, 27.5, 11.1
_SIDE = 256


def _column(lon: float, zoom: int) -> float:
    return (lon + 180) / 360 * 2.0**zoom


def _row(lat: float, zoom: int) -> float:
    turned = math.asinh(math.tan(math.radians(lat)))
    return (1 - turned / math.pi) / 2 * 2.0**zoom


def _tile(zoom: int, column: int, row: int) -> bytes:
    """A PNG of heights that are sums of waves, tinted and lit from the north-west; neighbours fit together."""
    import numpy as np
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtGui import QImage

    steps = (np.arange(_SIDE) + 0.5) / _SIDE / 2.0**zoom
    x, y = np.meshgrid(column / 2.0**zoom + steps, row / 2.0**zoom + steps)
    height = np.zeros_like(x)
    for octave in range(7):
        wave, turn = 170.0 * 1.9**octave, 0.7 + 1.3 * octave
        along = x * math.cos(turn) + y * math.sin(turn)
        across = y * math.cos(turn) - x * math.sin(turn)
        height += np.sin(wave * along + 1.7 * np.sin(0.6 * wave * across)) / 1.75**octave
    down, right = np.gradient(height)
    light = np.clip(0.86 + (right + down) * 2.0**zoom / 90, 0.62, 1.06)[..., None]
    share = np.clip((height + 1.9) / 3.8, 0, 1)
    tints = np.array([[168, 196, 150], [205, 214, 168], [231, 222, 184], [214, 190, 148], [186, 158, 124]], float)
    colour = np.stack([np.interp(share, np.linspace(0, 1, len(tints)), tints[:, band]) for band in range(3)], axis=-1)
    pixels = np.ascontiguousarray(np.clip(colour * light, 0, 255).astype(np.uint8))
    image = QImage(pixels.data, _SIDE, _SIDE, 3 * _SIDE, QImage.Format.Format_RGB888)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def _painted(path: Path) -> Path:
    """Write an MBTiles file of the Central African Republic and return its path."""
    said = {
        "name": "Relief 1:1,000,000", "format": "png", "attribution": "Painted for this picture",
        "bounds": f"{_WEST},{_SOUTH},{_EAST},{_NORTH}",
    }  # fmt: skip
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("CREATE TABLE metadata (name text, value text)")
        file.execute(
            "CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob, "
            "UNIQUE (zoom_level, tile_column, tile_row))"
        )
        file.executemany("INSERT INTO metadata VALUES (?, ?)", said.items())
        for zoom in _ZOOMS:
            columns = range(int(_column(_WEST, zoom)), int(_column(_EAST, zoom)) + 1)
            rows = range(int(_row(_NORTH, zoom)), int(_row(_SOUTH, zoom)) + 1)
            tiles = ((zoom, x, 2**zoom - 1 - y, _tile(zoom, x, y)) for x in columns for y in rows)
            file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", tiles)
    return path


def _map_files(stage: Stage) -> None:
    from PySide6.QtWidgets import QScrollArea

    known = stage.desk.base_maps.listed().result(PATIENCE_S)
    if not known:
        with tempfile.TemporaryDirectory(prefix="opsdesk-tour-") as folder:
            path = _painted(Path(folder) / "relief.mbtiles")
            known = (stage.desk.base_maps.add(path).result(PATIENCE_S),)
    stage.desk.settings.set("map.file", known[0].id)
    stage.window.go("map")
    stage.drawn()
    page: Any = stage.window.page("map")
    page.map.go(6.5, 20.5, 6.5)
    stage.drawn()
    for area in page.layers.findChildren(QScrollArea):
        area.ensureWidgetVisible(page.files)


SCENES = (Scene("map-files", _map_files),)
