"""The indexes that lists need at a million rows. `opsdesk.services.tickets.lists` plans with them, by their names.

Three kinds. Orders: a sortable column alone; the row key ends each index by itself, so that (column, key) is a total
order. Groups: a column that many rows share, then the time of the last change and the row key, so that one value's
rows stand in that order; state and priority follow, so that a further filter on them reads only the index. Open: the
orders again over the open tickets alone, which are few and what people work with.

All cover only rows that are not voided, which is what lists show. An edit sets `updated_at` and so moves a row in each
index that names it; columns that a list seldom filters by have an index without it.
"""

from __future__ import annotations

from collections.abc import Iterator

SERIAL = "rtrim(number, '0123456789'), length(number), number"
"""Numbers in the order in which people count: T-CP1-99999 before T-CP1-100000."""
RANK = "(priority + 10 * major)"
"""Priority with major tickets above urgent ones."""
NEXT = "min(coalesce(due_at, clock_due), coalesce(clock_due, due_at))"
"""When a ticket is due: by its running clocks or by a person, whichever is nearer."""

ORDERS = {
    "updated": "updated_at, key, state, priority",
    "occurred": "occurred_at",
    "created": "created_at",
    "number": SERIAL,
    "title": "title COLLATE NOCASE",
    "due": NEXT,
}
GROUPS = {
    "state": "state, updated_at, key, priority",
    "priority": f"{RANK}, updated_at, key, state",
    "assignee": "assignee, updated_at, key, state, priority",
    "unit": "unit, updated_at, key, state, priority",
    "category": "category, updated_at, key, state, priority",
    "type": "type, updated_at, key, state, priority",
    "place": "place",
    "group": '"group"',
    "requester": "requester",
}

IN_LISTS = "voided IS NULL"
IS_OPEN = "state < 50"

INDEXES = {
    **{name: (columns, IN_LISTS) for name, columns in (*ORDERS.items(), *GROUPS.items())},
    **{f"open_{name}": (columns, f"{IN_LISTS} AND {IS_OPEN}") for name, columns in ORDERS.items()},
    "external": ("external", f"{IN_LISTS} AND external IS NOT NULL"),
    "location": ("coalesce(location, grid) COLLATE NOCASE, key", f"{IN_LISTS} AND place IS NULL"),
    "voided": ("updated_at", "voided IS NOT NULL"),
}
"""Name → the indexed columns of `ticket` and the rows that are in the index."""


def statements() -> Iterator[str]:
    """The CREATE INDEX statements."""
    for name, (columns, rows) in INDEXES.items():
        yield f"CREATE INDEX list_ticket_{name} ON ticket ({columns}) WHERE {rows}"
