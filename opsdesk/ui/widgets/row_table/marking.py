"""Marking rows of a table: one by one, ranges, the page on view, all that match; a part of `RowTable`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsdesk.ui.widgets.row_table.marks import Keys, Marks

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QWidget

    from opsdesk.ui.widgets.row_table.model import RowModel


class Marking:
    """The part of the table that knows the marked rows. Marks are kept by key, so that they hold through sorting."""

    if TYPE_CHECKING:
        rows: RowModel
        marks_changed: SignalInstance

        @property
        def current_number(self) -> int: ...
        def on_view(self) -> tuple[int, int]: ...
        def viewport(self) -> QWidget: ...

    def _begin_marking(self) -> None:
        self.marks = Marks()
        self._all_when_known = False
        self._anchor: int | None = None

    def mark(self, number: int | None = None) -> None:
        """Mark a row or unmark it, by default the current one; at the head of a group all of its rows."""
        number = self.current_number if number is None else number
        group = self.rows.sections.head(number)
        if group is not None:
            keys = self.rows.keys_of_group(group)
            (self.marks.remove if self.is_marked(number) else self.marks.add)(keys)
            self._anchor = number
            self._tell_marks()
            return
        key = self.rows.key_at(number)
        if key is not None:
            self.marks.toggle(key)
            self._anchor = number
            self._tell_marks()

    def mark_range(self, number: int | None = None) -> None:
        """Mark all rows from the one that was marked last to a row, by default the current one."""
        number = self.current_number if number is None else number
        anchor = self._anchor if self._anchor is not None else number
        self.marks.add(self.rows.keys_between(min(anchor, number), max(anchor, number)))
        self._anchor = number
        self._tell_marks()

    def mark_page(self) -> None:
        """Mark the rows on the screen; when they are marked already, all rows that match."""
        page = self.rows.keys_between(*self.on_view())
        if all(int(key) in self.marks for key in page):
            self.mark_all()
            return
        self.marks.add(page)
        self._tell_marks()

    def mark_all(self) -> None:
        """Mark all rows that match, those included whose keys are still on their way."""
        self._all_when_known = not self.rows.keys.complete
        self.marks.add(self.rows.keys.all())
        self._tell_marks()

    def unmark(self) -> None:
        """Mark nothing."""
        self._all_when_known = False
        self._anchor = None
        self.marks.clear()
        self._tell_marks()

    def is_marked(self, number: int) -> bool:
        """Say whether a row is marked; the head of a group where all of its rows are."""
        group = self.rows.sections.head(number)
        if group is not None and not self._all_when_known:
            first, last = self.rows.sections.span(group)
            keys = self.rows.keys.slice(first, last)
            return bool(self.marks) and len(keys) == last - first + 1 and self.marks.holds(keys)
        key = self.rows.key_at(number)
        return self._all_when_known or (key is not None and key in self.marks)

    @property
    def marked_count(self) -> int:
        """How many rows are marked."""
        return self.rows.total if self._all_when_known else len(self.marks)

    @property
    def all_marked(self) -> bool:
        """Whether every row that matches is marked."""
        return self.rows.total > 0 and self.marked_count >= self.rows.total

    def chosen_keys(self) -> Keys:
        """Return the keys that an act is about: the marked rows in their order, else the current one."""
        if self.marks:
            return self.marks.among(self.rows.keys.all())
        return self.current_keys()

    def current_keys(self) -> Keys:
        """Return the key of the row where the keyboard is; none at the head of a group."""
        return self.rows.keys_between(self.current_number, self.current_number).copy()

    def _tell_marks(self) -> None:
        self.viewport().update()
        self.marks_changed.emit(self.marked_count)
