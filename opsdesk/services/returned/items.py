"""Which returned changes make one thing: a creation with all that hangs on it, else what one act did to one record."""

from __future__ import annotations

from opsdesk.store.work import Reader

_OPEN = "FROM returned_change r INDEXED BY ix_returned_change_open CROSS JOIN change c ON c.seq = r.seq "
_OTHER = "SELECT 1 FROM change p CROSS JOIN returned_change q ON q.seq = p.seq WHERE q.settled_at IS NULL AND "
_HEAD = (
    # No creation of the record, or of what it hangs on, lies in the box as well, and nothing else of the same act.
    f"NOT EXISTS ({_OTHER} p.record = c.subject AND p.field = 0 AND p.seq < c.seq) "
    f"AND NOT EXISTS ({_OTHER} p.record = c.record AND (p.field = 0 OR p.act = c.act) AND p.seq < c.seq)"
)


def heads(reader: Reader) -> int:
    """How many things are in the box and not settled."""
    return int(reader.value(f"SELECT count(*) {_OPEN} WHERE r.settled_at IS NULL AND {_HEAD}"))
