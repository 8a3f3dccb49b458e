"""The data folder: one SQLite file, one writing connection, as many readers as wanted.

Every transaction begins with BEGIN IMMEDIATE and sets the capture context, so that a write is always recorded with its
origin, actor and time. A transaction is durable when `commit` returns (WAL, synchronous FULL).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlcipher3
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from opsdesk.models import geometry
from opsdesk.models.base import Id
from opsdesk.store import clock, derived, migrations
from opsdesk.store.errors import FolderInUse, OpsDeskError, RuleBroken, StorageError
from opsdesk.store.lock import FolderLock
from opsdesk.store.tables import NO_LIMIT, ORIGIN_OWN, ORIGIN_RECEIVED

FILE_NAME = "opsdesk.db"

Driver = sqlcipher3.dbapi2
# The driver asks for an adapter of each parameter that is neither number nor text, and what it does when there is none
# costs 2 µs: half of the time of writing a row. Both come out as they are.
Driver.register_adapter(bytes, bytes)
Driver.register_adapter(type(None), {}.get)
DriverError: type[Exception] = Driver.Error
Connection = Any
"""A connection of the driver (sqlcipher3, which has no type stubs)."""

_PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-65536",
)
_STATEMENTS_READ = 128
_STATEMENTS_WRITTEN = 512
"""Statements kept prepared. One that writes is compiled together with all triggers of its table, and a sync that
takes in many kinds of records uses some 400: with the driver's 128 a quarter of its time goes into compiling."""

_WRITER_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA journal_size_limit=67108864",
    # 32 MB: the pieces of a bulk change touch the same index pages, which then go back to the file once, not each time.
    "PRAGMA wal_autocheckpoint=8000",
)

