"""The table itself: the row where the keyboard is, keys and mouse, and how a list that has changed is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QToolTip, QWidget

from opsdesk.ui.bridge import Bridge
from opsdesk.ui.theme import follow, theme
from opsdesk.ui.theme.current import TABLE_HEADER_HEIGHT
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.row_table.cell import forget_measures
from opsdesk.ui.widgets.row_table.folding import Folding
from opsdesk.ui.widgets.row_table.header import RowHeader
from opsdesk.ui.widgets.row_table.marking import Marking
from opsdesk.ui.widgets.row_table.marks import Keys
from opsdesk.ui.widgets.row_table.model import Index, RowModel
from opsdesk.ui.widgets.row_table.painting import Painting
from opsdesk.ui.widgets.row_table.pointing import Pointing
from opsdesk.ui.widgets.row_table.source import Asked, Comparison, RowSource
from opsdesk.ui.widgets.tip import tip

_ACTED = 5_000
_ONE_BY_ONE = 20
_AROUND = 30

Key = Qt.Key
Modifier = Qt.KeyboardModifier


class RowTable(Marking, Painting, Pointing, Folding, QTableView):
    """A virtual table over a query. Signals:

    `opened` with a row (Enter, a double click, a click on a link cell); `current_changed` with the row where the
    keyboard is, or None while it is not here; `marks_changed` with the number of marked rows; `viewed` with the first
    and last row on the screen; `edit_asked` with a row number and a column name; `news` with the `Comparison` that
    waits to be shown, or None when nothing waits; `copy_asked`; `menu_asked` with a global point; `surveyed` with what
    the survey of the rows found; `resized`; `folded` when a person folded groups or opened them.
    """

    opened = Signal(object)
    current_changed = Signal(object)
    marks_changed = Signal(int)
    viewed = Signal(int, int)
    edit_asked = Signal(int, str)
    news = Signal(object)
    copy_asked = Signal()
    menu_asked = Signal(QPoint)
    resized = Signal()
    surveyed = Signal(object)
    folded = Signal()

    def __init__(
        self, source: RowSource, desk: Asked, bridge: Bridge, *, mark_column: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.rows = RowModel(source, desk, bridge, self)
        self._begin_marking()
        self._begin_painting(mark_column)
        self.waiting: Comparison | None = None
        self.is_editing: Callable[[], bool] = lambda: False
        self._same_rows = False
        self._acted: set[int] = set()
        self._seen = (0, -1)
        self._current_row: Any = None

        self._untold = False
        self.setModel(self.rows)
        self.setHorizontalHeader(RowHeader(source.columns, self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # so that scrolling moves pixels
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(20)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.addScrollBarWidget(_HeaderEnd(self), Qt.AlignmentFlag.AlignTop)
        self.header.fit()

        self.rows.arrived.connect(self._arrived)
        self.rows.compared.connect(self._compared)
        self.rows.rows_arrived.connect(self._rows_arrived)
        self.rows.keys_known.connect(self._keys_known)
        self.verticalScrollBar().valueChanged.connect(lambda _value: self._cut.clear())
        ticker.minute.connect(self.viewport().update)
        follow(self, self._dress)

    @property
    def header(self) -> RowHeader:
        """The header of the columns."""
        header = self.horizontalHeader()
        assert isinstance(header, RowHeader)
        return header

    @property
    def line_height(self) -> int:
        """The height of a row in pixels."""
        return theme.row_height

    # -- the current row ---------------------------------------------------------------------------------
    @property
    def current_number(self) -> int:
        """The number of the row where the keyboard is, from 0; -1 for none."""
        return self.currentIndex().row()

    @property
    def current_row(self) -> Any | None:
        """The row where the keyboard is; None while it is not here, and at the head of a group."""
        return self.rows.row(self.current_number)

    @property
    def current_column(self) -> str:
        """The name of the column where the keyboard is."""
        index = self.currentIndex()
        return self.rows.columns[index.column()].name if index.isValid() else ""

    def go(self, number: int, *, middle: bool = False) -> None:
        """Put the keyboard on a row (the nearest there is) and bring it on view."""
        if not self.rows.rowCount():
            return
        number = min(max(number, 0), self.rows.rowCount() - 1)
        column = max(0, self.currentIndex().column())
        if self.isColumnHidden(column):
            column = self.header.logicalIndexAt(1)
        index = self.rows.index(number, column)
        self.selectionModel().setCurrentIndex(
            index, QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        )
        hint = QAbstractItemView.ScrollHint
        if self.rows.row(number) is None:
            self.rows.want(number - _AROUND, number + _AROUND)  # also while the table is hidden and paints nothing
        on_view = self._seen[0] <= number <= self._seen[1]
        self.scrollTo(index, hint.PositionAtCenter if middle and not on_view else hint.EnsureVisible)

    def step(self, by: int) -> None:
        """Move the keyboard by some rows."""
        self.go(self.current_number + by)

    def step_row(self, by: int) -> None:
        """Move the keyboard to the next or previous row, over heads; it stays where there is none."""
        line = self.current_number + by
        while self.rows.sections and self.rows.head(line) is not None:
            line += by
        if 0 <= line < self.rows.rowCount():
            self.go(line)

    def go_to_key(self, key: int) -> bool:
        """Put the keyboard on the row with a key; False when it is not in the list (as far as that is known)."""
        place = self.rows.keys.row_of(key)
        if place is None:
            return False
        self.go_to_place(place)
        return True

    def _keys_known(self) -> None:
        if self._all_when_known:
            self.mark_all()

    # -- the list as a whole -----------------------------------------------------------------------------
    def show_query(self, query: Any, *, same_rows: bool = False) -> None:
        """Show a query from its top. `same_rows` says that only the order is another: then marks stay."""
        self._same_rows = same_rows
        self.rows.show(query, same_rows=same_rows)

    def on_view(self) -> tuple[int, int]:
        """Return the first and last row on the screen, from 0; (0, -1) when there are none."""
        if not self.rows.rowCount():
            return 0, -1
        height = self.viewport().height()
        first = self.rowAt(0)
        last = self.rowAt(height - 1)
        return max(first, 0), last if last >= 0 else self.rows.rowCount() - 1

    def acted(self, keys: Keys) -> None:
        """The person is changing these rows here: when they leave the query by it, they leave the screen at once."""
        self._acted.update(keys[:_ACTED].tolist())

    def take_news(self) -> None:
        """Show the list as it is now, at its first new row if there is one, else around the same row."""
        if self.waiting is not None:
            self._take(self.waiting, to_new=True)

    def _arrived(self) -> None:
        if not self._same_rows:
            self.marks.clear()
            self._all_when_known = False
        self._anchor = None
        self._acted.clear()
        self._set_waiting(None)
        self._tell_marks()
        self.scrollToTop()
        with self._current_untold():
            self.go(1 if self.rows.sections and self.rows.sections.is_open(0) else 0)
        # The rows are what was asked for: they are painted before preview, header and counters follow.
        self.viewport().repaint()
        self._tell_current()

    def _rows_arrived(self) -> None:
        if self.current_row is not self._current_row:
            self.viewport().repaint()  # before the preview follows, too
        self._tell_current()

    @contextmanager
    def _current_untold(self) -> Iterator[None]:
        """Move the keyboard without telling anyone yet."""
        self._untold = True
        yield
        self._untold = False

    def _compared(self, comparison: Comparison) -> None:
        mine = comparison.gone[np.isin(comparison.gone, np.array([*self._acted], dtype=np.int32))]
        self._acted.difference_update(mine.tolist())
        left = self.rows.has_left_group(self._acted, comparison)
        if self.is_editing():
            self._set_waiting(comparison)
        elif self.rows.sections and (left or len(mine)):
            # What the person moved into another group, or out of the list, leaves its place at once.
            self._acted -= left
            self._take(comparison, stay=True)
        elif len(mine) > _ONE_BY_ONE or self._may_shift():
            self._take(comparison)
        elif len(mine):
            self.marks.remove(mine)
            self.rows.take_out(mine)
            self._tell_marks()
            self.rows.changed(())  # compare again with what is shown now
        else:
            self._set_waiting(comparison)

    def _may_shift(self) -> bool:
        at_top = self.verticalScrollBar().value() == 0
        first = 1 if self.rows.sections else 0
        return at_top and not self.marks and (self.current_number <= first or not self.hasFocus())

    def _take(self, comparison: Comparison, *, to_new: bool = False, stay: bool = False) -> None:
        at_top = self.verticalScrollBar().value() == 0
        number, first = self.current_number, self.on_view()[0]
        key, first_key = self.rows.key_at(number), self.rows.key_at(first)
        head = self.rows.head(number)
        self.rows.take(comparison)
        self.marks.keep_only(comparison.keys)
        self._set_waiting(None)
        self._tell_marks()
        place = None if key is None or stay else self.rows.line_of_key(key)
        above = None if first_key is None else self.rows.line_of_key(first_key)
        if head is not None:
            place = self._line_of_group(head.value)
        if at_top:
            self.scrollToTop()
        else:
            height = self.verticalHeader().defaultSectionSize()
            self.verticalScrollBar().setValue((first if above is None else above) * height)
        if to_new and len(comparison.added):
            new = int(np.flatnonzero(np.isin(comparison.keys, comparison.added[:1]))[0])
            self._unfold_at(new)
            place = self.rows.sections.line(new)
        self.go(number if place is None else place, middle=to_new)

    def _set_waiting(self, comparison: Comparison | None) -> None:
        if comparison is not self.waiting:
            self.waiting = comparison
            self.rows.note_numbers(comparison)
            self.news.emit(comparison)

    def _tell_current(self) -> None:
        if self._untold:
            return
        row = self.current_row
        if row is not self._current_row:
            self._current_row = row
            self.current_changed.emit(row)

    # -- painting ----------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.color("surface"))
        first, last = self.on_view()
        if (first, last) != self._seen:
            self._seen = (first, last)
            self.rows.want(first, last)
            self.viewed.emit(first, last)
        if last < first:
            self._survey(first, last)
        else:
            self._paint_rows(painter, event.region(), first, last)

    def _dress(self) -> None:
        forget_measures()
        self.verticalHeader().setDefaultSectionSize(self.line_height)
        self.verticalScrollBar().setSingleStep(self.line_height)
        self.header.fit()
        self.viewport().update()

    # -- Qt ----------------------------------------------------------------------------------------------
    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if current.column() == previous.column():
            self._cell_cursor = self._cell_cursor and current.isValid()
        for index in (current, previous):
            if index.isValid():
                self._update_row(index.row())
        self._tell_current()

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        ends = {
            QAbstractItemView.CursorAction.MoveHome: 0,
            QAbstractItemView.CursorAction.MoveEnd: self.rows.rowCount() - 1,
        }
        if action in ends and self.rows.rowCount():
            return self.rows.index(ends[action], max(0, self.currentIndex().column()))
        return super().moveCursor(action, modifiers)

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys of actions here, not a search."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, shift = event.key(), bool(event.modifiers() & Modifier.ShiftModifier)
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        elif key in (Key.Key_Return, Key.Key_Enter):
            if (row := self.current_row) is not None:
                self.opened.emit(row)
            else:
                self.toggle_group()
        elif key in (Key.Key_Left, Key.Key_Right) and self._fold_by_key(key == Key.Key_Left):
            pass
        elif shift and key in (Key.Key_Up, Key.Key_Down):
            if self._anchor is None:
                self.mark_range()
            self.step(-1 if key == Key.Key_Up else 1)
            self.mark_range()
        else:
            if key in (Key.Key_Left, Key.Key_Right):
                self._cell_cursor = True
            super().keyPressEvent(event)
            return
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.indexAt(event.pos())
            text = self.rows.data(index, Qt.ItemDataRole.ToolTipRole) if index.isValid() else None
            if not text and (index.row(), index.column()) in self._cut:
                text = self.rows.data(index)
            QToolTip.showText(event.globalPos(), tip(text or ""), self, self.visualRect(index))
            return True
        return super().viewportEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header.fit()
        self.resized.emit()

    def cell_rect(self, number: int, column: str) -> QRect:
        """Return where a cell is on the viewport."""
        return self.visualRect(self.rows.index(number, self.rows.column_number(column)))

    def point_below(self, number: int, column: str) -> QPoint:
        """Return the global point below a cell, where a list to choose from opens."""
        return self.viewport().mapToGlobal(self.cell_rect(number, column).bottomLeft())


class _HeaderEnd(QWidget):
    """Goes on with the header above the scroll bar, which belongs to the rows alone."""

    def __init__(self, table: RowTable) -> None:
        super().__init__(table)
        self.setFixedHeight(TABLE_HEADER_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("zebra"))
        painter.setPen(theme.color("line"))
        painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())
