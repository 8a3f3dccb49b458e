"""Every write to a synced table is recorded in its own transaction, whoever writes and however."""

import json
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from opsdesk.models import ids
from opsdesk.models.base import Kind, entities, fields
from opsdesk.models.organisation import Unit
from opsdesk.models.tickets import Ticket
from opsdesk.store.database import Database
from opsdesk.store.errors import RuleBroken
from opsdesk.store.tables import ORIGIN_MIGRATION, ORIGIN_RECEIVED
from opsdesk.store.work import Work

TITLE, STATE, DUE = 13, 33, 41


def ticket(number: str = "T-AAA-00001", **values: Any) -> dict[str, Any]:
    """The columns of a ticket that a table must have."""
    return {
        "id": ids.new_id(1),
        "number": number,
        "title": "Bridge closed",
        "occurred_at": 1,
        "created_at": 1,
        "updated_at": 1,
        **values,
    }


def changes(database: Database, record: bytes) -> list[tuple[Any, ...]]:
    """(field, new, old, base) of the record's changes, in order."""
    return database.connection.execute(
        "SELECT field, new, old, base FROM change WHERE record = ? ORDER BY seq", (record,)
    ).fetchall()


def insert_sql(row: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """A plain INSERT of a ticket."""
    return f"INSERT INTO ticket ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values())


def newest(database: Database) -> int:
    """The newest sequence number."""
    return int(database.connection.execute("SELECT coalesce(max(seq), 0) FROM change").fetchone()[0])


def test_plain_sql_on_the_stores_connection_is_recorded(database: Database) -> None:
    row = ticket()
    with database.transaction() as connection:
        connection.execute(*insert_sql(row))
        connection.execute("UPDATE ticket SET title = 'Bridge open' WHERE id = ?", (row["id"],))
    created, renamed = changes(database, row["id"])
    assert created[0] == 0
    assert json.loads(created[1])[str(TITLE)] == "Bridge closed"
    # The base of the second is the first: the row has no version of a server yet.
    assert renamed == (TITLE, "Bridge open", "Bridge closed", -(newest(database) - 1))


def test_orm_core_and_bulk_statements_are_recorded_alike(database: Database) -> None:
    one, two, three = (ticket(f"T-AAA-0000{number}") for number in (1, 2, 3))
    with Session(database.engine) as session:
        entity = Ticket(**one)
        session.add(entity)
        session.flush()
        entity.title = "By the ORM"
        session.commit()
    with database.engine.begin() as connection:
        connection.execute(insert(Ticket), [two, three])
        connection.execute(update(Ticket).values(title="By Core").where(Ticket.number != one["number"]))
    for row, title in ((one, "By the ORM"), (two, "By Core"), (three, "By Core")):
        assert [(change[0], change[1]) for change in changes(database, row["id"])][1:] == [(TITLE, title)]


def test_every_field_of_every_entity_is_captured_or_written_once(database: Database) -> None:
    names = {row[0] for row in database.connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")}
    for entity in entities():
        for spec in fields(entity):
            once = spec.kind is Kind.APPEND_ONLY
            wanted = f"refuse_{entity.__tablename__}_{spec.name}_once" if once else None
            assert (wanted or f"capture_{entity.__tablename__}_{spec.name}") in names


def test_an_equal_value_is_no_change(database: Database) -> None:
    row = ticket()
    with database.transaction() as connection:
        connection.execute(*insert_sql(row))
    before = newest(database)
    with database.transaction() as connection:
        connection.execute("UPDATE ticket SET title = title, updated_at = 7 WHERE id = ?", (row["id"],))
    assert newest(database) == before


def test_the_sequence_has_no_gap_after_a_rollback(database: Database) -> None:
    database.begin()
    database.connection.execute(*insert_sql(ticket()))
    database.connection.execute("ROLLBACK")
    row = ticket()
    with database.transaction() as connection:
        connection.execute(*insert_sql(row))
    assert database.problems() == []


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM ticket",
        "INSERT OR REPLACE INTO ticket SELECT * FROM ticket",
        "UPDATE ticket SET number = 'T-ZZZ-00009'",
        "UPDATE ticket SET id = x'00'",
        "UPDATE OR REPLACE ticket SET key = 5",
        "UPDATE change SET new = 'forged'",
        "DELETE FROM change",
        "INSERT INTO ticket (id, number, title, occurred_at, created_at, updated_at, lat, lon) "
        "VALUES (x'01', 'T', 't', 1, 1, 1, 91, 0)",
    ],
)
def test_what_would_lose_or_forge_is_refused(database: Database, sql: str) -> None:
    row = ticket()
    with database.transaction() as connection:
        connection.execute(*insert_sql(row))
    before = newest(database)
    with pytest.raises(RuleBroken), database.transaction() as connection:
        connection.execute(sql)
    assert newest(database) == before
    assert database.problems() == []


