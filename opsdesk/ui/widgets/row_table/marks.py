"""The rows that a person has marked for one act, by their keys: a million fit in one megabyte."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int32]


class Marks:
    """A set of row keys as one flag per key.

    Keys are small whole numbers (SQLite row keys), so a flag for each is cheaper than any list of ranges, holds
    through every sorting, and adding half a million takes about a millisecond.
    """

    def __init__(self) -> None:
        self._flags = np.zeros(0, dtype=np.bool_)
        self._count = 0

    def __contains__(self, key: int) -> bool:
        return 0 <= key < len(self._flags) and bool(self._flags[key])

    def __len__(self) -> int:
        return self._count

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, keys: Keys) -> None:
        """Mark all of `keys`."""
        self._set(keys, True)

    def remove(self, keys: Keys) -> None:
        """Unmark all of `keys`."""
        self._set(keys, False)

    def toggle(self, key: int) -> None:
        """Mark `key`, or unmark it when it was marked."""
        self._set(np.array([key], dtype=np.int32), key not in self)

    def keep_only(self, keys: Keys) -> None:
        """Unmark whatever is not among `keys`."""
        kept = self.among(keys)
        self.clear()
        self.add(kept)

    def among(self, keys: Keys) -> Keys:
        """Return those of `keys` that are marked, in their order."""
        known = keys[keys < len(self._flags)]
        return known[self._flags[known]]

    def holds(self, keys: Keys) -> bool:
        """Say whether all of `keys` are marked."""
        return self._count >= len(keys) and len(self.among(keys)) == len(keys)

    def clear(self) -> None:
        """Unmark everything."""
        self._flags = np.zeros(0, dtype=np.bool_)
        self._count = 0

    def keys(self) -> Keys:
        """Return the marked keys, smallest first."""
        return np.flatnonzero(self._flags).astype(np.int32)

    def _set(self, keys: Keys, value: bool) -> None:
        if not len(keys):
            return
        top = int(keys.max()) + 1
        if top > len(self._flags):
            # Grown by half, so that marking one by one downwards stays cheap.
            self._flags = np.concatenate([self._flags, np.zeros(top + top // 2 - len(self._flags), dtype=np.bool_)])
        self._flags[keys] = value
        self._count = int(np.count_nonzero(self._flags))
