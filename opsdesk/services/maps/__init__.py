"""What the map asks: records as points, and positions by whatever a person types."""

from opsdesk.services.maps.finding import Found, find, scale_for
from opsdesk.services.maps.moments import Bar, Moments, moments
from opsdesk.services.maps.nearest import Nearby, nearest
from opsdesk.services.maps.points import LIMIT, Box, Layer, Point, card, extent, places, tickets
from opsdesk.services.maps.surroundings import Near, PlaceNode, near, open_at_places, place_tree

__all__ = [
    "LIMIT", "Bar", "Box", "Found", "Layer", "Moments", "Near", "Nearby", "PlaceNode", "Point",
    "card", "extent", "find", "moments", "near", "nearest", "open_at_places", "place_tree", "places", "scale_for",
    "tickets",
]  # fmt: skip
