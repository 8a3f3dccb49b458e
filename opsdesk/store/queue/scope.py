"""What no longer stands where this desk reads: marked to leave, so that the next purge drops it.

It is marked as told of by no feed, too: a person's own feed, read anew, may tell of it once more, and then it stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from opsdesk.store.database import Connection
from opsdesk.store.queue.shapes import EVERYWHERE, Shape, shapes
from opsdesk.sync.core.rules import MARKING, UNIT

_NUMBERS: Final = f"({UNIT}, {MARKING})"
_MOVING: Final = f"SELECT record FROM change WHERE outcome IS NULL AND field IN {_NUMBERS}"
_AGAIN: Final = 1
"""The version with which such a record leaves: below all that a feed can tell of it."""


def mark_outside(connection: Connection, places: Iterable[bytes]) -> None:
    """Mark what stands in none of these partitions, as the server knows it; what only waits here was never there."""
    kept = {(place[:16], place[16]) for place in places}
    local = [shape for shape in shapes().values() if shape.table not in EVERYWHERE]
    hanging = [shape for shape in local if shape.hangs_by is not None]
    for shape in local:
        if shape.hangs_by is None:
            _mark(connection, shape, f"NOT EXISTS {_KEPT} AND id NOT IN ({_MOVING})", kept)
            for record in _moved_away(connection, shape, kept):
                _mark(connection, shape, "id = ?", (), record)
    known = " UNION ALL ".join(f'SELECT id FROM "{shape.table}"' for shape in local if shape.hangs_by is None)
    marked = f"SELECT record FROM leaving_record JOIN stale_record USING (record) WHERE leaving_record.ver = {_AGAIN}"
    for shape in hanging:
        # What hangs on a record stands where that one stands, whatever its own row says.
        _mark(connection, shape, f"subject IN ({marked})", ())
        _mark(connection, shape, f"NOT EXISTS {_KEPT} AND subject NOT IN ({known})", kept)
    _forget_unknown(connection, kept)


_KEPT: Final = "(SELECT 1 FROM kept k WHERE k.unit = t.unit AND k.marking = t.marking)"


def _mark(connection: Connection, shape: Shape, condition: str, kept: Iterable[tuple[bytes, int]], *more: Any) -> None:
    pairs = [(b"", -1), *sorted(kept)]
    given = f"WITH kept (unit, marking) AS (VALUES {', '.join(['(?, ?)'] * len(pairs))})"
    chosen = f'FROM "{shape.table}" t WHERE ver > 0 AND {condition}'
    values = (*(value for pair in pairs for value in pair), *more)
    connection.execute(f"{given} INSERT OR REPLACE INTO stale_record SELECT id, 0 {chosen}", values)
    connection.execute(
        f"{given} INSERT OR IGNORE INTO leaving_record SELECT id, {shape.entity}, {_AGAIN} {chosen}", values
    )


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
        f'SELECT id, {beneath(UNIT)}, {beneath(MARKING)} FROM "{shape.table}" t WHERE id IN ({_MOVING})'
    ).fetchall()
    return [record for record, unit, marking in rows if (unit, marking) not in kept]


def _forget_unknown(connection: Connection, kept: set[tuple[bytes, int]]) -> None:
    """Records of a newer version go at once: nothing of them can wait here."""
    known = ", ".join(str(number) for number in shapes())
    stands: dict[bytes, dict[int, Any]] = {}
    for record, number, value in connection.execute(
        f"SELECT record, field, value FROM unknown_value WHERE field IN {_NUMBERS} AND entity NOT IN ({known})"
    ):
        stands.setdefault(record, {})[number] = msgspec.msgpack.decode(value)
    connection.executemany(
        "DELETE FROM unknown_value WHERE record = ?",
        [(one,) for one, held in stands.items() if (held.get(UNIT), held.get(MARKING)) not in kept],
    )
