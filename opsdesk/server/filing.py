"""Taking in and giving out the bytes of attachments: pieces in order, each transaction whole, the hash checked last."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models import ids
from opsdesk.models.base import Id
from opsdesk.server import policies
from opsdesk.server.database import Claims, Database
from opsdesk.server.limits import Limits
from opsdesk.server.policies import Act
from opsdesk.server.wire import Refusal

PIECE_LIMIT: Final = 1_048_576
"""Bytes of one piece."""
STALE_MS: Final = 30 * 86_400_000
"""After so long without another piece, what came of a file is dropped; its desk begins anew."""

_ABOUT = """
SELECT a.id, a.sha256, a.size, a.name, f.id AS file, coalesce(f.whole, false) AS whole,
    CASE WHEN f.sha256 = a.sha256 AND f.size = a.size THEN f.received ELSE 0 END AS received
FROM attachment a LEFT JOIN file_of o ON o.attachment = a.id LEFT JOIN stored_file f ON f.id = o.file
WHERE a.id = $1
"""
_SAME = """
SELECT f.id FROM attachment a JOIN file_of o ON o.attachment = a.id JOIN stored_file f ON f.id = o.file
WHERE a.sha256 = $1 AND f.sha256 = $1 AND f.size = $2 AND f.whole LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class About:
    """A file as the server has it: `received` of `size` bytes, and whether it is `whole` and checked."""

    attachment: Id
    file: Id | None
    sha256: str
    size: int
    received: int
    whole: bool
    name: str


async def about(connection: Any, attachment: Id) -> About:
    """What there is of an attachment's file, as the reader of `connection` may know it. Raises Refusal."""
    row = await connection.fetchrow(_ABOUT, attachment)
    if row is None:
        raise Refusal(404, "no such file", "This attachment is not here, or not for you")
    whole = row["whole"] and row["received"] == row["size"]
    return About(row["id"], row["file"], row["sha256"], row["size"], row["received"], whole, row["name"])


async def may_send(connection: Any, who: Claims, attachment: Id, limits: Limits) -> Id | None:
    """Check that a person may send the bytes of an attachment: whoever may write on the record that it hangs on.
    Returns a file that the person can read already and that is the same. Raises Refusal."""
    row = await connection.fetchrow("SELECT * FROM attachment WHERE id = $1", attachment)
    if row is None:
        raise Refusal(404, "no such file", "This attachment is not here, or not for you")
    anchor = await connection.fetchrow("SELECT * FROM ticket WHERE id = $1", row["subject"])
    named = await connection.fetchval("SELECT count(*) > 0 FROM naming WHERE record = $1", row["subject"])
    act = Act("attachment", {"name": row["name"]}, dict(row), dict(anchor) if anchor else None, named)
    refused = policies.refusal(who, act)
    if refused is not None:
        raise Refusal(403, "no right", refused)
    if row["size"] <= 0 or len(row["sha256"]) != 64:
        raise Refusal(422, "malformed", "This attachment names no file")
    if row["size"] > limits.largest:
        raise Refusal(413, "too large", f"A file has at most {limits.largest:,} bytes at this server")
    same: Id | None = await connection.fetchval(_SAME, row["sha256"], row["size"])
    return same


async def receive(
    db: Database, attachment: Id, offset: int, data: bytes, same: Id | None, limits: Limits, now: int
) -> tuple[int, bool]:
    """Take a piece that begins at `offset`; returns how much there is and whether it is whole. Raises Refusal.

    A piece that came before is left out, so that nothing is wrong when an answer was lost. The rights were checked.
    """
    async with db.merging() as connection:
        # One at a time for each attachment, whichever server it reaches.
        await connection.execute("SELECT 1 FROM attachment WHERE id = $1 FOR UPDATE", attachment)
        found = await about(connection, attachment)
        if found.whole:
            return found.size, True
        if same is not None:
            await _give(connection, found, same)
            return found.size, True
        if offset + len(data) <= found.received:
            return found.received, False
        if offset != found.received:
            raise Refusal(409, "offset", f"The next piece begins at {found.received}")
        if offset + len(data) > found.size:
            raise Refusal(422, "too long", f"This file has {found.size} bytes")
        file = await _begin(connection, found, limits, now) if found.file is None or not offset else found.file
        await connection.execute("INSERT INTO file_piece (file, at, data) VALUES ($1, $2, $3)", file, offset, data)
        received = offset + len(data)
        await connection.execute(
            "UPDATE stored_file SET received = $2, touched_at = $3 WHERE id = $1", file, received, now
        )
        if received < found.size:
            return received, False
        good = await _hash(connection, file) == found.sha256
        if good:
            await _finish(connection, found, file)
        else:
            await _forget(connection, attachment, file)
    if not good:
        raise Refusal(422, "wrong hash", "What came is not the file that was announced; it was thrown away")
    return found.size, True


