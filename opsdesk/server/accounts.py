"""Accounts, rights, devices and their tokens. Each function runs in a transaction of the caller, who always commits:

a refusal is a value (`Denied`), since what it leaves behind (an audit line, a revoked family) must stay.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from opsdesk.models import codes, rights
from opsdesk.models.base import Id
from opsdesk.server import tokens
from opsdesk.server.database import Claims, Database
from opsdesk.server.tokens import Bearer, TokenKey
from opsdesk.services.errors import Refused
from opsdesk.sync.transports import proofs

CODE_MS: Final = 7 * 86_400_000
REFRESH_MS: Final = 180 * 86_400_000
"""A desk may be away for long; as long as the server keeps its change log."""
PASSWORD_LETTERS: Final = 10
FREE_FAILURES: Final = 5
LONGEST_WAIT_MS: Final = 900_000


@dataclass(frozen=True, slots=True)
class Denied:
    """Why somebody was not let in, as a code for programs. `wait_ms`: how long to wait before trying again."""

    code: str
    wait_ms: int = 0


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a device gets: an access token for minutes, and a refresh token to be used once."""

    access: str
    refresh: str
    person: Id


@dataclass(frozen=True, slots=True)
class Note:
    """Who acts, from where: what the audit trail says beside the act."""

    person: Id | None = None
    dev: Id | None = None
    address: str = ""


# Accounts and rights: used by the administrator's commands


async def add_account(
    connection: Any, *, person: Id, name: str, password: str | None, hasher: PasswordHasher, note: Note, now: int
) -> None:
    """Make an account for a person. Raises Refused when the name is taken or the password is short."""
    plain = name.strip().lower()
    if not plain:
        raise Refused("An account needs a name", field="name")
    if await connection.fetchval("SELECT 1 FROM account WHERE name = $1 OR person = $2", plain, person):
        raise Refused(f"There is an account “{plain}” already", field="name")
    await connection.execute(
        "INSERT INTO account (person, name, password, made_at) VALUES ($1, $2, $3, $4)",
        person, plain, _hashed(password, hasher), now,
    )  # fmt: skip
    await audit(connection, "account made", note, now, subject=plain)


async def set_password(
    connection: Any, *, name: str, password: str, hasher: PasswordHasher, note: Note, now: int
) -> None:
    """Give an account another password; every device of the person must log in again."""
    person = await person_of(connection, name)
    await connection.execute("UPDATE account SET password = $2 WHERE person = $1", person, _hashed(password, hasher))
    await connection.execute(
        "UPDATE refresh_token SET revoked_at = $2 WHERE person = $1 AND revoked_at IS NULL", person, now
    )
    await audit(connection, "password set", note, now, subject=name)


async def set_enabled(connection: Any, *, name: str, enabled: bool, note: Note, now: int) -> None:
    """Lock an account, or open it again."""
    person = await person_of(connection, name)
    disabled = None if enabled else now
    await connection.execute("UPDATE account SET disabled_at = $2 WHERE person = $1", person, disabled)
    await audit(connection, "account opened" if enabled else "account locked", note, now, subject=name)


async def grant(connection: Any, *, person: Id, role: str, unit: Id | None, marking: int, note: Note, now: int) -> int:
    """Give a person a role in a unit up to a marking, in place of what they had; an empty role takes all away.

    Returns the epoch of the rights.
    """
    if role and role not in rights.ROLES:
        raise Refused(f"There is no role “{role}”; there are: {', '.join(rights.ROLES)}", field="role")
    epoch = await connection.fetchval(
        "INSERT INTO permission (person, role, unit, marking, granted_at, granted_by) VALUES ($1, $2, $3, $4, $5, $6) "
        "RETURNING epoch", person, role, unit, marking, now, note.person,
    )  # fmt: skip
    await audit(connection, "rights given", note, now, subject=person.hex(), role=role, marking=marking)
    return int(epoch)


_DEVICE_IS_IN: Final = " AND EXISTS (SELECT FROM device d WHERE d.dev = $2 AND d.revoked_at IS NULL)"


