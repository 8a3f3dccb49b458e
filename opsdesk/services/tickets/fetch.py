"""Ticket rows by their row keys, with the names and counts that a list shows beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from opsdesk.models.tickets import Priority, State
from opsdesk.services import pasting, unread
from opsdesk.services.query import conditions
from opsdesk.services.tickets.rows import Base, Named, TicketRow
from opsdesk.store.clocks import unpacked
from opsdesk.store.work import Reader

ROWS_LIMIT = 500
"""Rows that one question returns at most."""

# All rows come as one text: the driver takes Python's lock for each row that it hands over, and while the window
# paints each taking may wait half a millisecond.
_ROWS = f"""
SELECT json_group_array(json_array(
  t.key, hex(t.id), t.ver, t.number, t.title, t.state, t.waiting_reason, t.priority, t.major, ty.name, ca.name,
  hex(a.id), a.name, coalesce(a.callsign, ''), hex(u.id), coalesce(u.code, u.name), u.name, hex(r.id), r.name,
  coalesce(pl.name, t.location, t.grid, ''), t.lat, t.lon, t.occurred_at, t.created_at, t.updated_at, t.due_at,
  (SELECT count(*) FROM comment c WHERE c.subject = t.id AND c.voided IS NULL),
  (SELECT count(*) FROM attachment c WHERE c.subject = t.id AND c.voided IS NULL),
  max(?, coalesce((SELECT s.seen_at FROM seen s WHERE s.person = ? AND s.subject = t.id), 0)) < t.updated_at,
  {conditions.QUEUED.sql},
  t.exercise, t.marking, t.external, t.source,
  (SELECT group_concat(DISTINCT word) FROM tag g WHERE g.subject = t.id AND g.voided IS NULL),
  (SELECT coalesce(max(seq), 0) FROM change), (SELECT coalesce(max(settled), 0) FROM change),
  {conditions.conflicted().sql}, {conditions.RETURNED.sql}, {conditions.DRAFTED.sql}, json(t.clocks), t.waiting_until
))
FROM json_each(?) k CROSS JOIN ticket t ON t.key = k.value
LEFT JOIN ticket_type ty ON ty.id = t.type LEFT JOIN category ca ON ca.id = t.category
LEFT JOIN person a ON a.id = t.assignee LEFT JOIN unit u ON u.id = t.unit LEFT JOIN person r ON r.id = t.requester
LEFT JOIN place pl ON pl.id = t.place
"""


def rows(reader: Reader, keys: Sequence[int]) -> tuple[TicketRow, ...]:
    """The tickets with these row keys, in the order given; keys that are not there are left out."""
    wanted = [int(key) for key in keys[:ROWS_LIMIT]]
    found = json.loads(reader.value(_ROWS, (unread.read_until(reader), reader.person, json.dumps(wanted))))
    by_key = {record[0]: _row(record) for record in found}
    return tuple(by_key[key] for key in wanted if key in by_key)


def read_up_to(reader: Reader) -> tuple[int, int]:
    """The second and third number of every base that is read now: newest own change, own changes settled."""
    found = reader.row("SELECT coalesce(max(seq), 0), (SELECT coalesce(max(settled), 0) FROM change) FROM change")
    return found or (0, 0)


def _row(record: list[Any]) -> TicketRow:
    return TicketRow(
        key=record[0],
        id=bytes.fromhex(record[1]),
        base=Base(record[2], *record[35:37]),
        number=record[3],
        title=record[4],
        state=State(record[5]),
        waiting_reason=record[6],
        priority=Priority(record[7]),
        major=bool(record[8]),
        type=record[9] or "",
        category=record[10] or "",
        assignee=_named(*record[11:14]),
        unit=_named(*record[14:17]),
        requester=_named(record[17], record[18]),
        place=pasting.clean(record[19]),
        lat=record[20],
        lon=record[21],
        occurred_at=record[22],
        created_at=record[23],
        updated_at=record[24],
        due_at=record[25],
        comments=record[26],
        attachments=record[27],
        unread=bool(record[28]),
        queued=bool(record[29]),
        exercise=bool(record[30]),
        marking=record[31],
        external=record[32],
        source=record[33],
        tags=tuple(record[34].split(",")) if record[34] else (),
        conflict=bool(record[37]),
        returned=bool(record[38]),
        draft=bool(record[39]),
        waiting_until=record[41],
        clocks=unpacked(record[40]) if record[40] else None,
    )


def _named(record: str, name: str | None, detail: str | None = "") -> Named | None:
    return Named(bytes.fromhex(record), name or "not yet received", detail or "") if record else None
