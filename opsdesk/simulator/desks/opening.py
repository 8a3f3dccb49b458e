"""Databases in memory for desks, as a first start makes them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from opsdesk.store.database import Connection, Database, Driver, connect


@cache
def template() -> Connection:
    """A database as a first start makes it; only to be copied."""
    with TemporaryDirectory() as folder:
        Database.open(Path(folder)).close()
        source = connect(Path(folder) / "opsdesk.db")
        kept = Driver.connect(":memory:", isolation_level=None)
        source.backup(kept)
        source.close()
    return kept


def open_copy(source: Connection) -> Database:
    """A database in memory that begins as a copy of another."""
    connection = Driver.connect(":memory:", isolation_level=None)
    source.backup(connection)
    for pragma in ("foreign_keys=ON", "recursive_triggers=ON", "temp_store=MEMORY", "synchronous=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return Database(Path("/nowhere"), connection, None)