def test_received_rows_are_not_queued_and_a_migrations_are_recorded_apart(database: Database) -> None:
    received, migrated = ticket("T-AAA-00001"), ticket("T-AAA-00002")
    before = newest(database)
    with database.transaction(origin=ORIGIN_RECEIVED) as connection:
        connection.execute(*insert_sql(received))
    with database.transaction(origin=ORIGIN_MIGRATION) as connection:
        connection.execute(*insert_sql(migrated))
        connection.execute("UPDATE ticket SET title = 'Moved' WHERE id = ?", (received["id"],))
    assert newest(database) == before
    recorded = database.connection.execute("SELECT record, field FROM received_change ORDER BY seq").fetchall()
    assert recorded == [(migrated["id"], 0), (received["id"], TITLE)]


def test_the_origin_of_one_transaction_does_not_leak_into_the_next(database: Database) -> None:
    with database.transaction(origin=ORIGIN_RECEIVED) as connection:
        connection.execute(*insert_sql(ticket()))
    before = newest(database)
    with database.transaction() as connection:
        connection.execute("UPDATE ticket SET title = 'Own again'")
    assert newest(database) == before + 1


def test_the_base_is_what_the_editor_had_seen(database: Database) -> None:
    row = ticket(ver=7)
    with database.transaction(origin=ORIGIN_RECEIVED) as connection:
        connection.execute(*insert_sql(row))
    seen = (7, newest(database))
    with database.transaction() as connection:
        connection.execute("UPDATE ticket SET title = 'First'")
    with database.transaction(origin=ORIGIN_RECEIVED) as connection:
        connection.execute("UPDATE ticket SET ver = 9")
    with database.transaction():
        work = Work(database, person=b"", unit=b"", now=2, act=b"a" * 16)
        # Opened before `First` was written and before version 9 came in.
        work.update(Ticket, row["id"], {"title": "From the old editor", "due_at": 5}, seen=seen)
        # No editor: what is current counts.
        work.update(Ticket, row["id"], {"title": "From now"})
    bases = {(change[0], change[1]): change[3] for change in changes(database, row["id"])}
    assert bases[TITLE, "From the old editor"] == 7
    assert bases[DUE, 5] == 7
    assert bases[TITLE, "First"] == 7
    of_old_editor = database.connection.execute("SELECT seq FROM change WHERE new = 'From the old editor'").fetchone()
    assert bases[TITLE, "From now"] == -of_old_editor[0]


def test_a_unit_cannot_stand_below_itself(database: Database) -> None:
    top, middle, bottom = (ids.new_id(number) for number in (1, 2, 3))
    with database.engine.begin() as connection:
        for record, parent in ((top, None), (middle, top), (bottom, middle)):
            connection.execute(insert(Unit).values(id=record, name="U", parent=parent))
    for record, parent in ((top, bottom), (top, top)):
        with pytest.raises(RuleBroken), database.transaction() as connection:
            connection.execute("UPDATE unit SET parent = ? WHERE id = ?", (parent, record))


def test_a_transition_says_which_event_it_was(database: Database) -> None:
    row = ticket()
    with database.transaction():
        work = Work(database, person=b"", unit=b"", now=2, act=b"a" * 16)
        work.insert(Ticket, row, record=row["id"])
        work.update(Ticket, row["id"], {"state": 20}, event="accept")
        work.update(Ticket, row["id"], {"state": 30})
    events = database.connection.execute(
        "SELECT event FROM change WHERE record = ? AND field = ? ORDER BY seq", (row["id"], STATE)
    ).fetchall()
    assert events == [("accept",), (None,)]


def test_a_number_that_a_position_has_survives_the_record_exactly(database: Database) -> None:
    row = ticket(lat=39.1431856100598, lon=-84.4897306)
    with database.transaction() as connection:
        connection.execute(*insert_sql(row))
    values = json.loads(changes(database, row["id"])[0][1])
    assert (values["24"], values["25"]) == (39.1431856100598, -84.4897306)


def test_a_dropped_trigger_is_found_by_the_check(database: Database) -> None:
    database.connection.execute("DROP TRIGGER capture_ticket_title")
    assert any("triggers" in problem for problem in database.problems())


def test_damaged_search_tables_are_found_by_the_check(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(*insert_sql(ticket()))
    database.connection.execute("DELETE FROM ticket_fts WHERE rowid = 1")
    assert any("missing in ticket_fts" in problem for problem in database.problems())
    database.connection.execute("UPDATE ticket_fts_data SET block = x'00' WHERE id > 10")
    assert any("fts5" in problem for problem in database.problems())
