"""Coming in: by password, by a refresh token; and what slows guessing down."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from opsdesk.models.base import Id
from opsdesk.server import tokens
from opsdesk.server.accounts.telling import (
    CODE_MS,
    FREE_FAILURES,
    LONGEST_WAIT_MS,
    REFRESH_MS,
    Denied,
    Note,
    Tokens,
    audit,
)
from opsdesk.server.database import Database
from opsdesk.server.tokens import Bearer, TokenKey
from opsdesk.sync.transports import proofs


@dataclass(frozen=True, slots=True)
class LogIn:
    """A log-in at an enrolled device, which signs the server's challenge and the name."""

    name: str
    password: str
    dev: Id
    challenge: str
    proof: bytes


async def log_in(
    db: Database, asked: LogIn, *, key: TokenKey, hasher: PasswordHasher, note: Note, now: int
) -> Tokens | Denied:
    """Let a person in by password. Failures are counted before the password is looked at, so that many guesses at once
    are no way around; each beyond the fifth doubles the wait, up to a quarter of an hour.

    Against an account counts only what an enrolled device has signed, else any stranger could keep its person out.
    """
    plain = asked.name.strip().lower()
    async with db.accounts() as connection:
        device = await connection.fetchrow("SELECT key FROM device WHERE dev = $1 AND revoked_at IS NULL", asked.dev)
        proven = (
            device is not None
            and device["key"] is not None
            and key.is_challenge(asked.challenge, now)
            and tokens.proves(device["key"], asked.proof, proofs.LOG_IN, asked.challenge.encode(), plain.encode())
        )
        subjects = [f"address {note.address}", *([f"account {plain}"] if proven else [])]
        for subject in subjects:
            wait = await slowed(connection, subject, now)
            if wait is not None:
                return wait
        for subject in subjects:
            await failed(connection, subject, now)
        row = await connection.fetchrow(
            "SELECT person, password FROM account WHERE name = $1 AND disabled_at IS NULL", plain
        )
        if not proven:
            await audit(connection, "log-in refused", note, now, subject=plain)
            return Denied("log-in refused")
    # It takes as long for a name that is not there.
    known = row["password"] if row is not None else None
    hashed = known if known is not None else await asyncio.to_thread(_nobody, hasher)
    right = await asyncio.to_thread(_matches, hasher, hashed, asked.password)
    async with db.accounts() as connection:
        if row is None or not right:
            await audit(connection, "log-in refused", note, now, subject=plain)
            return Denied("log-in refused")
        await connection.execute("DELETE FROM throttle WHERE subject = ANY ($1)", subjects)
        if hasher.check_needs_rehash(hashed):
            anew = await asyncio.to_thread(hasher.hash, asked.password)
            await connection.execute("UPDATE account SET password = $2 WHERE person = $1", row["person"], anew)
        await audit(connection, "logged in", Note(row["person"], asked.dev, note.address), now, subject=plain)
        return await issue(connection, Bearer(row["person"], asked.dev), key, now)


async def refresh(connection: Any, *, token: str, proof: bytes, key: TokenKey, note: Note, now: int) -> Tokens | Denied:
    """Give new tokens for a refresh token, which is used up by that.

    When the answer was lost, the device asks with the same token again, and gets another successor as long as none was
    used. A token older than that, or one taken back, was copied: its whole family is revoked. One that was given after
    the backup which was restored since is as good as if it were known.
    """
    hashed = hash_of(token)
    row = await connection.fetchrow(_KNOWN, hashed)
    if row is None and await _was_lost(connection, token, proof, key=key, note=note, now=now):
        row = await connection.fetchrow(_KNOWN, hashed)
    if row is None or not tokens.proves(row["key"], proof, proofs.REFRESH, token.encode()):
        return Denied("token refused")
    here = Note(row["person"], row["dev"], note.address)
    if row["device_revoked"] is not None or row["disabled_at"] is not None or row["expires_at"] <= now:
        return Denied("token refused")
    used = await connection.fetchval(
        "SELECT count(*) FROM refresh_token WHERE before = $1 AND used_at IS NOT NULL", hashed
    )
    if row["revoked_at"] is not None or used:
        await connection.execute(
            "UPDATE refresh_token SET revoked_at = $2 WHERE family = $1 AND revoked_at IS NULL", row["family"], now
        )
        await audit(connection, "token used twice", here, now, subject=row["family"].hex())
        return Denied("token used twice")
    await connection.execute("UPDATE refresh_token SET revoked_at = $2 WHERE before = $1", hashed, now)
    await connection.execute("UPDATE refresh_token SET used_at = $2 WHERE hash = $1", hashed, now)
    await connection.execute("UPDATE device SET seen_at = $2 WHERE dev = $1", row["dev"], now)
    return await issue(connection, Bearer(row["person"], row["dev"]), key, now, family=row["family"], before=hashed)


