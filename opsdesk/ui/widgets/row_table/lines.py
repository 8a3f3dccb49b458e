"""The lines of a table in groups: heads and rows, folding, and the numbers of groups; a part of `RowModel`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from opsdesk.ui.widgets.row_table.sections import Group, Sections

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance

    from opsdesk.ui.widgets.row_table.columns import Column
    from opsdesk.ui.widgets.row_table.keys import KeyList
    from opsdesk.ui.widgets.row_table.marks import Keys
    from opsdesk.ui.widgets.row_table.source import Comparison

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class Lines(QAbstractTableModel):
    """The part of the model that knows which line is a row and which the head of a group."""

    if TYPE_CHECKING:
        keys: KeyList
        columns: tuple[Column, ...]
        total_changed: SignalInstance
        _total: int

    def _begin_lines(self) -> None:
        self.sections = Sections()
        self.folded: set[str] = set()
        """The groups whose rows are hidden, by their values."""
        self._now: dict[str, int] = {}

    def key_at(self, line: int) -> int | None:
        """Return the key of the row of a line; None while it is not known, and for the head of a group."""
        place = self.sections.place(line)
        return None if place is None else self.keys.at(place)

    def keys_between(self, first: int, last: int) -> Keys:
        """Return the known keys of the rows between two lines, both included."""
        if not self.sections:
            return self.keys.slice(first, last)
        places = self.sections.places(first, last)
        return self.keys.all()[places[places < self.keys.known]]

    def line_of_key(self, key: int) -> int | None:
        """Return the line of a row; None when its key is not known or its group folded."""
        place = self.keys.row_of(key)
        return None if place is None else self.sections.line(place)

    def head(self, line: int) -> Group | None:
        """Return the group whose head a line is; None for a row."""
        number = self.sections.head(line)
        return None if number is None else self.sections.groups[number]

    def head_count(self, group: Group) -> int:
        """Return how many rows a group has now, those included that came since the rows were read."""
        return self._now.get(group.value, 0) if self._now else group.count

    def keys_of_group(self, number: int) -> Keys:
        """Return the known keys of a group."""
        return self.keys.slice(*self.sections.span(number))

    def fold(self, number: int, folded: bool) -> None:
        """Hide the rows of a group, or show them."""
        group = self.sections.groups[number]
        if self.sections.is_open(number) is not folded:
            return
        line = self.sections.line_of_head(number) + 1
        (self.folded.add if folded else self.folded.discard)(group.value)
        after = Sections(self.sections.groups, self.folded)
        if folded:
            self.beginRemoveRows(QModelIndex(), line, line + group.count - 1)
            self.sections = after
            self.endRemoveRows()
        else:
            self.beginInsertRows(QModelIndex(), line, line + group.count - 1)
            self.sections = after
            self.endInsertRows()
        self._tell_head(number)

    def fold_all(self, folded: bool) -> None:
        """Hide the rows of all groups, or show them."""
        self.beginResetModel()
        self.folded = {group.value for group in self.sections.groups} if folded else set()
        self.sections = Sections(self.sections.groups, self.folded)
        self.endResetModel()

    def _tell_head(self, number: int) -> None:
        line = self.sections.line_of_head(number)
        self.dataChanged.emit(self.index(line, 0), self.index(line, len(self.columns) - 1))

    def note_numbers(self, comparison: Comparison | None) -> None:
        """The heads tell the numbers of a comparison that is not shown yet; None takes that back."""
        self._now = {group.value: group.count for group in comparison.groups} if comparison is not None else {}
        for number in range(len(self.sections.groups)):
            self._tell_head(number)

    def has_left_group(self, keys: Collection[int], comparison: Comparison) -> set[int]:
        """Return those of some keys that stand in another group by the comparison."""
        found: set[int] = set()
        if not self.sections or not keys:
            return found
        after = Sections(comparison.groups)
        wanted = np.fromiter(keys, dtype=np.int32)
        now = {int(comparison.keys[at]): int(at) for at in np.flatnonzero(np.isin(comparison.keys, wanted))}
        for at in np.flatnonzero(np.isin(self.keys.all(), wanted)):
            key = int(self.keys.all()[at])
            before = self.sections.groups[self.sections.number_at(int(at))].value
            if key in now and after.groups[after.number_at(now[key])].value != before:
                found.add(key)
        return found

    def _regroup(self, groups: Sequence[Group]) -> None:
        self.beginResetModel()
        self.sections = Sections(groups, self.folded)
        self._total = self.sections.total
        self.endResetModel()
        self.total_changed.emit(self._total)

    def _head_data(self, group: Group, index: Index, role: int) -> Any:
        if role == Role.DisplayRole:
            return group.label
        if role == Role.AccessibleTextRole:
            number = self.head_count(group)
            how = "folded" if group.value in self.folded else "open"
            return f"Group {group.label}: {number:,} row{'' if number == 1 else 's'}, {how}"
        return None
