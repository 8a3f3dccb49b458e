"""The routes that desks synchronise by: push a batch, pull a frame, look what there is; bytes of `sync.core`.

Who asks is told by the access token; what a message says of itself is believed only as far as it agrees with that.
"""

from __future__ import annotations

import time
from typing import Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from opsdesk.models.base import Id
from opsdesk.server import feeds, wire, writes
from opsdesk.server.database import Claims
from opsdesk.server.hints import LOOK_AGAIN_S
from opsdesk.server.state import Server, bearer, claims, rights_now
from opsdesk.server.tokens import Bearer
from opsdesk.server.wire import Refusal
from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import Batch, Earlier, Look, Message, News, Pull, Pulls, Scope, digest_of

LONGEST_HOLD_S: Final = 3_600

M = TypeVar("M", bound=Message)


async def push(request: Request) -> Response:
    """Judge a batch of a desk's changes."""
    who = await claims(request)
    batch = await _asked(request, Batch, who)
    server = Server.of(request)
    await _check_device(server, who, batch)
    permit = writes.permit_of(who, await _before(server, who, batch))
    answer = await writes.push(
        server.db, batch, permit, person=who.person, now=server.now(), reader=who.reader,
        grown=server.hints.tell,
    )  # fmt: skip
    return _told(answer, who)


async def pull(request: Request) -> Response:
    """Send the next frame of a partition, or of several."""
    who, db = await claims(request), Server.of(request).db
    asked = await _asked(request, (Pull, Pulls), who)
    if isinstance(asked, Pulls):
        return _told(await feeds.pull_all(db, who, asked), who)
    assert isinstance(asked, Pull)
    return _told(await feeds.pull(db, who, asked), who)


async def earlier(request: Request) -> Response:
    """Send the history of one record."""
    who = await claims(request)
    asked = await _asked(request, Earlier, who)
    return _told(await feeds.history(Server.of(request).db, who, asked), who)


async def look(request: Request) -> Response:
    """Say what may be read and how far it goes; wait, when asked to, until that is another than the desk knows."""
    server, who = Server.of(request), bearer(request)
    asked = await _asked(request, Look, who)
    until = time.monotonic() + min(asked.hold, LONGEST_HOLD_S)
    known: Scope | None = None
    while True:
        # Rights may be taken while somebody waits.
        request.state.claims = now = await rights_now(request, who)
        with server.hints.listening(now.reader.reads) as wait:
            found = await feeds.news(server.db, now, asked, known)
            left = until - time.monotonic()
            if isinstance(found, News) or digest_of(found) != asked.seen or left <= 0:
                return _told(found, who)
            known = found
            waits_on = await wait(min(left, LOOK_AGAIN_S))
        if not waits_on or await request.is_disconnected():
            return _told(found, who)


async def _asked(request: Request, kind: type[M] | tuple[type[M], ...], who: Bearer | Claims) -> M:
    data = await wire.content(request, codec.LIMIT)
    try:
        message = codec.decode(data, codec.Link(who.dev, who.person))
    except codec.Malformed as error:
        raise Refusal(422, "malformed", str(error)) from error
    if not isinstance(message, kind):
        raise Refusal(422, "malformed", "This message belongs to another address")
    return message


async def _check_device(server: Server, who: Claims, batch: Batch) -> None:
    """A batch comes from the device that sends it, or from what the same folder was before it took a new identity."""
    if batch.dev == who.dev:
        return
    async with server.db.accounts() as connection:
        # The server's own device has no key: what is counted is keys, or whoever reads its name in a feed could use it.
        same = await connection.fetchval(
            "SELECT count(DISTINCT key) = 1 AND count(key) = 2 FROM device WHERE dev = ANY ($1)", [who.dev, batch.dev]
        )
    if not same:
        raise Refusal(403, "another device", "These changes bear the name of another device")


async def _before(server: Server, who: Claims, batch: Batch) -> frozenset[Id]:
    """Whom else the changes of a batch name as their authors and who has worked at this device: what was sent in their
    names is offered again after a restore. Mostly there is nobody to ask about."""
    named = {change.actor for change in batch.changes} - {who.person, None}
    if not named:
        return frozenset()
    async with server.db.accounts() as connection:
        rows = await connection.fetch(
            "SELECT DISTINCT t.person FROM refresh_token t JOIN device d USING (dev) "
            "WHERE d.key = (SELECT key FROM device WHERE dev = $1) AND t.person = ANY ($2)",
            who.dev, list(named),
        )  # fmt: skip
    return frozenset(row["person"] for row in rows)


def _told(message: Message, who: Bearer | Claims) -> Response:
    data = codec.encode(message, codec.Link(who.dev, who.person))
    return Response(data, media_type="application/octet-stream", headers={"Cache-Control": "no-store"})
