"""What the list page asks of a reader beside its rows; all but `as_saved` run on a reader thread."""

from __future__ import annotations

from typing import Any

from opsdesk.services import tickets
from opsdesk.services.tickets import lists
from opsdesk.ui.tickets.list_page.going import Spot
from opsdesk.ui.tickets.table import TICKET_COLUMNS
from opsdesk.ui.tickets.views_pane import View


def place_of_number(reader: Any, query: lists.ListQuery, text: str) -> Spot | None:
    """Return row and key of the ticket with a number as typed, None when it is not in the list."""
    found = tickets.by_number(reader, text)
    return None if found is None else place_of(reader, query, found)


def place_of(reader: Any, query: lists.ListQuery, ticket: bytes) -> Spot | None:
    """Return row and key of a ticket, None when it is not in the list."""
    key = tickets.card(reader, ticket).row.key
    row = lists.position(reader, query, key)
    return None if row is None else (row, key)


def is_there_any(reader: Any) -> bool:
    """Return whether there is any ticket at all."""
    return bool(lists.first_page(reader, lists.ListQuery(""), 1).rows)


def as_saved(view: View) -> object:
    """Return the columns that came with a view in the form in which an arrangement is kept."""
    if not view.columns:
        return None
    names = [name for name, _ in view.columns]
    return {
        "order": names,
        "widths": dict(view.columns),
        "hidden": [column.name for column in TICKET_COLUMNS if column.name not in names],
    }
