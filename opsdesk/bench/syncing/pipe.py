"""The raw pipe, the limit of what sync can do: PostgreSQL COPY → HTTP → SQLite executemany, and the way back.

It moves the same rows into tables with the same indexes and search triggers, and does nothing else: no rights, no
versions, no merging, no answers. As a program (`python -m`) it is the server's end.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from opsdesk.store import search
from opsdesk.store.database import Connection
from opsdesk.store.queue.shapes import shapes

TICKET: Final = next(shape for shape in shapes().values() if shape.table == "ticket")
_SPECS: Final = sorted(TICKET.fields.values(), key=lambda spec: spec.number)
NAMES: Final = ("id", *(spec.name for spec in _SPECS), "ver", "updated_at")
BINARY: Final = frozenset({"id", *(spec.name for spec in _SPECS if spec.binary)})

EDIT: Final = "seq, record, field, new, base, hlc, actor"
"""Columns of an edit as it travels here; ids and values as hexadecimal where they are bytes."""

TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS raw_ticket (LIKE ticket INCLUDING ALL)",
    "INSERT INTO raw_ticket SELECT * FROM ticket ON CONFLICT DO NOTHING",
    "CREATE OR REPLACE TRIGGER touch BEFORE INSERT OR UPDATE ON raw_ticket FOR EACH ROW EXECUTE FUNCTION touch()",
    "CREATE OR REPLACE TRIGGER search_words BEFORE INSERT OR UPDATE OF number, external, title, location, grid, "
    "contact, description ON raw_ticket FOR EACH ROW EXECUTE FUNCTION search_words_ticket()",
    "CREATE TABLE IF NOT EXISTS raw_log (seq bigint PRIMARY KEY, record bytea, field text, new text, base bigint, "
    "hlc bigint, actor bytea)",
    "CREATE INDEX IF NOT EXISTS raw_log_record ON raw_log (record, base)",
    "VACUUM ANALYZE raw_ticket",
)
"""Of the server: a copy of the tickets with the same indexes and triggers, and a log."""


# The server's end


def application(owner: dict[str, Any]) -> Any:
    """The raw server."""
    import asyncpg
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    pool: list[Any] = []

    @asynccontextmanager
    async def opening(_app: Starlette) -> AsyncIterator[None]:
        pool.append(await asyncpg.connect(**owner))
        for statement in TABLES:
            await pool[0].execute(statement)
        yield
        await pool.pop().close()

    async def copied(query: str, *arguments: Any) -> Response:
        out = io.BytesIO()
        await pool[0].copy_from_query(query, *arguments, output=out, format="csv")
        return Response(out.getvalue())

    async def tickets(_request: Request) -> Response:
        return await copied(f"SELECT {', '.join(map(_out, NAMES))} FROM ticket")

    async def log(request: Request) -> Response:
        return await copied(
            "SELECT encode(record, 'hex'), field, new, base, hlc, encode(actor, 'hex') FROM raw_log WHERE seq > $1 "
            "ORDER BY field, seq",
            int(request.query_params["after"]),
        )

    async def push(request: Request) -> Response:
        body = await request.body()
        async with pool[0].transaction():
            await pool[0].execute(
                "CREATE TEMP TABLE coming (seq bigint, record text, field text, new text, base bigint, hlc bigint, "
                "actor text) ON COMMIT DROP"
            )
            await pool[0].copy_to_table("coming", source=io.BytesIO(body), format="csv")
            await pool[0].execute(
                "INSERT INTO raw_log SELECT seq, decode(record, 'hex'), field, new, base, hlc, decode(actor, 'hex') "
                "FROM coming"
            )
            for (field,) in await pool[0].fetch("SELECT DISTINCT field FROM coming"):
                value = "decode(c.new, 'hex')" if field in BINARY else f"c.new::{_type(field)}"
                await pool[0].execute(
                    f'UPDATE raw_ticket t SET "{field}" = {value}, ver = c.base + 1 FROM coming c '
                    "WHERE c.field = $1 AND t.id = decode(c.record, 'hex')",
                    field,
                )
        return Response(b"done")

    routes = [Route("/tickets", tickets), Route("/log", log), Route("/push", push, methods=["POST"])]
    return Starlette(routes=routes, lifespan=opening)


def _out(name: str) -> str:
    if name in BINARY:
        return f"encode(\"{name}\", 'hex')"
    return f'"{name}"::int' if name in ("exercise", "major") else f'"{name}"'


def _type(field: str) -> str:
    return "bigint" if field == "due_at" else "smallint" if field == "priority" else "text"


def main() -> None:
    """Serve until told to stop."""
    import uvicorn

    from opsdesk.server.folder import ServerFolder

    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    folder = ServerFolder(options.folder)
    uvicorn.run(
        application(dict(folder.owner(folder.settings))), host="127.0.0.1", port=options.port, log_level="error"
    )


# The desk's end


def bare_folder(connection: Connection) -> None:
    """Leave of a desk's database what the limit has too: tables, indexes and search triggers."""
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        if not name.startswith(("search_", "later_")):
            connection.execute(f'DROP TRIGGER "{name}"')


