"""What the map asks: records as points, and positions by whatever a person types."""

from opsdesk.services.maps.finding import Found, find
from opsdesk.services.maps.points import LIMIT, Box, Layer, Point, card, extent, places, tickets

__all__ = ["LIMIT", "Box", "Found", "Layer", "Point", "card", "extent", "find", "places", "tickets"]
