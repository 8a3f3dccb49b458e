"""The queue: own changes that wait for the server, one line for what one act did to one record."""

from opsdesk.services.waiting.lines import WaitingLine, WaitingPage, Waits, Why, count, first_page, keys, rows, total

__all__ = ["WaitingLine", "WaitingPage", "Waits", "Why", "count", "first_page", "keys", "rows", "total"]
