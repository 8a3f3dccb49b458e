"""Telling a server what a folder holds that was made alone: each record as one creation, as it now stands.

The changes that led there stay as history of this folder; no server is told of them.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from opsdesk.models.base import FieldSpec, Id
from opsdesk.store.capture import as_created
from opsdesk.store.database import Connection
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.store.tables import OUTCOME_ALONE, RETOLD

_CHANGED: Final = "dev, subject, entity, record, field, event, new, old, base, hlc, happened, actor, act, gid"


def settle(connection: Connection) -> int:
    """Let nothing wait that was written alone; returns the last change written so."""
    connection.execute("UPDATE change SET outcome = ? WHERE outcome IS NULL", (OUTCOME_ALONE,))
    (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM change").fetchone()
    return int(last)


def retell(
    connection: Connection,
    last: int,
    *,
    known: Collection[Id] = (),
    apart: Collection[tuple[str, str]] = (),
) -> int:
    """Queue what was made alone up to the change `last`; returns how many records.

    `known` are records that the server has already, and `apart` fields (table, column) that are told as changes of
    their own, so that a server which refuses one of them still takes the record.
    """
    connection.execute("CREATE TEMP TABLE known (id BLOB PRIMARY KEY) WITHOUT ROWID")
    connection.executemany("INSERT OR IGNORE INTO known VALUES (?)", [(record,) for record in known])
    told = 0
    for shape in sorted(shapes().values(), key=lambda shape: shape.entity):
        # By the number of the entity: what hangs on a ticket comes behind the tickets.
        alone = [spec for spec in shape.fields.values() if (shape.table, spec.name) in apart]
        told += _creations(connection, shape, last, alone)
        for spec in alone:
            _apart(connection, shape, spec, last)
    _edits(connection, last)
    connection.execute("DROP TABLE known")
    return told


def _creations(connection: Connection, shape: Shape, last: int, alone: Collection[FieldSpec]) -> int:
    new = as_created(shape.fields.values(), "t", {spec.number: "0" for spec in alone})
    subject = "t.id" if shape.table == "ticket" else "t.subject" if _hangs(shape) else "NULL"
    # Told as of when it was last touched, so that it does not look new to the others.
    touched = "t.updated_at << 16" if shape.touched else "(SELECT max(o.hlc) FROM change o WHERE o.record = t.id)"
    return int(
        connection.execute(
            f"INSERT INTO change ({_CHANGED}) SELECT x.dev, {subject}, ?1, t.id, 0, NULL, {new}, NULL, 0, {touched}, "
            "coalesce(c.happened, c.hlc >> 16), c.actor, ?2, NULL "
            f'FROM "{shape.table}" t CROSS JOIN change c ON c.record = t.id AND c.field = 0 CROSS JOIN capture x '
            "WHERE c.entity = ?1 AND c.seq <= ?3 AND t.ver = 0 AND t.id NOT IN (SELECT id FROM known) ORDER BY t.key",
            (shape.entity, RETOLD, last),
        ).rowcount
    )


def _hangs(shape: Shape) -> bool:
    """Whether records of this kind hang on another."""
    return any(spec.name == "subject" for spec in shape.fields.values())


def _apart(connection: Connection, shape: Shape, spec: FieldSpec, last: int) -> None:
    """One field of the records just told, where it is more than nothing, as which their creations told it."""
    column = f't."{spec.name}"'
    connection.execute(
        f"INSERT INTO change ({_CHANGED}) SELECT c.dev, c.subject, ?1, t.id, ?2, NULL, {column}, 0, -c.seq, c.hlc, "
        "c.happened, c.actor, c.act, NULL "
        f'FROM change c JOIN "{shape.table}" t ON t.id = c.record '
        f"WHERE c.act = ?3 AND c.seq > ?4 AND c.entity = ?1 AND c.field = 0 AND {column} > 0 ORDER BY c.seq",
        (shape.entity, spec.number, RETOLD, last),
    )


def _edits(connection: Connection, last: int) -> None:
    """Fields of records that ship with the program, which were written here but not made here."""
    rows = connection.execute(
        "SELECT c.entity, c.record, c.field, min(c.seq), max(c.seq) FROM change c WHERE c.seq <= ? AND c.field > 0 "
        "AND NOT EXISTS (SELECT 1 FROM change o WHERE o.record = c.record AND o.field = 0) "
        "AND c.record NOT IN (SELECT id FROM known) GROUP BY c.entity, c.record, c.field",
        (last,),
    ).fetchall()
    for entity, record, field, first, newest in rows:
        shape = shapes()[entity]
        column = f't."{shape.fields[field].name}"'
        connection.execute(
            f"INSERT INTO change ({_CHANGED}) SELECT x.dev, n.subject, n.entity, n.record, n.field, n.event, {column}, "
            "o.old, 0, n.hlc, n.happened, n.actor, ?, NULL "
            f'FROM "{shape.table}" t, change n, change o, capture x '
            f"WHERE t.id = ? AND t.ver = 0 AND n.seq = ? AND o.seq = ? AND {column} IS NOT o.old",
            (RETOLD, record, newest, first),
        )
