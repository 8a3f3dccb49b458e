"""The mouse in a row table: going to rows, marking and opening them, what lies under the pointer; a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QMouseEvent

from opsdesk.ui.widgets.row_table.cell import PADDING
from opsdesk.ui.widgets.row_table.model import Index, RowModel

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance
    from PySide6.QtWidgets import QHeaderView, QWidget

    from opsdesk.ui.widgets.row_table.marks import Marks

Modifier = Qt.KeyboardModifier


class Pointing:
    """The part of the table that the mouse works."""

    if TYPE_CHECKING:
        rows: RowModel
        marks: Marks
        opened: SignalInstance
        edit_asked: SignalInstance
        menu_asked: SignalInstance
        _anchor: int | None
        _cell_cursor: bool
        _mark_column: str
        _hover: tuple[int, int]

        @property
        def current_number(self) -> int: ...
        def go(self, number: int, *, middle: bool = False) -> None: ...
        def mark(self, number: int | None = None) -> None: ...
        def mark_range(self, number: int | None = None) -> None: ...
        def indexAt(self, point: QPoint) -> QModelIndex: ...
        def currentIndex(self) -> QModelIndex: ...
        def visualRect(self, index: Index) -> QRect: ...
        def viewport(self) -> QWidget: ...
        def verticalHeader(self) -> QHeaderView: ...
        def rowViewportPosition(self, row: int) -> int: ...
        def fontMetrics(self) -> QFontMetrics: ...
        def _press_head(self, index: QModelIndex, event: QMouseEvent) -> bool: ...

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self._cell_cursor = False
            if self._press_head(index, event):
                return
            before = self.current_number
            name = self.rows.columns[index.column()].name
            if event.modifiers() & Modifier.ShiftModifier:
                self._anchor = before if self._anchor is None else self._anchor
                self.go(index.row())
                self.mark_range(index.row())
                return
            if event.modifiers() & Modifier.ControlModifier or name == self._mark_column:
                # As everywhere: with nothing marked yet, Ctrl adds to the row where one already is.
                if not self.marks and name != self._mark_column and before not in (-1, index.row()):
                    self.mark(before)
                self.mark(index.row())
                self.go(index.row())
                return
        super().mousePressEvent(event)  # type: ignore[misc]

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)  # type: ignore[misc]
        index = self.indexAt(event.position().toPoint())
        plain = event.modifiers() == Modifier.NoModifier and event.button() == Qt.MouseButton.LeftButton
        if plain and index.isValid() and self.rows.columns[index.column()].link and self._over_words(index, event):
            row = self.rows.row(index.row())
            if row is not None and index.row() == self.current_number:
                self.opened.emit(row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        if self._press_head(index, event):
            return
        column = self.rows.columns[index.column()]
        row = self.rows.row(index.row())
        if column.name == self._mark_column or row is None:
            self.mousePressEvent(event)
        elif column.editable:
            self.edit_asked.emit(index.row(), column.name)
        elif not column.link:
            self.opened.emit(row)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if keyboard else self.indexAt(event.pos())
        if index.isValid():
            self.go(index.row())
            at = self.visualRect(index).bottomLeft() if keyboard else event.pos()
            if self.rows.head(index.row()) is None:
                self.menu_asked.emit(self.viewport().mapToGlobal(at))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        self._set_hover(index.row(), index.column())
        link = index.isValid() and self.rows.columns[index.column()].link and self._over_words(index, event)
        hand = link or self.rows.head(index.row()) is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
        if not event.buttons():
            super().mouseMoveEvent(event)  # type: ignore[misc]

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(-1, -1)
        super().leaveEvent(event)  # type: ignore[misc]

    def _set_hover(self, row: int, column: int) -> None:
        before, self._hover = self._hover, (row, column)
        if before != self._hover:
            for number in {before[0], row} - {-1}:
                self._update_row(number)

    def _update_row(self, number: int) -> None:
        top = self.rowViewportPosition(number)
        self.viewport().update(0, top, self.viewport().width(), self.verticalHeader().defaultSectionSize())

    def _over_words(self, index: QModelIndex, event: QMouseEvent) -> bool:
        rect = self.visualRect(index)
        words = self.fontMetrics().horizontalAdvance(self.rows.data(index) or "")
        return rect.left() <= event.position().x() <= rect.left() + PADDING + words
