"""The server's application: its routes, how it comes up and goes down, and one line in the log for each request."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from opsdesk.server import accounts, drawings_api, files_api, joining, openapi, sync_api, tickets_api, tokens, wire
from opsdesk.server.accounts import Denied, Joining, LogIn, Tokens
from opsdesk.server.state import Server, bearer, claims, note
from opsdesk.server.wire import Refusal

_log = logging.getLogger("opsdesk.server.requests")

AGAIN_S: Final = 5
"""After how long it is of use to ask again while the database does not serve."""
HEALTH_S: Final = 10
ROOM: Final = 32_000_000
"""Bytes of room on the disk of an embedded database below which it soon takes no more."""


async def health(request: Request) -> Response:
    """Whether the server can serve: for whoever watches over it, and who must not be kept waiting."""
    server = Server.of(request)
    try:
        async with asyncio.timeout(HEALTH_S), server.db.accounts() as connection:
            epoch = await connection.fetchval("SELECT max(number) FROM epoch")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        _log.exception("the database does not answer")
        return wire.answer({"status": "no database"}, 503)
    if server.room is None:
        return wire.answer({"status": "ok", "epoch": epoch})
    room = server.room()
    status = ("ok", 200) if room >= ROOM else ("disk full", 503)
    return wire.answer({"status": status[0], "epoch": epoch, "free_mb": room // 1_000_000}, status[1])


async def authority(request: Request) -> Response:
    """The certificate of the authority, which a desk compares with the fingerprint in its code."""
    return Response(Server.of(request).authority, media_type="application/x-pem-file")


async def describe(_request: Request) -> Response:
    """The description of this interface."""
    return wire.answer(openapi.document())


async def challenge(request: Request) -> Response:
    """What a device signs to log in."""
    server = Server.of(request)
    return wire.answer({"challenge": server.key.challenge(server.now())})


async def enrol(request: Request) -> Response:
    """Let a device in by a code."""
    server, asked = Server.of(request), await wire.body(request, wire.Enrol)
    said = Joining(asked.secret, asked.dev.bytes, asked.key, asked.name, asked.tag, asked.proof)
    async with server.db.accounts() as connection:
        made = await accounts.enrol(connection, said, key=server.key, note=note(request), now=server.now())
    return _let_in(made)


async def rename(request: Request) -> Response:
    """Let a device go on under an identity of its own."""
    server, who = Server.of(request), bearer(request)
    asked = await wire.body(request, wire.Rename)
    async with server.db.accounts() as connection:
        made = await accounts.rename_device(
            connection, who, dev=asked.dev.bytes, tag=asked.tag, proof=asked.proof, key=server.key,
            note=note(request), now=server.now(),
        )  # fmt: skip
    return _let_in(made)


async def log_in(request: Request) -> Response:
    """Let a person in by password, at an enrolled device."""
    server, asked = Server.of(request), await wire.body(request, wire.LogInBody)
    given = LogIn(asked.name, asked.password, asked.dev.bytes, asked.challenge, asked.proof)
    made = await accounts.log_in(
        server.db, given, key=server.key, hasher=server.hasher, note=note(request), now=server.now()
    )
    return _let_in(made)


async def refresh(request: Request) -> Response:
    """Give new tokens for a refresh token."""
    server, asked = Server.of(request), await wire.body(request, wire.RefreshBody)
    async with server.db.accounts() as connection:
        made = await accounts.refresh(
            connection, token=asked.token, proof=asked.proof, key=server.key, note=note(request), now=server.now()
        )
    return _let_in(made)


async def me(request: Request) -> Response:
    """Who asks, and with what rights."""
    who = await claims(request)
    return wire.answer(
        {
            "person": UUID(bytes=who.person),
            "device": UUID(bytes=who.dev),
            "role": who.role,
            "unit": UUID(bytes=who.unit) if who.unit else None,
            "units": [UUID(bytes=unit) for unit in who.units],
            "marking": who.marking,
            "epoch": who.epoch,
        }
    )


def _let_in(made: Tokens | Denied) -> Response:
    if isinstance(made, Denied):
        raise joining.denied(made)
    return wire.answer(wire.TokensOut(made.access, made.refresh, UUID(bytes=made.person), tokens.ACCESS_MS // 1000))


ROUTES = (
    Route("/health", health),
    Route("/v1/authority", authority),
    Route("/v1/openapi.json", describe),
    Route("/v1/challenge", challenge),
    *joining.ROUTES,
    Route("/v1/enrol", enrol, methods=["POST"]),
    Route("/v1/device", rename, methods=["POST"]),
    Route("/v1/log-in", log_in, methods=["POST"]),
    Route("/v1/token", refresh, methods=["POST"]),
    Route("/v1/me", me),
    Route("/v1/sync/push", sync_api.push, methods=["POST"]),
    Route("/v1/sync/pull", sync_api.pull, methods=["POST"]),
    Route("/v1/sync/look", sync_api.look, methods=["POST"]),
    Route("/v1/sync/earlier", sync_api.earlier, methods=["POST"]),
    *files_api.ROUTES,
    *drawings_api.ROUTES,
    Route("/v1/tickets", tickets_api.list_tickets),
    Route("/v1/tickets", tickets_api.create_ticket, methods=["POST"]),
    Route("/v1/tickets/near", tickets_api.near_tickets),
    Route("/v1/tickets/{id}", tickets_api.read_ticket),
    Route("/v1/tickets/{id}", tickets_api.change_ticket, methods=["PATCH"]),
    Route("/v1/tickets/{id}", tickets_api.void_ticket, methods=["DELETE"]),
    Route("/v1/tickets/{id}/transitions", tickets_api.move_ticket, methods=["POST"]),
    Route("/v1/tickets/{id}/comments", tickets_api.list_comments),
    Route("/v1/tickets/{id}/comments", tickets_api.add_comment, methods=["POST"]),
)

Opening = Callable[[], AbstractAsyncContextManager[Server]]
"""Opens what a server holds, and closes it at the end."""


def make(opening: Opening) -> ASGIApp:
    """The application; `opening` is entered when it starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with opening() as server:
            app.state.server = server
            yield

    return Logged(Starlette(routes=ROUTES, lifespan=lifespan, exception_handlers=_HANDLERS))


