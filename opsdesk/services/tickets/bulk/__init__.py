"""Changing many tickets at once: what it would do, doing it in pieces, and what became of each ticket."""

from opsdesk.services.tickets.bulk.change import BulkChange
from opsdesk.services.tickets.bulk.job import FIRST_PIECE, PIECE_MS, BulkReport, run, set_many
from opsdesk.services.tickets.bulk.preview import (
    ANSWER,
    CHANGES,
    REFUSED,
    STAYS,
    Listing,
    Shown,
    preview,
    word,
    write_csv,
)
from opsdesk.services.tickets.bulk.questions import questions, read_answer

__all__ = [
    "ANSWER",
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
    "questions",
    "read_answer",
    "run",
    "set_many",
    "word",
    "write_csv",
]
