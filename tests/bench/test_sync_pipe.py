"""The raw pipe writes the same rows that sync would, and the proxy counts what goes through it."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import pytest

from opsdesk.bench.syncing import edits, pipe, sizes
from opsdesk.bench.syncing.proxy import counting
from opsdesk.services import seeding
from opsdesk.services.desk import Desk
from opsdesk.store.database import FILE_NAME, Connection, Database, connect
from tests.support.desks import new_folder

NOW = 1_800_000_000_000
COUNT = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Desk.open(new_folder(tmp_path / "data")).close()
    database = Database.open(tmp_path / "data")
    seeding.seed(database, 200, 1)
    database.close()
    return tmp_path / "data"


def edited(folder: Path) -> Database:
    database = Database.open(folder)
    edits.edit(database, b"p" * 16, b"u" * 16, COUNT, seed=1, now=NOW)
    return database


def bare(folder: Path) -> Connection:
    connection = connect(folder / FILE_NAME)
    pipe.bare_folder(connection)
    return connection


def as_log(body: bytes) -> bytes:
    """What the raw server sends back of what was pushed."""
    out = io.StringIO()
    csv.writer(out).writerows(row[1:] for row in csv.reader(io.StringIO(body.decode())))
    return out.getvalue().encode()


def test_only_the_edits_that_are_measured_wait(folder: Path) -> None:
    database = edited(folder)
    rows = database.connection.execute("SELECT record, new IS old FROM change WHERE outcome IS NULL").fetchall()
    assert len(rows) == len({record for record, _ in rows}) == COUNT
    assert not any(same for _, same in rows)
    database.close()
    per_change = sizes.per_change(folder, b"p" * 16)
    assert per_change["alone"] > per_change["tens"] > 0


@pytest.mark.parametrize("together", [False, True])
def test_the_raw_pipe_brings_edits_into_rows_history_and_search(folder: Path, together: bool) -> None:
    edited(folder).close()
    source = connect(folder / FILE_NAME)
    body = pipe.waiting(source, 1)
    wanted = source.execute(
        "SELECT t.id, t.priority, t.title, t.assignee, t.due_at FROM ticket t JOIN change c ON c.record = t.id "
        "WHERE c.outcome IS NULL ORDER BY t.id"
    ).fetchall()
    source.close()
    connection = bare(folder)
    connection.execute("UPDATE ticket SET priority = 1, title = '', assignee = NULL, due_at = 0 WHERE id IN (SELECT "
                       "record FROM change WHERE outcome IS NULL)")  # fmt: skip
    assert pipe.take_edits(connection, as_log(body), together=together) == COUNT
    fields: dict[str, Any] = {"priority": 1, "title": 2, "assignee": 3, "due_at": 4}
    for row in csv.reader(io.StringIO(body.decode())):
        if row[2] in fields:
            (value,) = connection.execute(f'SELECT "{row[2]}" FROM ticket WHERE id = unhex(?)', (row[1],)).fetchone()
            (right,) = [one[fields[row[2]]] for one in wanted if one[0].hex().upper() == row[1]]
            assert value == right
    assert connection.execute("SELECT count(*) FROM received_change").fetchone() == (COUNT,)
    named, found = (
        connection.execute(f"SELECT count(*) FROM {where}").fetchone()
        for where in (
            "ticket WHERE title LIKE 'Pump at quay%'",
            "ticket_fts WHERE ticket_fts MATCH 'title:pump AND title:quay'",
        )
    )
    assert named == found > (0,)
    connection.close()


def test_the_proxy_counts_both_ways() -> None:
    async def talk() -> tuple[int, int]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"answer" * len(await reader.readexactly(5)))
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server, counting(server.sockets[0].getsockname()[1]) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"hello")
            await reader.read()
            writer.close()
            return proxy.there, proxy.back

    assert asyncio.run(talk()) == (5, 30)