def made_for(server: Server) -> ASGIApp:
    """The application over a server that is open already."""
    app = Starlette(routes=ROUTES, exception_handlers=_HANDLERS)
    app.state.server = server
    return Logged(app)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return error.response()


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    made = Refusal(error.status_code, error.detail.lower()).response()
    made.headers.update(error.headers or {})
    if error.status_code == 405:
        # One address has a route for each method; Starlette names those of the first alone.
        here = (route for route in ROUTES if route.path_regex.match(request.url.path))
        made.headers["Allow"] = ", ".join(sorted({method for route in here for method in route.methods or ()}))
    return made


async def _away(_request: Request, error: Exception) -> Response:
    # No fault of what was asked: whoever asks tries again, and the words say to people what is wrong.
    _log.error("the database does not serve", exc_info=error)
    full = isinstance(error, asyncpg.DiskFullError)
    text = "The disk of the server is full" if full else "The database of the server does not answer"
    return Refusal(503, "disk full" if full else "no database", text, wait_s=AGAIN_S).response()


async def _failed(_request: Request, _error: Exception) -> Response:
    # The line in the log tells; whoever asked learns nothing of our inside.
    return Refusal(500, "server error").response()


AWAY: Final = (
    OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError, asyncpg.ReadOnlySQLTransactionError, asyncpg.TransactionRollbackError,
)  # fmt: skip
"""How a database answers that is not up, goes down, has no room or connection left, has become the second of two, or
where two were in each other's way."""
_HANDLERS: dict[Any, Any] = {Refusal: _refused, HTTPException: _http, 500: _failed, **dict.fromkeys(AWAY, _away)}


class Logged:
    """Writes one line for each request: who asked what, the status, and how long it took."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500
        scope.setdefault("state", {})

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            who = scope["state"].get("claims")
            _log.info(
                "%s %s %s", scope["method"], scope["path"], status,
                extra={
                    "method": scope["method"], "path": scope["path"], "status": status,
                    "ms": round((time.perf_counter() - began) * 1000, 1),
                    "person": who.person.hex() if who else None, "dev": who.dev.hex() if who else None,
                },
            )  # fmt: skip


_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class JsonLines(logging.Formatter):
    """One JSON object on a line, so that programs can read the log."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": int(record.created * 1000),
            "level": record.levelname.lower(),
            "name": record.name,
            "text": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _ORDINARY and value is not None}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
