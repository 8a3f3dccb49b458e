"""Editing many tickets at once: what to change, what that would do to each, doing it, and what became of each."""

from opsdesk.ui.tickets.bulk.panel import BulkPanel

__all__ = ["BulkPanel"]
