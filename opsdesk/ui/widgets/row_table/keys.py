"""The keys of all rows of a query in their order; they arrive in pieces while the table is already in use."""

from __future__ import annotations

import numpy as np

from opsdesk.ui.widgets.row_table.marks import Keys


class KeyList:
    """Known is always a beginning: the first `known` rows of the query."""

    def __init__(self, keys: Keys | None = None, *, complete: bool = False) -> None:
        self._buffer: Keys = np.zeros(0, dtype=np.int32) if keys is None else np.asarray(keys, dtype=np.int32)
        self.known = len(self._buffer)
        self.complete = complete

    def __len__(self) -> int:
        return self.known

    def at(self, row: int) -> int | None:
        """Return the key of a row, None while it is not known."""
        return int(self._buffer[row]) if 0 <= row < self.known else None

    def slice(self, first: int, last: int) -> Keys:
        """Return the known keys of the rows from `first` to `last`, both included."""
        return self._buffer[max(0, first) : min(last + 1, self.known)]

    def all(self) -> Keys:
        """Return all known keys, without copying them; do not write into them."""
        return self._buffer[: self.known]

    def row_of(self, key: int) -> int | None:
        """Return the row where `key` stands, None when it is not among the known."""
        found = np.flatnonzero(self.all() == key)
        return int(found[0]) if len(found) else None

    def reserve(self, total: int) -> None:
        """Make room for `total` keys, so that pieces need no copying of what is there."""
        if total > len(self._buffer):
            grown = np.zeros(total, dtype=np.int32)
            grown[: self.known] = self.all()
            self._buffer = grown

    def put(self, start: int, piece: Keys) -> None:
        """Take over a piece that begins at row `start`. It may say again what is known, and leaves no gap."""
        end = start + len(piece)
        if start > self.known:
            raise ValueError(f"rows {self.known} to {start - 1} are missing")
        if end > len(self._buffer):
            self.reserve(max(end, len(self._buffer) * 2, 1024))
        self._buffer[start:end] = piece
        self.known = max(self.known, end)

    def finish(self, total: int) -> None:
        """All pieces have come: the query has `total` rows."""
        self.known = total
        self.complete = True

    def without(self, keys: Keys) -> KeyList:
        """Return the list without some keys."""
        return KeyList(self.all()[~np.isin(self.all(), keys)], complete=self.complete)
