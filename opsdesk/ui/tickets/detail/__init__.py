"""The detail of one ticket."""

from opsdesk.ui.tickets.detail.detail import TicketDetail
from opsdesk.ui.tickets.detail.header import ListPlace

__all__ = ["ListPlace", "TicketDetail"]
