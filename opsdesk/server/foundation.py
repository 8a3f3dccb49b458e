"""What a new server begins with: its tables and login, the organisation, what ships, and the first administrator."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
from argon2 import PasswordHasher

from opsdesk.models import ids
from opsdesk.models.base import Id
from opsdesk.models.organisation import Role
from opsdesk.server import accounts, database, security, tables, values, writes
from opsdesk.server.accounts import Note
from opsdesk.server.database import Database
from opsdesk.server.writes import Write
from opsdesk.services import defaults
from opsdesk.services.errors import Refused
from opsdesk.store.database import Database as DeskDatabase

TAG: Final = "WEB"
"""What the numbers of records carry that are made by HTTP; no desk gets it."""

SHIPPED: Final = ("role", "ticket_type", "category", "field_definition", "form_version")


@dataclass(frozen=True, slots=True)
class First:
    """The organisation and its first administrator."""

    organisation: str
    unit: str
    person: str
    account: str
    password: str | None
    marking: int = 2


async def lay(owner: Mapping[str, Any], login: str, password: str, first: First, *, now: int) -> None:
    """Make tables, login, organisation and first account in an empty database. Raises Refused when it holds some."""
    await database.migrate(owner)
    connection = await asyncpg.connect(**owner)
    try:
        if await connection.fetchval("SELECT 1 FROM organisation"):
            raise Refused("This database belongs to a server already")
        async with connection.transaction():
            for statement in security.login_statements(login, password):
                await connection.execute(statement)
            await connection.execute("INSERT INTO epoch VALUES (0, $1, 0, 0, 'founded')", now)
            await connection.execute(
                "INSERT INTO device (alias, dev, name, tag, enrolled_at) VALUES ($1, $2, 'server', $3, $4)",
                writes.HTTP_ALIAS, secrets.token_bytes(16), TAG, now,
            )  # fmt: skip
            await _ship(connection, now)
            await connection.execute(
                "INSERT INTO organisation (id, name, made_at) VALUES ($1, $2, $3)",
                ids.new_id(now), first.organisation, now,
            )  # fmt: skip
    finally:
        await connection.close(timeout=5)


async def _ship(connection: Any, now: int) -> None:
    """The records that every desk has from the beginning; they are no change of anybody."""
    with tempfile.TemporaryDirectory() as folder:
        desk = DeskDatabase.open(Path(folder), program="opsdesk server init")
        try:
            defaults.local_person(desk, now)
            for table in SHIPPED:
                names = [column.name for column in tables.synced[table].c if "number" in column.info]
                columns = ", ".join(f'"{name}"' for name in ["id", *names])
                marks = ", ".join(f"${at}" for at in range(1, len(names) + 2))
                rows = desk.connection.execute(f'SELECT {columns} FROM "{table}" WHERE ver = 0').fetchall()
                await connection.executemany(
                    f'INSERT INTO "{table}" ({columns}) VALUES ({marks})',
                    [(row[0], *map(values.stored, [table] * len(names), names, row[1:])) for row in rows],
                )
        finally:
            desk.close()


async def begin(db: Database, first: First, *, hasher: PasswordHasher, now: int) -> Id:
    """Make the first unit and its administrator; returns the person."""
    unit = await add_unit(db, first.unit, None, note=Note(), now=now)
    return await add_person(
        db, first.person, unit, account=first.account, password=first.password, role="administrator",
        marking=first.marking, hasher=hasher, note=Note(), now=now,
    )  # fmt: skip


async def add_unit(db: Database, name: str, parent: Id | None, *, note: Note, now: int) -> Id:
    """Make a unit, which all desks then learn of."""
    if await unit_named(db, name) is not None:
        raise Refused(f"There is a unit “{name}” already", field="unit")
    made = ids.new_id(now)
    create = Write("unit", made, {"unit": made, "name": name, "code": name, "parent": parent})
    await writes.submit(db, [create], writes.allow_all, person=note.person, now=now)
    return made


async def unit_named(db: Database, name: str) -> Id | None:
    """The unit of that name or short name."""
    async with db.merging() as connection:
        found: Id | None = await connection.fetchval(
            "SELECT id FROM unit WHERE voided IS NULL AND (name = $1 OR code = $1) ORDER BY id LIMIT 1", name
        )
    return found


async def top_unit(db: Database) -> Id | None:
    """The first unit with none above it."""
    async with db.merging() as connection:
        found: Id | None = await connection.fetchval(
            "SELECT id FROM unit WHERE parent IS NULL AND voided IS NULL ORDER BY id LIMIT 1"
        )
    return found


async def add_person(
    db: Database,
    name: str,
    unit: Id,
    *,
    account: str,
    password: str | None,
    role: str,
    marking: int,
    hasher: PasswordHasher,
    note: Note,
    now: int,
) -> Id:
    """Make a person with an account and rights. Raises Refused for a taken name, a short password, an unknown role."""
    made = ids.new_id(now)
    async with db.accounts() as connection:
        await accounts.add_account(
            connection, person=made, name=account, password=password, hasher=hasher, note=note, now=now
        )
        await accounts.grant(connection, person=made, role=role, unit=unit, marking=marking, note=note, now=now)
    # The person's record comes second: an account without it harms nobody, and the name is taken by then.
    record = {"unit": unit, "name": name, "short_name": account, "account": account, "role": shipped_role(role)}
    await writes.submit(db, [Write("person", made, record)], writes.allow_all, person=note.person, now=now)
    return made


async def tell_role(db: Database, person: Id, role: str, unit: Id | None, *, note: Note, now: int) -> None:
    """Let the record of a person say the role and unit that the rights now say."""
    async with db.merging() as connection:
        row = await connection.fetchrow("SELECT ver, role, unit FROM person WHERE id = $1", person)
    wanted = {"role": shipped_role(role) if role else None, "unit": unit}
    changed = {} if row is None else {name: value for name, value in wanted.items() if row[name] != value}
    if changed:
        write = Write("person", person, changed, base=row["ver"])
        await writes.submit(db, [write], writes.allow_all, person=note.person, now=now)


def shipped_role(code: str) -> Id:
    """The record of a role, the same at every desk."""
    return defaults.shipped_id(Role, code)
