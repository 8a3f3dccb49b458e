"""Databases of desks that are used from story to story."""

import random

from opsdesk.simulator.desks import SimDesk, open_copy
from opsdesk.simulator.desks.opening import template

UNIT = bytes([1]) * 16
NOW = 1_000_000
HELD = (
    "SELECT (SELECT count(*) FROM ticket), (SELECT count(*) FROM change), (SELECT count(*) FROM ticket_fts_docsize), "
    "(SELECT count(*) FROM ticket_fts WHERE ticket_fts MATCH 'title')"
)


def desk_with_a_ticket() -> SimDesk:
    desk = SimDesk.new("D0", random.Random(3), [UNIT], [])
    desk._create(NOW)
    return desk


def test_what_one_story_wrote_is_not_there_in_the_next() -> None:
    before = desk_with_a_ticket()
    connection, held = before.database.connection, before.rows(HELD)
    assert held == [(1, 1, 1, 1)]
    before.database.close()
    again = SimDesk.new("D0", random.Random(3), [UNIT], [])
    assert again.database.connection is connection
    assert again.rows(HELD) == [(0, 0, 0, 0)]
    again._create(NOW)
    assert again.rows(HELD) == held
    assert again.database.problems() == []
    again.database.close()


def test_a_database_that_is_still_read_is_not_used_again() -> None:
    desk = desk_with_a_ticket()
    reading = desk.database.connection.execute("SELECT number FROM ticket UNION ALL SELECT number FROM ticket")
    assert reading.fetchone() == ("T D0.1",)
    desk.database.close()
    new = open_copy(template())
    assert new.connection is not desk.database.connection
    assert reading.fetchone() == ("T D0.1",)
    new.close()


def test_a_desk_whose_schema_was_changed_is_copied_as_it_is_and_then_begins_anew() -> None:
    """Its indexes stand elsewhere in the file, under the same words."""
    changed = desk_with_a_ticket()
    made = dict(changed.rows("SELECT name, sql FROM sqlite_schema WHERE name LIKE 'list_%'"))
    with changed.database.transaction(now=NOW) as connection:
        for name in made:
            connection.execute(f"DROP INDEX {name}")
        for sql in reversed(made.values()):
            connection.execute(sql)
    copy = open_copy(changed.database.connection)
    for database in (changed.database, copy):
        assert database.problems() == []
        assert database.connection.execute(HELD).fetchone() == (1, 1, 1, 1)
        database.close()
    for database in (open_copy(template()), open_copy(template())):
        assert database.problems() == []
        assert database.connection.execute(HELD).fetchone() == (0, 0, 0, 0)
