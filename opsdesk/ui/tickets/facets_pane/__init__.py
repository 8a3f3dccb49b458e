"""The values that the tickets of the list have, with their numbers: a click narrows the query by one."""

from opsdesk.ui.tickets.facets_pane.pane import FacetsPane

__all__ = ["FacetsPane"]
