"""The lines of the pane of facets: a heading for each field, its values below while it is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from opsdesk.services.tickets.facets import LABELS, Facet, FacetValue
from opsdesk.ui.widgets.tip import tip

SHOWN = 7
"""Values of a field that are shown at first; chosen ones are always among them."""

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


@dataclass(frozen=True)
class Line:
    """One line: `value` is None for a heading; `more` says how many values hide behind the line "Show all"."""

    name: str
    value: FacetValue | None = None
    more: int = 0


class FacetsModel(QAbstractListModel):
    """Headings are always there, values as soon as they were counted; old ones stay until then."""

    def __init__(self, open_names: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.open = {name for name in open_names if name in LABELS}
        self.whole: set[str] = set()
        """The fields of which all values are shown."""
        self.facets: dict[str, Facet] = {}
        self.lines: list[Line] = [Line(name) for name in LABELS]

    def put(self, facet: Facet) -> None:
        """Show what was counted."""
        if self.facets.get(facet.name) != facet:
            self.facets[facet.name] = facet
            self._lay_out(facet.name)

    def set_open(self, name: str, on: bool) -> None:
        """Show the values of a field, or its heading alone."""
        (self.open.add if on else self.open.discard)(name)
        self._lay_out(name)

    def show_all(self, name: str) -> None:
        """Show all values of a field."""
        self.whole.add(name)
        self._lay_out(name)

    def line(self, index: Index) -> Line | None:
        """Return the line of an index."""
        return self.lines[index.row()] if index.isValid() else None

    def row_of(self, name: str, text: str = "") -> int:
        """Return the row of a value, of the heading where there is no such."""
        heading = next(n for n, line in enumerate(self.lines) if line.name == name)
        rows = (n for n, line in enumerate(self.lines) if line.name == name and line.value and line.value.text == text)
        return next(rows, heading)

    def _lay_out(self, name: str) -> None:
        """Put the lines of one field anew, told line by line so that the keyboard stays where it is."""
        first = self.row_of(name)
        old = [line for line in self.lines if line.name == name]
        new = [Line(name), *self._values(name)]
        for number in range(min(len(old), len(new))):
            self.lines[first + number] = new[number]
        shared = first + min(len(old), len(new))
        if len(new) > len(old):
            self.beginInsertRows(QModelIndex(), shared, first + len(new) - 1)
            self.lines[shared:shared] = new[len(old) :]
            self.endInsertRows()
        elif len(new) < len(old):
            self.beginRemoveRows(QModelIndex(), shared, first + len(old) - 1)
            del self.lines[shared : first + len(old)]
            self.endRemoveRows()
        self.dataChanged.emit(self.index(first), self.index(shared - 1))

    def _values(self, name: str) -> list[Line]:
        facet = self.facets.get(name)
        if facet is None or name not in self.open:
            return []
        kept = len(facet.values) if name in self.whole else max(SHOWN, facet.chosen)
        shown = facet.values[:kept] if len(facet.values) > kept + 1 else facet.values
        lines = [Line(name, value) for value in shown]
        if len(shown) < len(facet.values):
            lines.append(Line(name, more=len(facet.values) + facet.left_out))
        return lines

    # -- Qt ----------------------------------------------------------------------------------------------
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        line = self.line(index)
        if line is None:
            return None
        if role == Role.UserRole:
            return line
        if role == Role.DisplayRole:
            return self._words(line)
        if role == Role.AccessibleTextRole:
            return self._spoken(line)
        if role == Role.ToolTipRole and line.value is not None:
            return tip(f"{line.value.label}: {line.value.count:,} tickets")
        return None

    def _words(self, line: Line) -> str:
        if line.more:
            return f"Show all {line.more:,}"
        return LABELS[line.name] if line.value is None else line.value.label

    def _spoken(self, line: Line) -> str:
        words, value = self._words(line), line.value
        if value is not None:
            return f"{words}, {value.count:,} tickets{', chosen' if value.chosen else ''}"
        if line.more:
            return words
        facet = self.facets.get(line.name)
        chosen = f", {facet.chosen} chosen" if facet is not None and facet.chosen else ""
        return f"{words}, {'open' if line.name in self.open else 'folded'}{chosen}"
