"""The running server: its database brought up and watched over, its certificate, its workers, and a graceful end."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import shutil
import signal
import ssl
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

import asyncpg
import uvicorn
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from opsdesk.server import accounts, app, certificates, connections, database, waking, whereabouts
from opsdesk.server.database import Database
from opsdesk.server.folder import ServerFolder, Settings
from opsdesk.server.hints import Hints
from opsdesk.server.limits import Limits
from opsdesk.server.postgres import Cluster, PostgresError
from opsdesk.server.state import Server
from opsdesk.services.errors import OpsDeskError

_log = logging.getLogger(__name__)

_YOUNG: Final = 100_000
"""New objects after which the collector of Python looks through them."""

FOLDER_VARIABLE: Final = "OPSDESK_SERVER_FOLDER"
"""How the worker processes learn of the folder."""

GRACE_S: Final = 15
PATIENCE_S: Final = 60.0
"""How long the database may take to come up."""
WATCH_S: Final = 2.0
TIDY_S: Final = 3600.0


_AWAY: Final = (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.InterfaceError)
"""How a database that is not up answers."""


class NotStarted(OpsDeskError):
    """The server could not begin to serve."""


def run(folder: ServerFolder, *, host: str | None, port: int | None, names: Sequence[str], workers: int,
    limits: Limits | None = None,
) -> None:  # fmt: skip
    """Serve until told to stop (SIGTERM or SIGINT); what is under way then is finished first. `limits` of files are
    kept for later starts."""
    set_up_log()
    for one in (signal.SIGTERM, signal.SIGINT):
        # Also before and after uvicorn listens to them: what was started here is stopped here.
        signal.signal(one, _end)
    settings = folder.settings
    # A machine that has moved into another network is found there, too.
    held = list(dict.fromkeys([*settings.names, *whereabouts.addresses()]))
    held = [*(name for name in names if name not in held), *held]
    if held != settings.names:
        settings.names = held
        folder.write(settings)
    if limits is not None:
        settings.largest_file, settings.all_files = limits.largest, limits.total
        folder.write(settings)
    certificates.issue(folder.keys, settings.names, datetime.now(UTC))
    started = False
    try:
        connections.as_many_as_allowed()
        started = _bring_up(folder, settings)
        os.environ[FOLDER_VARIABLE] = str(folder.path)
        configuration = uvicorn.Config(
            "opsdesk.server.running:application",
            factory=True,
            host=host or settings.host,
            port=settings.port if port is None else port,
            workers=workers,
            log_config=None,
            access_log=False,
            server_header=False,
            # TLS ends here, so that nobody stands between who could say for whom he asks: throttling and the audit
            # trail know people by where they come from.
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=connections.KEPT_S,
            http=connections.PROTOCOL,
            ssl_certfile=str(folder.keys / certificates.CERTIFICATE),
            ssl_keyfile=str(folder.keys / certificates.KEY),
            ssl_version=ssl.PROTOCOL_TLS_SERVER,
        )
        _serve(configuration)
    finally:
        if started:
            folder.cluster.stop()


def _bring_up(folder: ServerFolder, settings: Settings) -> bool:
    """Have a database that is up to date; True when the embedded one was started for it.

    One that is elsewhere may come up later than this server, and the embedded one may die meanwhile: it gets its time.
    """
    started = False
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            if settings.url is None:
                with folder.cluster.turn():
                    started = folder.cluster.ensure() or started
            asyncio.run(database.migrate(folder.owner(settings)))
            return started
        except (
            OSError,
            asyncpg.PostgresConnectionError,
            asyncpg.CannotConnectNowError,
            asyncpg.InterfaceError,
        ) as error:
            if time.monotonic() > until:
                raise
            _log.warning("the database does not answer yet: %s", error)
            time.sleep(1)


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def _serve(configuration: uvicorn.Config) -> None:
    """Run one worker here, or several in processes of their own. Raises NotStarted."""
    started = True
    try:
        if configuration.workers == 1:
            server = uvicorn.Server(configuration)
            server.run()
            started = server.started
        else:
            Multiprocess(configuration, sockets=[configuration.bind_socket()]).run()
    except SystemExit as end:
        # uvicorn ends the process by itself where it cannot listen, with numbers of its own.
        if not end.code:
            raise
        started = False
    if not started:
        raise NotStarted("The server did not start; the log above says why")


def application() -> ASGIApp:
    """The application of one worker process, over the folder that the environment names."""
    set_up_log()
    # What is loaded by now stays to the end: full collections, which stop everything, need not look at it.
    gc.freeze()
    # A batch makes some ten thousand objects, none in a circle: looking through them took a fifth of its time.
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
    folder = ServerFolder(Path(os.environ[FOLDER_VARIABLE]))

    @asynccontextmanager
    async def opening() -> AsyncIterator[Server]:
        settings = folder.settings
        db = await _open(folder, settings)
        server = Server(db, folder.token_key, (folder.keys / certificates.AUTHORITY).read_bytes())
        server.limits = Limits(settings.largest_file, settings.all_files)
        _let_go_at_the_end(server.hints)
        tasks = [asyncio.create_task(work) for work in (_tidy(server), server.hints.run(db), waking.run(server))]
        if settings.url is None:
            tasks.append(asyncio.create_task(_watch(folder.cluster)))
            server.room = lambda: shutil.disk_usage(folder.path).free
        _log.info("serving", extra={"pid": os.getpid()})
        try:
            yield server
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await db.close()
            _log.info("stopped", extra={"pid": os.getpid()})

    return app.make(opening)


async def _open(folder: ServerFolder, settings: Settings) -> Database:
    """Connect; a database that has died since it was brought up is started again, or waited for."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await Database.open(folder.login(settings))
        except _AWAY as error:
            if time.monotonic() > until:
                raise
            _log.warning("the database does not answer yet: %s", error)
        await asyncio.sleep(1)
        if settings.url is None:
            await asyncio.to_thread(folder.cluster.ensure)


def _let_go_at_the_end(hints: Hints) -> None:
    """Those who wait for news would keep a server from stopping until its grace is over."""
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(one)

        def end(number: int, frame: FrameType | None, before: Any = before) -> None:
            loop.call_soon_threadsafe(hints.stop)
            if callable(before):
                before(number, frame)

        signal.signal(one, end)


async def _watch(cluster: Cluster) -> None:
    """Start the embedded PostgreSQL again when it has died; connections then come back by themselves."""
    while True:
        await asyncio.sleep(WATCH_S)
        if cluster.alive:
            continue
        _log.error("the embedded PostgreSQL is gone; starting it again")
        try:
            await asyncio.to_thread(cluster.ensure)
        except (PostgresError, OSError):
            # A disk that is full, for instance: there may be room the next time.
            _log.exception("it did not start")


async def _tidy(server: Server) -> None:
    while True:
        try:
            async with server.db.accounts() as connection:
                await accounts.tidy(connection, server.now())
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            # Away for a moment now; it is not to be the last time.
            _log.warning("what is long over could not be forgotten", exc_info=True)
        await asyncio.sleep(TIDY_S)


def set_up_log() -> None:
    """Write the log to stderr, one JSON object on a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(app.JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
