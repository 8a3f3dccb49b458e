"""What no longer stands where this desk reads: marked to leave, so that the next purge drops it.

It is marked as told of by no feed, too: a person's own feed, read anew, may tell of it once more, and then it stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from opsdesk.store.database import Connection
from opsdesk.store.queue.lookup import looked_up
from opsdesk.store.queue.shapes import EVERYWHERE, Shape, shapes
from opsdesk.sync.core.messages import Walk
from opsdesk.sync.core.rules import MARKING, UNIT

_NUMBERS: Final = f"({UNIT}, {MARKING})"
_MOVING: Final = f"SELECT record FROM change WHERE outcome IS NULL AND field IN {_NUMBERS}"
_AGAIN: Final = 1
"""The version with which such a record leaves: below all that a feed can tell of it."""


def mark_outside(connection: Connection, places: Iterable[bytes], *, other_rights: bool) -> None:
    """Mark what stands in none of these partitions, as the server knows it; what only waits here was never there.

    A restored server names no partition in which nothing stands yet. So what it lost, and has not told of since, says
    nothing of what may be read: it is kept, as perhaps the last there is, and goes with the rights alone.
    """
    kept = {(place[:16], place[16]) for place in places}
    untold = {record for (record,) in connection.execute("SELECT record FROM stale_record WHERE ver = 0").fetchall()}
    (life,) = connection.execute("SELECT coalesce(max(stop), 0) FROM lost_version").fetchone()
    local = [shape for shape in shapes().values() if shape.table not in EVERYWHERE]
    tops, hanging = [one for one in local if one.hangs_by is None], [one for one in local if one.hangs_by is not None]
    outside: set[bytes] = set()
    for shape in tops:
        found = _standing_outside(connection, shape, f"id NOT IN ({_MOVING})", kept)
        found += _moved_away(connection, shape, kept)
        gone = [record for record in found if other_rights or record not in untold]
        _mark(connection, shape, gone)
        outside.update(gone)
    known = " UNION ALL ".join(f'SELECT id FROM "{shape.table}" WHERE ver > 0' for shape in tops)
    doubtful = False
    for shape in hanging:
        below = f'SELECT id, subject, unit, marking, ver FROM "{shape.table}" WHERE ver > 0 AND subject IN ({{0}})'
        gone = _standing_outside(connection, shape, f"subject NOT IN ({known})", kept)
        for record, subject, unit, marking, ver in looked_up(connection, below, outside | untold):
            # What hangs on a record stands where that one stands, whatever its own row says; or on its own, where the
            # server does not know that one.
            alone = subject in untold and ver >= life
            if (unit, marking) not in kept if alone else subject in outside:
                gone.append(record)
                doubtful = doubtful or (subject in untold and record not in untold)
        _mark(connection, shape, gone)
    if doubtful:
        _read_anew(connection)
    _read_unknown_anew(connection)


def _standing_outside(
    connection: Connection, shape: Shape, condition: str, kept: set[tuple[bytes, int]]
) -> list[bytes]:
    rows = connection.execute(f'SELECT id, unit, marking FROM "{shape.table}" WHERE ver > 0 AND {condition}')
    return [record for record, unit, marking in rows if (unit, marking) not in kept]


def _mark(connection: Connection, shape: Shape, records: Iterable[bytes]) -> None:
    ids = [(record,) for record in records]
    connection.executemany("INSERT OR REPLACE INTO stale_record VALUES (?, 0)", ids)
    connection.executemany(f"INSERT OR IGNORE INTO leaving_record VALUES (?, {shape.entity}, {_AGAIN})", ids)


def _moved_away(connection: Connection, shape: Shape, kept: set[tuple[bytes, int]]) -> list[bytes]:
    """Records with waiting changes of their place, which stand outside at the server."""

    def beneath(number: int) -> str:
        name = shape.fields[number].name
        own = f"SELECT {{}} FROM {{}} s WHERE s.record = t.id AND s.field = {number}"
        return (
            f"CASE WHEN EXISTS ({own.format('1', 'server_value')}) THEN ({own.format('value', 'server_value')}) "
            f"WHEN EXISTS ({own.format('1', 'change')} AND outcome IS NULL) "
            f"THEN ({own.format('old', 'change')} AND outcome IS NULL ORDER BY seq LIMIT 1) ELSE t.{name} END"
        )

    rows = connection.execute(
        f'SELECT id, {beneath(UNIT)}, {beneath(MARKING)} FROM "{shape.table}" t WHERE ver > 0 AND id IN ({_MOVING})'
    ).fetchall()
    return [record for record, unit, marking in rows if (unit, marking) not in kept]


def _read_unknown_anew(connection: Connection) -> None:
    """Records of a newer version do not tell on what they hang, and so not where they stand: they go at once, since
    nothing of them can wait here, and all feeds are read anew where there were any."""
    known = ", ".join(str(number) for number in shapes())
    if connection.execute(f"DELETE FROM unknown_value WHERE entity NOT IN ({known})").rowcount:
        _read_anew(connection)


def _read_anew(connection: Connection) -> None:
    connection.execute("UPDATE feed_cursor SET pos = 0, walk = ?", (msgspec.msgpack.encode(Walk(again=True)),))
