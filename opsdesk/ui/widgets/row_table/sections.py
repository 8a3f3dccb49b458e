"""Where rows and the heads of their groups stand in a table, from the sizes of the groups alone.

Three numberings meet here: a *line* is what the table shows below each other, heads and rows; a *place* is a row's
number in the list as the query gives it, folded or not; a *number* counts the groups.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


class Group(Protocol):
    """A run of rows under a head. `value` is the same for it at every time; `tone` may colour its name."""

    @property
    def value(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def tone(self) -> str: ...


class Sections:
    """Without groups lines are places."""

    def __init__(self, groups: Sequence[Group] = (), folded: Collection[str] = ()) -> None:
        self.groups = tuple(groups)
        sizes = np.array([group.count for group in self.groups], dtype=np.int64)
        open_ = np.array([group.value not in folded for group in self.groups], dtype=np.bool_)
        self._open = open_
        self._starts = np.concatenate(([0], np.cumsum(sizes)))
        self._heads = np.concatenate(([0], np.cumsum(1 + np.where(open_, sizes, 0))))

    def __bool__(self) -> bool:
        return bool(self.groups)

    @property
    def total(self) -> int:
        """How many rows the groups have together, folded ones included."""
        return int(self._starts[-1])

    def lines(self, total: int) -> int:
        """How many lines there are, `total` being the number of rows of a list without groups."""
        return int(self._heads[-1]) if self.groups else total

    def number_of(self, line: int) -> int:
        """The group that a line belongs to."""
        return int(np.searchsorted(self._heads[:-1], line, side="right")) - 1

    def number_at(self, place: int) -> int:
        """The group that a place belongs to."""
        return int(np.searchsorted(self._starts[1:], place, side="right"))

    def head(self, line: int) -> int | None:
        """The group whose head a line is; None for a row."""
        if not self.groups or not 0 <= line < self._heads[-1]:
            return None
        number = self.number_of(line)
        return number if self._heads[number] == line else None

    def line_of_head(self, number: int) -> int:
        """The line where the head of a group stands."""
        return int(self._heads[number])

    def is_open(self, number: int) -> bool:
        """Whether the rows of a group are shown."""
        return bool(self._open[number])

    def span(self, number: int) -> tuple[int, int]:
        """The first and the last place of a group."""
        return int(self._starts[number]), int(self._starts[number + 1]) - 1

    def place(self, line: int) -> int | None:
        """The place of a line; None for a head."""
        if not self.groups:
            return line
        if not 0 <= line < self._heads[-1]:
            return None
        number = self.number_of(line)
        within = line - int(self._heads[number]) - 1
        return None if within < 0 else int(self._starts[number]) + within

    def line(self, place: int) -> int | None:
        """The line of a place; None where its group is folded."""
        if not self.groups:
            return place
        if not 0 <= place < self.total:
            return None
        number = self.number_at(place)
        if not self._open[number]:
            return None
        return int(self._heads[number]) + 1 + place - int(self._starts[number])

    def places(self, first: int, last: int) -> Places:
        """The places of the lines from `first` to `last`, both included, without heads."""
        if not self.groups:
            return np.arange(max(first, 0), last + 1)
        first, last = max(first, 0), min(last, int(self._heads[-1]) - 1)
        pieces = []
        for number in range(self.number_of(first), self.number_of(last) + 1) if first <= last else ():
            head, start = int(self._heads[number]), int(self._starts[number])
            begin, end = max(first, head + 1), min(last, int(self._heads[number + 1]) - 1)
            pieces.append(np.arange(begin, end + 1) - head - 1 + start)
        return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int64)
