"""The one transaction by which a folder that worked alone becomes a desk of a server.

Afterwards all that was made alone waits in the queue, each record as one creation; before, nothing has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.store import membership
from opsdesk.store.database import Connection, Database
from opsdesk.store.joining import renaming, retelling
from opsdesk.store.membership import Membership
from opsdesk.store.queue.outbox import Outbox
from opsdesk.store.queue.shapes import EVERYWHERE, shapes
from opsdesk.store.tables import ORIGIN_RECEIVED

Progress = Callable[[int, int], None]
"""Called with how many steps are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Here:
    """A record as the server has it: its values by number of the field. `instead_of` is a record of this folder."""

    table: str
    id: Id
    values: Mapping[int, Any]
    instead_of: Id | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What joining brings: who this desk is now, and which of its records the server has already."""

    membership: Membership
    dev: Id
    tag: str
    epoch: int
    records: tuple[Here, ...]
    """The server's records that must be here: the person, the unit, and those instead of the folder's own."""
    person: Id
    """Who worked here alone."""
    unit: Id
    queries: Mapping[Id, str] = field(default_factory=dict)
    """Saved views that named who worked here alone by name, with what they ask now."""
    apart: frozenset[tuple[str, str]] = frozenset()
    """Fields (table, column) that the person may not write there, told apart from their records."""


def arrive(database: Database, arrival: Arrival, now: int, progress: Progress = lambda _done, _of: None) -> int:
    """Join; returns how many records now wait to be told. All of it happens, or nothing."""
    before = database.identity
    try:
        with database.transaction(origin=ORIGIN_RECEIVED, now=now) as connection:
            told = _arrive(database, connection, arrival, now, progress)
    except BaseException:
        database.identity = before
        raise
    return told


_STEPS: Final = 5


def _arrive(database: Database, connection: Connection, arrival: Arrival, now: int, progress: Progress) -> int:
    joined = arrival.membership
    assert joined.unit is not None
    _take_in(connection, arrival)
    moved = {arrival.person: joined.person, arrival.unit: joined.unit}
    moved |= {here.instead_of: here.id for here in arrival.records if here.instead_of is not None}
    moved = {old: new for old, new in moved.items() if old != new}
    gone = {here.instead_of: here.table for here in arrival.records if here.instead_of in moved}
    gone |= {old: table for old, table in ((arrival.person, "person"), (arrival.unit, "unit")) if old in moved}
    progress(1, _STEPS)
    renaming.rename(connection, moved)
    renaming.remove(connection, {record: table for record, table in gone.items() if record is not None})
    _move(connection, joined.unit)
    connection.executemany(
        "UPDATE saved_view SET query = ? WHERE id = ?", [(query, view) for view, query in arrival.queries.items()]
    )
    progress(2, _STEPS)
    last = retelling.settle(connection)
    progress(3, _STEPS)
    Outbox(database).take_new_identity(last + 1, arrival.dev, arrival.tag, now)
    known = {here.id for here in arrival.records}
    told = retelling.retell(connection, last, known=known, apart=arrival.apart)
    progress(4, _STEPS)
    connection.execute("INSERT OR REPLACE INTO sync_state VALUES ('epoch', ?)", (arrival.epoch,))
    membership.write(connection, joined)
    connection.execute("DELETE FROM joining")
    progress(_STEPS, _STEPS)
    return told


def _move(connection: Connection, unit: Id) -> None:
    """What was made alone is judged as made in the unit that the code names, whatever units there were here."""
    for shape in shapes().values():
        if shape.table not in EVERYWHERE:
            connection.execute(f'UPDATE "{shape.table}" SET unit = ?1 WHERE unit IS NOT ?1', (unit,))


def _take_in(connection: Connection, arrival: Arrival) -> None:
    """Store the server's records that must be here, so that names show before the first exchange."""
    by_table = {shape.table: shape for shape in shapes().values()}
    for here in arrival.records:
        shape = by_table[here.table]
        given = {number: value for number, value in here.values.items() if number in shape.fields and value is not None}
        if shape.required - given.keys():
            continue
        columns = {shape.fields[number].name: value for number, value in given.items()} | {"id": here.id}
        names = ", ".join(f'"{name}"' for name in columns)
        connection.execute(
            f'INSERT INTO "{here.table}" ({names}) VALUES ({", ".join("?" * len(columns))}) '
            "ON CONFLICT (id) DO NOTHING",
            tuple(columns.values()),
        )


def come_back(database: Database, joined: Membership, tag: str, now: int) -> None:
    """Join the same server anew with another code. What waits stays as it is, under the same device."""
    with database.transaction(origin=ORIGIN_RECEIVED, now=now) as connection:
        connection.execute("UPDATE device SET tag = ? WHERE alias = (SELECT max(alias) FROM device)", (tag,))
        membership.write(connection, joined)
        connection.execute("DELETE FROM joining")
    database.identity = replace(database.identity, tag=tag)


# Before


def refusal(connection: Connection) -> str | None:
    """Why this folder cannot join a server, in words; None when it can."""
    if membership.read(connection) is None:
        for shape in shapes().values():
            if connection.execute(f'SELECT 1 FROM "{shape.table}" WHERE ver > 0 LIMIT 1').fetchone() is not None:
                return (
                    "This data folder holds made-up data for measuring (`opsdesk seed`); it cannot join a post. "
                    "Use another folder."
                )
    return None


def keep_key(connection: Connection, dev: Id, key: bytes, now: int) -> None:
    """Keep the device's identity and key before a server is asked with them. Runs in a transaction of the caller."""
    connection.execute("INSERT OR REPLACE INTO joining (one, dev, key, made_at) VALUES (1, ?, ?, ?)", (dev, key, now))


def kept_key(connection: Connection) -> tuple[Id, bytes] | None:
    """The device's identity and key with which a server was asked, as long as joining has not come to an end."""
    row = connection.execute("SELECT dev, key FROM joining").fetchone()
    return None if row is None else (bytes(row[0]), bytes(row[1]))
