"""Letting everything that names one record name another: in records, in their history, in what stays on this machine.

Which columns name records follows from the tables themselves, so that a new entity is covered by being declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sqlalchemy import LargeBinary, String, Table

from opsdesk.models.base import Base, Id, Synced, entities
from opsdesk.store.database import Connection

_HISTORY: Final = ("change", "received_change")
_APART: Final = frozenset({"membership", "joining", "device", "sync_identity"})
"""Tables that say who this desk is; joining writes them itself."""
_OWN_ID: Final = frozenset({"id", "record"})
"""Columns that say what a row is about, not whom it names."""
_NAMED: Final = re.compile(r"[0-9A-Fa-f]{32}")
_KEPT: Final = "refuse_change_once"


def rename(connection: Connection, moved: Mapping[Id, Id]) -> None:
    """Let all that names a key of `moved` name its value. Runs in a transaction of origin `received`."""
    if not moved:
        return
    connection.execute("CREATE TEMP TABLE moved (moved_from BLOB PRIMARY KEY, moved_to BLOB NOT NULL) WITHOUT ROWID")
    connection.executemany("INSERT INTO moved VALUES (?, ?)", list(moved.items()))
    connection.create_function("renamed", 1, _renamer(moved), deterministic=True)
    # History is never changed, but for this: who was someone of this folder alone is now known by another id.
    (kept,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (_KEPT,)).fetchone()
    connection.execute(f"DROP TRIGGER {_KEPT}")
    for table, column in naming_columns():
        connection.execute(
            f'UPDATE OR REPLACE "{table}" SET "{column}" = (SELECT moved_to FROM moved WHERE moved_from = "{column}") '
            f'WHERE "{column}" IN (SELECT moved_from FROM moved)'
        )
    for table, column in text_columns():
        # Of history only creations hold ids in words; everything else there is what a person wrote.
        only = "field = 0 AND " if table in _HISTORY else ""
        connection.execute(
            f'UPDATE "{table}" SET "{column}" = renamed("{column}") '
            f'WHERE {only}typeof("{column}") = \'text\' AND renamed("{column}") <> "{column}"'
        )
    connection.execute(kept)
    connection.execute("DROP TABLE moved")


def remove(connection: Connection, records: Mapping[Id, str]) -> None:
    """Take records away whose place others have taken: id → table. Runs in a transaction of origin `received`."""
    for record, table in records.items():
        connection.execute(f'DELETE FROM "{table}" WHERE id = ?', (record,))


def naming_columns() -> Iterator[tuple[str, str]]:
    """Table and column of all that names a record by its id."""
    synced = {entity.__tablename__: entity for entity in entities()}
    for table in _tables():
        entity = synced.get(table.name)
        for column in table.c:
            if isinstance(column.type, LargeBinary) and column.name not in _OWN_ID and _names(entity, table, column):
                yield table.name, column.name


def text_columns() -> Iterator[tuple[str, str]]:
    """Table and column of texts of this machine in which ids may stand in hexadecimal: places, settings, creations."""
    synced = {entity.__tablename__ for entity in entities()}
    for table in _tables():
        if table.name in _HISTORY:
            yield from ((table.name, name) for name in ("new", "old"))
        elif table.name not in synced:
            yield from ((table.name, column.name) for column in table.c if isinstance(column.type, String))


def _tables() -> Iterator[Table]:
    for table in Base.metadata.sorted_tables:
        if table.name not in _APART:
            yield table


def _names(entity: type[Synced] | None, table: Table, column: object) -> bool:
    if entity is not None:
        return bool(column.info.get("target"))  # type: ignore[attr-defined]
    return column.type.length == 16 or (table.name in _HISTORY and column.name in ("new", "old"))  # type: ignore[attr-defined]


def _renamer(moved: Mapping[Id, Id]):  # type: ignore[no-untyped-def]
    names = {old.hex(): new.hex() for old, new in moved.items()}

    def one(found: re.Match[str]) -> str:
        word = found.group()
        new = names.get(word.lower())
        return word if new is None else new.upper() if word.isupper() else new

    return lambda text: _NAMED.sub(one, text)
