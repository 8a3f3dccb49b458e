"""Devices: let in by a code, taken for another after a copied disk, shut out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsdesk.models import codes
from opsdesk.models.base import Id
from opsdesk.server import tokens
from opsdesk.server.accounts.coming_in import failed, hash_of, issue, slowed
from opsdesk.server.accounts.people import person_of
from opsdesk.server.accounts.telling import CODE_MS, Denied, Note, Tokens, audit
from opsdesk.server.tokens import Bearer, TokenKey
from opsdesk.sync.transports import proofs


async def make_code(connection: Any, *, name: str, note: Note, now: int) -> str:
    """A one-time secret with which a device of this account may be enrolled within a week."""
    person = await person_of(connection, name)
    secret = codes.new_secret()
    await connection.execute(
        "INSERT INTO enrolment_code (hash, person, made_at, made_by, expires_at) VALUES ($1, $2, $3, $4, $5)",
        hash_of(secret), person, now, note.person, now + CODE_MS,
    )  # fmt: skip
    await audit(connection, "code made", note, now, subject=name)
    return secret


@dataclass(frozen=True, slots=True)
class Joining:
    """What a device says of itself when it is enrolled. `tag` is what its human numbers carry; `proof` signs secret,
    device id and key."""

    secret: str
    dev: Id
    key: bytes
    name: str
    tag: str
    proof: bytes


async def enrol(connection: Any, joining: Joining, *, key: TokenKey, note: Note, now: int) -> Tokens | Denied:
    """Let a device in by its code. The same device may repeat an answer that was lost, as long as nothing came of it.

    A taken tag is answered with `tag taken`; the device then chooses another and asks again.
    """
    person = await person_of_code(connection, joining.secret, joining.dev, note=note, now=now)
    if isinstance(person, Denied):
        return person
    parts = (joining.secret.encode(), joining.dev, joining.key)
    if not tokens.proves(joining.key, joining.proof, proofs.ENROL, *parts):
        return Denied("proof refused")
    known = await connection.fetchrow("SELECT key FROM device WHERE dev = $1", joining.dev)
    if known is not None and known["key"] != joining.key:
        # A copied data folder: it must take a new identity first. The server's own device has no key, and so nobody's.
        return Denied("device taken")
    if await connection.fetchval("SELECT 1 FROM device WHERE tag = $1 AND dev <> $2", joining.tag, joining.dev):
        return Denied("tag taken")
    await connection.execute(
        "INSERT INTO device (dev, key, person, name, tag, enrolled_at) VALUES ($1, $2, $3, $4, $5, $6) "
        # One that was shut out comes back with its key and a new code, which the administrator gave for that.
        "ON CONFLICT (dev) DO UPDATE SET person = excluded.person, name = excluded.name, tag = excluded.tag, "
        "revoked_at = NULL",
        joining.dev, joining.key, person, joining.name, joining.tag, now,
    )  # fmt: skip
    await connection.execute(
        "UPDATE enrolment_code SET used_at = $2, used_by = $3 WHERE hash = $1",
        hash_of(joining.secret),
        now,
        joining.dev,
    )
    here = Note(person, joining.dev, note.address)
    await audit(connection, "device enrolled", here, now, subject=joining.dev.hex(), name=joining.name)
    return await issue(connection, Bearer(person, joining.dev), key, now)


async def rename_device(
    connection: Any, who: Bearer, *, dev: Id, tag: str, proof: bytes, key: TokenKey, note: Note, now: int
) -> Tokens | Denied:
    """Let a device that shares its identity with another (a copied disk) go on under one of its own, with its old key.

    The one before stays as it is: it belongs to the other copy. Asked again after a lost answer it answers again.
    """
    old = await connection.fetchrow("SELECT key, name FROM device WHERE dev = $1 AND revoked_at IS NULL", who.dev)
    if old is None or not tokens.proves(old["key"], proof, proofs.RENAME, dev):
        return Denied("proof refused")
    known = await connection.fetchrow("SELECT key, person FROM device WHERE dev = $1", dev)
    if known is not None and (known["key"] != old["key"] or known["person"] != who.person):
        return Denied("device taken")
    if await connection.fetchval("SELECT 1 FROM device WHERE tag = $1 AND dev <> $2", tag, dev):
        return Denied("tag taken")
    await connection.execute(
        "INSERT INTO device (dev, key, person, name, tag, enrolled_at) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (dev) DO UPDATE SET tag = excluded.tag",
        dev, old["key"], who.person, old["name"], tag, now,
    )  # fmt: skip
    await audit(connection, "device renamed", note, now, subject=dev.hex(), before=who.dev.hex())
    return await issue(connection, Bearer(who.person, dev), key, now)


async def person_of_code(connection: Any, secret: str, dev: Id | None, *, note: Note, now: int) -> Id | Denied:
    """Whom a code lets in, if it is good for this device. Wrong codes are counted and slow down whoever tries."""
    wait = await slowed(connection, f"enrol {note.address}", now)
    if wait is not None:
        return wait
    row = await connection.fetchrow("SELECT * FROM enrolment_code WHERE hash = $1 FOR UPDATE", hash_of(secret))
    again = row is not None and dev is not None and row["used_by"] == dev
    if row is None or (row["used_at"] is not None and not again) or row["expires_at"] <= now:
        await failed(connection, f"enrol {note.address}", now)
        await audit(connection, "code refused", note, now)
        return Denied("code refused")
    person: Id = row["person"]
    return person


async def revoke_device(connection: Any, *, dev: Id, note: Note, now: int) -> bool:
    """Shut a device out at once; False when it is not known."""
    done = await connection.execute(
        "UPDATE device SET revoked_at = coalesce(revoked_at, $2) WHERE dev = $1 AND alias <> 0", dev, now
    )
    await connection.execute("UPDATE refresh_token SET revoked_at = $2 WHERE dev = $1 AND revoked_at IS NULL", dev, now)
    await audit(connection, "device revoked", note, now, subject=dev.hex())
    return bool(done == "UPDATE 1")
