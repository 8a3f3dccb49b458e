"""Joining is one transaction: whoever pulls the plug finds the folder as it was before, or joined with all it held."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from opsdesk.models.base import Id
from opsdesk.models.organisation import Person, Unit
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import commands, threads
from opsdesk.store import joining, membership
from opsdesk.store.database import Database
from opsdesk.store.joining import Arrival, Here
from opsdesk.store.membership import Membership
from opsdesk.store.queue.shapes import shapes

PERSON, UNIT, DEV = b"p" * 16, b"u" * 16, b"d" * 16
STEPS = 5


def arrival(person: Id, unit: Id) -> Arrival:
    """A server that the folder of `person` and `unit` joins as others."""
    joined = Membership("https://post:8471", "Relief", "PEM", PERSON, UNIT, b"k" * 32, "token", 5, DEV)
    numbers = {shape.table: shape.fields for shape in shapes().values()}
    named = {
        Person.__tablename__: (PERSON, {"name": "Eva Keller", "unit": UNIT}),
        Unit.__tablename__: (UNIT, {"name": "Post", "unit": UNIT}),
    }
    records = tuple(
        Here(table, record, {number: values[spec.name] for number, spec in numbers[table].items()
                             if spec.name in values})
        for table, (record, values) in named.items()
    )  # fmt: skip
    return Arrival(joined, DEV, "CP9", 0, records, person, unit)


def kill_at(folder: Path, step: int) -> None:
    """Join `folder` in this process, which is killed at a step; at one beyond the last, when all is done."""
    desk = Desk.open(folder)

    def progress(done: int, _of: int) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    desk.background(
        lambda database, now: joining.arrive(database, arrival(desk.person, desk.unit), now, progress)
    ).result()
    os.kill(os.getpid(), signal.SIGKILL)


def contents(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    database = Database.open(folder)
    try:
        assert database.problems() == []
        names = database.connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall()
        return {name: database.connection.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names}
    finally:
        database.close()


@pytest.fixture
def lived(folder: Path) -> Path:
    desk = Desk.open(folder)
    for number in range(20):
        ticket = desk.do(commands.create, title=f"Ticket {number}", values={"assignee": desk.person}).result().value
        desk.do(threads.comment, ticket, "Seen").result()
    desk.close()
    return folder


def test_a_kill_at_any_step_leaves_the_folder_as_before_or_joined(lived: Path, tmp_path: Path) -> None:
    before = contents(lived)
    for step in range(1, STEPS + 2):
        copy = Path(shutil.copytree(lived, tmp_path / f"at {step}"))
        script = f"import sys; from tests.store.test_joining import *; kill_at(Path(sys.argv[1]), {step})"
        done = subprocess.run([sys.executable, "-c", script, str(copy)], check=False, timeout=240, capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        after = contents(copy)
        if step <= STEPS:
            assert after == before, step
            continue
        database = Database.open(copy)
        joined = membership.read(database.connection)
        assert joined is not None
        assert (joined.person, database.identity.dev, database.identity.tag) == (PERSON, DEV, "CP9")
        waiting = database.connection.execute("SELECT entity, count(*) FROM change WHERE outcome IS NULL GROUP BY 1")
        assert waiting.fetchall() == [(10, 20), (11, 20)]
        assert database.connection.execute("SELECT DISTINCT assignee, unit FROM ticket").fetchall() == [(PERSON, UNIT)]
        database.close()


def test_edits_of_what_ships_are_told_one_by_one(lived: Path) -> None:
    """A type that every desk has was renamed here: that is an edit of it, and no creation."""
    desk = Desk.open(lived)

    def rename(work: Any) -> Any:
        from opsdesk.services.changes import Changes

        for name in ("Repairs", "Mending"):
            work.execute("UPDATE ticket_type SET name = ? WHERE code = 'incident'", (name,))
        return Changes(everything=True)

    desk.do(rename).result()
    made = arrival(desk.person, desk.unit)
    desk.background(lambda database, now: joining.arrive(database, made, now)).result()
    rows = desk.ask(lambda reader: reader.rows(
        "SELECT c.field, c.new, c.old, c.base FROM change c WHERE c.outcome IS NULL AND c.entity = 5"
    )).result()  # fmt: skip
    assert rows == [(11, "Mending", "Incident", 0)]
    desk.close()
