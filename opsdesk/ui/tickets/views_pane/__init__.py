"""The views of the ticket list at its left."""

from opsdesk.ui.tickets.views_pane.pane import ViewsPane
from opsdesk.ui.tickets.views_pane.view import STALE_MS, View

__all__ = ["STALE_MS", "View", "ViewsPane"]
