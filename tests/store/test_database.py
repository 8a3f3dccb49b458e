"""How the database plans, whatever SQLite once counted."""

from pathlib import Path

from opsdesk.store.database import Database


def test_what_waits_is_looked_up_by_the_record_whatever_was_counted_once(folder: Path) -> None:
    before = Database.open(folder)
    before.connection.execute("ANALYZE")  # with an almost empty queue
    before.close()
    database = Database.open(folder)
    asked = "SELECT field FROM change WHERE record IN (?, ?) AND outcome IS NULL"
    plan = database.connection.execute(f"EXPLAIN QUERY PLAN {asked}", (b"a" * 16, b"b" * 16)).fetchall()
    database.close()
    assert "ix_change_record" in plan[0][3]
