"""What an administrator does from the command line of the server's machine. Each act ends in words and figures."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import asyncpg
from argon2 import PasswordHasher

from opsdesk.models import codes
from opsdesk.models.base import Marking
from opsdesk.server import accounts, backup, certificates, foundation, proposals, whereabouts
from opsdesk.server.accounts import Note
from opsdesk.server.database import Database
from opsdesk.server.folder import DATABASE, PORT, NoServer, ServerFolder, Settings
from opsdesk.server.folder import folder_for as folder_for
from opsdesk.server.foundation import First
from opsdesk.server.postgres import tools
from opsdesk.server.state import now_ms
from opsdesk.server.tokens import TokenKey
from opsdesk.services.errors import Refused

NOTE: Final = Note(address="command line")
T = TypeVar("T")


def init(
    folder: ServerFolder, first: First, *, url: str | None, names: list[str], host: str, port: int = PORT
) -> dict[str, Any]:
    """Make a server: keys, database, organisation, and an administrator with a code for the first desk."""
    if folder.made:
        raise NoServer(f"There is a server in {folder.path} already")
    # Another account runs the database for root, and must be able to come through; what is secret is closed by itself.
    before = os.umask(0o022)
    folder.path.mkdir(parents=True, exist_ok=True)
    os.umask(before)
    folder.keys.mkdir(mode=0o700, exist_ok=True)
    now = now_ms()
    names = whereabouts.names(names, host)
    settings = Settings(
        login=f"opsdesk_{secrets.token_hex(6)}", password=secrets.token_urlsafe(24), names=names, url=url, host=host,
        port=port,
    )  # fmt: skip
    with _database_up(folder, settings):

        async def make() -> str:
            owner = folder.owner(settings)
            if url is None:
                # What a start that was cut short has left: nobody has worked with it.
                await _make_database(folder, DATABASE, anew=True)
            await foundation.lay(owner, settings.login, settings.password, first, now=now)
            db = await Database.open(folder.login(settings), connections=2)
            try:
                await foundation.begin(db, first, hasher=PasswordHasher(), now=now)
                async with db.accounts() as connection:
                    return await accounts.make_code(connection, name=first.account, note=NOTE, now=now)
            finally:
                await db.close()

        secret = asyncio.run(make())
    moment = datetime.now(UTC)
    certificates.make_authority(folder.keys, first.organisation, moment)
    certificates.issue(folder.keys, names, moment)
    TokenKey.make(folder.keys / "token.pem")
    folder.write(settings)
    return {"folder": str(folder.path), "names": names, "port": port, **_invitation(folder, first.account, secret)}


def add_user(
    folder: ServerFolder, *, account: str, name: str, unit: str, role: str, marking: str, password: str | None
) -> dict[str, Any]:
    """Make a person with an account, in a unit that is there or is made; returns a code for a desk."""
    now, ceiling = now_ms(), _marking(marking)

    async def act(db: Database) -> str:
        async with db.accounts() as connection:
            # What is mistyped must not leave a unit behind, which all desks would learn of.
            await accounts.check_new(connection, name=account, password=password, role=role)
        own = await foundation.unit_named(db, unit)
        if own is None:
            own = await foundation.add_unit(db, unit, await foundation.top_unit(db), note=NOTE, now=now)
        await foundation.add_person(
            db, name, own, account=account, password=password, role=role, marking=ceiling,
            hasher=PasswordHasher(), note=NOTE, now=now,
        )  # fmt: skip
        async with db.accounts() as connection:
            return await accounts.make_code(connection, name=account, note=NOTE, now=now)

    return _invitation(folder, account, with_database(folder, act))


def grant(
    folder: ServerFolder, *, account: str, unit: str | None, role: str | None, marking: str | None
) -> dict[str, Any]:
    """Give an account other rights: what is not named stays as it is; an empty role takes all away."""
    now = now_ms()
    ceiling = None if marking is None else _marking(marking)

    async def act(db: Database) -> dict[str, Any]:
        own = await foundation.unit_named(db, unit) if unit else None
        if unit and own is None:
            raise Refused(f"There is no unit “{unit}”")
        async with db.accounts() as connection:
            person = await accounts.person_of(connection, account)
            before = await connection.fetchrow(
                "SELECT role, unit, marking FROM permission WHERE person = $1 ORDER BY epoch DESC LIMIT 1", person
            )
            told = before["role"] if role is None else role
            within = own or before["unit"]
            most = before["marking"] if ceiling is None else ceiling
            epoch = await accounts.grant(
                connection, person=person, role=told, unit=within, marking=most, note=NOTE, now=now
            )
        # Desks show a person's role and unit by the record, and ask it what they may offer.
        await foundation.tell_role(db, person, told, within, note=NOTE, now=now)
        return {"account": account, "role": told, "marking": Marking(most).label, "epoch": epoch}

    return with_database(folder, act)


def set_password(folder: ServerFolder, *, account: str, password: str) -> dict[str, Any]:
    """Give an account another password and end its sessions."""

    async def act(db: Database) -> None:
        async with db.accounts() as connection:
            await accounts.set_password(
                connection, name=account, password=password, hasher=PasswordHasher(), note=NOTE, now=now_ms()
            )

    with_database(folder, act)
    return {"account": account}


def set_enabled(folder: ServerFolder, *, account: str, enabled: bool) -> dict[str, Any]:
    """Lock an account, or open it again."""

    async def act(db: Database) -> None:
        async with db.accounts() as connection:
            await accounts.set_enabled(connection, name=account, enabled=enabled, note=NOTE, now=now_ms())

    with_database(folder, act)
    return {"account": account, "open": enabled}


def users(folder: ServerFolder) -> dict[str, Any]:
    """All accounts with their present rights."""

    async def act(db: Database) -> list[dict[str, Any]]:
        async with db.accounts() as connection:
            rows = await connection.fetch(
                "SELECT a.name, a.disabled_at, p.role, p.marking FROM account a LEFT JOIN LATERAL "
                "(SELECT * FROM permission p WHERE p.person = a.person ORDER BY epoch DESC LIMIT 1) p ON true "
                "ORDER BY a.name"
            )
        return [
            {"account": row["name"], "role": row["role"], "open": row["disabled_at"] is None,
             "marking": Marking(row["marking"]).label if row["marking"] in tuple(Marking) else None}
            for row in rows
        ]  # fmt: skip

    return {"users": with_database(folder, act)}


def trail(folder: ServerFolder, *, most: int) -> dict[str, Any]:
    """The last lines of the audit trail: who came in or was refused, and what was decided about whom."""

    async def act(db: Database) -> list[dict[str, Any]]:
        async with db.accounts() as connection:
            return await accounts.trail(connection, most)

    return {"trail": with_database(folder, act)}


def make_code(folder: ServerFolder, *, account: str) -> dict[str, Any]:
    """A code with which one more desk of this account may join."""

    async def act(db: Database) -> str:
        async with db.accounts() as connection:
            return await accounts.make_code(connection, name=account, note=NOTE, now=now_ms())

    return _invitation(folder, account, with_database(folder, act))


def proposed(folder: ServerFolder) -> dict[str, Any]:
    """What desks would add to that which all read, and may not: it waits for an administrator."""
    found = with_database(folder, proposals.waiting)
    return {
        "proposals": [
            {"proposal": str(UUID(bytes=one.record)), "kind": one.table.replace("_", " "), "name": one.name,
             "by": one.by, "tag": one.tag, "at": one.at}
            for one in found
        ]
    }  # fmt: skip


def accept(folder: ServerFolder, *, proposal: str) -> dict[str, Any]:
    """Make what a desk proposed for all desks."""
    try:
        record = UUID(proposal).bytes
    except ValueError as error:
        raise Refused(f"“{proposal}” is no proposal; `opsdesk server proposal list` shows them") from error

    async def act(db: Database) -> str:
        return (await proposals.accept(db, record, note=NOTE, now=now_ms())).name

    return {"proposal": proposal, "name": with_database(folder, act)}


def devices(folder: ServerFolder) -> dict[str, Any]:
    """All devices."""

    async def act(db: Database) -> list[dict[str, Any]]:
        async with db.accounts() as connection:
            rows = await connection.fetch(
                "SELECT d.*, a.name AS account FROM device d LEFT JOIN account a USING (person) WHERE alias <> 0 "
                "ORDER BY enrolled_at"
            )
        return [
            {"device": str(UUID(bytes=row["dev"])), "name": row["name"], "account": row["account"], "tag": row["tag"],
             "seen_at": row["seen_at"], "revoked": row["revoked_at"] is not None}
            for row in rows
        ]  # fmt: skip

    return {"devices": with_database(folder, act)}


def revoke(folder: ServerFolder, *, device: str) -> dict[str, Any]:
    """Shut a device out at once."""
    try:
        dev = UUID(device).bytes
    except ValueError as error:
        raise Refused(f"“{device}” is no device; `opsdesk server device list` shows them") from error

    async def act(db: Database) -> bool:
        async with db.accounts() as connection:
            return await accounts.revoke_device(connection, dev=dev, note=NOTE, now=now_ms())

    if not with_database(folder, act):
        raise Refused(f"There is no device {device}")
    return {"device": device, "revoked": True}


def back_up(folder: ServerFolder, file: Path) -> dict[str, Any]:
    """Write a copy of the database while it is in use."""
    settings = folder.settings
    with _database_up(folder, settings):
        owner = folder.owner(settings)
        size = backup.write(tools(asyncio.run(backup.version_of(owner))), owner, file)
    return {"file": str(file), "bytes": size}


def restore(folder: ServerFolder, file: Path, *, url: str | None = None) -> dict[str, Any]:
    """Put a copy in place of the database, or into the empty one at `url`, which the server then uses from now on.

    The embedded database before stays in its cluster under another name.
    """
    settings = folder.settings
    if settings.url is not None and url is None:
        raise Refused("Name an empty database with --url; the one before is left as it is")
    if not file.is_file():
        raise Refused(f"There is no file {file}")
    now = now_ms()
    fresh, before = f"restored_{now}", f"before_{now}"
    with _database_up(folder, settings):

        async def act() -> tuple[int, str | None]:
            # What is still written into the one before would be missing in the new one.
            if await backup.in_use(folder.owner(settings), settings.login):
                raise Refused("Stop the server first")
            if url is None:
                await _make_database(folder, fresh)
            try:
                number = await backup.restore(
                    tools(),
                    folder.owner(settings),
                    {"dsn": url} if url else folder.owner(settings, fresh),
                    file, login=settings.login, password=settings.password, now=now, reached=settings.epoch,
                )  # fmt: skip
                kept = url is None and await _take_place(folder, fresh, before)
            except BaseException:
                if url is None:
                    await _drop_database(folder, fresh)
                raise
            return number, before if kept else None

        number, kept = asyncio.run(act())
    settings.url, settings.epoch = url, number
    folder.write(settings)
    return {"file": str(file), "epoch": number, "before": kept}


async def _take_place(folder: ServerFolder, fresh: str, before: str) -> bool:
    """Let the fresh database be the server's. False when there was none before: on a new machine, after a loss."""
    connection = await asyncpg.connect(**folder.cluster.connection())
    try:
        if await connection.fetchval("SELECT 1 FROM pg_stat_activity WHERE datname = $1", DATABASE):
            raise Refused("Stop the server first")
        was = bool(await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE))
        if was:
            await connection.execute(f'ALTER DATABASE "{DATABASE}" RENAME TO "{before}"')
        await connection.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{DATABASE}"')
        return was
    finally:
        await connection.close(timeout=5)


