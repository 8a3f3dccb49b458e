"""Whether a file is a raster map in MBTiles 1.3 that can be drawn, and what it covers."""

from __future__ import annotations

import html
import math
import re
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from opsdesk.models.geometry import MERCATOR_END
from opsdesk.services.base_maps.images import look
from opsdesk.services.base_maps.opening import MOST_BYTES, Guarded, SlowFile
from opsdesk.services.errors import Refused

MOST_ZOOM: Final = 22
MOST_FILE: Final = 32 * 1024**3
MOST_TILE: Final = 1024 * 1024
"""Bytes of one tile."""
_SAMPLES: Final = 3
"""Tiles that are looked at in each zoom."""
_SECONDS: Final = 4.0
"""A question to a map with its index takes a millisecond; without, a large one would take minutes for each tile."""
_WORDS: Final = 120
_SAID: Final = 1_000
"""Letters of a name or a value in its metadata that are looked at; what is longer is for vector maps."""
_MARKUP: Final = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Described:
    """What a map file says and holds. Degrees WGS 84; `picture` is `png`, `jpg` or `webp`."""

    name: str
    picture: str
    min_zoom: int
    max_zoom: int
    south: float
    west: float
    north: float
    east: float
    credit: str
    size: int


def check(path: Path) -> Described:
    """Look at a file. Raises Refused with what is wrong, in words."""
    name = path.name[:_WORDS]
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise Refused(f"{name} is no file")
        if about.st_size > MOST_FILE:
            raise Refused(f"{name} is too large: at most {MOST_FILE // 1024**3} GB")
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise Refused(f"{name} cannot be read: {error.strerror}") from error
    if head != b"SQLite format 3\0":
        raise Refused(f"{name} is no MBTiles file")
    guarded = Guarded(path)
    try:
        return _describe(guarded, name, path.stem, about.st_size)
    except SlowFile:
        raise Refused(f"{name} takes too long to read; its tiles have no index") from None
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise Refused(f"{name} is damaged, or no MBTiles file: {error}") from error
    finally:
        guarded.close()


def _describe(guarded: Guarded, name: str, stem: str, size: int) -> Described:
    said = {
        str(key).lower(): str(value)
        for key, value in guarded.rows(
            "SELECT substr(name, 1, ?1), substr(value, 1, ?1) FROM metadata", (_SAID,), seconds=_SECONDS, most=200
        )
        if isinstance(value, str | int | float)
    }
    if said.get("format", "").lower() in ("pbf", "mvt"):
        raise Refused(f"{name} holds vector tiles; only pictures (PNG, JPEG, WebP) can be drawn")
    ((low, high),) = guarded.rows("SELECT min(zoom_level), max(zoom_level) FROM tiles", seconds=_SECONDS)
    if low is None:
        raise Refused(f"{name} holds no tile")
    if not (isinstance(low, int) and isinstance(high, int) and 0 <= low <= high <= MOST_ZOOM):
        raise Refused(f"{name} has zooms from {_short(low)} to {_short(high)}; 0 to {MOST_ZOOM} are possible")
    kind = ""
    for zoom in range(low, high + 1):
        kind = _look_at(guarded, name, zoom) or kind
    south, west, north, east = _bounds(said.get("bounds", "")) or _reach(guarded, low)
    return Described(
        _line(said.get("name", "")) or _line(stem) or "Map", kind, low, high, south, west, north, east,
        _line(_without_markup(said.get("attribution", ""))), size,
    )  # fmt: skip


def _look_at(guarded: Guarded, name: str, zoom: int) -> str:
    """Look at some tiles of a zoom, and return what kind of pictures they are."""
    kind = ""
    for column, row, data in guarded.rows(
        "SELECT tile_column, tile_row, tile_data FROM tiles WHERE zoom_level = ?",
        (zoom,),
        seconds=_SECONDS,
        most=_SAMPLES,
    ):
        if not (isinstance(column, int) and isinstance(row, int) and 0 <= column < 2**zoom and 0 <= row < 2**zoom):
            raise Refused(f"{name} has a tile outside the world, at zoom {zoom}")
        picture = picture_of(data)
        if picture is None:
            raise Refused(f"{name} has a tile that is no picture of a usual size, at zoom {zoom}")
        kind = picture
    return kind


def picture_of(data: Any) -> str | None:
    """`png`, `jpg` or `webp` for the bytes of a tile that can be drawn; None for any other value."""
    if not isinstance(data, bytes) or len(data) > min(MOST_TILE, MOST_BYTES):
        return None
    found = look(data)
    return found.kind if found else None


def _bounds(said: str) -> tuple[float, float, float, float] | None:
    """South, west, north and east of what `metadata` says ("west,south,east,north"); None where that makes no sense."""
    try:
        west, south, east, north = (float(part) for part in said.split(","))
    except ValueError:
        return None
    if not all(math.isfinite(one) for one in (west, south, east, north)):
        return None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        return None
    return max(south, -MERCATOR_END), west, min(north, MERCATOR_END), east


def _reach(guarded: Guarded, zoom: int) -> tuple[float, float, float, float]:
    """South, west, north and east of the tiles of one zoom. Rows of MBTiles are counted from the south."""
    ((left, right, low, high),) = guarded.rows(
        "SELECT min(tile_column), max(tile_column), min(tile_row), max(tile_row) FROM tiles WHERE zoom_level = ?",
        (zoom,), seconds=_SECONDS,
    )  # fmt: skip
    sides = 2**zoom
    if not all(isinstance(one, int) and 0 <= one < sides for one in (left, right, low, high)):
        raise Refused("This file has a tile outside the world")
    return _lat(low / sides), left / sides * 360 - 180, _lat((high + 1) / sides), (right + 1) / sides * 360 - 180


def _lat(share: float) -> float:
    """Latitude of a share of the Mercator square, from its southern edge."""
    return math.degrees(math.atan(math.sinh(math.pi * (2 * share - 1))))


def _line(text: str) -> str:
    """One line of words that may be shown: no control signs, not too long."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:_WORDS]


def _without_markup(text: str) -> str:
    """The words of a credit, which MBTiles 1.3 lets be HTML."""
    return html.unescape(_MARKUP.sub(" ", text))


def _short(value: Any) -> str:
    return str(value)[:12]
