"""A server that desks may join in this process, and what a joined desk does in one round with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from opsdesk.models import codes
from opsdesk.server import accounts, app, certificates
from opsdesk.server.state import Server
from opsdesk.services import joining
from opsdesk.services.desk import Desk
from tests.server.world import CHEAP, NOTE, World

URL = "https://post:8471"


@dataclass
class Post:
    """A server with its own authority, whose keys are in `folder`. `transport` leads there."""

    world: World
    folder: Path

    def __post_init__(self) -> None:
        certificates.make_authority(self.folder, "Relief Command", datetime(2026, 1, 1, tzinfo=UTC))
        authority = (self.folder / certificates.AUTHORITY).read_bytes()
        server = Server(self.world.db, self.world.key, authority, CHEAP, lambda: self.world.now)
        self.transport: httpx.AsyncBaseTransport = httpx.ASGITransport(app=app.made_for(server))

    async def code(self, account: str) -> str:
        """A new code of an account."""
        async with self.world.db.accounts() as connection:
            secret = await accounts.make_code(connection, name=account, note=NOTE, now=self.world.now)
        return str(codes.Code(secret, codes.fingerprint(certificates.digest(self.folder))))

    async def join(self, desk: Desk, account: str, tag: str | None = None) -> joining.Joined:
        """Join a desk by a new code of an account."""
        found = await joining.find(desk, URL, await self.code(account), tag=tag, transport=self.transport)
        return await joining.join(desk, found, found.tag, transport=self.transport)

    async def exchange(self, desk: Desk) -> None:
        """One round: all that waits is sent, all that is new is fetched."""
        await desk.link.once(self.transport)
