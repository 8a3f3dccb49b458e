"""How the database plans, whatever SQLite once counted, and what it keeps of a value."""

from pathlib import Path

from opsdesk.store.database import Database, Driver


def test_what_waits_is_looked_up_by_the_record_whatever_was_counted_once(folder: Path) -> None:
    before = Database.open(folder)
    before.connection.execute("ANALYZE")  # with an almost empty queue
    before.close()
    database = Database.open(folder)
    asked = "SELECT field FROM change WHERE record IN (?, ?) AND outcome IS NULL"
    plan = database.connection.execute(f"EXPLAIN QUERY PLAN {asked}", (b"a" * 16, b"b" * 16)).fetchall()
    database.close()
    assert "ix_change_record" in plan[0][3]


def test_bytes_and_nothing_are_kept_as_they_are_without_a_search_for_an_adapter(folder: Path) -> None:
    adapters = {kind for kind, _ in Driver.adapters}
    assert {bytes, type(None)} <= adapters
    database = Database.open(folder)
    for value in (b"", b"\x00\xff", None, "é", 0, -1, 2**62, 0.5):
        kept = database.connection.execute("SELECT ?", (value,)).fetchone()[0]
        assert (kept, type(kept)) == (value, type(value))
    database.close()
