"""A database file from a stranger, opened so that it can do nothing but be read, and that not for long.

Such a file may hold views that run for ever, or bytes that are made to break a reader. As SQLite's own page on security
advises, its text is not trusted, only plain reading is allowed, nothing recursive, values are bounded, and each
question has an end.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from opsdesk.services.errors import Refused

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of one value."""
_STEPS: Final = 2_000
"""Instructions of SQLite between two looks at the clock: well below a millisecond."""
_FUNCTIONS: Final = frozenset({"min", "max", "length", "typeof", "coalesce", "ifnull", "substr", "count"})


class SlowFile(Exception):
    """A question to the file took too long."""


class Guarded:
    """Reads a database file. Used on one thread at a time; `close` it."""

    def __init__(self, path: Path) -> None:
        """Open `path`. Raises Refused where it is no database."""
        self._deadline = 0.0
        # `immutable`: no lock, no journal, no other file beside this one is looked at.
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        try:
            self._connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise Refused(f"{path.name} cannot be opened: {error}") from error
        try:
            self._guard()
        except sqlite3.Error as error:
            self._connection.close()
            raise Refused(f"{path.name} is damaged: {error}") from error

    def _guard(self) -> None:
        for setting in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON", "cache_size=-4096"):
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 50)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 8)
        self._connection.set_authorizer(_allow)
        self._connection.set_progress_handler(lambda: time.monotonic() > self._deadline, _STEPS)

    def rows(self, sql: str, values: Sequence[Any] = (), *, seconds: float, most: int = 1000) -> list[tuple[Any, ...]]:
        """At most `most` rows. Raises SlowFile after so many seconds, sqlite3.Error where the file is broken."""
        self._deadline = time.monotonic() + seconds
        try:
            return self._connection.execute(sql, values).fetchmany(most)
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise SlowFile from error
            raise

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()


def _allow(action: int, first: str | None, second: str | None, _base: str | None, _inner: str | None) -> int:
    if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ):
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY
