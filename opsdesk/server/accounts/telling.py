"""What all parts say: why somebody is not let in, what a device gets, who acts, and the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from opsdesk.models.base import Id

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


async def trail(connection: Any, most: int) -> list[dict[str, Any]]:
    """The last lines of the audit trail, the newest last: when, what, by and about whom, from where."""
    rows = await connection.fetch(
        "SELECT l.*, a.name AS account, d.tag, s.tag AS about_tag, p.name AS about_account "
        "FROM (SELECT * FROM audit ORDER BY id DESC LIMIT $1) l LEFT JOIN account a USING (person) "
        "LEFT JOIN device d USING (dev) LEFT JOIN device s ON encode(s.dev, 'hex') = l.subject "
        "LEFT JOIN account p ON encode(p.person, 'hex') = l.subject ORDER BY l.id", most,
    )  # fmt: skip
    return [
        {"at": row["at"], "act": row["act"], "account": row["account"], "tag": row["tag"], "address": row["address"],
         "subject": row["about_account"] or row["about_tag"] or row["subject"] or "",
         "detail": msgspec.json.decode(row["detail"]) if row["detail"] else {}}
        for row in rows
    ]  # fmt: skip


async def audit(connection: Any, act: str, note: Note, now: int, *, subject: str = "", **detail: Any) -> None:
    """Add a line to the audit trail."""
    await connection.execute(
        "INSERT INTO audit (at, act, person, dev, subject, detail, address) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        now, act, note.person, note.dev, subject,
        msgspec.json.encode(detail).decode() if detail else None, note.address,
    )  # fmt: skip
