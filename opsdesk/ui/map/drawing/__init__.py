"""Drawings on the map page: drawing by hand or by typed positions, their card, and files of them."""

from opsdesk.ui.map.drawing.keeper import Drawings

__all__ = ["Drawings"]
