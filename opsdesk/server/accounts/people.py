"""Accounts and rights: used by the administrator's commands; and what a person may do now."""

from __future__ import annotations

from typing import Any, Final

from argon2 import PasswordHasher

from opsdesk.models import rights
from opsdesk.models.base import Id
from opsdesk.server.accounts.telling import PASSWORD_LETTERS, Note, audit
from opsdesk.server.database import Claims
from opsdesk.server.tokens import Bearer
from opsdesk.services.errors import Refused


async def add_account(
    connection: Any, *, person: Id, name: str, password: str | None, hasher: PasswordHasher, note: Note, now: int
) -> None:
    """Make an account for a person. Raises Refused when the name is taken or the password is short."""
    await check_new(connection, name=name, password=password, role="")
    plain = name.strip().lower()
    await connection.execute(
        "INSERT INTO account (person, name, password, made_at) VALUES ($1, $2, $3, $4)",
        person, plain, _hashed(password, hasher), now,
    )  # fmt: skip
    await audit(connection, "account made", note, now, subject=plain)


async def check_new(connection: Any, *, name: str, password: str | None, role: str) -> None:
    """Whether an account may be made so, before anything else is made for it. Raises Refused."""
    plain = name.strip().lower()
    if not plain:
        raise Refused("An account needs a name", field="name")
    if await connection.fetchval("SELECT 1 FROM account WHERE name = $1", plain):
        raise Refused(f"There is an account “{plain}” already", field="name")
    _check_role(role)
    _check_password(password)


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
    _check_role(role)
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


async def person_of(connection: Any, name: str) -> Id:
    """The person of an account. Raises Refused when there is none."""
    person: Id | None = await connection.fetchval("SELECT person FROM account WHERE name = $1", name.strip().lower())
    if person is None:
        raise Refused(f"There is no account “{name}”", field="name")
    return person


def _hashed(password: str | None, hasher: PasswordHasher) -> str | None:
    _check_password(password)
    return None if password is None else hasher.hash(password)


def _check_password(password: str | None) -> None:
    if password is not None and len(password) < PASSWORD_LETTERS:
        raise Refused(f"A password has at least {PASSWORD_LETTERS} letters", field="password")


def _check_role(role: str) -> None:
    if role and role not in rights.ROLES:
        raise Refused(f"There is no role “{role}”; there are: {', '.join(rights.ROLES)}", field="role")
