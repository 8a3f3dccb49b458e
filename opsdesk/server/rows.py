"""The statements by which rows of synced tables are written: whole, or a few columns of many at once.

PostgreSQL makes the words of a search anew whenever a statement names a column that they are made of; so an edit of
another field must not name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from sqlalchemy import BigInteger, Boolean, Float, LargeBinary, SmallInteger

from opsdesk.server import tables
from opsdesk.store.queue.shapes import shapes

SYSTEM_COLUMNS: Final = ("ver", "made_ver", "made_dev", "made_dseq", "writers", "extra")
"""What a row holds beside its fields, and who made it."""


@cache
def upsert(table: str) -> str:
    """Write a whole row of a synced table: its id, its fields by number, and `SYSTEM_COLUMNS`."""
    shape = next(shape for shape in shapes().values() if shape.table == table)
    return _upserting(table, ["id", *(shape.fields[number].name for number in sorted(shape.fields)), *SYSTEM_COLUMNS])


def _upserting(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join(f"${at}" for at in range(1, len(columns) + 1))
    kept = {"id", "entity", "made_ver", "made_dev", "made_dseq"}
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in kept)
    return f'INSERT INTO "{table}" ({names}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {sets}'


UPSERT_OTHER: Final = _upserting("other_record", ["id", "entity", "unit", "marking", *SYSTEM_COLUMNS])
"""The same of a record of an entity that this version does not know."""


@cache
def update(table: str, names: tuple[str, ...]) -> str:
    """Set some columns of many rows: a list of ids, one of versions, one of writers, one for each column."""
    columns = ["id", "ver", "writers", *names]
    lists = ", ".join(f"${at}::{_type(table, name)}[]" for at, name in enumerate(columns, 1))
    sets = ", ".join(f'"{name}" = w."{name}"' for name in columns[1:])
    quoted = ", ".join(f'"{name}"' for name in columns)
    return f'UPDATE "{table}" t SET {sets} FROM unnest({lists}) AS w ({quoted}) WHERE t.id = w.id'


_TYPES: Final = (
    (LargeBinary, "bytea"), (SmallInteger, "smallint"), (BigInteger, "bigint"), (Boolean, "boolean"), (Float, "float8")
)  # fmt: skip


def _type(table: str, name: str) -> str:
    column = tables.synced[table].c[name]
    return next((word for kind, word in _TYPES if isinstance(column.type, kind)), "text")
