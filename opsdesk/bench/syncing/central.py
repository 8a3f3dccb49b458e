"""A server of its own for measuring: made and run as the product does, on the loopback, filled with made-up records."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from opsdesk.bench import Progress
from opsdesk.models.base import Id
from opsdesk.server import admin, writes
from opsdesk.server.database import Database
from opsdesk.server.folder import ServerFolder
from opsdesk.server.foundation import First
from opsdesk.services.desk import Desk
from opsdesk.services.joining import find, join
from opsdesk.store.clock import now_ms
from opsdesk.store.database import open_reader
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.sync.core import chain
from opsdesk.sync.core.messages import Batch, Change, ChangeKind, Run

FILLED: Final = ("unit", "person", "place", "ticket")
"""Tables of a made-up folder that the server is filled with."""
_BATCH: Final = 500
_PATIENCE_S: Final = 300.0
_TOP: Final = "Headquarters"
_ACCOUNT: Final = "commander"


class Central:
    """A server that runs, and what desks need to come in."""

    def __init__(self, folder: ServerFolder, port: int, code: str) -> None:
        self.folder, self.port, self._code = folder, port, code

    @property
    def owner(self) -> dict[str, Any]:
        """How the database's owner connects."""
        return dict(self.folder.owner(self.folder.settings))

    def join(self, folder: Path, tag: str) -> None:
        """Let a new desk join, without a round of sync."""
        code, self._code = self._code, ""
        code = code or admin.make_code(self.folder, account=_ACCOUNT)["code"]

        async def come_in() -> None:
            desk = Desk.open(folder)
            try:
                await join(desk, await find(desk, f"127.0.0.1:{self.port}", code, tag=tag), tag)
            finally:
                desk.close()

        asyncio.run(come_in())


@contextmanager
def running(made_up: Path, rows: int, progress: Progress | None) -> Iterator[Central]:
    """A server with the records of a made-up folder, as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="opsdesk-bench-") as name:
        # Another account runs PostgreSQL for root, and must be able to come through.
        Path(name).chmod(0o755)
        folder, port = ServerFolder(Path(name) / "server"), free_port()
        first = First("OpsDesk", _TOP, "Administrator", "admin", None, marking=4)
        admin.init(folder, first, url=None, names=[], host="127.0.0.1", port=port)
        with folder.cluster.up():
            asyncio.run(_fill(folder, made_up, rows, progress))
        made = admin.add_user(
            folder, account=_ACCOUNT, name="Commander", unit=_TOP, role="commander", marking="SECRET", password=None
        )
        # From here on the database is the server's, which starts it and stops it.
        with (Path(name) / "server.log").open("w+", encoding="utf-8") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "opsdesk", "server", "run", "--data", name],
                stdout=log, stderr=log, env={**os.environ, "OPSDESK_DATA": name},
            )  # fmt: skip
            try:
                wait_for(port, server)
                yield Central(folder, port, made["code"])
            except ServerGone:
                log.seek(0)
                raise ServerGone(log.read()[-2_000:]) from None
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(_PATIENCE_S)


class ServerGone(RuntimeError):
    """A server that the bench needs has ended, or never listened. The text is the end of its log."""


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[Any]) -> None:
    """Wait until a server listens on a port of the loopback. Raises ServerGone."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > until:
                raise ServerGone from None
            time.sleep(0.05)


async def _fill(folder: ServerFolder, made_up: Path, rows: int, progress: Progress | None) -> None:
    """Push the records of a folder as one device would that made them all, with the units below the top one."""
    db = await Database.open(folder.login(folder.settings), connections=2)
    dev, dseq = os.urandom(16), 0
    digest = chain.genesis(dev)
    try:
        async with db.accounts() as connection:
            person = await connection.fetchval("SELECT person FROM account")
        async with db.merging() as connection:
            top = await connection.fetchval("SELECT id FROM unit WHERE name = $1", _TOP)
        for shape, some in _batches(made_up, top):
            changes = [
                Change(dseq + at, ChangeKind.CREATE, shape.entity, record, values, 0, now_ms() << 16, person, dseq + at)
                for at, (record, values) in enumerate(some, 1)
            ]
            dseq += len(changes)
            batch = Batch(dev, (Run(changes[0].dseq, len(changes), chain.short(digest)),), tuple(changes))
            for change in changes:
                digest = chain.link(digest, change)
            answer = await writes.push(db, batch, writes.allow_all, person=person, now=now_ms())
            assert all(outcome.code == 0 for outcome in answer.outcomes), answer.outcomes[:1]
            if progress is not None:
                progress(min(dseq, rows), rows)
        owner = await _connect(folder)
        await owner.execute("VACUUM ANALYZE")
        await owner.close()
    finally:
        await db.close()


async def _connect(folder: ServerFolder) -> Any:
    import asyncpg

    return await asyncpg.connect(**folder.owner(folder.settings))


def _batches(made_up: Path, top: Id) -> Iterator[tuple[Shape, list[tuple[Id, dict[int, Any]]]]]:
    """The records of a made-up folder, some hundred at a time."""
    connection = open_reader(made_up)
    by_table = {shape.table: shape for shape in shapes().values()}
    for table in FILLED:
        shape = by_table[table]
        specs = list(shape.fields.values())
        names = ", ".join(f'"{spec.name}"' for spec in specs)
        cursor = connection.execute(f'SELECT id, {names} FROM "{table}" WHERE ver > 0 ORDER BY key')
        while some := cursor.fetchmany(_BATCH):
            told = []
            for record, *row in some:
                values = {spec.number: value for spec, value in zip(specs, row, strict=True) if value is not None}
                if table == "unit":
                    values.setdefault(next(spec.number for spec in specs if spec.name == "parent"), top)
                told.append((record, values))
            yield shape, told
    connection.close()