_KNOWN: Final = (
    "SELECT r.*, d.key, d.revoked_at AS device_revoked, a.disabled_at FROM refresh_token r "
    "JOIN device d USING (dev) JOIN account a ON a.person = r.person WHERE r.hash = $1 FOR UPDATE OF r"
)


async def _was_lost(connection: Any, token: str, proof: bytes, *, key: TokenKey, note: Note, now: int) -> bool:
    """Remember a token that this server gave in an earlier life and a restore has lost: True when there is one now.

    Without it each desk that had asked since the backup would stay out until somebody brought it a code. The device's
    key is what a thief does not have, and from here on the token is used up like any other.
    """
    given = key.given(token, now)
    if given is None:
        return False
    device = await connection.fetchrow(
        "SELECT key, person FROM device WHERE dev = $1 AND revoked_at IS NULL AND person IS NOT NULL "
        "AND $2 < (SELECT max(number) FROM epoch)", *given,
    )  # fmt: skip
    if device is None or not tokens.proves(device["key"], proof, proofs.REFRESH, token.encode()):
        return False
    await connection.execute(
        "INSERT INTO refresh_token (hash, family, dev, person, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT DO NOTHING",
        hash_of(token), secrets.token_bytes(16), given[0], device["person"], now, now + REFRESH_MS,
    )  # fmt: skip
    await audit(connection, "token of an earlier life", Note(device["person"], given[0], note.address), now)
    return True


async def tidy(connection: Any, now: int) -> None:
    """Forget what is long over: tokens, codes, slow-downs."""
    await connection.execute("DELETE FROM refresh_token WHERE expires_at < $1", now)
    await connection.execute("DELETE FROM enrolment_code WHERE expires_at < $1", now - CODE_MS)
    await connection.execute("DELETE FROM throttle WHERE last_at < $1", now - 86_400_000)


async def issue(
    connection: Any,
    bearer: Bearer,
    key: TokenKey,
    now: int,
    *,
    family: bytes | None = None,
    before: bytes | None = None,
) -> Tokens:
    """New tokens for a device; `before` is the hash of the refresh token that they follow, `family` theirs."""
    life = await connection.fetchval("SELECT coalesce(max(number), 0) FROM epoch")
    secret = key.refresh(bearer.dev, life, now + REFRESH_MS)
    await connection.execute(
        "INSERT INTO refresh_token (hash, family, before, dev, person, made_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        hash_of(secret), family or secrets.token_bytes(16), before, bearer.dev, bearer.person, now, now + REFRESH_MS,
    )  # fmt: skip
    return Tokens(key.access(bearer, now), secret, bearer.person)


async def slowed(connection: Any, subject: str, now: int) -> Denied | None:
    """How long somebody must wait who failed too often; None when not at all."""
    row = await connection.fetchrow("SELECT failures, last_at FROM throttle WHERE subject = $1", subject)
    if row is None or row["failures"] < FREE_FAILURES:
        return None
    wait = min(1000 * 2 ** min(row["failures"] - FREE_FAILURES, 20), LONGEST_WAIT_MS)
    left = int(row["last_at"]) + wait - now
    return Denied("wait", left) if left > 0 else None


async def failed(connection: Any, subject: str, now: int) -> None:
    """Count a failure."""
    await connection.execute(
        "INSERT INTO throttle (subject, failures, last_at) VALUES ($1, 1, $2) ON CONFLICT (subject) "
        "DO UPDATE SET failures = least(throttle.failures + 1, 1000), last_at = excluded.last_at", subject, now,
    )  # fmt: skip


_nobodys: dict[tuple[int, int, int], str] = {}


def _nobody(hasher: PasswordHasher) -> str:
    cost = (hasher.time_cost, hasher.memory_cost, hasher.parallelism)
    if cost not in _nobodys:
        _nobodys[cost] = hasher.hash(secrets.token_urlsafe(16))
    return _nobodys[cost]


def _matches(hasher: PasswordHasher, hashed: str, password: str) -> bool:
    try:
        return hasher.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def hash_of(secret: str) -> bytes:
    """By what a secret is found that is not kept."""
    # Not a password: a random secret that nobody guesses, so that a fast hash is enough.
    return hashlib.sha256(secret.encode()).digest()
