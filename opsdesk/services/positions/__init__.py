"""Positions as people type, paste and read them: MGRS, degrees in every usual writing, links. All are WGS 84."""

from opsdesk.models.geometry import EARTH_RADIUS_M, distance_m
from opsdesk.services.positions.degrees import read_degrees
from opsdesk.services.positions.grids import mgrs, read_grid
from opsdesk.services.positions.position import (
    METRES_IN,
    SOURCES,
    Ambiguous,
    Position,
    Reading,
    source_words,
)
from opsdesk.services.positions.reading import EXAMPLES, kind_of, parse, recognise, why_not
from opsdesk.services.positions.showing import (
    Notation,
    degrees_minutes,
    degrees_minutes_seconds,
    latlon,
    notations,
    show,
)

__all__ = [
    "EARTH_RADIUS_M",
    "EXAMPLES",
    "METRES_IN",
    "SOURCES",
    "Ambiguous",
    "Notation",
    "Position",
    "Reading",
    "degrees_minutes",
    "degrees_minutes_seconds",
    "distance_m",
    "kind_of",
    "latlon",
    "mgrs",
    "notations",
    "parse",
    "read_degrees",
    "read_grid",
    "recognise",
    "show",
    "source_words",
    "why_not",
]
