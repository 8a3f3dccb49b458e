"""Looking up many keys at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from opsdesk.store.database import Connection

_MOST: Final = 256


def looked_up(connection: Connection, sql: str, keys: Collection[Any], *before: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a SELECT that has `IN ({0})`, for any number of keys. `before`: the values of marks before that."""
    rest = list(keys)
    while rest:
        # A power of two of marks, so that few texts of the statement are ever prepared.
        size = min(_MOST, 1 << (len(rest) - 1).bit_length())
        part, rest = rest[:size], rest[size:]
        part += [None] * (size - len(part))
        yield from connection.execute(sql.format(", ".join("?" * size)), [*before, *part])


def records_in(connection: Connection, table: str, records: Collection[Any]) -> Iterator[Any]:
    """Those of the records that a table of few rows names; mostly it is empty, and then nothing is looked for."""
    if connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0]:
        for (record,) in looked_up(connection, f"SELECT record FROM {table} WHERE record IN ({{0}})", records):
            yield record