def take_tickets(connection: Connection, body: bytes, *, together: bool = False) -> int:
    """Insert what `/tickets` sent, in one transaction; how many there were. `together`: the search tables are kept once
    at its end, as the desk does, and not by the triggers of each row."""
    rows = list(csv.reader(io.StringIO(body.decode())))
    marks = ", ".join("unhex(?)" if name in BINARY else "nullif(?, '')" for name in NAMES)
    _written(
        connection,
        lambda: connection.executemany(f"INSERT INTO ticket ({', '.join(map(_quoted, NAMES))}) VALUES ({marks})", rows),
        together=together,
    )
    return len(rows)


def take_edits(connection: Connection, body: bytes, *, together: bool = False) -> int:
    """Write what `/log` sent into rows and history, in one transaction; how many there were. `together` as above."""
    rows = list(csv.reader(io.StringIO(body.decode())))
    by_field: dict[str, list[list[str]]] = {}
    for row in rows:
        by_field.setdefault(row[1], []).append(row)

    def write() -> None:
        for field, some in by_field.items():
            mark = "unhex(?)" if field in BINARY else "?"
            connection.executemany(
                f'UPDATE ticket SET "{field}" = {mark}, ver = ? + 1, updated_at = ? >> 16 WHERE id = unhex(?)',
                [(row[2], row[3], row[4], row[0]) for row in some],
            )
        connection.executemany(
            "INSERT INTO received_change (origin, entity, record, field, new, base, hlc, actor) "
            f"VALUES (1, {TICKET.entity}, unhex(?), ?, ?, ?, ?, unhex(?))",
            [(row[0], 1, *row[2:]) for row in rows],
        )

    _written(connection, write, together=together)
    return len(rows)


def waiting(connection: Connection, first: int) -> bytes:
    """The edits that wait, as `/push` takes them, numbered from `first`."""
    names = {spec.number: spec.name for spec in _SPECS}
    rows = connection.execute(
        "SELECT seq, hex(record), field, iif(typeof(new) = 'blob', hex(new), new), base, hlc, hex(actor) FROM change "
        "WHERE outcome IS NULL ORDER BY seq"
    ).fetchall()
    out = io.StringIO()
    csv.writer(out).writerows(
        (first + at, record, names[field], *rest) for at, (_, record, field, *rest) in enumerate(rows)
    )
    return out.getvalue().encode()


def settled(connection: Connection) -> None:
    """Note that all that waited is at the server."""
    _written(connection, lambda: connection.execute("UPDATE change SET outcome = 0 WHERE outcome IS NULL"))


def _written(connection: Connection, write: Callable[[], object], *, together: bool = False) -> None:
    connection.execute("BEGIN IMMEDIATE")
    with search.together(connection) if together else nullcontext():
        write()
    connection.execute("COMMIT")


def _quoted(name: str) -> str:
    return f'"{name}"'


if __name__ == "__main__":
    main()
