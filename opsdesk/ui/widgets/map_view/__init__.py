"""The map: one page of the web engine, made when first wanted and lent to whichever part of a window shows it."""

from opsdesk.ui.widgets.map_view.engine import Bounds, fitted, unavailable, wear
from opsdesk.ui.widgets.map_view.view import MapView

__all__ = ["Bounds", "MapView", "fitted", "unavailable", "wear"]
