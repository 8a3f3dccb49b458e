"""Backup and restore of the server's database with PostgreSQL's own tools.

A restore begins a new epoch: versions that were given out after the backup are never given out again, so that desks
which saw them can offer what they know and nothing is taken for something else.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import asyncpg

from opsdesk.server import database, postgres, security
from opsdesk.server.foundation import TAG
from opsdesk.server.writes import HTTP_ALIAS
from opsdesk.services.errors import OpsDeskError, Refused

_EPOCH_BITS: Final = 40


class ToolFailed(OpsDeskError):
    """A tool of PostgreSQL refused; its words follow."""


def write(programs: postgres.Binaries, owner: Mapping[str, Any], file: Path) -> int:
    """Write the whole database into `file` while it is in use; returns its size in bytes."""
    if file.exists():
        raise Refused(f"{file} is there already; it was left as it is")
    fresh = file.with_name(file.name + ".part")
    # Made here, so that nobody else may read it and the tool needs no right to this folder.
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        _run(programs, "pg_dump", owner, ["--format=custom", "--no-owner"], stdout=out)
        os.fsync(out.fileno())
    fresh.rename(file)
    return file.stat().st_size


async def restore(
    programs: postgres.Binaries,
    owner: Mapping[str, Any],
    empty: Mapping[str, Any],
    file: Path,
    *,
    login: str,
    password: str,
    now: int,
) -> int:
    """Bring `file` into the empty database that `empty` names and begin a new epoch; returns its number.

    `owner` is the database before, if it is still there: how far it had come is one more reason to go on higher.
    """
    reached = await _reached(owner)
    await _prepare(empty, login, password)
    with file.open("rb") as dump:
        _run(programs, "pg_restore", empty, ["--no-owner", "--exit-on-error", "--single-transaction"], stdin=dump)
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
    # Changes and numbers that the server itself made after the backup are known to desks: it begins as another device.
    await connection.execute(
        "UPDATE device SET dev = $2, mark = 0, tag = $3 WHERE alias = $1",
        HTTP_ALIAS, secrets.token_bytes(16), f"{TAG}{number}",
    )  # fmt: skip
    return number


def _run(
    programs: postgres.Binaries, tool: str, target: Mapping[str, Any], arguments: list[str], **streams: Any
) -> None:
    environment = {**os.environ}
    if "dsn" in target:
        where = str(target["dsn"])
    else:
        environment["PGPASSWORD"] = str(target["password"])
        query = urlencode({"host": target["host"], "port": target["port"]})
        where = f"postgresql://{quote(target['user'])}@/{quote(target['database'])}?{query}"
    command = [str(programs.program(tool)), *arguments, "--no-password", f"--dbname={where}"]
    done = subprocess.run(command, env=environment, stderr=subprocess.PIPE, check=False, **streams)
    if done.returncode != 0:
        raise ToolFailed(f"{tool}: {done.stderr.decode(errors='replace').strip()[-2000:]}")
