"""Finding a server by its address and a code: known by the fingerprint in the code, it is asked who the code is for.

Nothing is used up, and nothing of this desk is told but the code and the tag that it would like.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import httpx
import msgspec
from msgspec import Meta

from opsdesk.models import codes
from opsdesk.models.base import Marking
from opsdesk.models.rights import CREATE, ROLES
from opsdesk.services.joining.found import Found, read_tag
from opsdesk.services.joining.standing import Alone, alone, require_free
from opsdesk.services.joining.words import ADDRESS, CODE, NotJoined, down, refused
from opsdesk.store import joining, membership
from opsdesk.store.work import Reader
from opsdesk.sync.core.messages import PROTOCOL
from opsdesk.sync.transports import LinkDown, ServerRefused, http

CLOCK_TOLERANCE_MS: Final = 5 * 60_000


_Name = Annotated[str, Meta(max_length=1_000)]


class _CodeOut(msgspec.Struct):
    organisation: _Name
    person: _Name
    unit: _Name
    role: _Name
    rights: list[_Name]
    marking: Annotated[int, Meta(ge=int(Marking.PUBLIC), le=int(Marking.SECRET))]
    tickets: int
    tag: Annotated[str, Meta(pattern=codes.TAG_PATTERN)]
    now: int
    protocol: int


@dataclass(frozen=True, slots=True)
class _Before:
    """How the folder stands before joining."""

    joined: membership.Membership | None
    dev: bytes | None
    brings: Alone


async def find(
    desk: Any, address: str, code: str, *, tag: str | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> Found:
    """Ask the server at `address` what a code stands for. Raises NotJoined, Refused.

    `tag` is what this desk's numbers should carry, by default what they carry now.
    """
    said = _code(code)
    wanted = read_tag(tag if tag is not None else desk.tag)
    try:
        url = http.address(address)
    except http.BadAddress as error:
        raise NotJoined("address", str(error), ADDRESS) from error
    before: _Before = await asyncio.wrap_future(desk.ask(_before))
    authority = await _authority(url, said, transport)
    if before.joined is not None and before.joined.authority != authority:
        raise NotJoined(
            "another post",
            f"This desk has joined {before.joined.post} already and belongs to one post. "
            "Use another data folder for this one.",
            ADDRESS,
        )
    dev = None if before.dev is None else str(UUID(bytes=before.dev))
    body = {"secret": said.secret, "dev": dev, "tag": wanted}
    async with http.open_client(url, authority, transport) as client:
        told = await ask(client, "/v1/code", body, _CodeOut)
    if told.protocol != PROTOCOL:
        older = "post's" if told.protocol < PROTOCOL else "desk's"
        raise NotJoined("version", f"The {older} program is too old for the other; renew it first.", ADDRESS)
    found = Found(
        url, authority, said, told.organisation, told.person, told.unit, told.role, Marking(told.marking).label,
        told.tickets, told.tag, told.tag != wanted, frozenset(told.rights), _off(desk.now() - told.now),
        before.brings, before.joined is not None,
    )  # fmt: skip
    _require_unit(found)
    return found


async def ask(client: httpx.AsyncClient, path: str, body: Any, kind: type[Any], access: str | None = None) -> Any:
    """One question of joining. Raises NotJoined."""
    headers = {"authorization": f"Bearer {access}"} if access else {}
    try:
        return await http.ask_json(client, "POST", path, body, kind, headers)
    except ServerRefused as error:
        raise refused(error) from error
    except LinkDown as error:
        raise down(error) from error


def _code(text: str) -> codes.Code:
    try:
        return codes.read(text)
    except codes.BadCode as error:
        raise NotJoined("code", str(error), CODE) from error


def _before(reader: Reader) -> _Before:
    require_free(reader)
    joined = membership.read(reader.connection)
    kept = joining.kept_key(reader.connection)
    dev = reader.value("SELECT dev FROM device ORDER BY alias DESC LIMIT 1") if joined else kept and kept[0]
    return _Before(joined, dev, alone(reader))


async def _authority(url: str, code: codes.Code, transport: httpx.AsyncBaseTransport | None) -> str:
    """The certificate of the server's authority, which must be the one that the code names."""
    try:
        async with http.open_client(url, None, transport) as client:
            read = await http.ask(client, "GET", "/v1/authority")
    except ServerRefused as error:
        raise refused(error) from error
    except LinkDown as error:
        raise down(error) from error
    try:
        pem = read.decode("ascii")
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()
        http.trusting(pem)
    except (ValueError, ssl.SSLError) as error:
        raise NotJoined("no post", "What answers at this address is no post of OpsDesk.", ADDRESS) from error
    if codes.fingerprint(digest) != code.fingerprint:
        raise NotJoined(
            "another server",
            "The server at this address is not the one that gave this code. Check the address and the last five groups "
            "of the code; if both are right, somebody stands between you and the post.",
            ADDRESS,
        )
    return pem


def _require_unit(found: Found) -> None:
    if not found.unit:
        raise NotJoined("no rights", "The account of this code has no unit yet. Ask whoever runs the post.", CODE)
    if found.brings.tickets and CREATE not in found.rights:
        name = ROLES.get(found.role, (found.role, ()))[0]
        count = "1 ticket was" if found.brings.tickets == 1 else f"{found.brings.tickets:,} tickets were"
        raise NotJoined(
            "role",
            f"{count} made here, and this code is for {found.person} ({name}), who may not write tickets. "
            "Ask for a code of somebody who may, or join with an empty data folder.",
            CODE,
        )


def _off(ahead_ms: int) -> int:
    return ahead_ms if abs(ahead_ms) > CLOCK_TOLERANCE_MS else 0
