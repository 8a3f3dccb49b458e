"""Painting the rows of a table, all of a row in one go: its ground, its cells, its mark, its outline.

A part of `RowTable`. Painting through delegates, cell by cell, would cost a screen of rows three times as much.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QRegion

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.pill import paint_pill
from opsdesk.ui.widgets.row_table.cell import PADDING, Cell, paint_text
from opsdesk.ui.widgets.row_table.model import WAITING, Index, RowModel
from opsdesk.ui.widgets.row_table.sections import Group

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, SignalInstance
    from PySide6.QtWidgets import QHeaderView, QWidget

    from opsdesk.ui.widgets.row_table.header import RowHeader

_BAR = 3
_CARET = 30
"""Where the name of a group begins."""


class Painting:
    """The part of the table that paints rows.

    `survey` looks at the rows on view before they are painted, for what need not be said in each of them; `surveyed`
    tells when it finds something else.
    """

    if TYPE_CHECKING:
        rows: RowModel
        surveyed: SignalInstance

        @property
        def header(self) -> RowHeader: ...
        @property
        def current_number(self) -> int: ...
        def is_marked(self, number: int) -> bool: ...
        def viewport(self) -> QWidget: ...
        def verticalHeader(self) -> QHeaderView: ...
        def rowViewportPosition(self, row: int) -> int: ...
        def currentIndex(self) -> QModelIndex: ...
        def visualRect(self, index: Index) -> QRect: ...
        def hasFocus(self) -> bool: ...

    def _begin_painting(self, mark_column: str) -> None:
        self.survey: Callable[[list[Any]], Any] | None = None
        self._found: Any = None
        self._mark_column = mark_column
        self._hover = (-1, -1)
        self._cell_cursor = False
        self._cut: set[tuple[int, int]] = set()

    def _paint_rows(self, painter: QPainter, dirty: QRegion, first: int, last: int) -> None:
        columns = self._columns_on_view()
        height = self.verticalHeader().defaultSectionSize()
        top = self.rowViewportPosition(first)
        cell = Cell(painter, wall.now(), self._survey(first, last))
        for number in range(first, last + 1):
            line = QRect(0, top + (number - first) * height, self.viewport().width(), height)
            # Not the bounding rectangle of what is dirty: after a step that scrolls, two far rows are.
            if dirty.intersects(line):
                self._paint_row(cell, number, line, columns)

    def _survey(self, first: int, last: int) -> Any:
        if self.survey is None:
            return None
        rows = (self.rows.row(number) for number in range(first, last + 1))
        found = self.survey([row for row in rows if row is not None])
        if found != self._found:
            self._found = found
            QTimer.singleShot(0, self.viewport(), lambda: self.surveyed.emit(found))
            self.viewport().update()  # rows that are not dirty now may look otherwise
        return found

    def _columns_on_view(self) -> list[tuple[int, int, int]]:
        header = self.header
        return [
            (number, header.sectionViewportPosition(number), header.sectionSize(number))
            for number in range(len(self.rows.columns))
            if not header.isSectionHidden(number)
        ]

    def _paint_row(self, cell: Cell, number: int, line: QRect, columns: list[tuple[int, int, int]]) -> None:
        painter = cell.painter
        marked = self.is_marked(number)
        current = number == self.current_number
        lit = marked or current
        ground = "selection" if lit else "hover" if number == self._hover[0] else "zebra" if number % 2 else "surface"
        group = self.rows.head(number)
        if group is not None and ground in ("zebra", "surface"):
            ground = "window"
        painter.fillRect(line, theme.color(ground))
        if group is not None:
            columns = []
            self._paint_head(cell, number, line, group, lit=lit)
        row = self.rows.row(number)
        for column_number, left, width in columns:
            column = self.rows.columns[column_number]
            rect = QRect(left + PADDING, line.top(), width - 2 * PADDING, line.height())
            hovered = self._hover == (number, column_number)
            cell.begin(rect, lit=lit, hovered=hovered, right=column.right)
            if row is None:
                if not column.icon:
                    cell.text("gone" if self.rows.is_gone(number) else WAITING, colour="quiet")
            elif hovered and column.name == self._mark_column:
                self._paint_box(cell, marked)
            else:
                cell.cut = False
                (column.paint(cell, row) if column.paint else paint_text(cell, column.text(row)))
                if cell.cut:
                    self._cut.add((number, column_number))
        if lit:
            painter.fillRect(QRect(0, line.top(), _BAR, line.height()), theme.color("accent"))
        if current:
            self._paint_outline(painter, line)
        cell.forget_pen()

    def _paint_head(self, cell: Cell, number: int, line: QRect, group: Group, *, lit: bool) -> None:
        """The head of a group: whether it is open, its name, its number of rows, and a box to mark them all."""
        painter = cell.painter
        painter.setPen(theme.color("line"))
        painter.drawLine(line.bottomLeft(), line.bottomRight())
        cell.forget_pen()
        cell.begin(line.adjusted(_CARET, 0, -PADDING, 0), lit=lit, hovered=False, right=False)
        open_ = group.value not in self.rows.folded
        box = next(
            (QRect(x, line.top(), width, line.height()) for n, x, width in self._columns_on_view()
             if self.rows.columns[n].name == self._mark_column), None,
        )  # fmt: skip
        over_box = box is not None and self._hover[0] == number and self._hover[1] >= 0 and (
            self.rows.columns[self._hover[1]].name == self._mark_column
        )  # fmt: skip
        if box is not None and (over_box or self.is_marked(number)):
            cell.rect = box
            self._paint_box(cell, self.is_marked(number))
        else:
            place = QRectF(line.left() + PADDING, line.top(), 16, line.height())
            cell.icon(place, "caret-down" if open_ else "caret-right", "quiet", 14)
        cell.rect = line.adjusted(_CARET, 0, -PADDING, 0)
        if group.tone:
            width = int(paint_pill(painter, QRectF(cell.rect), group.label, group.tone))
            cell.forget_pen()
        else:
            width = cell.text(group.label, "strong")
        room = cell.rect.adjusted(min(width, cell.rect.width() - 60) + 10, 0, 0, 0)
        cell.text(f"{self.rows.head_count(group):,}", "body", "quiet", rect=room)

    def _paint_outline(self, painter: QPainter, line: QRect) -> None:
        painter.setPen(theme.color("selection_line" if self.hasFocus() else "line_strong"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(line.adjusted(_BAR, 0, -1, -1))
        index = self.currentIndex()
        if self._cell_cursor and self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.drawRect(self.visualRect(index).adjusted(1, 1, -2, -2))

    @staticmethod
    def _paint_box(cell: Cell, marked: bool) -> None:
        centre = cell.rect.center()
        name = "check-square-fill" if marked else "square"
        cell.icon(QRect(centre.x() - 9, centre.y() - 9, 20, 20).toRectF(), name, "link" if marked else "quiet", 17)
