"""Saying where something is: by name, by any written position, or on the map."""

from opsdesk.ui.widgets.location_picker.located import Located
from opsdesk.ui.widgets.location_picker.picker import LocationPicker

__all__ = ["Located", "LocationPicker"]
