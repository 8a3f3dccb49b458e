"""The ticket list and its parts: what it asks, tells and does, its head, its views and its sides."""

from opsdesk.ui.tickets.list_page.page import ListPage

__all__ = ["ListPage"]