async def pieces(db: Database, who: Claims, file: Id, begin: int, end: int) -> AsyncIterator[bytes]:
    """The bytes of a file from `begin` up to `end`, as long as the person may read it."""
    at = begin
    while at < end:
        async with db.reading(who) as connection:
            row = await connection.fetchrow(
                "SELECT at, data FROM file_piece WHERE file = $1 AND at <= $2 ORDER BY at DESC LIMIT 1", file, at
            )
        if row is None:
            return  # the right was taken meanwhile: whoever reads sees that it is too short
        piece: bytes = row["data"][at - row["at"] : end - row["at"]]
        if not piece:
            return
        yield piece
        at += len(piece)


async def _begin(connection: Any, found: About, limits: Limits, now: int) -> Id:
    await _drop_stale(connection, now)
    if limits.total is not None:
        held = await connection.fetchval("SELECT coalesce(sum(size), 0) FROM stored_file")
        if held + found.size > limits.total:
            raise Refusal(413, "no room", "This server keeps no more files; whoever runs it can make room")
    if found.file is not None:
        await _forget(connection, found.attachment, found.file)
    made = ids.new_id(now)
    await connection.execute(
        "INSERT INTO stored_file (id, sha256, size, touched_at) VALUES ($1, $2, $3, $4)",
        made, found.sha256, found.size, now,
    )  # fmt: skip
    await connection.execute("INSERT INTO file_of (attachment, file) VALUES ($1, $2)", found.attachment, made)
    return made


async def _hash(connection: Any, file: Id) -> str:
    digest = hashlib.sha256()
    async for row in connection.cursor("SELECT data FROM file_piece WHERE file = $1 ORDER BY at", file, prefetch=4):
        digest.update(row["data"])
    return digest.hexdigest()


async def _finish(connection: Any, found: About, file: Id) -> None:
    """It is whole. Where the same bytes lie there already, those are taken."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", found.sha256)
    other = await connection.fetchval("SELECT id FROM stored_file WHERE sha256 = $1 AND whole", found.sha256)
    if other is None:
        await connection.execute("UPDATE stored_file SET whole = true WHERE id = $1", file)
    else:
        await _give(connection, found, other)


async def _give(connection: Any, found: About, file: Id) -> None:
    if found.file is not None:
        await _forget(connection, found.attachment, found.file)
    await connection.execute("INSERT INTO file_of (attachment, file) VALUES ($1, $2)", found.attachment, file)


async def _forget(connection: Any, attachment: Id, file: Id) -> None:
    """Part an attachment from a file, and drop the file when nothing else has it."""
    await connection.execute("DELETE FROM file_of WHERE attachment = $1", attachment)
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM file_of WHERE file = $1)", file):
        await connection.execute("DELETE FROM file_piece WHERE file = $1", file)
        await connection.execute("DELETE FROM stored_file WHERE id = $1", file)


async def _drop_stale(connection: Any, now: int) -> None:
    stale = "SELECT id FROM stored_file WHERE NOT whole AND touched_at < $1"
    await connection.execute(f"DELETE FROM file_piece WHERE file IN ({stale})", now - STALE_MS)
    await connection.execute(f"DELETE FROM file_of WHERE file IN ({stale})", now - STALE_MS)
    await connection.execute("DELETE FROM stored_file WHERE NOT whole AND touched_at < $1", now - STALE_MS)