async def claims_of(connection: Any, bearer: Bearer, *, enrolled: bool = True) -> Claims | None:
    """What a person may see and do now; None when the account is locked, the device revoked or all rights taken.

    Not `enrolled`: what it will be once the device is.
    """
    row = await connection.fetchrow(
        "SELECT p.epoch, p.role, p.unit, p.marking, "
        "CASE WHEN p.unit IS NULL THEN '{}'::bytea[] ELSE units_below(p.unit) END AS units "
        "FROM account a CROSS JOIN LATERAL "
        "(SELECT * FROM permission p WHERE p.person = a.person ORDER BY p.epoch DESC LIMIT 1) p "
        f"WHERE a.person = $1 AND a.disabled_at IS NULL AND p.role <> ''{_DEVICE_IS_IN if enrolled else ''}",
        bearer.person, *([bearer.dev] if enrolled else []),
    )  # fmt: skip
    if row is None:
        return None
    return Claims(
        bearer.person, bearer.dev, row["role"], row["unit"], tuple(row["units"]), row["marking"], row["epoch"]
    )


# Devices


async def make_code(connection: Any, *, name: str, note: Note, now: int) -> str:
    """A one-time secret with which a device of this account may be enrolled within a week."""
    person = await person_of(connection, name)
    secret = codes.new_secret()
    await connection.execute(
        "INSERT INTO enrolment_code (hash, person, made_at, made_by, expires_at) VALUES ($1, $2, $3, $4, $5)",
        _hash(secret), person, now, note.person, now + CODE_MS,
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
    known = await connection.fetchval("SELECT key FROM device WHERE dev = $1", joining.dev)
    if known is not None and known != joining.key:
        # A copied data folder: it must take a new identity first.
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
        "UPDATE enrolment_code SET used_at = $2, used_by = $3 WHERE hash = $1", _hash(joining.secret), now, joining.dev
    )
    await audit(connection, "device enrolled", note, now, subject=joining.dev.hex(), name=joining.name)
    return await _issue(connection, Bearer(person, joining.dev), key, now)


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
    return await _issue(connection, Bearer(who.person, dev), key, now)


async def person_of_code(connection: Any, secret: str, dev: Id | None, *, note: Note, now: int) -> Id | Denied:
    """Whom a code lets in, if it is good for this device. Wrong codes are counted and slow down whoever tries."""
    wait = await _slowed(connection, f"enrol {note.address}", now)
    if wait is not None:
        return wait
    row = await connection.fetchrow("SELECT * FROM enrolment_code WHERE hash = $1 FOR UPDATE", _hash(secret))
    again = row is not None and dev is not None and row["used_by"] == dev
    if row is None or (row["used_at"] is not None and not again) or row["expires_at"] <= now:
        await _failed(connection, f"enrol {note.address}", now)
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


