"""What the map asks: records as points, and positions by whatever a person types."""

from opsdesk.services.maps.finding import Found, find
from opsdesk.services.maps.moments import Bar, Moments, moments
from opsdesk.services.maps.points import LIMIT, Box, Layer, Point, card, extent, places, tickets

__all__ = [
    "LIMIT", "Bar", "Box", "Found", "Layer", "Moments", "Point",
    "card", "extent", "find", "moments", "places", "tickets",
]  # fmt: skip
