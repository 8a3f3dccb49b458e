"""How this data folder stands with a server, and what of it was made alone: questions for screens."""

from __future__ import annotations

from dataclasses import dataclass, replace

from opsdesk.services.errors import Refused
from opsdesk.store import membership
from opsdesk.store.database import Database
from opsdesk.store.work import Reader


@dataclass(frozen=True, slots=True)
class Standing:
    """The server that was joined, and as whom. `joined_at` is in UTC milliseconds."""

    post: str
    url: str
    person: str
    unit: str
    role: str
    joined_at: int


@dataclass(frozen=True, slots=True)
class Alone:
    """What joining would bring along: tickets, those of them that are major, and all records together."""

    tickets: int
    majors: int
    records: int


def standing(reader: Reader) -> Standing | None:
    """The server that was joined; None while working alone."""
    joined = membership.read(reader.connection)
    if joined is None:
        return None
    row = reader.row(
        "SELECT p.name, r.name FROM person p LEFT JOIN role r ON r.id = p.role WHERE p.id = ?", (joined.person,)
    )
    unit = reader.value("SELECT name FROM unit WHERE id = ?", (joined.unit,))
    person, role = row or ("", "")
    return Standing(joined.post, joined.url, person, unit or "", role or "", joined.joined_at)


def alone(reader: Reader) -> Alone:
    """What was made alone and would be told to a server; nothing once one was joined."""
    if membership.read(reader.connection) is not None:
        return Alone(0, 0, 0)
    tickets, majors = reader.row("SELECT count(*), coalesce(sum(major), 0) FROM ticket WHERE voided IS NULL") or (0, 0)
    records = reader.value(
        "SELECT count(*) FROM change WHERE field = 0 AND record NOT IN (?, ?)", (reader.person, reader.unit)
    )
    return Alone(tickets, majors, records)


def choose_tag(database: Database, _now: int, tag: str) -> None:
    """Let numbers carry another tag from now on, while working alone; those written stay. On the writing thread."""
    if membership.read(database.connection) is None and tag != database.identity.tag:
        with database.transaction() as connection:
            connection.execute("UPDATE device SET tag = ? WHERE alias = (SELECT max(alias) FROM device)", (tag,))
        database.identity = replace(database.identity, tag=tag)


def require_free(reader: Reader) -> None:
    """Raise Refused where the folder may not join a server at all."""
    from opsdesk.store import joining

    why = joining.refusal(reader.connection)
    if why is None and reader.value("SELECT 1 FROM setting WHERE name = 'sample.note'"):
        why = "This is the sample data, which is for trying out. Join with a data folder of your own."
    if why is not None:
        raise Refused(why)
