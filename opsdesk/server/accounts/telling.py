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


async def audit(connection: Any, act: str, note: Note, now: int, *, subject: str = "", **detail: Any) -> None:
    """Add a line to the audit trail."""
    await connection.execute(
        "INSERT INTO audit (at, act, person, dev, subject, detail, address) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        now, act, note.person, note.dev, subject,
        msgspec.json.encode(detail).decode() if detail else None, note.address,
    )  # fmt: skip
