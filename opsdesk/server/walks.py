"""A walk through what stands in a partition now, for a desk that begins there; each page in a transaction of `reader`.

Rows go by the keys of an index, so that a page costs the same wherever in the partition it begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec

from opsdesk.server.port import columns_of, record_of
from opsdesk.store.queue.shapes import EVERYWHERE as EVERYWHERE_TABLES
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core import walk
from opsdesk.sync.core.draft import told
from opsdesk.sync.core.messages import Conflict, Entry, EntryKind, Page, Pull, Walk
from opsdesk.sync.core.state import EVERYWHERE
from opsdesk.sync.core.walk import Filling

_conflict: Final = msgspec.msgpack.Decoder(Conflict).decode
_entry: Final = msgspec.msgpack.Decoder(Entry).decode
_AT_ONCE: Final = 256
"""Rows of one question: a page takes several, and wastes little of the last."""


async def page(connection: Any, pull: Pull, begun: Walk) -> Page:
    """The page of a walk that begins at `begun`, in a transaction of `reader`."""
    filling = Filling(pull, begun)
    for stage in _stages(pull.place):
        if stage < begun.stage:
            continue
        after = begun.after if stage == begun.stage else b""
        while not filling.is_full():
            found = await _some(connection, pull.place, begun, stage, after)
            for after, entry in found:
                if filling.is_full():
                    return filling.page()
                filling.add(stage, after, entry)
            if len(found) < _AT_ONCE:
                break
        if filling.is_full():
            return filling.page()
        filling.passed(stage)
    filling.passed(walk.LEFT)
    return filling.page()


@cache
def _stages(place: bytes) -> tuple[int, ...]:
    everywhere = place == EVERYWHERE
    known = sorted(shape.entity for shape in shapes().values() if (shape.table in EVERYWHERE_TABLES) is everywhere)
    return (*known, *(() if everywhere else (walk.OTHERS,)), walk.CONFLICTS, walk.LEFT)


async def _some(connection: Any, place: bytes, begun: Walk, stage: int, after: bytes) -> list[tuple[bytes, Entry]]:
    """The next of a stage, each with its key."""
    if stage == walk.CONFLICTS:
        return await _conflicts(connection, place, begun, after)
    if stage == walk.LEFT:
        return await _left(connection, place, begun, after) if begun.again else []
    shape = shapes().get(stage)
    table = shape.table if shape is not None else "other_record"
    rows = await _standing(connection, table, place, after, columns=columns_of(stage))
    found = []
    for row in rows:
        record = record_of(stage if shape is not None else row["entity"], shape, row)
        # Nobody has told when; the server's own time of writing is near enough to sort lists by.
        found.append((record.id, walk.standing(record, row.get("updated_at", 0) << 16)))
    return found


async def _standing(
    connection: Any, table: str, place: bytes, after: bytes, *, which: str = "TRUE", columns: str = "*"
) -> list[Mapping[str, Any]]:
    """The next rows of a table that stand in a partition, of those that fulfil `which`."""
    if place == EVERYWHERE:
        everywhere = "everywhere" if table == "conflict" else "TRUE"
        return await connection.fetch(  # type: ignore[no-any-return]
            f'SELECT {columns} FROM "{table}" WHERE {everywhere} AND {which} AND id > $1 ORDER BY id LIMIT {_AT_ONCE}',
            after,
        )
    return await connection.fetch(  # type: ignore[no-any-return]
        f'SELECT {columns} FROM "{table}" WHERE unit = $1 AND marking = $2 AND {which} AND id > $3 '
        f"ORDER BY id LIMIT {_AT_ONCE}",
        place[:-1], place[-1], after,
    )  # fmt: skip


async def _conflicts(connection: Any, place: bytes, begun: Walk, after: bytes) -> list[tuple[bytes, Entry]]:
    """Open conflicts; to whoever was there before the settled ones too."""
    rows = await _standing(connection, "conflict", place, after, which="TRUE" if begun.again else "open")
    return [(row["id"], told(_conflict(row["body"]))) for row in rows]


async def _left(connection: Any, place: bytes, begun: Walk, after: bytes) -> list[tuple[bytes, Entry]]:
    """What had left before the walk began."""
    rows = await connection.fetch(
        "SELECT pos, body FROM feed_entry WHERE place = $1 AND pos > $2 AND pos <= $3 AND kind = $4 "
        f"ORDER BY pos LIMIT {_AT_ONCE}",
        place, walk.pos_of(after), begun.pos, int(EntryKind.LEAVE),
    )  # fmt: skip
    return [(walk.key_of(row["pos"]), _entry(row["body"])) for row in rows]
