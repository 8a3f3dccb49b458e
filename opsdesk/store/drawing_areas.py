"""The index of drawings by where they lie: `drawing_area`, an R*Tree of their rectangles, kept by triggers.

Row keys are those of `drawing`. A rectangle may end beyond 180 where the drawing crosses the date line, so whoever asks
for one looks a turn of the world to either side too (`overlap`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

TABLES: Final = {
    "drawing_area": "CREATE VIRTUAL TABLE drawing_area USING rtree(key, min_lat, max_lat, min_lon, max_lon)"
}

_KEEP: Final = (
    "INSERT OR REPLACE INTO drawing_area (key, min_lat, max_lat, min_lon, max_lon) "
    "SELECT d.key, d.box ->> 0, d.box ->> 2, d.box ->> 1, d.box ->> 3 "
    "FROM (SELECT key, shape_box(geometry, radius_m) AS box FROM drawing WHERE {whose}) d WHERE d.box IS NOT NULL"
)


def trigger_statements() -> Iterator[str]:
    """The CREATE TRIGGER statements that keep the index. A drawing that cannot be read is in no place."""
    keep = _KEEP.format(whose="key = new.key")
    yield f"CREATE TRIGGER drawing_area_insert AFTER INSERT ON drawing BEGIN {keep}; END"
    yield (
        "CREATE TRIGGER drawing_area_update AFTER UPDATE OF geometry, radius_m ON drawing "
        f"BEGIN DELETE FROM drawing_area WHERE key = new.key; {keep}; END"
    )


def fill(execute: Any) -> None:
    """Fill the empty index from the records."""
    execute(_KEEP.format(whose="1"))


def problems(execute: Any) -> list[str]:
    """What is wrong with the index, in words."""
    (said,) = execute("SELECT rtreecheck('drawing_area')").fetchone()
    return [] if said == "ok" else [f"places of drawings: {said}"]


def overlap(boxes: int) -> str:
    """SQL that gives the keys of drawings whose rectangle meets one of some boxes, each told by four parameters: south,
    north, west and east within ±180."""
    one = (
        "SELECT key FROM drawing_area WHERE max_lat >= ?{} AND min_lat <= ?{} "
        "AND max_lon >= ?{} + {turn} AND min_lon <= ?{} + {turn}"
    )
    parts = [
        one.format(4 * at + 1, 4 * at + 2, 4 * at + 3, 4 * at + 4, turn=turn)
        for at in range(boxes)
        for turn in (0, 360, -360)
    ]
    return " UNION ".join(parts)
