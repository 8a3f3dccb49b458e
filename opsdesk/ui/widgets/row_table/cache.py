"""The rows that were fetched last, by key; they serve every order of the list until others push them out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Protocol


class Row(Protocol):
    """What any row of a table has."""

    @property
    def key(self) -> int: ...
    @property
    def id(self) -> bytes: ...


class RowCache:
    """At most `size` rows; the one that was looked at longest ago goes first.

    A stale row is still shown, and fetched again when it is on view.
    """

    def __init__(self, size: int = 6400) -> None:
        self._size = size
        self._rows: OrderedDict[int, Any] = OrderedDict()
        self._keys: dict[bytes, int] = {}
        self._stale: set[int] = set()
        self._gone: set[int] = set()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: int) -> Any | None:
        """Return the row of `key` and count it as used just now."""
        row = self._rows.get(key)
        if row is not None:
            self._rows.move_to_end(key)
        return row

    def peek(self, key: int) -> Any | None:
        """Return the row of `key` without counting it as used."""
        return self._rows.get(key)

    def put(self, rows: Iterable[Row]) -> None:
        """Take over rows as they are now."""
        for row in rows:
            self._rows[row.key] = row
            self._rows.move_to_end(row.key)
            self._keys[row.id] = row.key
            self._gone.discard(row.key)
        while len(self._rows) > self._size:
            key, row = self._rows.popitem(last=False)
            self._keys.pop(row.id, None)
            self._stale.discard(key)

    def needs(self, key: int) -> bool:
        """Say whether the row must be fetched: it is not here, or has changed since."""
        return key in self._stale or (key not in self._rows and key not in self._gone)

    def fresh(self) -> frozenset[int]:
        """Return the keys of the rows that are here and need not be fetched."""
        return frozenset(self._rows.keys() - self._stale)

    def asked(self, keys: Iterable[int]) -> None:
        """The rows of `keys` are being fetched; a change from now on makes them stale again."""
        self._stale.difference_update(keys)

    def answered(self, keys: Iterable[int], rows: Iterable[Row]) -> None:
        """The answer to `asked`: keys without a row are of records that are gone."""
        rows = tuple(rows)
        self.put(rows)
        self._gone.update(set(keys) - {row.key for row in rows})

    def is_gone(self, key: int) -> bool:
        """Say whether the record of `key` does not count any more."""
        return key in self._gone

    def key_of(self, id: bytes) -> int | None:
        """Return the key of a record that is in the cache."""
        return self._keys.get(id)

    def set_stale(self, ids: Iterable[bytes]) -> set[int]:
        """Note that records have changed; return the keys of those that are here."""
        keys = {self._keys[record] for record in ids if record in self._keys}
        self._stale |= keys
        return keys

    def set_all_stale(self) -> None:
        """Note that anything may have changed."""
        self._stale = set(self._rows)
        self._gone.clear()

    def clear(self) -> None:
        """Forget all rows."""
        self._rows.clear()
        self._keys.clear()
        self._stale.clear()
        self._gone.clear()
