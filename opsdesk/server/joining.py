"""What a desk asks that wants to join: what its code stands for, and then which of its records are here already."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from importlib.metadata import version
from typing import Annotated, Any, Final
from uuid import UUID

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from opsdesk.models import codes, matching
from opsdesk.models.base import Id
from opsdesk.server import accounts, policies, wire
from opsdesk.server.accounts import Denied
from opsdesk.server.database import Claims
from opsdesk.server.state import Server, claims, note
from opsdesk.server.tokens import Bearer
from opsdesk.server.wire import Refusal
from opsdesk.store.queue.shapes import EVERYWHERE, shapes
from opsdesk.sync.core.messages import PROTOCOL

MEET_LIMIT: Final = 2_000
"""Records that a desk asks about at once."""


class CodeBody(Struct):
    """A desk asks what a code stands for. `dev` is its device where it has asked to be let in before, and `tag` what
    its numbers carry, if that may be had. The code is not used up."""

    secret: Annotated[str, Meta(min_length=16, max_length=16)]
    dev: UUID | None = None
    tag: Annotated[str, Meta(pattern=codes.TAG_PATTERN)] | None = None


class CodeOut(Struct):
    """Whom a code lets in, and where. `tag` may be had now; times are UTC milliseconds."""

    organisation: str
    person: str
    unit: str
    role: str
    rights: list[str]
    marking: int
    tickets: int
    tag: str
    now: int
    protocol: int
    version: str


class Asked(Struct):
    """One record of the desk: its id there, and what would make a record here the same."""

    table: Annotated[str, Meta(max_length=40)]
    id: UUID
    key: Annotated[str, Meta(max_length=1_000)]


class MeetBody(Struct):
    """A desk that has just joined asks which of its records are here already, by their id or their key."""

    records: Annotated[list[Asked], Meta(max_length=MEET_LIMIT)]


class Met(Struct):
    """A record that is here. `values` are by the number of the field, ids as hexadecimal; `instead_of` is the desk's
    record that it stands for, None for those that the desk must have (its person and its unit)."""

    table: str
    id: UUID
    values: dict[str, Any]
    instead_of: UUID | None = None


class MeetOut(Struct):
    """Who the desk is here, and the records that it met."""

    person: UUID
    unit: UUID | None
    role: str
    rights: list[str]
    epoch: int
    records: list[Met]


async def ask_code(request: Request) -> Response:
    """Say what a code stands for."""
    server, asked = Server.of(request), await wire.body(request, CodeBody)
    dev = asked.dev.bytes if asked.dev else None
    async with server.db.accounts() as connection:
        person = await accounts.person_of_code(connection, asked.secret, dev, note=note(request), now=server.now())
        who = None if isinstance(person, Denied) else await _will_be(connection, person, dev)
        organisation = await connection.fetchval("SELECT name FROM organisation ORDER BY made_at LIMIT 1")
        account = await connection.fetchval("SELECT name FROM account WHERE person = $1", who.person) if who else None
        tag = await _free_tag(connection, asked.tag, dev)
    if isinstance(person, Denied):
        raise denied(person)
    if who is None:
        raise Refusal(409, "no rights", "The account of this code is locked, or has no rights yet")
    async with server.db.reading(who) as connection:
        name = await connection.fetchval("SELECT name FROM person WHERE id = $1", who.person)
        unit = await connection.fetchval("SELECT name FROM unit WHERE id = $1", who.unit)
        tickets = await connection.fetchval("SELECT count(*) FROM ticket WHERE voided IS NULL")
    return wire.answer(
        CodeOut(
            organisation or "", name or account or "", unit or "", who.role, sorted(policies.rights_of(who.role)),
            who.marking, tickets, tag, server.now(), PROTOCOL, version("opsdesk"),
        )
    )  # fmt: skip


async def meet(request: Request) -> Response:
    """Say which records of a desk are here already."""
    server, asked = Server.of(request), await wire.body(request, MeetBody)
    who = await claims(request)
    async with server.db.reading(who) as connection:
        epoch = await connection.fetchval("SELECT max(number) FROM epoch")
        met = [
            Met(table, UUID(bytes=record), _told(table, row))
            for table, record in (("unit", who.unit), ("person", who.person))
            if record is not None
            for row in await connection.fetch(f'SELECT * FROM "{table}" WHERE id = $1', record)
        ]
        for table in sorted({one.table for one in asked.records} & EVERYWHERE):
            met += await _same(connection, table, [one for one in asked.records if one.table == table])
    unit = UUID(bytes=who.unit) if who.unit else None
    rights = sorted(policies.rights_of(who.role))
    return wire.answer(MeetOut(UUID(bytes=who.person), unit, who.role, rights, epoch, met))


def denied(why: Denied) -> Refusal:
    """The answer to somebody who was not let in."""
    if why.code == "wait":
        return Refusal(429, why.code, "Too many failures; wait", wait_s=-(-why.wait_ms // 1000))
    return Refusal(409 if why.code.endswith("taken") else 401, why.code)


ROUTES: Final = (
    Route("/v1/code", ask_code, methods=["POST"]),
    Route("/v1/meet", meet, methods=["POST"]),
)


async def _will_be(connection: Any, person: Id, dev: Id | None) -> Claims | None:
    return await accounts.claims_of(connection, Bearer(person, dev or bytes(16)), enrolled=False)


async def _free_tag(connection: Any, wanted: str | None, dev: Id | None) -> str:
    """The tag that was asked for, or the next one like it that nobody has."""
    rows = await connection.fetch("SELECT tag FROM device WHERE tag IS NOT NULL AND dev IS DISTINCT FROM $1", dev)
    taken = {row["tag"] for row in rows}
    stem = (wanted or "").rstrip("0123456789") or "CP"
    for tag in ([wanted] if wanted else []) + [f"{stem[:4]}{number}" for number in range(1, 100)]:
        if len(tag) >= 2 and tag not in taken:
            return tag
    return "".join(secrets.choice(codes.LETTERS) for _ in range(6))


async def _same(connection: Any, table: str, asked: list[Asked]) -> list[Met]:
    """Those of one table: by their id, else by their key, the oldest record first."""
    stands_for = {one.id.bytes: one.id for one in asked}
    keys = {one.key: one.id for one in asked if one.key}
    if keys and table in matching.KEYS:
        names = ", ".join(f'"{name}"' for name in matching.KEYS[table])
        # The whole table: what makes a key is decided in one place, and these tables are small.
        for row in await connection.fetch(f'SELECT id, {names} FROM "{table}" WHERE voided IS NULL ORDER BY id'):
            same = keys.pop(matching.key_of(table, row) or "", None)
            if same is not None:
                stands_for.setdefault(row["id"], same)
    rows = await connection.fetch(f'SELECT * FROM "{table}" WHERE id = ANY ($1) ORDER BY id', list(stands_for))
    here = {row["id"] for row in rows}
    return [
        Met(table, UUID(bytes=row["id"]), _told(table, row), stands_for[row["id"]])
        for row in rows
        # One that is here by its own id is no other as well.
        if stands_for[row["id"]].bytes == row["id"] or stands_for[row["id"]].bytes not in here
    ]


def _told(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    shape = next(shape for shape in shapes().values() if shape.table == table)
    values: dict[str, Any] = {}
    for number, spec in shape.fields.items():
        value = row[spec.name]
        if value is not None:
            values[str(number)] = value.hex().upper() if isinstance(value, bytes) else value
    return values
