"""The routes of files: how much has come, the next piece, the bytes. Who may what follows from the attachment's record.

The offset travels in `Upload-Offset`, as in the IETF's draft of resumable uploads; bytes are fetched by ranges
(RFC 9110, section 14). An attachment's bytes never change, so that an answer to an old question is never wrong.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from opsdesk.server import filing, wire
from opsdesk.server.filing import About
from opsdesk.server.state import Server, claims
from opsdesk.server.wire import Refusal

_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})\Z")


class FileState(Struct):
    """How much of a file the server has: `offset` of `size` bytes, and whether it is whole and its hash was right."""

    offset: int
    size: int
    whole: bool
    largest: int


async def state(request: Request) -> Response:
    """Say how much of an attachment's file has come."""
    server, who = Server.of(request), await claims(request)
    async with server.db.reading(who) as connection:
        found = await filing.about(connection, _attachment(request))
    return wire.answer(FileState(found.received, found.size, found.whole, server.limits.largest))


async def send(request: Request) -> Response:
    """Take the next piece of an attachment's file."""
    server, who = Server.of(request), await claims(request)
    attachment = _attachment(request)
    offset = wire.whole(request.headers.get("upload-offset", ""), 0, 2**53, "Upload-Offset")
    data = await wire.content(request, filing.PIECE_LIMIT)
    # Files wait for each other, never anybody else for them.
    async with server.file_turns:
        async with server.db.reading(who) as connection:
            same = await filing.may_send(connection, who, attachment, server.limits)
            found = await filing.about(connection, attachment)
        received, whole = await filing.receive(server.db, attachment, offset, data, same, server.limits, server.now())
    return wire.answer(FileState(received, found.size, whole, server.limits.largest))


async def fetch(request: Request) -> Response:
    """Give out the bytes of an attachment's file, all or a range."""
    server, who = Server.of(request), await claims(request)
    async with server.db.reading(who) as connection:
        found = await filing.about(connection, _attachment(request))
    if found.file is None or not found.whole:
        raise Refusal(404, "not yet", "The desk that attached this file has not sent it yet")
    wanted = request.headers.get("range")
    begin, end = _range(wanted, found) if wanted is not None else (0, found.size)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Length": str(end - begin),
        # Whatever is in it, no browser may take it for a page of this server.
        "Content-Disposition": "attachment",
        "X-Content-Type-Options": "nosniff",
        "ETag": f'"{found.sha256}"',
    }
    if wanted is not None:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{found.size}"
    return StreamingResponse(
        filing.pieces(server.db, who, found.file, begin, end), 206 if wanted is not None else 200,
        headers=headers, media_type="application/octet-stream",
    )  # fmt: skip


ROUTES: Final = (
    Route("/v1/files/{id}", state),
    Route("/v1/files/{id}", send, methods=["PATCH"]),
    Route("/v1/files/{id}/content", fetch),
)


def _attachment(request: Request) -> bytes:
    return wire.identity(request.path_params["id"])


def _range(text: str, found: About) -> tuple[int, int]:
    match = _RANGE.match(text.strip())
    begin = int(match[1]) if match else found.size
    end = min(found.size, int(match[2]) + 1 if match and match[2] else found.size)
    if begin >= end:
        raise Refusal(416, "range", f"This file has {found.size} bytes")
    return begin, end
