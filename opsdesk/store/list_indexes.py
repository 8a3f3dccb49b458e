"""The indexes that lists need at a million rows: each sortable column alone, and the filters people combine most.

They cover only rows that are not voided, which is what lists show. The row key ends each index by itself, so that
(columns, key) is a total order.
"""

from __future__ import annotations

from collections.abc import Iterator

TICKET = {
    "updated": "updated_at",
    "occurred": "occurred_at",
    "created": "created_at",
    "number": "length(number), number",
    "title": "title COLLATE NOCASE",
    "due": "due_at IS NULL, due_at",
    "priority": "priority, updated_at",
    "state": "state, updated_at",
    "state_priority_category": "state, priority, category, updated_at",
    "assignee": "assignee, updated_at",
    "unit": "unit, updated_at",
    "category": "category, updated_at",
    "type": "type, updated_at",
    "place": "place, updated_at",
    "group": '"group", updated_at',
    "requester": "requester, updated_at",
}
"""Name → the indexed columns of `ticket`."""


def statements() -> Iterator[str]:
    """The CREATE INDEX statements."""
    for name, columns in TICKET.items():
        yield f"CREATE INDEX list_ticket_{name} ON ticket ({columns}) WHERE voided IS NULL"
