"""Backup and restore of the server's database with PostgreSQL's own tools.

A restore begins a new epoch: versions that were given out after the backup are never given out again, so that desks
which saw them can offer what they know and nothing is taken for something else.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import asyncpg

from opsdesk.server import database, postgres, security
from opsdesk.server.accounts import Note, audit
from opsdesk.server.foundation import TAG
from opsdesk.server.writes import HTTP_ALIAS
from opsdesk.services.errors import OpsDeskError, Refused

_EPOCH_BITS: Final = 40


class ToolFailed(OpsDeskError):
    """A tool of PostgreSQL refused; its words follow."""


def write(tools: postgres.Binaries, owner: Mapping[str, Any], file: Path) -> int:
    """Write the whole database into `file` while it is in use; returns its size in bytes."""
    if file.exists():
        raise Refused(f"{file} is there already; it was left as it is")
    fresh = file.with_name(file.name + ".part")
    # Made here, so that nobody else may read it and the tool needs no right to this folder.
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        try:
            _dump(tools, owner, out)
            os.fsync(out.fileno())
        except BaseException:
            # On a disk that is full half a copy would take the room that somebody needs to make some.
            fresh.unlink()
            raise
    fresh.rename(file)
    return file.stat().st_size


async def version_of(owner: Mapping[str, Any]) -> int:
    """The version of PostgreSQL that serves a database."""
    connection = await asyncpg.connect(**owner)
    try:
        return int(connection.get_server_version().major)
    finally:
        await connection.close(timeout=5)


async def in_use(owner: Mapping[str, Any], login: str) -> bool:
    """Whether a server is connected to a database; False where that is gone."""
    try:
        connection = await asyncpg.connect(**owner)
    except (OSError, asyncpg.PostgresError):
        return False
    try:
        found = "SELECT 1 FROM pg_stat_activity WHERE usename = $1 AND datname = current_database()"
        return bool(await connection.fetchval(found, login))
    finally:
        await connection.close(timeout=5)


async def restore(
    tools: postgres.Binaries,
    owner: Mapping[str, Any],
    empty: Mapping[str, Any],
    file: Path,
    *,
    login: str,
    password: str,
    now: int,
    reached: int = 0,
) -> int:
    """Bring `file` into the empty database that `empty` names and begin a new epoch; returns its number.

    `owner` is the database before, if it is still there: how far it had come is one more reason to go on higher, as is
    the epoch that is known to have been `reached`.
    """
    reached = max(reached, await _reached(owner))
    await _prepare(empty, login, password)
    connection = await asyncpg.connect(**empty)
    try:
        await _load(tools, connection, file)
    finally:
        await connection.close(timeout=5)
    await database.migrate(empty)
    connection = await asyncpg.connect(**empty)
    try:
        async with connection.transaction():
            return await _begin_epoch(connection, reached, now)
    finally:
        await connection.close(timeout=5)


async def _prepare(empty: Mapping[str, Any], login: str, password: str) -> None:
    """Make the roles that the dump grants things to, which a cluster that was never ours does not have."""
    connection = await asyncpg.connect(**empty)
    try:
        if await connection.fetchval("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"):
            raise Refused("The database to restore into is not empty")
        for statement in security.role_statements():
            await connection.execute(statement)
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", login):
            for statement in security.login_statements(login, password):
                await connection.execute(statement)
    finally:
        await connection.close(timeout=5)


async def _reached(owner: Mapping[str, Any]) -> int:
    """The epoch that the database before had reached; 0 when it is gone."""
    try:
        connection = await asyncpg.connect(**owner)
    except (OSError, asyncpg.PostgresError):
        return 0
    try:
        return int(await connection.fetchval("SELECT coalesce(max(number), 0) FROM epoch"))
    except asyncpg.UndefinedTableError:
        return 0
    finally:
        await connection.close(timeout=5)


async def _begin_epoch(connection: Any, reached: int, now: int) -> int:
    known: int = await connection.fetchval("SELECT max(number) FROM epoch")
    number = max(known, reached) + 1
    head = await connection.fetchval("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM ver")
    floor = number << _EPOCH_BITS
    await connection.execute(
        "INSERT INTO epoch (number, began_at, head, floor, reason) VALUES ($1, $2, $3, $4, 'restored')",
        number, now, head, floor,
    )  # fmt: skip
    await connection.execute("SELECT setval('ver', $1)", floor)
    await audit(connection, "restored", Note(address="command line"), now, subject=f"epoch {number}")
    # Changes and numbers that the server itself made after the backup are known to desks: it begins as another device.
    await connection.execute(
        "UPDATE device SET dev = $2, mark = 0, tag = $3 WHERE alias = $1",
        HTTP_ALIAS, secrets.token_bytes(16), f"{TAG}{number}",
    )  # fmt: skip
    return number


async def _load(tools: postgres.Binaries, connection: Any, file: Path) -> None:
    """Bring a copy into an empty database, all of it or nothing.

    pg_restore only puts it into words, which are said here: what it says to a newer PostgreSQL an older one does not
    understand, and the programs that come along cannot speak TLS, which a database elsewhere asks for.
    """
    command = [str(tools.program("pg_restore")), "--no-owner", "--file=-"]
    with (
        file.open("rb") as copy,
        tempfile.TemporaryFile() as wrong,
        subprocess.Popen(command, stdin=copy, stdout=subprocess.PIPE, stderr=wrong) as told,
    ):
        assert told.stdout is not None
        try:
            async with connection.transaction():
                await _say(connection, told.stdout)
                if told.wait():
                    wrong.seek(0)
                    raise ToolFailed(f"pg_restore: {wrong.read().decode(errors='replace').strip()[-2000:]}")
        finally:
            told.kill()


async def _say(connection: Any, lines: IO[bytes]) -> None:
    said = bytearray()
    for line in lines:
        rows = _ROWS.match(line)
        if rows is not None:
            await connection.execute(said.decode() + _NOTHING)
            said.clear()
            await connection.copy_to_table(
                rows["table"].decode().strip('"'),
                schema_name="public",
                columns=[name.strip('"') for name in rows["columns"].decode().split(", ")],
                source=_rows_of(lines),
                format="text",
            )
        elif not line.startswith(_NOT_FOR_ALL):
            said += line
    await connection.execute(said.decode() + _NOTHING)


_NOTHING: Final = "SELECT"
"""Said behind the rest: asyncpg cannot carry what is comments alone."""
_ROWS: Final = re.compile(rb"COPY public\.(?P<table>\S+) \((?P<columns>.*)\) FROM stdin;$")
_NOT_FOR_ALL: Final = (b"\\restrict ", b"\\unrestrict ", b"SET transaction_timeout ")
"""Lines for psql alone, or for a PostgreSQL from 17 on."""


async def _rows_of(lines: IO[bytes]) -> AsyncIterator[bytes]:
    for line in lines:
        if line == b"\\.\n":
            return
        yield line


def _without_password(url: str) -> tuple[str, str | None]:
    """An address without the password in it, and that password: whoever lists the processes reads their arguments."""
    parts = urlsplit(url)
    who, at, where = parts.netloc.rpartition("@")
    user, _, password = who.partition(":")
    said = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([pair for pair in said if pair[0] != "password"])
    found = unquote(password) or dict(said).get("password")
    # Not put together by urllib, which takes the slashes from an address without a host (a socket).
    return f"{parts.scheme}://{user}{at}{where}{parts.path}{'?' if query else ''}{query}", found


def _dump(tools: postgres.Binaries, target: Mapping[str, Any], out: IO[bytes]) -> None:
    environment = {**os.environ}
    if "dsn" in target:
        where, password = _without_password(str(target["dsn"]))
    else:
        query = urlencode({"host": target["host"], "port": target["port"]})
        where = f"postgresql://{quote(target['user'])}@/{quote(target['database'])}?{query}"
        password = str(target["password"])
    if password:
        environment["PGPASSWORD"] = password
    command = [str(tools.program("pg_dump")), "--format=custom", "--no-owner", "--no-password", f"--dbname={where}"]
    done = subprocess.run(command, env=environment, stdout=out, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise ToolFailed(f"pg_dump: {done.stderr.decode(errors='replace').strip()[-2000:]}")
