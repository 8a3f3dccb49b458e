"""`bench edit`: editing tickets one by one and in bulk, beside the raw writes of the same rows."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

from opsdesk.bench import Progress, figures, folders
from opsdesk.services import tickets
from opsdesk.services.desk import Desk
from opsdesk.store.database import FILE_NAME, Connection, Database, connect

BULK = 10_000
TIMES = 5
ONE_BY_ONE = 200

FIELDS = {"reported_via": ("radio", "phone"), "priority": (1, 4), "due_at": (1_800_000_000_000, 1_800_000_600_000)}
"""What is edited in bulk: a field without an index, one of the most indexed, and a time."""


def measure(folder: Path, rows: int, progress: Progress | None = None, times: int = TIMES) -> dict[str, Any]:
    """Bulk edits of 10,000 tickets by field, and single edits; each beside its raw UPDATE and INSERT of changes.

    `capture…` is one UPDATE through the store in one transaction, which says what the recording of changes costs;
    `bulk…` is the same as a person does it: in pieces that let others go first, each durable and announced.
    """
    count = min(BULK, rows)
    steps: dict[str, Any] = {}
    with folders.copy_of(folder) as copy:
        desk = Desk.open(copy)
        keys = _latest(desk, count)
        for place, (field, values) in enumerate(FIELDS.items()):
            samples = [_bulk(desk, keys, field, values[at % 2]) for at in range(times)]
            steps[f"bulk{count}_{field}"] = samples
            if progress is not None:
                progress(place, len(FIELDS) + 1)
        single = min(ONE_BY_ONE, rows)
        steps["edit"] = [_edit(desk, number) for number in range(single)]
        desk.close()
    for field in FIELDS:
        limits = raw_edits(folder, count, times, field)
        steps[f"bulk{count}_{field}"] = figures.step(steps[f"bulk{count}_{field}"], limits)
        steps[f"capture{count}_{field}"] = figures.step(_captured(folder, count, times, field), limits)
    steps["edit"] = figures.step(steps["edit"], raw_edits(folder, 1, single, "title"))
    return {"steps": steps}


def _latest(desk: Desk, count: int) -> list[int]:
    rows = desk.ask(lambda reader: reader.rows("SELECT key FROM ticket ORDER BY key DESC LIMIT ?", (count,))).result()
    return [key for (key,) in rows]


def _bulk(desk: Desk, keys: list[int], field: str, value: object) -> float:
    more = {"priority_reason": "measured"} if field == "priority" else {}
    future = tickets.set_many(desk, keys, {field: value, **more}, label="Measure")
    return figures.milliseconds(future.result)


def _edit(desk: Desk, number: int) -> float:
    ticket = desk.ask(lambda reader: reader.value("SELECT id FROM ticket WHERE key = ?", (number + 1,))).result()
    began = time.perf_counter()
    desk.do(tickets.edit, ticket, {"title": f"Edited while measuring {number}"}).result()
    return (time.perf_counter() - began) * figures.MILLI


def _captured(folder: Path, count: int, times: int, field: str) -> list[float]:
    """Milliseconds for one UPDATE of so many tickets with its triggers, committed."""
    with folders.copy_of(folder) as copy:
        database = Database.open(copy)
        newest = database.connection.execute("SELECT max(key) FROM ticket").fetchone()[0]
        update = f"UPDATE ticket SET {field} = ?, updated_at = ? WHERE key > {newest - count}"

        def edit(at: int) -> None:
            with database.transaction(actor=bytes(16), act=bytes(16)) as connection:
                connection.execute(update, (FIELDS[field][at % 2], int(time.time() * 1000) + at))

        found = [figures.milliseconds(partial(edit, at)) for at in range(times)]
        database.close()
        return found


def raw_edits(folder: Path, count: int, times: int, field: str = "reported_via") -> list[float]:
    """Milliseconds for the raw UPDATE of so many tickets plus the raw INSERT of their change rows, each committed.

    On a copy with the same indexes and without triggers.
    """
    with folders.copy_of(folder) as copy:
        connection = connect(copy / FILE_NAME)
        connection.execute("PRAGMA synchronous=FULL")
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        found = [_raw(connection, count, at, field) for at in range(times)]
        connection.close()
        return found


def _raw(connection: Connection, count: int, at: int, field: str) -> float:
    newest = connection.execute("SELECT max(key) FROM ticket").fetchone()[0]
    value = FIELDS[field][at % 2] if field in FIELDS else f"Edited while measuring {at}"
    where = f"key > {newest - count}" if count > 1 else f"key = {at + 1}"
    now = int(time.time() * 1000) + at

    def update() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"UPDATE ticket SET {field} = ?, updated_at = ? WHERE {where}", (value, now))
        connection.execute("COMMIT")

    def insert() -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO change (dev, entity, record, field, new, old, base, hlc, actor, act) "
            f"SELECT 1, 10, id, 17, ?, {field}, ver, ?, assignee, id FROM ticket WHERE {where}",
            (value, now << 16),
        )
        connection.execute("COMMIT")

    return figures.milliseconds(update) + figures.milliseconds(insert)
