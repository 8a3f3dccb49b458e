"""Which server this data folder has joined: one row, absent while it works alone."""

from __future__ import annotations

from dataclasses import dataclass, fields

from opsdesk.models.base import Id
from opsdesk.store.database import Connection


@dataclass(frozen=True, slots=True)
class Membership:
    """The post that was joined and what this desk needs to speak with it. `key` is the device's Ed25519 private key
    (32 bytes), `authority` the certificate that the server's own must be signed by (PEM)."""

    url: str
    post: str
    """Name of the organisation, for people."""
    authority: str
    person: Id
    unit: Id | None
    key: bytes
    refresh: str
    """The refresh token that is good for the next access token; it is used once."""
    joined_at: int
    dev: Id
    """The device that the server knows by the key: what its tokens name."""


_NAMES = tuple(field.name for field in fields(Membership))


def read(connection: Connection) -> Membership | None:
    """The membership of this folder; None while it works alone."""
    row = connection.execute(f"SELECT {', '.join(_NAMES)} FROM membership").fetchone()
    return None if row is None else Membership(*row)


def write(connection: Connection, membership: Membership) -> None:
    """Join, or join anew. Runs in a transaction of the caller."""
    marks = ", ".join("?" * len(_NAMES))
    connection.execute(
        f"INSERT OR REPLACE INTO membership (one, {', '.join(_NAMES)}) VALUES (1, {marks})",
        tuple(getattr(membership, name) for name in _NAMES),
    )


def put_refresh(connection: Connection, token: str) -> None:
    """Keep the next refresh token. Runs in a transaction of the caller."""
    connection.execute("UPDATE membership SET refresh = ?", (token,))


def put_device(connection: Connection, dev: Id) -> None:
    """The server knows this desk as another device now. Runs in a transaction of the caller."""
    connection.execute("UPDATE membership SET dev = ?", (dev,))
