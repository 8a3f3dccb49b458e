"""Looking up many keys at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from opsdesk.store.database import Connection

_MOST: Final = 256


def looked_up(connection: Connection, sql: str, keys: Collection[Any], *, times: int = 1) -> Iterator[tuple[Any, ...]]:
    """The rows of a SELECT that has `IN ({0})`, so many `times`, for any number of keys."""
    rest = list(keys)
    while rest:
        # A power of two of marks, so that few texts of the statement are ever prepared.
        size = min(_MOST, 1 << (len(rest) - 1).bit_length())
        part, rest = rest[:size], rest[size:]
        part += [None] * (size - len(part))
        yield from connection.execute(sql.format(", ".join("?" * size)), part * times)
