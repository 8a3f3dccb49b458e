"""Search tables kept once at the end of a transaction hold the same as those kept row by row."""

import random
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from opsdesk.store import search
from opsdesk.store.database import Database
from opsdesk.store.errors import RuleBroken
from opsdesk.store.tables import ORIGIN_RECEIVED

WORDS = ("bridge", "pump", "quay", "generator", "école", None)


def write(connection: Any, chance: random.Random, round_: int) -> None:
    """Tickets, comments on them and edits of everything that is searched for."""
    known = [record for (record,) in connection.execute("SELECT id FROM ticket ORDER BY key").fetchall()]
    for at in range(8):
        record = chance.randbytes(16)
        known.append(record)
        connection.execute(
            "INSERT INTO ticket (id, number, title, occurred_at, created_at, updated_at, lat, lon, contact) "
            "VALUES (?, ?, ?, 1, 1, 1, ?, ?, ?)",
            (record, f"T-AAA-{round_}{at}", chance.choice(WORDS[:-1]), *chance.choice([(1.0, 2.0), (None, None)]), "C"),
        )
    for field in ("title", "description", "external", "location", "contact"):
        for record in chance.sample(known, 4):
            word = chance.choice(WORDS[:-1] if field == "title" else WORDS)
            connection.execute(f'UPDATE ticket SET "{field}" = ? WHERE id = ?', (word, record))
    for record in chance.sample(known, 4):
        connection.execute(
            "UPDATE ticket SET lat = ?, lon = ? WHERE id = ?", (*chance.choice([(5.0, 6.0), (None, None)]), record)
        )
        values = (chance.randbytes(16), record, chance.choice(WORDS[:-1]))
        connection.execute("INSERT INTO comment (id, subject, body, written_at) VALUES (?, ?, ?, 1)", values)


def found(folder: Path, *, together: bool) -> list[Any]:
    """All that the search tables hold after the same random writes."""
    database, chance = Database.open(folder), random.Random(7)
    connection = database.connection
    for round_ in range(3):
        with (
            database.transaction(origin=ORIGIN_RECEIVED),
            search.together(connection) if together else nullcontext(),
        ):
            write(connection, chance, round_)
    held: list[Any] = [connection.execute("SELECT * FROM ticket_area ORDER BY key").fetchall()]
    for table in ("ticket_fts", "ticket_tri"):
        connection.execute(f"CREATE VIRTUAL TABLE temp.v_{table} USING fts5vocab('main', '{table}', 'instance')")
        held.append(sorted(connection.execute(f"SELECT * FROM v_{table}").fetchall()))
    assert connection.execute("SELECT count(*) FROM search_due").fetchone() == (0,)
    assert database.problems() == []
    database.close()
    return held


def test_kept_together_or_row_by_row_the_search_tables_are_the_same(tmp_path: Path) -> None:
    at_once = found(tmp_path / "a", together=True)
    assert at_once == found(tmp_path / "b", together=False)
    assert all(at_once)


def test_what_breaks_off_leaves_the_search_tables_to_the_next_write(database: Database) -> None:
    connection = database.connection

    def break_off() -> None:
        with database.transaction(), search.together(connection):
            write(connection, random.Random(1), 0)
            connection.execute("DELETE FROM ticket")

    with pytest.raises(RuleBroken):
        break_off()
    with database.transaction():
        write(connection, random.Random(1), 1)
    assert connection.execute("SELECT count(*) FROM ticket_fts_docsize").fetchone() == (8,)
    assert database.problems() == []
