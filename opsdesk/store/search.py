"""Search tables beside the tickets: words, parts of numbers and positions, all kept by triggers.

`ticket_fts`   words of number, title, description, comments and places (FTS5, unicode61, prefixes of 2 and 3)
`ticket_tri`   parts of numbers and callsigns (FTS5, trigram)
`ticket_area`  positions (R*Tree, degrees)

Row keys are those of `ticket`. The FTS tables hold no copy of the text (contentless, with delete).

Row by row is slow: FTS5 writes its words out at each savepoint, and a statement with triggers is one. Whoever writes
many rows in one transaction has them noted instead, and the tables kept by a few statements at its end (`together`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
    "SELECT t.key, t.lat, t.lat, t.lon, t.lon FROM ticket t WHERE t.lat IS NOT NULL AND t.lon IS NOT NULL"
)

WORDS, PARTS, AREA = 1, 2, 4
"""What of a ticket is to be kept anew."""

_OF_NEW = "t.key = new.key"
_KEPT = (
    ("ticket_insert", "INSERT ON ticket", "", _OF_NEW, WORDS | PARTS | AREA),
    ("ticket_words", "UPDATE OF title, description, external, location, place, grid ON ticket", "", _OF_NEW, WORDS),
    ("ticket_parts", "UPDATE OF external, contact ON ticket", "", _OF_NEW, PARTS),
    ("ticket_area", "UPDATE OF lat, lon ON ticket", "", _OF_NEW, AREA),
    ("comment_insert", "INSERT ON comment", "", "t.id = new.subject", WORDS),
    ("comment_update", "UPDATE OF body, voided, subject ON comment", "", "t.id = new.subject", WORDS),
    ("place", "UPDATE OF name ON place", " AND old.name IS NOT new.name", "t.place = new.id", WORDS),
)
"""Name, event, further condition, whose rows, and what of them: what is written that can be searched for."""


def trigger_statements() -> Iterator[str]:
    """The CREATE TRIGGER statements that keep the search tables, or note what is due."""
    later = "(SELECT search_later FROM capture)"
    for name, event, when, whose, what in _KEPT:
        now = "; ".join(_kept(what, whose))
        yield f"CREATE TRIGGER search_{name} AFTER {event} WHEN NOT {later}{when} BEGIN {now}; END"
        yield (
            f"CREATE TRIGGER later_{name} AFTER {event} WHEN {later}{when} "
            f"BEGIN INSERT INTO search_due SELECT t.key, {what} FROM ticket t WHERE {whose} "
            "ON CONFLICT (key) DO UPDATE SET what = what | excluded.what; END"
        )


def _kept(what: int, whose: str) -> Iterator[str]:
    """The statements that keep these of the search tables for some tickets `t`."""
    if what & WORDS:
        yield f"{_WORDS} WHERE {whose}"
    if what & PARTS:
        yield f"{_PARTS} WHERE {whose}"
    if what == AREA:  # a new ticket has no position there yet
        none = f"SELECT t.key FROM ticket t WHERE (t.lat IS NULL OR t.lon IS NULL) AND {whose}"
        yield f"DELETE FROM ticket_area WHERE key IN ({none})"
    if what & AREA:
        yield f"{_AREA} AND {whose}"


@contextmanager
def together(connection: Any) -> Iterator[None]:
    """Keep the search tables once at the end, for all that is written meanwhile. Inside a transaction of the caller."""
    execute = connection.execute
    execute("UPDATE capture SET search_later = 1")
    yield
    for what in (WORDS, PARTS, AREA):
        due = f"SELECT key FROM search_due WHERE what & {what}"
        if execute(f"SELECT EXISTS ({due})").fetchone()[0]:
            for statement in _kept(what, f"t.key IN ({due})"):
                execute(statement)
    execute("DELETE FROM search_due")
    execute("UPDATE capture SET search_later = 0")


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
    (due,) = execute("SELECT count(*) FROM search_due").fetchone()
    if due:
        found.append(f"{due} tickets wait for their words")
    (said,) = execute("SELECT rtreecheck('ticket_area')").fetchone()
    if said != "ok":
        found.append(f"positions: {said}")
    return found
