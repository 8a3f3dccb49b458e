"""History from before this desk read a record: asked for one record at a time, kept beside what came in since."""

from __future__ import annotations

from typing import Any

from opsdesk.store import clock_marks
from opsdesk.store.database import Connection
from opsdesk.store.queue.bulk import HISTORY, creation, history_row, unheard
from opsdesk.store.queue.outbox import Outbox
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core.messages import Entry, EntryKind, History


def keep(connection: Connection, outbox: Outbox, history: History) -> bool:
    """Add what is not kept yet; whether there was any. Inside a transaction of the caller, of origin `received`."""
    kept = set(
        connection.execute("SELECT ver, field FROM received_change WHERE record = ?", (history.record,)).fetchall()
    )
    own = outbox.written([entry.change for entry in history.entries if entry.change is not None])
    shown: dict[int, Any] = {}
    rows = []
    for entry in history.entries:
        shape = shapes().get(entry.entity)
        if shape is None:
            continue
        values = {number: value for number, value in entry.values.items() if number in shape.fields}
        made = own.get(entry.change) if entry.change is not None else None
        for number, new, old in _told(entry, values, shown):
            mine = made is not None and (made[0] == 0 or made == (number, new))
            if not mine and (entry.ver, number) not in kept:
                rows.append(history_row(shape, entry, number, new, old))
        shown.update(values)
    connection.executemany(HISTORY, unheard(connection, rows))
    if rows:
        clock_marks.mark(connection, [history.record])
    return bool(rows)


def _told(entry: Entry, values: dict[int, Any], shown: dict[int, Any]) -> list[tuple[int, Any, Any]]:
    """Field (0: all of a new record), new value and the one before of what an entry tells."""
    if entry.kind == EntryKind.CREATE:
        return [(0, creation({number: value for number, value in values.items() if value is not None}), None)]
    return [(number, value, shown.get(number)) for number, value in values.items()]
