"""Migrations of the local database: a copy first, foreign keys off, all or nothing, triggers made again after.

Alembic is imported only when there is something to migrate, since importing it costs a sixth of a second.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from opsdesk.store import clock
from opsdesk.store.errors import StorageError

HEAD = "0021"
"""The newest revision; a test compares it with the files in `versions`."""

FOLDERS = [Path(__file__).parent / "versions"]
"""Where revisions lie; a test adds one with a revision of its own."""

TAG_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is misread by eye or by radio for a digit."""

_NEWER = "This database was made by a newer version of OpsDesk ({found}). Update this program; the file is unchanged."


def revision_of(connection: Any) -> str | None:
    """The revision of an open database; None when it is empty."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()}
    if "alembic_version" not in tables:
        if tables:
            raise StorageError("This file is a database, but not one of OpsDesk. It was left unchanged.")
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def check(connection: Any) -> None:
    """Refuse, without changing anything, a database that this program cannot read as it is."""
    found = revision_of(connection)
    if found is None:
        raise StorageError("The database is empty. Open it once with the program.")
    if found != HEAD:
        _refuse_newer(found)
        raise StorageError(f"The database is older ({found}). Open it once with the program to bring it up to date.")


def upgrade(connection: Any, folder: Path) -> None:
    """Bring an open database (outside a transaction) to HEAD. The file from before stays in `backups`."""
    found = revision_of(connection)
    if found == HEAD:
        return
    if found is not None:
        _refuse_newer(found)
        _copy(connection, folder, found)
    _run(connection)


def _refuse_newer(found: str) -> None:
    known = {path.name.split("_")[0] for folder in FOLDERS for path in folder.glob("[0-9]*.py")}
    if found not in known:
        raise StorageError(_NEWER.format(found=found))


def _copy(connection: Any, folder: Path, found: str) -> None:
    backups = folder / "backups"
    backups.mkdir(exist_ok=True)
    connection.execute("VACUUM INTO ?", (str(backups / f"opsdesk-{found}-{clock.now_ms()}.db"),))


def _run(connection: Any) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import StaticPool

    from opsdesk.store import database, derived

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, FOLDERS)))
    engine = create_engine("sqlite://", module=database.Driver, creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", lambda bound: bound.exec_driver_sql("BEGIN IMMEDIATE"))
    # Foreign keys cannot be switched inside a transaction, and a table made anew would cascade its deletes.
    connection.execute("PRAGMA foreign_keys=OFF")
    try:
        with engine.begin() as bound:
            config.attributes["connection"] = bound
            derived.drop(connection.execute)
            command.upgrade(config, "head")
            _know_device(connection)
            derived.make(connection.execute)
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise StorageError(f"The migration would break {len(broken)} references; nothing was changed.")
    except DBAPIError as error:
        raise StorageError(f"The migration failed, and nothing was changed: {error.orig}") from error
    finally:
        connection.execute("PRAGMA foreign_keys=ON")


def _know_device(connection: Any) -> None:
    """Make the identity of a new data folder: a random device id and the tag of its numbers."""
    if connection.execute("SELECT 1 FROM device").fetchone():
        return
    tag = "".join(TAG_LETTERS[byte % 32] for byte in os.urandom(3))
    now = clock.now_ms()
    connection.execute("INSERT INTO device (alias, dev, tag, made_at) VALUES (1, ?, ?, ?)", (os.urandom(16), tag, now))
    connection.execute("INSERT INTO capture (one, dev) VALUES (1, 1)")
