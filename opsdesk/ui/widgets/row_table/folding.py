"""Groups in a row table: their heads fold by the mouse and by the keyboard; a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QMouseEvent

from opsdesk.ui.widgets.row_table.model import RowModel

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QHeaderView

    from opsdesk.ui.widgets.row_table.header import RowHeader

Modifier = Qt.KeyboardModifier


class Folding:
    """The part of the table that folds groups. `folded` is told after each change that a person made."""

    if TYPE_CHECKING:
        rows: RowModel
        folded: SignalInstance
        _cell_cursor: bool
        _mark_column: str

        @property
        def header(self) -> RowHeader: ...
        @property
        def current_number(self) -> int: ...
        def go(self, number: int, *, middle: bool = False) -> None: ...
        def mark(self, number: int | None = None) -> None: ...
        def on_view(self) -> tuple[int, int]: ...
        def currentIndex(self) -> QModelIndex: ...
        def verticalHeader(self) -> QHeaderView: ...

    def go_to_place(self, place: int) -> None:
        """Put the keyboard on a row by its place in the list; a folded group opens for it."""
        self._unfold_at(place)
        line = self.rows.sections.line(place)
        if line is not None:
            self.go(line, middle=True)

    def toggle_group(self, number: int | None = None) -> None:
        """Fold a group or open it, by default the one where the keyboard is."""
        if not self.rows.sections:
            return
        if number is None:
            number = self.rows.sections.number_of(max(0, self.current_number))
        self._set_folded(number, self.rows.sections.is_open(number))

    def fold_all(self, folded: bool) -> None:
        """Fold all groups, or open them; the keyboard stays in its group."""
        sections = self.rows.sections
        if not sections:
            return
        number = sections.number_of(max(0, self.current_number))
        self.rows.fold_all(folded)
        self.go(self.rows.sections.line_of_head(number), middle=True)
        self.folded.emit()

    def _set_folded(self, number: int, folded: bool) -> None:
        inside = self.rows.sections.number_of(max(0, self.current_number)) == number
        if inside and folded:
            self.go(self.rows.sections.line_of_head(number))
        self.rows.fold(number, folded)
        self.folded.emit()

    def _unfold_at(self, place: int) -> None:
        sections = self.rows.sections
        if sections and 0 <= place < sections.total and not sections.is_open(number := sections.number_at(place)):
            self._set_folded(number, False)

    def _line_of_group(self, value: str) -> int | None:
        sections = self.rows.sections
        numbers = (number for number, group in enumerate(sections.groups) if group.value == value)
        number = next(numbers, None)
        return None if number is None else sections.line_of_head(number)

    def _fold_by_key(self, left: bool) -> bool:
        """Left folds a group and goes to its head from a row, Right opens it; False where the key means a cell."""
        sections = self.rows.sections
        if not sections or self.current_number < 0:
            return False
        number = sections.head(self.current_number)
        if number is not None:
            if sections.is_open(number) is left:
                self._set_folded(number, left)
            elif not left:
                self.go(self.current_number + 1)
            return True
        first = self.header.logicalIndexAt(1)
        if left and (not self._cell_cursor or self.currentIndex().column() == first):
            self._cell_cursor = False
            self.go(sections.line_of_head(sections.number_of(self.current_number)))
            return True
        return False

    def _press_head(self, index: QModelIndex, event: QMouseEvent) -> bool:
        """A press on the head of a group folds it; in the column of marks, or with Ctrl, it marks its rows."""
        number = self.rows.sections.head(index.row())
        if number is None:
            return False
        self.go(index.row())
        name = self.rows.columns[index.column()].name
        if event.modifiers() & Modifier.ControlModifier or name == self._mark_column:
            self.mark(index.row())
        else:
            self._set_folded(number, self.rows.sections.is_open(number))
        return True
