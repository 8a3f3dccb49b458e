"""Moving the pin by the arrow keys: some pixels of the map, or ten metres where there is none."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import Qt

from opsdesk.services.positions import Position
from opsdesk.ui.widgets.map_view import Bounds

ARROWS: Final = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
}  # fmt: skip
"""Key → steps to the east and to the north."""
_STEP_PX, _LARGE_PX, _FINE_PX = 12, 60, 1
_STEP_M: Final = 10.0
_DEGREE_M: Final = 111_320.0


def nudged(at: Position, bounds: Bounds | None, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> Position:
    """The position one step of an arrow key on: 12 pixels, with Shift 60, with Alt 1. It is as exact as the pixels."""
    east, north = ARROWS[key]
    step, least = _STEP_M, at.accuracy_m
    if bounds is not None:
        pixels = _STEP_PX
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            pixels = _LARGE_PX
        elif modifiers & Qt.KeyboardModifier.AltModifier:
            pixels = _FINE_PX
        step, least = pixels * bounds.pixel_m(at.lat), bounds.exact_m(at.lat)
    lat = max(-90.0, min(90.0, at.lat + north * step / _DEGREE_M))
    lon = at.lon + east * step / (_DEGREE_M * max(0.01, math.cos(math.radians(at.lat))))
    return Position(lat, (lon + 180) % 360 - 180, least, source="map")


def middle(bounds: Bounds) -> Position:
    """The middle of the map."""
    return Position(bounds.lat, bounds.lon, bounds.exact_m(bounds.lat), source="map")


def in_view(at: Position, bounds: Bounds) -> bool:
    """Whether a position is seen."""
    return bounds.south < at.lat < bounds.north and (at.lon - bounds.west) % 360 < bounds.east - bounds.west