_CONTEXT = (
    "UPDATE capture SET origin = ?, actor = ?, act = ?, gid = NULL, event = NULL, happened = ?, "
    f"hlc = max(hlc + 1, ?), seen_seq = {NO_LIMIT}, seen_ver = {NO_LIMIT}, "
    f"seen_settled = {NO_LIMIT}"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this data folder is: its device id, the tag of its numbers."""

    dev: bytes
    tag: str


class Database:
    """An open data folder. `writable` databases hold the folder's lock until `close`."""

    def __init__(self, folder: Path, connection: Connection, lock: FolderLock | None) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self.connection = connection
        self._lock = lock
        self._engine: Engine | None = None
        row = connection.execute("SELECT dev, tag FROM device ORDER BY alias DESC LIMIT 1").fetchone()
        self.identity = Identity(row[0], row[1])

    @classmethod
    def open(cls, folder: Path, *, program: str = "OpsDesk", read_only: bool = False) -> Database:
        """Open the data folder, making or migrating its database.

        Raises FolderInUse when another program writes to it, StorageError when the disk or the file refuses.
        """
        if read_only:
            return cls(folder, open_reader(folder), None)
        with storage_errors(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = FolderLock.take(folder, program)
            connection = None
            try:
                connection = connect(folder / FILE_NAME)
                for pragma in _WRITER_PRAGMAS:
                    connection.execute(pragma)
                migrations.upgrade(connection, folder)
                _forget_figures_of_changes(connection)
                return cls(folder, connection, lock)
            except BaseException:
                if connection is not None:
                    connection.close()
                lock.release()
                raise

    def close(self) -> None:
        """Give the folder back. Committed work is durable already."""
        if self._engine is not None:
            self._engine.dispose()
        if self._lock is not None:
            # A failure to optimise must not stop a program from ending; the file is whole either way.
            with suppress(DriverError):
                self.connection.execute("PRAGMA optimize")
        self.connection.close()
        if self._lock is not None:
            self._lock.release()

    def reader(self) -> Connection:
        """A new connection that cannot write, for one thread."""
        return open_reader(self.folder)

    @property
    def engine(self) -> Engine:
        """SQLAlchemy on the writing connection, for ORM and Core; its transactions are captured like all others."""
        if self._engine is None:
            self._engine = create_engine(
                "sqlite://", module=Driver, creator=lambda: self.connection, poolclass=StaticPool
            )
            event.listen(self._engine, "begin", lambda _connection: self.begin())
        return self._engine

    def begin(
        self,
        *,
        origin: int = ORIGIN_OWN,
        actor: Id | None = None,
        act: Id | None = None,
        happened: int | None = None,
        now: int | None = None,
    ) -> None:
        """Begin a writing transaction and say on whose behalf: `now` and `happened` are UTC milliseconds."""
        stamp = clock.tick(0, clock.now_ms() if now is None else now)
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute(_CONTEXT, (origin, actor, act, happened, stamp))

    @contextmanager
    def transaction(self, *, durable: bool = True, **context: Any) -> Iterator[Connection]:
        """One writing transaction with the context of `begin`; committed at the end, rolled back on any error.

        Without `durable` it is on the disk only with the next durable one: for the pieces of a long job.
        """
        with storage_errors(self.folder):
            if not durable:
                self.connection.execute("PRAGMA synchronous=NORMAL")
            try:
                self.begin(**context)
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            finally:
                if not durable:
                    self.connection.execute("PRAGMA synchronous=FULL")

    @contextmanager
    def loading(self) -> Iterator[Connection]:
        """Load received rows in bulk: no triggers and list indexes, synchronous NORMAL; both made at the end."""
        connection = self.connection
        with storage_errors(self.folder):
            connection.execute("PRAGMA synchronous=NORMAL")
            try:
                with self.transaction(origin=ORIGIN_RECEIVED):
                    derived.drop(connection.execute)
                    yield connection
                    derived.make(connection.execute)
                connection.execute("ANALYZE")
                _forget_figures_of_changes(connection)
            finally:
                connection.execute("PRAGMA synchronous=FULL")

    def next_number(self, prefix: str) -> str:
        """The next human number of this folder, within the running transaction: `T-CP1-00042`."""
        name = f"{prefix}-{self.identity.tag}"
        (value,) = self.connection.execute(
            "INSERT INTO counter (name, value) VALUES (?, 1) "
            "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            (name,),
        ).fetchone()
        return f"{name}-{value:05d}"

    def problems(self) -> list[str]:
        """What is wrong with the file, in words: integrity, foreign keys, search tables, triggers, sequence."""
        return problems(self.connection)


def _forget_figures_of_changes(connection: Connection) -> None:
    """Let SQLite plan for changes without statistics. Counted while the queue was short, they make it look through all
    that waits for each record, which took 40 s for 10,000 changes; guessed, it goes by the record."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").fetchone():
        connection.execute("DELETE FROM sqlite_stat1 WHERE tbl IN ('change', 'received_change', 'sent_change')")
        connection.execute("ANALYZE sqlite_schema")


def connect(path: Path, *, read_only: bool = False) -> Connection:
    """A connection with the settings that all share. Transactions are explicit."""
    mode = "ro" if read_only else "rwc"
    connection = Driver.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        check_same_thread=False,
        isolation_level=None,
        cached_statements=_STATEMENTS_READ if read_only else _STATEMENTS_WRITTEN,
    )
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    connection.create_function("in_shape", 3, geometry.is_inside, deterministic=True)
    connection.create_function("shape_box", 2, geometry.shape_box, deterministic=True)
    return connection


def open_reader(folder: Path) -> Connection:
    """A connection that cannot write. Raises StorageError when there is no database or it cannot be read."""
    path = folder / FILE_NAME
    with storage_errors(folder):
        if not path.exists():
            raise StorageError(f"There is no OpsDesk database in {folder}")
        connection = connect(path, read_only=True)
        try:
            connection.execute("PRAGMA query_only=ON")
            # The system keeps the file's pages; a larger cache for each reader reads no faster and costs its memory.
            connection.execute("PRAGMA cache_size=-8192")
            migrations.check(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def problems(connection: Connection) -> list[str]:
    """What is wrong with an open database, in words; an empty list when all is well."""
    found = [row[0] for row in connection.execute("PRAGMA integrity_check").fetchall() if row[0] != "ok"]
    found += [f"foreign key of {row[0]}" for row in connection.execute("PRAGMA foreign_key_check").fetchall()]
    found += derived.problems(connection.execute)
    newest, count = connection.execute("SELECT coalesce(max(seq), 0), count(*) FROM change").fetchone()
    if newest != count:
        found.append(f"the change sequence has {newest - count} gaps")
    return found


@contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn errors of the disk and the driver into StorageError, and refusals of our triggers into RuleBroken."""
    try:
        yield
    except OpsDeskError:
        raise
    except (DriverError, sqlite3.Error) as error:
        raise _explained(error, folder) from error
    except OSError as error:
        raise StorageError(f"{folder}: {os.strerror(error.errno) if error.errno else error}") from error


def _explained(error: Exception, folder: Path) -> OpsDeskError:
    text = str(error)
    if isinstance(error, Driver.IntegrityError):
        return RuleBroken(text)
    known = {
        "database or disk is full": f"The disk is full. What was saved before is safe in {folder}; free some room.",
        "attempt to write a readonly database": f"{folder} cannot be written to. Choose another folder or its rights.",
        "unable to open database file": f"The database in {folder} cannot be opened. Check the folder's rights.",
        "file is not a database": f"{folder / FILE_NAME} is not an OpsDesk database, or it is encrypted or damaged.",
        "database disk image is malformed": f"{folder / FILE_NAME} is damaged. Restore a backup; the file is kept.",
    }
    return StorageError(next((words for mark, words in known.items() if mark in text), f"{folder}: {text}"))


__all__ = ["Database", "FolderInUse", "Identity", "RuleBroken", "StorageError"]
