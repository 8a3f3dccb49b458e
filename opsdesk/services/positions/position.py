"""A position, and how exactly a writing gives it.

**How exact a writing is.** Whoever writes a position leaves the rest of the digits out, so that the true place lies
anywhere in a cell: the square that a grid reference names, or half a unit of the last place to each side of a number
of degrees. The position is the middle of the cell, and `accuracy_m` is the radius of the smallest circle around it
that holds the whole cell, that is half its diagonal. This is larger than the 90 % circular error of an even spread over
the cell (0.56 of the side of a square, against 0.71), so the true place lies within it for certain, as far as the
writing goes. Cells are truncated squares of the grid (NGA.STND.0037, section on MGRS) and rounded degrees; circular
error as STANAG 2215 and MIL-STD-600001 have it, a radius in metres around a point.

Grid metres are longer than those on the ground by up to 1 / k₀, with k₀ = 0.9996 for UTM and 0.994 for UPS
(NGA.SIG.0012), and a degree is at most 111,694 m long (that of a meridian at the poles, and of a parallel there times
the cosine). Radii are rounded up to decimetres; finer than a metre none is claimed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from opsdesk.services.errors import Refused

UTM_SCALE: Final = 0.9996
UPS_SCALE: Final = 0.994
DEGREE_M: Final = 111_694.0
FINEST_M: Final = 1.0

SOURCES: Final = {
    "gps": "GPS",
    "map": "Map",
    "told": "Told by voice",
    "described": "Described in words",
    "place": "Known place",
    "derived": "Worked out",
}
"""How a position came to be known: code → words."""
METRES_IN: Final = {"m": 1.0, "km": 1000.0, "ft": 0.3048, "nm": 1852.0, "mi": 1609.344}
"""Units of a distance, as they are written."""


@dataclass(frozen=True, slots=True)
class Position:
    """A position in degrees. `accuracy_m` is the radius of the circle around it in which the true place lies; `grid`
    is MGRS as it was given; `source` says how it is known, a code of `SOURCES`."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    grid: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that an ambiguous text may mean, in words that say the difference."""

    label: str
    at: Position


class Ambiguous(Refused):
    """A text that may be meant in more ways than one. `readings` are those that give a position."""

    def __init__(self, text: str, readings: tuple[Reading, ...]) -> None:
        super().__init__(text, field="position")
        self.readings = readings


def source_words(source: str | None) -> str:
    """How a position is known, in words; a code of a newer program as it stands, empty for none."""
    return SOURCES.get(source, source) if source else ""


def square_radius_m(side_m: float, scale: float) -> float:
    """The radius around the middle of a grid square that holds all of it."""
    return _claimed(side_m * math.sqrt(2) / 2 / scale)


def degrees_radius_m(lat: float, unit_lat: float, unit_lon: float) -> float:
    """The radius around rounded degrees that holds all that rounds to them; units of the last places in degrees."""
    widest = math.cos(math.radians(max(0.0, abs(lat) - unit_lat / 2)))
    return _claimed(DEGREE_M / 2 * math.hypot(unit_lat, unit_lon * widest))


def _claimed(radius_m: float) -> float:
    return max(FINEST_M, math.ceil(radius_m * 10) / 10)
