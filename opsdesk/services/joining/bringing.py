"""Joining the server that was found: the device is let in, and what was made alone is brought along, all at once.

Every step may be cut short. The device's key is kept before the server is asked, so that a lost answer is asked for
again as the same device; the folder itself changes in one transaction.
"""

from __future__ import annotations

import asyncio
import os
import platform
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec

from opsdesk.models import matching
from opsdesk.models.base import Id
from opsdesk.models.rights import MAJOR
from opsdesk.services.changes import Changes
from opsdesk.services.errors import Refused
from opsdesk.services.joining.asking import ask, find
from opsdesk.services.joining.found import Found, Joined, Progress, read_tag
from opsdesk.services.joining.standing import require_free
from opsdesk.services.joining.view_queries import renamed_queries
from opsdesk.services.joining.words import TAG, NotJoined
from opsdesk.store import joining, membership
from opsdesk.store.database import Database
from opsdesk.store.joining import Arrival, Here
from opsdesk.store.membership import Membership
from opsdesk.store.queue.shapes import EVERYWHERE, shapes
from opsdesk.store.work import Reader, Work
from opsdesk.sync.transports import http
from opsdesk.sync.transports.http import TokensIn
from opsdesk.sync.transports.proofs import ENROL, DeviceKey

MEET_AT_ONCE: Final = 1_000


class _MetOut(msgspec.Struct):
    table: str
    id: UUID
    values: dict[str, Any]
    instead_of: UUID | None = None


class _MeetOut(msgspec.Struct):
    person: UUID
    unit: UUID | None
    rights: list[str]
    epoch: int
    records: list[_MetOut]


@dataclass(frozen=True, slots=True)
class _Device:
    dev: Id
    key: DeviceKey
    joined: Membership | None


