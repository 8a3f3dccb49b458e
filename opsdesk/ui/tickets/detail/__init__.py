"""The detail of one ticket."""

from opsdesk.ui.tickets.detail.detail import TicketDetail

__all__ = ["TicketDetail"]
