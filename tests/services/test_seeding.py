from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from opsdesk.services import seeding, tickets
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.tickets import lists
from opsdesk.store import membership
from opsdesk.store.database import Database
from opsdesk.store.membership import Membership

NOW = 1_795_000_000_000
TABLES = ("unit", "person", "place", "ticket", "comment", "tag", "watcher")


def seeded(folder: Path, count: int, number: int = 1, *, now: int = NOW) -> dict[str, Any]:
    database = Database.open(folder)
    try:
        return seeding.seed(database, count, number, now=now)
    finally:
        database.close()


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    """Number of rows and a digest of each table, without what each new folder makes of its own."""
    database = Database.open(folder)
    found = {}
    for table in TABLES:
        rows = database.connection.execute(f"SELECT * FROM {table} WHERE ver > 0 ORDER BY key").fetchall()
        found[table] = (len(rows), hashlib.sha256(repr([row[2:] for row in rows]).encode()).hexdigest())
    database.close()
    return found


@pytest.fixture(scope="module")
def seeded_folder(made_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 3 000 made-up tickets. Only to be read."""
    import shutil

    folder = Path(shutil.copytree(made_folder, tmp_path_factory.mktemp("seeded") / "data"))
    seeded(folder, 3_000)
    return folder


def test_the_same_seed_gives_the_same_tickets(folder: Path, seeded_folder: Path) -> None:
    seeded(folder, 3_000)
    assert contents(folder) == contents(seeded_folder)


def test_another_seed_gives_other_tickets(folder: Path, seeded_folder: Path) -> None:
    seeded(folder, 3_000, 2)
    ours, theirs = contents(folder), contents(seeded_folder)
    assert ours["ticket"][0] == theirs["ticket"][0] == 3_000
    assert ours["ticket"][1] != theirs["ticket"][1]


def test_a_seeded_folder_is_whole_marked_and_queues_nothing(seeded_folder: Path) -> None:
    database = Database.open(seeded_folder)
    assert database.problems() == []
    assert seeding.is_seeded(database)
    for table in TABLES:
        records = f"SELECT id FROM {table} WHERE ver > 0"
        (queued,) = database.connection.execute(f"SELECT count(*) FROM change WHERE record IN ({records})").fetchone()
        assert queued == 0
    (own,) = database.connection.execute("SELECT count(*) FROM ticket WHERE ver = 0 OR exercise = 0").fetchone()
    assert own == 0
    database.close()


def test_made_up_tickets_hold_together(seeded_folder: Path) -> None:
    database = Database.open(seeded_folder)
    times = database.connection.execute(
        "SELECT count(*) FROM ticket "
        "WHERE NOT (occurred_at <= created_at AND created_at <= updated_at AND updated_at <= ?)",
        (NOW,),
    ).fetchone()
    assert times == (0,)
    for column, table in (("assignee", "person"), ("unit", "unit"), ("place", "place"), ("type", "ticket_type"),
                          ("category", "category"), ("requester", "person")):  # fmt: skip
        (lost,) = database.connection.execute(
            f"SELECT count(*) FROM ticket t LEFT JOIN {table} n ON n.id = t.{column} "
            f"WHERE t.{column} IS NOT NULL AND n.id IS NULL"
        ).fetchone()
        assert (column, lost) == (column, 0)
    (braces,) = database.connection.execute(
        "SELECT count(*) FROM ticket WHERE title || description LIKE '%{%'"
    ).fetchone()
    assert braces == 0
    database.close()


def test_a_desk_works_on_made_up_tickets(folder: Path) -> None:
    seeded(folder, 500)
    desk = Desk.open(folder, now=lambda: NOW)
    page = desk.ask(lists.first_page, lists.ListQuery('is:open unit:"B Coy"')).result()
    assert page.rows
    assert all(row.exercise and not row.queued for row in page.rows)
    desk.do(tickets.edit, page.rows[0].id, {"title": "Changed by me"}).result()
    assert desk.ask(lists.count, lists.ListQuery("is:queued")).result() == 1
    assert desk.ask(lists.count, lists.ListQuery("is:unread")).result() < 100
    desk.close()


def test_a_folder_with_other_data_is_refused(folder: Path) -> None:
    desk = Desk.open(folder)
    desk.do(tickets.create, title="Real").result()
    desk.close()
    with pytest.raises(Refused, match="holds tickets already"):
        seeded(folder, 10)
    database = Database.open(folder)
    assert not seeding.is_seeded(database)
    database.close()


def test_a_folder_that_has_joined_a_server_is_not_filled(folder: Path) -> None:
    database = Database.open(folder)
    with database.transaction() as connection:
        membership.write(
            connection, Membership("https://post", "P", "PEM", b"p" * 16, b"u" * 16, b"k", "r", 0, b"d" * 16)
        )
    database.close()
    with pytest.raises(Refused, match="has joined a server"):
        seeded(folder, 10)


def test_a_folder_is_seeded_only_once(folder: Path) -> None:
    seeded(folder, 10)
    with pytest.raises(Refused):
        seeded(folder, 10)


def test_no_tickets_at_all_are_fine(folder: Path) -> None:
    assert seeded(folder, 0)["tickets"] == 0
    with pytest.raises(Refused):
        seeded(folder, -1)
