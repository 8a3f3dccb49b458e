"""Databases in memory for desks, as a first start makes them, and used again from story to story.

To read the schema with its hundreds of triggers, and to compile statements upon it, took nearly half of a story's time.
So a connection whose story is over is kept with all that it has compiled, and what it shows is written anew beneath it,
as another program would: by a second connection to the same memory.
"""

from __future__ import annotations

from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from opsdesk.store.database import Connection, Database, Driver, DriverError, connect

_STATEMENTS = 512
"""Statements kept prepared, as a desk that writes keeps them. Twice as many take 400 MB more and no time less."""
_free: Final[list[Memory]] = []
"""What no desk uses now."""
_numbers: Final = count()


class Memory:
    """A database in memory: the connection of a desk, and the one that writes anew what it shows."""

    def __init__(self) -> None:
        name = f"file:/desk-{next(_numbers)}?vfs=memdb"
        self._writer = Driver.connect(name, uri=True, isolation_level=None, timeout=0)
        self.connection = Driver.connect(
            name, uri=True, isolation_level=None, cached_statements=_STATEMENTS, check_same_thread=False
        )
        for pragma in ("foreign_keys=ON", "recursive_triggers=ON", "temp_store=MEMORY", "synchronous=OFF"):
            self.connection.execute(f"PRAGMA {pragma}")

    def show(self, source: Connection) -> None:
        """Become a copy of another database."""
        source.backup(self._writer)
        # The copy counts its own changes of the schema, and to be copied is one. By the number of its source all that
        # was compiled upon the same schema holds.
        self._writer.execute(f"PRAGMA schema_version={_version(source)}")

    def rests(self) -> bool:
        """Whether nothing reads or writes it."""
        try:
            self._writer.execute("BEGIN EXCLUSIVE")
        except DriverError:
            return False
        self._writer.execute("ROLLBACK")
        return True


class MemoryDatabase(Database):
    """The database of a simulated desk. Closed, its memory is for others."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(Path("/nowhere"), memory.connection, None)
        self._memory: Memory | None = memory

    def close(self) -> None:
        """Give the memory back. It is let go where something goes on reading it."""
        memory, self._memory = self._memory, None
        if memory is not None and memory.rests():
            _free.append(memory)


@cache
def template() -> Connection:
    """A database as a first start makes it; only to be copied."""
    with TemporaryDirectory() as folder:
        Database.open(Path(folder)).close()
        source = connect(Path(folder) / "opsdesk.db")
        source.execute("PRAGMA journal_mode=DELETE")  # in memory there is no other file for a log
        kept = Driver.connect(":memory:", isolation_level=None)
        source.backup(kept)
        source.close()
    return kept


def open_copy(source: Connection) -> Database:
    """A database in memory that begins as a copy of another."""
    # Two schemas that were changed may have one number: what was compiled upon the one would be run upon the other.
    memory = _free.pop() if _free and _as_first_made(source) else Memory()
    memory.show(source)
    return MemoryDatabase(memory)


def _as_first_made(source: Connection) -> bool:
    """Whether nobody has changed the schema since the first start: each change raises its number."""
    return _version(source) == _version(template())


def _version(source: Connection) -> int:
    return int(source.execute("PRAGMA schema_version").fetchone()[0])
