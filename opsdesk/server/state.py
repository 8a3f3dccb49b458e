"""What a running server holds, and who is asking: handed to every route."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from argon2 import PasswordHasher
from starlette.requests import Request

from opsdesk.server import accounts
from opsdesk.server.accounts import Note
from opsdesk.server.database import Claims, Database
from opsdesk.server.hints import Hints
from opsdesk.server.limits import Limits
from opsdesk.server.tokens import Bearer, TokenKey
from opsdesk.server.wire import Refusal

FILES_AT_ONCE: Final = 3
"""Pieces of files that are written at the same time; the other connections are for everything else."""


def now_ms() -> int:
    """UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Server:
    """The parts of a running server. It holds nothing about those who ask, so that many can serve one address."""

    db: Database
    key: TokenKey
    authority: bytes
    """The certificate of the authority (PEM)."""
    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    now: Callable[[], int] = now_ms
    hints: Hints = field(default_factory=Hints)
    limits: Limits = field(default_factory=Limits)
    """What files may take."""
    room: Callable[[], int] | None = None
    """Bytes that are free on the disk of an embedded database."""
    file_turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FILES_AT_ONCE))

    @staticmethod
    def of(request: Request) -> Server:
        """The server that a request has reached."""
        server: Server = request.app.state.server
        return server


async def claims(request: Request) -> Claims:
    """Who asks, and what that person may see and do now. Raises Refusal with status 401."""
    found = await rights_now(request, bearer(request))
    request.state.claims = found
    return found


def bearer(request: Request) -> Bearer:
    """Whom the access token of a request names. Raises Refusal with status 401."""
    server = Server.of(request)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    found = server.key.bearer(token, server.now()) if kind.lower() == "bearer" else None
    if found is None:
        raise Refusal(401, "unauthorised", "A valid access token is needed")
    return found


async def rights_now(request: Request, who: Bearer) -> Claims:
    """What somebody may see and do at this moment. Raises Refusal with status 401."""
    async with Server.of(request).db.asking() as connection:
        found = await accounts.claims_of(connection, who)
    if found is None:
        raise Refusal(401, "unauthorised", "This account or device has no rights here")
    return found


def note(request: Request, who: Claims | None = None) -> Note:
    """Who acts and from where, for the audit trail."""
    address = request.client.host if request.client else ""
    return Note(who.person if who else None, who.dev if who else None, address)
