"""Map files made for tests: MBTiles with painted tiles."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

Place = tuple[int, int, int]
"""Zoom, column, row counted from the north."""


def picture(colour: str = "#3366aa", kind: str = "PNG", side: int = 256) -> bytes:
    """A tile of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, kind)
    return out.getvalue()


def mbtiles(
    path: Path,
    tiles: Iterable[tuple[Place, object]],
    *,
    kind: str = "png",
    bounds: str = "",
    name: str = "Test map",
    credit: str = "",
) -> Path:
    """Write a file with these tiles and return its path."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE metadata (name text, value text)")
        database.execute(
            "CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob, "
            "UNIQUE (zoom_level, tile_column, tile_row))"
        )
        said = {"name": name, "format": kind, "bounds": bounds, "attribution": credit}
        database.executemany("INSERT INTO metadata VALUES (?, ?)", [item for item in said.items() if item[1]])
        # Rows of MBTiles are counted from the south.
        database.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?, ?)", [(z, x, 2**z - 1 - y, data) for (z, x, y), data in tiles]
        )
    database.close()
    return path
