"""Shapes on the ground: read from GeoJSON (RFC 7946) with bounds, and asked what lies in them.

Positions are degrees WGS 84, longitude first as GeoJSON has them. A line between two of them is straight in these
degrees (RFC 7946, 3.1.1), and goes the short way round the world. Inside, longitudes run on past 180 where a shape
crosses the date line; written out, such a shape is cut there (3.1.9).
"""

from opsdesk.models.geometry.inside import Inside, distance_m, inside_of, is_inside
from opsdesk.models.geometry.reading import (
    EARTH_RADIUS_M,
    MERCATOR_END,
    MOST_CHARACTERS,
    MOST_RADIUS_M,
    MOST_VERTICES,
    TYPES,
    BadGeometry,
    Extent,
    Geometry,
    extent,
    extent_of_circle,
    read,
    read_radius,
    shape_box,
    widest_turn,
)
from opsdesk.models.geometry.writing import cut, text

__all__ = [
    "EARTH_RADIUS_M",
    "MERCATOR_END",
    "MOST_CHARACTERS",
    "MOST_RADIUS_M",
    "MOST_VERTICES",
    "TYPES",
    "BadGeometry",
    "Extent",
    "Geometry",
    "Inside",
    "cut",
    "distance_m",
    "extent",
    "extent_of_circle",
    "inside_of",
    "is_inside",
    "read",
    "read_radius",
    "shape_box",
    "text",
    "widest_turn",
]
