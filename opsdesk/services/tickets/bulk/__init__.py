"""Changing many tickets at once: what it would do, doing it in pieces, and what became of each ticket."""

from opsdesk.services.tickets.bulk.change import BulkChange
from opsdesk.services.tickets.bulk.job import FIRST_PIECE, PIECE_MS, BulkReport, run, set_many
from opsdesk.services.tickets.bulk.preview import CHANGES, REFUSED, STAYS, Listing, Shown, preview, word, write_csv

__all__ = [
    "CHANGES",
    "FIRST_PIECE",
    "PIECE_MS",
    "REFUSED",
    "STAYS",
    "BulkChange",
    "BulkReport",
    "Listing",
    "Shown",
    "preview",
    "run",
    "set_many",
    "word",
    "write_csv",
]
