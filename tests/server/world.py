"""A founded server with units and one person of each role, each with a device: for tests that come in by HTTP."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from opsdesk.models import rights
from opsdesk.server import accounts, app, foundation
from opsdesk.server.accounts import Note
from opsdesk.server.database import Database
from opsdesk.server.state import Server
from opsdesk.server.tokens import Bearer, TokenKey

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NOW = 1_800_000_000_000
FIRST = foundation.First("Relief Command", "HQ", "Ada Keller", "keller", "correct horse")
NOTE = Note(address="127.0.0.1")


async def found(owner: dict[str, Any], login: str, password: str) -> None:
    """Found a server: HQ with A and B below it, and beside the administrator a person of each role in A, all up to
    RESTRICTED."""
    await foundation.lay(owner, login, password, FIRST, now=NOW)
    db = await Database.open({**owner, "user": login, "password": password}, connections=2)
    await foundation.begin(db, FIRST, hasher=CHEAP, now=NOW)
    top = await foundation.unit_named(db, "HQ")
    for name in "AB":
        await foundation.add_unit(db, name, top, note=NOTE, now=NOW)
    own = await foundation.unit_named(db, "A")
    assert own is not None
    for role in rights.ROLES:
        await foundation.add_person(
            db, role.title(), own, account=role, password=None, role=role, marking=2, hasher=CHEAP, note=NOTE, now=NOW
        )
    async with db.accounts() as connection:
        for number, row in enumerate(await connection.fetch("SELECT person, name FROM account")):
            await connection.execute(
                "INSERT INTO device (dev, key, person, name, tag, enrolled_at) VALUES ($1, $2, $3, $4, $5, 0)",
                row["person"][::-1], Ed25519PrivateKey.generate().public_key().public_bytes_raw(), row["person"],
                row["name"], f"T{number}",
            )  # fmt: skip
    await db.close()


@dataclass
class World:
    """A running server in this process, and those who ask it."""

    db: Database
    owner: Any
    key: TokenKey = field(default_factory=lambda: TokenKey(Ed25519PrivateKey.generate()))
    now: int = NOW

    def __post_init__(self) -> None:
        self.server = Server(self.db, self.key, b"PEM", CHEAP, lambda: self.now)
        self.transport = httpx.ASGITransport(app=app.made_for(self.server), raise_app_exceptions=False)

    def client(self) -> httpx.AsyncClient:
        """A client without a token."""
        return httpx.AsyncClient(transport=self.transport, base_url="https://post")

    async def as_(self, account: str) -> httpx.AsyncClient:
        """A client with the token of an account."""
        person = await self.owner.fetchval("SELECT person FROM account WHERE name = $1", account)
        client = self.client()
        client.headers["Authorization"] = f"Bearer {self.key.access(Bearer(person, person[::-1]), self.now)}"
        return client

    async def unit(self, name: str) -> bytes:
        found: bytes = await self.owner.fetchval("SELECT id FROM unit WHERE name = $1", name)
        return found

    async def grant(self, account: str, role: str, unit: str, marking: int = 2) -> None:
        """Give an account other rights."""
        person = await self.owner.fetchval("SELECT person FROM account WHERE name = $1", account)
        async with self.db.accounts() as connection:
            await accounts.grant(
                connection, person=person, role=role, unit=await self.unit(unit), marking=marking, note=NOTE,
                now=self.now,
            )  # fmt: skip


def login_name() -> str:
    """A name for a login that no other database of the cluster has."""
    return f"opsdesk_{secrets.token_hex(6)}"
