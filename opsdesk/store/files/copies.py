"""What this desk knows of each file: whether it is here, how much of it is at the server, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass

from opsdesk.models.base import Id
from opsdesk.store.database import Connection

_EPOCH = "coalesce((SELECT value FROM sync_state WHERE name = 'epoch'), 0)"
HELD = f"EXISTS (SELECT 1 FROM file_held h WHERE h.attachment = a.id AND h.epoch = {_EPOCH})"
"""SQL: the server of today is known to hold the file of attachment `a`."""

SMALL = 262_144
"""Pictures of at most so many bytes come by themselves."""
FIRST_RETRY_MS = 2_000
LAST_RETRY_MS = 600_000
"""How long a file is left alone at the most after it has failed, UTC milliseconds."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A file that is to travel, and the attachment by which the server knows it."""

    attachment: Id
    sha256: str
    size: int


_NEXT_UP = f"""
SELECT a.id, a.sha256, a.size FROM file_copy f JOIN attachment a ON a.sha256 = f.sha256
WHERE f.here AND NOT ({HELD}) AND a.ver > 0 AND a.voided IS NULL AND f.next_try <= ?
ORDER BY a.size, a.key LIMIT 1
"""
# Small ones first: a photo does not wait behind a film.

_WANTED = """
SELECT a.id, a.sha256, a.size FROM file_copy f JOIN attachment a ON a.sha256 = f.sha256
WHERE f.wanted AND NOT f.here AND a.ver > 0 AND a.voided IS NULL AND f.next_try <= ? ORDER BY a.size LIMIT 1
"""
_BY_ITSELF = """
SELECT a.id, a.sha256, a.size
FROM (SELECT * FROM attachment WHERE ver > 0 AND voided IS NULL ORDER BY key DESC LIMIT 500) a
LEFT JOIN file_copy f ON f.sha256 = a.sha256
WHERE a.size <= ? AND a.mime LIKE 'image/%' AND coalesce(f.here, 0) = 0 AND f.problem IS NULL
ORDER BY a.key DESC LIMIT 1
"""
# What was attached long ago comes when somebody looks at it.

_SOONEST = f"""
SELECT min(f.next_try) FROM file_copy f JOIN attachment a ON a.sha256 = f.sha256
WHERE a.ver > 0 AND a.voided IS NULL AND ((f.here AND NOT ({HELD})) OR (f.wanted AND NOT f.here))
"""


def kept(connection: Connection, sha256: str) -> None:
    """A file is here whole."""
    connection.execute(
        "INSERT INTO file_copy (sha256, here) VALUES (?, 1) ON CONFLICT (sha256) DO UPDATE SET here = 1, wanted = 0, "
        "problem = NULL, tries = 0, next_try = 0",
        (sha256,),
    )


def lost(connection: Connection, sha256: str, *, wanted: bool) -> None:
    """A file is not here after all: it was damaged."""
    connection.execute(
        "UPDATE file_copy SET here = 0, wanted = ?, moved = 0, tries = 0, next_try = 0 WHERE sha256 = ?",
        (wanted, sha256),
    )


def wanted(connection: Connection, sha256: str) -> None:
    """A person asks for a file: it comes as soon as there is a link."""
    connection.execute(
        "INSERT INTO file_copy (sha256, wanted) VALUES (?, 1) ON CONFLICT (sha256) DO UPDATE SET wanted = 1, "
        "problem = NULL, tries = 0, next_try = 0",
        (sha256,),
    )


def at_once(connection: Connection, sha256: str) -> None:
    """A person asks to try again what has failed."""
    connection.execute("UPDATE file_copy SET problem = NULL, tries = 0, next_try = 0 WHERE sha256 = ?", (sha256,))


def next_up(connection: Connection, now: int) -> Copy | None:
    """The next file that the server does not hold yet, of those whose metadata it has."""
    row = connection.execute(_NEXT_UP, (now,)).fetchone()
    return None if row is None else Copy(*row)


def next_down(connection: Connection, now: int, small: int) -> Copy | None:
    """The next file to fetch: one that a person asks for, else a picture of at most `small` bytes."""
    row = connection.execute(_WANTED, (now,)).fetchone()
    if row is None and small:
        row = connection.execute(_BY_ITSELF, (small,)).fetchone()
    return None if row is None else Copy(*row)


def soonest(connection: Connection) -> int | None:
    """When something that failed is to be tried again, UTC milliseconds."""
    found = connection.execute(_SOONEST).fetchone()[0]
    return None if found is None else int(found)


def moved(connection: Connection, sha256: str, size: int) -> None:
    """So many bytes have got there, or come here."""
    connection.execute(
        "INSERT INTO file_copy (sha256, moved) VALUES (?, ?) ON CONFLICT (sha256) DO UPDATE "
        "SET moved = excluded.moved, problem = NULL, tries = 0, next_try = 0",
        (sha256, size),
    )


def held(connection: Connection, attachment: Id, sha256: str) -> None:
    """The server holds the file of an attachment whole."""
    connection.execute(f"INSERT OR REPLACE INTO file_held (attachment, epoch) VALUES (?, {_EPOCH})", (attachment,))
    connection.execute("UPDATE file_copy SET problem = NULL, tries = 0, next_try = 0 WHERE sha256 = ?", (sha256,))


def failed(connection: Connection, sha256: str, problem: str, now: int, chance: float, most: int) -> None:
    """It did not go: it is tried again, each time after twice as long and not by all at once, but at
    the latest after some `most` milliseconds; `chance` is in [0, 1)."""
    row = connection.execute("SELECT tries FROM file_copy WHERE sha256 = ?", (sha256,)).fetchone()
    tries = row[0] if row else 0
    wait = min(most, FIRST_RETRY_MS << min(tries, 16))
    connection.execute(
        "INSERT INTO file_copy (sha256, problem, tries, next_try) VALUES (?, ?, 1, ?) ON CONFLICT (sha256) DO UPDATE "
        "SET problem = excluded.problem, tries = tries + 1, next_try = excluded.next_try",
        (sha256, problem, now + int(wait * (0.5 + chance))),
    )


def subjects(connection: Connection, sha256: str) -> frozenset[Id]:
    """The records that a file hangs on."""
    rows = connection.execute("SELECT DISTINCT subject FROM attachment WHERE sha256 = ?", (sha256,)).fetchall()
    return frozenset(row[0] for row in rows)
