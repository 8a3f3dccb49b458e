"""Writing a new ticket, in a pane beside the list."""

from opsdesk.ui.tickets.new_ticket.pane import NewTicketPane

__all__ = ["NewTicketPane"]
