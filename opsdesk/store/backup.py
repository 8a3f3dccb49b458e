"""A whole copy of the database, taken while programs may be writing to it."""

from __future__ import annotations

from pathlib import Path

from opsdesk.store.database import open_reader, storage_errors
from opsdesk.store.errors import StorageError


def write(folder: Path, file: Path) -> int:
    """Write a consistent copy of the folder's database to a new file and return its size in bytes.

    Raises StorageError when the file exists (a backup is never overwritten) or cannot be written.
    """
    with storage_errors(file.parent):
        if file.exists():
            raise StorageError(f"{file} exists already; a backup is never written over another")
        connection = open_reader(folder)
        try:
            connection.execute("PRAGMA query_only=OFF")
            connection.execute("VACUUM INTO ?", (str(file),))
        finally:
            connection.close()
        return file.stat().st_size