# Coming in


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
    are no way around; each beyond the fifth doubles the wait, up to a quarter of an hour."""
    plain = asked.name.strip().lower()
    subjects = (f"account {plain}", f"address {note.address}")
    async with db.accounts() as connection:
        for subject in subjects:
            wait = await _slowed(connection, subject, now)
            if wait is not None:
                return wait
        for subject in subjects:
            await _failed(connection, subject, now)
        row = await connection.fetchrow(
            "SELECT person, password FROM account WHERE name = $1 AND disabled_at IS NULL", plain
        )
        device = await connection.fetchrow("SELECT key FROM device WHERE dev = $1 AND revoked_at IS NULL", asked.dev)
    # It takes as long for a name that is not there.
    hashed = row["password"] if row is not None and row["password"] is not None else _nobody(hasher)
    right = await asyncio.to_thread(_matches, hasher, hashed, asked.password)
    proven = (
        device is not None
        and device["key"] is not None
        and key.is_challenge(asked.challenge, now)
        and tokens.proves(device["key"], asked.proof, proofs.LOG_IN, asked.challenge.encode(), plain.encode())
    )
    async with db.accounts() as connection:
        if row is None or not right or not proven:
            await audit(connection, "log-in refused", note, now, subject=plain)
            return Denied("log-in refused")
        await connection.execute("DELETE FROM throttle WHERE subject = ANY ($1)", list(subjects))
        if hasher.check_needs_rehash(hashed):
            await connection.execute(
                "UPDATE account SET password = $2 WHERE person = $1", row["person"], hasher.hash(asked.password)
            )
        await audit(connection, "logged in", Note(row["person"], asked.dev, note.address), now, subject=plain)
        return await _issue(connection, Bearer(row["person"], asked.dev), key, now)


async def refresh(connection: Any, *, token: str, proof: bytes, key: TokenKey, note: Note, now: int) -> Tokens | Denied:
    """Give new tokens for a refresh token, which is used up by that.

    When the answer was lost, the device asks with the same token again, and gets another successor as long as none was
    used. A token older than that, or one taken back, was copied: its whole family is revoked.
    """
    hashed = _hash(token)
    row = await connection.fetchrow(
        "SELECT r.*, d.key, d.revoked_at AS device_revoked, a.disabled_at FROM refresh_token r "
        "JOIN device d USING (dev) JOIN account a ON a.person = r.person WHERE r.hash = $1 FOR UPDATE OF r", hashed,
    )  # fmt: skip
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
    return await _issue(connection, Bearer(row["person"], row["dev"]), key, now, family=row["family"], before=hashed)


async def tidy(connection: Any, now: int) -> None:
    """Forget what is long over: tokens, codes, slow-downs."""
    await connection.execute("DELETE FROM refresh_token WHERE expires_at < $1", now)
    await connection.execute("DELETE FROM enrolment_code WHERE expires_at < $1", now - CODE_MS)
    await connection.execute("DELETE FROM throttle WHERE last_at < $1", now - 86_400_000)


async def audit(connection: Any, act: str, note: Note, now: int, *, subject: str = "", **detail: Any) -> None:
    """Add a line to the audit trail."""
    await connection.execute(
        "INSERT INTO audit (at, act, person, dev, subject, detail, address) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        now, act, note.person, note.dev, subject,
        msgspec.json.encode(detail).decode() if detail else None, note.address,
    )  # fmt: skip


async def _issue(
    connection: Any,
    bearer: Bearer,
    key: TokenKey,
    now: int,
    *,
    family: bytes | None = None,
    before: bytes | None = None,
) -> Tokens:
    secret = secrets.token_urlsafe(32)
    await connection.execute(
        "INSERT INTO refresh_token (hash, family, before, dev, person, made_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        _hash(secret), family or secrets.token_bytes(16), before, bearer.dev, bearer.person, now, now + REFRESH_MS,
    )  # fmt: skip
    return Tokens(key.access(bearer, now), secret, bearer.person)


async def _slowed(connection: Any, subject: str, now: int) -> Denied | None:
    row = await connection.fetchrow("SELECT failures, last_at FROM throttle WHERE subject = $1", subject)
    if row is None or row["failures"] < FREE_FAILURES:
        return None
    wait = min(1000 * 2 ** min(row["failures"] - FREE_FAILURES, 20), LONGEST_WAIT_MS)
    left = int(row["last_at"]) + wait - now
    return Denied("wait", left) if left > 0 else None


async def _failed(connection: Any, subject: str, now: int) -> None:
    await connection.execute(
        "INSERT INTO throttle (subject, failures, last_at) VALUES ($1, 1, $2) ON CONFLICT (subject) "
        "DO UPDATE SET failures = least(throttle.failures + 1, 1000), last_at = excluded.last_at", subject, now,
    )  # fmt: skip


async def person_of(connection: Any, name: str) -> Id:
    """The person of an account. Raises Refused when there is none."""
    person: Id | None = await connection.fetchval("SELECT person FROM account WHERE name = $1", name.strip().lower())
    if person is None:
        raise Refused(f"There is no account “{name}”", field="name")
    return person


def _hashed(password: str | None, hasher: PasswordHasher) -> str | None:
    if password is None:
        return None
    if len(password) < PASSWORD_LETTERS:
        raise Refused(f"A password has at least {PASSWORD_LETTERS} letters", field="password")
    return hasher.hash(password)


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


def _hash(secret: str) -> bytes:
    # Not a password: a random secret that nobody guesses, so that a fast hash is enough.
    return hashlib.sha256(secret.encode()).digest()
