"""Maps from files (MBTiles, raster): checked, kept with the data folder, and read tile by tile off the GUI's thread."""

from opsdesk.services.base_maps.checking import Described
from opsdesk.services.base_maps.images import EMPTY
from opsdesk.services.base_maps.keeping import BaseMaps, Stopped, TileMap

__all__ = ["EMPTY", "BaseMaps", "Described", "Stopped", "TileMap"]
