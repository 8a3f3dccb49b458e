"""Settling conflicts by keyboard: base, mine, theirs side by side, one key each. For the inbox and for the ticket."""

from opsdesk.ui.widgets.conflict_panel.foot import SettleFoot
from opsdesk.ui.widgets.conflict_panel.panel import ConflictPanel
from opsdesk.ui.widgets.conflict_panel.settler import Settler

__all__ = ["ConflictPanel", "SettleFoot", "Settler"]
