"""The server's database: brought up to date by its owner, used through a login that row-level security binds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from opsdesk.models.base import Id
from opsdesk.server.postgres import OLDEST
from opsdesk.server.security import MERGER, READER
from opsdesk.services.errors import OpsDeskError
from opsdesk.sync.core.feed import Reader

HEAD: Final = "0011"
"""The newest revision; a test compares it with the files in `migrations/versions`."""

_MIGRATION_LOCK: Final = 0x6F7073_6465736B


class DatabaseError(OpsDeskError):
    """The server's database is not what this program needs."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Who asks and what that person may see, computed by the server for each request."""

    person: Id
    dev: Id
    role: str
    unit: Id | None
    units: tuple[Id, ...]
    """The unit and all below it."""
    marking: int
    """The ceiling: nothing marked higher is seen."""
    epoch: int
    """Epoch of the rights."""

    @property
    def reader(self) -> Reader:
        """The same for the sync core."""
        return Reader(self.person, frozenset(self.units), self.marking, self.epoch)


async def migrate(owner: Mapping[str, Any]) -> None:
    """Bring the database to HEAD, all or nothing. `owner` are arguments of `asyncpg.connect`.

    Several servers may start at once: one migrates and the others wait. Raises DatabaseError when PostgreSQL is too old
    or the database was made by a newer program.
    """
    await _as_owner(owner, _upgrade)


async def write_revision(owner: Mapping[str, Any], number: str, message: str) -> None:
    """Write a revision from what the declarations and the newest revision differ in."""

    def run(connection: Any) -> None:
        from alembic import command

        command.upgrade(_config(connection), "head")
        command.revision(_config(connection), message, rev_id=number, autogenerate=True)

    await _as_owner(owner, run)


async def differences(owner: Mapping[str, Any]) -> list[Any]:
    """In what the database differs from the declarations; empty when all is well."""
    found: list[Any] = []

    def run(connection: Any) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        from opsdesk.server import file_tables  # noqa: F401  (declares those of files)
        from opsdesk.server.derived import INDEX_PREFIX
        from opsdesk.server.tables import metadata

        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, _: not (kind == "index" and name.startswith(INDEX_PREFIX)),
        }
        found.extend(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    await _as_owner(owner, run)
    return found


async def _as_owner(owner: Mapping[str, Any], run: Callable[[Any], None]) -> None:
    # Imported on demand: together a third of a second, and only needed here.
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    # Made here: SQLAlchemy would hide in an error of its own why a database is not reached, and who waits must know.
    made = await asyncpg.connect(**owner)

    async def connect() -> Any:
        return made

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
        await engine.dispose()
    finally:
        made.terminate()


def _config(connection: Any) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Any) -> None:
    from alembic import command
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from opsdesk.server import derived

    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    if version < OLDEST:
        raise DatabaseError(f"PostgreSQL {version} is too old; {OLDEST} or newer is needed.")
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
    config = _config(connection)
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseError(
            f"This database was made by a newer version of OpsDesk ({found}). Update this program; nothing was changed."
        )
    if found not in (None, HEAD):
        for statement in derived.drop_statements():
            connection.exec_driver_sql(statement)
    command.upgrade(config, "head")
    for statement in derived.statements():
        connection.exec_driver_sql(statement)


class Database:
    """A pool of connections of the service's login."""

    def __init__(self, pool: Any, login: Mapping[str, Any]) -> None:
        self._pool = pool
        self._login = login

    @classmethod
    async def open(cls, login: Mapping[str, Any], *, connections: int = 10) -> Database:
        """Connect. Raises DatabaseError for a login that row-level security does not bind."""
        pool = await asyncpg.create_pool(**login, min_size=1, max_size=connections, command_timeout=60, reset=_reset)
        try:
            async with pool.acquire() as connection:
                await _check_login(connection)
        except BaseException:
            await pool.close()
            raise
        return cls(pool, login)

    async def close(self) -> None:
        """Wait for what is under way, then disconnect."""
        await self._pool.close()

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[Any]:
        """A connection with the login's own rights, each statement by itself: for one question."""
        async with self._pool.acquire() as connection:
            yield connection

    @asynccontextmanager
    async def accounts(self) -> AsyncIterator[Any]:
        """A transaction with the login's own rights: accounts, devices, rights."""
        async with self._transaction("BEGIN") as connection:
            yield connection

    @asynccontextmanager
    async def hearing(self) -> AsyncIterator[Any]:
        """A connection beside the pool and outside any transaction, to hear and send notifications."""
        connection = await asyncpg.connect(**self._login)
        try:
            yield connection
        finally:
            connection.terminate()

    @asynccontextmanager
    async def reading(self, claims: Claims) -> AsyncIterator[Any]:
        """A read-only transaction that sees what `claims` allow."""
        async with self._transaction(
            f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {_taking(claims)}"
        ) as connection:
            yield connection

    @asynccontextmanager
    async def merging(self) -> AsyncIterator[Any]:
        """A transaction that sees and writes all records. Rights to write are decided before, by `policies`."""
        async with self._transaction(f"BEGIN; SET LOCAL ROLE {MERGER}") as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[Any]:
        """A transaction begun by some statements that go there together: each way there and back of a short one counts
        as much as what it asks."""
        async with self._pool.acquire() as connection:
            try:
                await connection.execute(begin)
                yield connection
            except BaseException:
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
                raise
            await connection.execute("COMMIT")


async def _reset(_connection: Any) -> None:
    """Nothing outlives a transaction here: roles and claims are set for one only. What broke off the pool has taken
    back before."""


async def take_reader(connection: Any, claims: Claims) -> None:
    """Let the transaction of `connection` see what `claims` allow, until it ends."""
    await connection.execute(_taking(claims))


def _taking(claims: Claims) -> str:
    """The statement by which a transaction takes on claims: ids as hexadecimal digits, so that nothing in it is
    quoted."""
    units = ",".join(f'"\\\\\\\\x{unit.hex()}"' for unit in claims.units)
    return (
        f"SELECT set_config('request.person', E'\\\\x{claims.person.hex()}', true), "
        f"set_config('request.units', E'{{{units}}}', true), "
        f"set_config('request.marking', '{int(claims.marking)}', true), set_config('role', '{READER}', true)"
    )


async def _check_login(connection: Any) -> None:
    row = await connection.fetchrow(
        "SELECT rolname, rolsuper OR rolbypassrls AS bypasses, "
        "EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' "
        "AND pg_has_role(c.relowner, 'MEMBER')) AS owns FROM pg_roles WHERE rolname = current_user"
    )
    if row["bypasses"] or row["owns"]:
        raise DatabaseError(f"The login {row['rolname']} is not bound by row-level security; the server needs its own.")