@contextmanager
def _database_up(folder: ServerFolder, settings: Settings) -> Iterator[None]:
    """The embedded PostgreSQL runs inside; one that runs already, or is elsewhere, is left alone."""
    if settings.url is not None:
        yield
        return
    with folder.cluster.up():
        yield


def with_database(folder: ServerFolder, act: Callable[[Database], Awaitable[T]]) -> T:
    """Do something in the server's database, which runs meanwhile."""
    settings = folder.settings

    async def run() -> T:
        db = await Database.open(folder.login(settings), connections=2)
        try:
            return await act(db)
        finally:
            await db.close()

    with _database_up(folder, settings):
        return asyncio.run(run())


async def _make_database(folder: ServerFolder, name: str, *, anew: bool = False) -> None:
    connection = await asyncpg.connect(**folder.cluster.connection())
    try:
        if anew:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close(timeout=5)


async def _drop_database(folder: ServerFolder, name: str) -> None:
    connection = await asyncpg.connect(**folder.cluster.connection())
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close(timeout=5)


def _invitation(folder: ServerFolder, account: str, secret: str) -> dict[str, Any]:
    """The two lines that a desk needs to join as an account."""
    code = codes.Code(secret, codes.fingerprint(certificates.digest(folder.keys)))
    where = whereabouts.address(folder.settings.names, folder.settings.host, folder.settings.port)
    return {"account": account, "address": where, "code": str(code)}


def _marking(name: str) -> int:
    try:
        return int(Marking[name.upper()])
    except KeyError as error:
        raise Refused(f"A marking is one of {', '.join(one.label for one in Marking)}") from error


def password_from() -> str:
    """A password from a pipe, or asked for without showing it."""
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass("Password: ")
    return sys.stdin.readline().rstrip("\n")