async def join(
    desk: Any,
    found: Found,
    tag: str,
    *,
    progress: Progress,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Joined:
    """Join the server that was found, under a tag. Raises NotJoined, Refused, StorageError; then nothing has changed.

    It may be cancelled until the folder itself is changed; after that it comes to its end.
    """
    wanted = read_tag(tag)
    progress("Asking the post", 0, 0)
    device = await _device(desk)
    async with http.open_client(found.url, found.authority, transport) as client:
        tokens = await _enrol(desk, client, found, device, wanted, transport)
        progress("Comparing with the post", 0, 0)
        met = await _meet(desk, client, tokens.access)
    if met.unit is None:
        raise NotJoined("no rights", "The account of this code belongs to no unit. Ask whoever runs the post.", "code")
    made = Membership(
        found.url, found.post, found.authority, met.person.bytes, met.unit.bytes, device.key.private, tokens.refresh,
        desk.now(), device.dev,
    )  # fmt: skip
    waiting = await _write(desk, made, device, met, wanted, progress)
    return Joined(found.post, found.person, found.unit, desk.tag, waiting, device.joined is not None)


# The device


async def _device(desk: Any) -> _Device:
    """The identity and key to ask with, durable before they are used."""

    def known(reader: Reader) -> _Device | None:
        require_free(reader)
        joined = membership.read(reader.connection)
        if joined is not None:
            dev = reader.value("SELECT dev FROM device ORDER BY alias DESC LIMIT 1")
            return _Device(dev, DeviceKey(joined.key), joined)
        kept = joining.kept_key(reader.connection)
        return None if kept is None else _Device(kept[0], DeviceKey(kept[1]), None)

    found: _Device | None = await asyncio.wrap_future(desk.ask(known))
    if found is not None:
        return found
    made = _Device(os.urandom(16), DeviceKey.make(), None)

    def keep(work: Work) -> Changes:
        joining.keep_key(work.connection, made.dev, made.key.private, work.now)
        return Changes()

    await asyncio.wrap_future(desk.do(keep))
    return made


async def _enrol(
    desk: Any,
    client: httpx.AsyncClient,
    found: Found,
    device: _Device,
    tag: str,
    transport: httpx.AsyncBaseTransport | None,
) -> TokensIn:
    secret, public = found.code.secret, device.key.public
    body = {
        "secret": secret,
        "dev": str(UUID(bytes=device.dev)),
        "key": b64encode(public).decode(),
        "name": (platform.node() or "desk")[:100],
        "tag": tag,
        "proof": b64encode(device.key.sign(ENROL, secret.encode(), device.dev, public)).decode(),
    }
    try:
        made: TokensIn = await ask(client, "/v1/enrol", body, TokensIn)
    except NotJoined as error:
        if error.code != "tag taken":
            raise
        other = await find(desk, found.url, str(found.code), tag=tag, transport=transport)
        raise NotJoined(
            "tag taken",
            f"Another station has the tag {tag} already. {other.tag} is free; numbers written so far stay as they are.",
            TAG,
            tag=other.tag,
        ) from error
    return made


# What the server has already


async def _meet(desk: Any, client: httpx.AsyncClient, access: str) -> _MeetOut:
    asked: list[dict[str, str]] = await asyncio.wrap_future(desk.ask(_to_compare))
    met: _MeetOut | None = None
    for start in range(0, max(1, len(asked)), MEET_AT_ONCE):
        part: _MeetOut = await ask(
            client, "/v1/meet", {"records": asked[start : start + MEET_AT_ONCE]}, _MeetOut, access
        )
        met = part if met is None else msgspec.structs.replace(part, records=met.records + part.records)
    assert met is not None
    # A record takes the place of one that was asked about, and of no other.
    ours = {(one["table"], one["id"]) for one in asked}
    records = [one for one in met.records if one.instead_of is None or (one.table, str(one.instead_of)) in ours]
    return msgspec.structs.replace(met, records=records)


def _to_compare(reader: Reader) -> list[dict[str, str]]:
    """What all desks share and was made here: the server may have it already."""
    if membership.read(reader.connection) is not None:
        return []
    asked = []
    for shape in shapes().values():
        if shape.table not in EVERYWHERE:
            continue
        names = matching.KEYS.get(shape.table, ())
        columns = ", ".join(f't."{name}"' for name in ("id", *names))
        for record, *values in reader.rows(
            f'SELECT {columns} FROM "{shape.table}" t WHERE t.voided IS NULL AND t.id NOT IN (?, ?) '
            "AND EXISTS (SELECT 1 FROM change c WHERE c.record = t.id AND c.field = 0)",
            (reader.person, reader.unit),
        ):
            key = matching.key_of(shape.table, dict(zip(names, values, strict=True)))
            asked.append({"table": shape.table, "id": str(UUID(bytes=record)), "key": (key or "")[:1_000]})
    return asked


# The folder


async def _write(desk: Any, made: Membership, device: _Device, met: _MeetOut, tag: str, progress: Progress) -> int:
    def write(database: Database, now: int) -> int:
        if device.joined is not None:
            _refuse_another_person(database, device.joined, made)
            joining.come_back(database, made, tag, now)
            waiting = 0
        else:
            queries = renamed_queries(database.connection, desk.person, desk.unit)
            apart = frozenset() if MAJOR in met.rights else frozenset({("ticket", "major")})
            arrival = Arrival(
                made, device.dev, tag, met.epoch, _here(met), desk.person, desk.unit, queries=queries, apart=apart
            )
            waiting = joining.arrive(
                database, arrival, now, lambda done, of: progress("Bringing along what was made here", done, of)
            )
        # On this thread, so that nobody writes as the one who is gone.
        desk.take_up()
        return waiting

    writing = desk.background(write)
    try:
        return int(await asyncio.shield(asyncio.wrap_future(writing)))
    except asyncio.CancelledError:
        if writing.cancel():
            raise
        # It has begun and cannot be taken back: it comes to its end, and the caller hears of that.
        return int(await asyncio.wrap_future(writing))


def _here(met: _MeetOut) -> tuple[Here, ...]:
    by_table = {shape.table: shape for shape in shapes().values()}
    found = []
    for one in met.records:
        shape = by_table.get(one.table)
        if shape is None or shape.table not in EVERYWHERE:
            continue
        values = {
            int(number): _value(shape.fields[int(number)].binary, value)
            for number, value in one.values.items()
            if number.isdigit() and int(number) in shape.fields
        }
        instead_of = one.instead_of.bytes if one.instead_of else None
        found.append(Here(one.table, one.id.bytes, values, instead_of))
    return tuple(found)


def _value(binary: bool, value: Any) -> Any:
    if binary and isinstance(value, str):
        try:
            return bytes.fromhex(value)
        except ValueError as error:
            raise Refused("The post's answer cannot be read") from error
    return int(value) if isinstance(value, bool) else value


def _refuse_another_person(database: Database, before: Membership, made: Membership) -> None:
    if before.person == made.person:
        return
    (waiting,) = database.connection.execute("SELECT count(*) FROM change WHERE outcome IS NULL").fetchone()
    if waiting:
        raise NotJoined(
            "another person",
            f"{waiting:,} changes of somebody else wait here to be sent. Join with a code of that person first.",
            "code",
        )
