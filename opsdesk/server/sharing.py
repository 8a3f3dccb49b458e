"""Sharing a record with a person of another unit: row-level security shows it, and the person's feed tells it."""

from __future__ import annotations

from opsdesk.models.base import Id
from opsdesk.server.database import Database
from opsdesk.server.port import Port
from opsdesk.store.queue.shapes import rules
from opsdesk.sync.core import sharing


async def share(db: Database, record: Id, person: Id, *, shared: bool = True) -> None:
    """Share a record with a person, or share it no more. Whether one may is asked before."""
    async with db.merging() as connection:
        port = Port(connection, rules())
        loaded = await port.load(sharing.needs(record))
        result = sharing.share(loaded, rules(), record, person, shared=shared)
        statement = (
            "INSERT INTO naming (source, field, person, record) VALUES ($1, $2, $3, $1) ON CONFLICT DO NOTHING"
            if shared
            else "DELETE FROM naming WHERE source = $1 AND field = $2 AND person = $3"
        )
        (anchor,) = result.naming
        await connection.execute(statement, anchor, sharing.SHARED, person)
        async with port.storing() as storing:
            await storing.store(result, ())
