"""Search tables beside the tickets: words, parts of numbers and positions, all kept by triggers.

`ticket_fts`   words of number, title, description, comments and places (FTS5, unicode61, prefixes of 2 and 3)
`ticket_tri`   parts of numbers and callsigns (FTS5, trigram)
`ticket_area`  positions (R*Tree, degrees)

Row keys are those of `ticket`. The FTS tables hold no copy of the text (contentless, with delete).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# Name → statement, the vocabulary before the table it reads, so that dropping in this order works.
TABLES = {
    "ticket_fts_words": "CREATE VIRTUAL TABLE ticket_fts_words USING fts5vocab(ticket_fts, 'row')",
    "ticket_fts": (
        "CREATE VIRTUAL TABLE ticket_fts USING fts5(number, title, description, comments, places, "
        "content='', contentless_delete=1, tokenize=\"unicode61 remove_diacritics 2\", prefix='2 3')"
    ),
    "ticket_tri": (
        "CREATE VIRTUAL TABLE ticket_tri USING fts5(number, contact, "
        "content='', contentless_delete=1, tokenize='trigram')"
    ),
    "ticket_area": "CREATE VIRTUAL TABLE ticket_area USING rtree(key, min_lat, max_lat, min_lon, max_lon)",
}

_WORDS = (
    "INSERT OR REPLACE INTO ticket_fts (rowid, number, title, description, comments, places) "
    "SELECT t.key, t.number || ' ' || coalesce(t.external, ''), t.title, t.description, "
    "(SELECT group_concat(c.body, char(10)) FROM comment c WHERE c.subject = t.id AND c.voided IS NULL), "
    "concat_ws(' ', t.location, p.name, t.grid) "
    "FROM ticket t LEFT JOIN place p ON p.id = t.place"
)
_PARTS = (
    "INSERT OR REPLACE INTO ticket_tri (rowid, number, contact) "
    "SELECT t.key, concat_ws(' ', t.number, t.external), t.contact FROM ticket t"
)
_AREA = (
    "INSERT OR REPLACE INTO ticket_area (key, min_lat, max_lat, min_lon, max_lon) "
    "SELECT t.key, t.lat, t.lat, t.lon, t.lon FROM ticket t WHERE t.lat IS NOT NULL"
)


def trigger_statements() -> Iterator[str]:
    """The CREATE TRIGGER statements that keep the search tables."""
    of_new = "WHERE t.key = new.key"
    yield (
        "CREATE TRIGGER search_ticket_insert AFTER INSERT ON ticket "
        f"BEGIN {_WORDS} {of_new}; {_PARTS} {of_new}; {_AREA} AND t.key = new.key; END"
    )
    yield (
        "CREATE TRIGGER search_ticket_words AFTER UPDATE OF title, description, external, location, place, grid "
        f"ON ticket BEGIN {_WORDS} {of_new}; END"
    )
    yield (
        f"CREATE TRIGGER search_ticket_parts AFTER UPDATE OF external, contact ON ticket BEGIN {_PARTS} {of_new}; END"
    )
    yield (
        "CREATE TRIGGER search_ticket_area AFTER UPDATE OF lat, lon ON ticket "
        f"BEGIN DELETE FROM ticket_area WHERE key = new.key; {_AREA} AND t.key = new.key; END"
    )
    for name, event in (("insert", "INSERT"), ("update", "UPDATE OF body, voided, subject")):
        yield (
            f"CREATE TRIGGER search_comment_{name} AFTER {event} ON comment "
            f"BEGIN {_WORDS} WHERE t.id = new.subject; END"
        )
    yield (
        "CREATE TRIGGER search_place AFTER UPDATE OF name ON place WHEN old.name IS NOT new.name "
        f"BEGIN {_WORDS} WHERE t.place = new.id; END"
    )


def fill(execute: Any) -> None:
    """Fill the empty search tables from the records. `execute` runs one statement."""
    for statement in (_WORDS, _PARTS, _AREA):
        execute(statement.replace("INSERT OR REPLACE", "INSERT"))


def problems(execute: Any) -> list[str]:
    """What is wrong with the search tables, in words; an empty list when all is well. `execute` returns a cursor."""
    found = []
    # Their structure is checked by SQLite's own integrity check, which asks virtual tables too; here is what it cannot
    # know: that each record is in them.
    for table in ("ticket_fts", "ticket_tri"):
        (missing,) = execute(
            f"SELECT count(*) FROM ticket t WHERE NOT EXISTS (SELECT 1 FROM {table}_docsize d WHERE d.id = t.key)"
        ).fetchone()
        if missing:
            found.append(f"{missing} tickets are missing in {table}")
    (said,) = execute("SELECT rtreecheck('ticket_area')").fetchone()
    if said != "ok":
        found.append(f"positions: {said}")
    return found
