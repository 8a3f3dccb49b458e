"""The indexes that lists need at a million rows. `opsdesk.services.tickets.lists` plans with them, by their names.

Three kinds on tickets. Orders: a sortable column alone; the row key ends each index by itself, so that (column, key)
is a total order. Groups: a column that many rows share, then the time of the last change and the row key, so that one
value's rows stand in that order; state and priority follow, so that a further filter on them reads only the index.
Open: the orders again over the open tickets alone, which are few and what people work with.

All cover only rows that are not voided, which is what lists show. An edit sets `updated_at` and so moves a row in each
index that names it; columns that a list seldom filters by have an index without it.

Beside them the changes that closed a ticket, by their time.
"""

from __future__ import annotations

from collections.abc import Iterator

from opsdesk.models.base import fields
from opsdesk.models.tickets import Ticket

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


MOVED_AT = "coalesce(c.happened, c.hlc >> 16)"
"""When a change `c` happened, UTC milliseconds."""
CLOSING = (
    f"c.field = {next(one.number for one in fields(Ticket) if one.name == 'state')} "
    f"AND c.entity = {Ticket.entity} AND c.new >= 50 AND c.old < 50"
)
"""A change `c` closed a ticket. The words are those of the index of such changes, which lets the engine use it."""


def statements() -> Iterator[str]:
    """The CREATE INDEX statements."""
    for table in ("change", "received_change"):
        # In an index the columns have no table before them.
        at, closing = MOVED_AT.replace("c.", ""), CLOSING.replace("c.", "")
        yield f"CREATE INDEX list_{table}_closed ON {table} ({at}, record) WHERE {closing}"
    for name, (columns, rows) in INDEXES.items():
        yield f"CREATE INDEX list_ticket_{name} ON ticket ({columns}) WHERE {rows}"
