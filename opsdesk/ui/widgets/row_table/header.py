"""The header of a row table: labels, the order of sorting with its ranks, and moving, resizing and choosing columns."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QHeaderView, QToolTip, QWidget

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.theme.current import TABLE_HEADER_HEIGHT
from opsdesk.ui.widgets.row_table.cell import PADDING, elided, font_of, metrics_of
from opsdesk.ui.widgets.row_table.columns import Arrangement, Column

Order = tuple[str, ...]
_ARROW = 8


def order_after_click(order: Order, column: Column, *, further: bool) -> Order:
    """Return the order after a click on a column's header; `further` (Shift) adds to the order instead of replacing.

    A click on a column that sorts already turns its direction; the third one with Shift takes it out.
    """
    names = [name.lstrip("-") for name in order]
    usual = f"-{column.name}" if column.descending_first else column.name
    turned = column.name if column.descending_first else f"-{column.name}"
    if not further:
        return (turned,) if order[:1] == (usual,) else (usual,)
    if column.name not in names:
        return (*order, usual)
    place = names.index(column.name)
    if order[place] == usual:
        return (*order[:place], turned, *order[place + 1 :])
    return (*order[:place], *order[place + 1 :]) or (usual,)


class RowHeader(QHeaderView):
    """Signals: `order_chosen` with the new order, `arranged` after a person moved, resized or hid a column,
    `chooser_asked` with the global point where the column chooser belongs.
    """

    order_chosen = Signal(tuple)
    arranged = Signal()
    chooser_asked = Signal(QPoint)

    def __init__(self, columns: tuple[Column, ...], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns = columns
        self._order: Order = ()
        self._further = False
        self._fitting = False
        self.arrangement = Arrangement.of(columns)
        self.setFixedHeight(TABLE_HEADER_HEIGHT)
        self.setSectionsMovable(True)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(24)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.viewport().setMouseTracking(True)
        self.sectionClicked.connect(self._clicked)
        self.sectionMoved.connect(self._moved)
        self.sectionResized.connect(self._resized)

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in the order of the model."""
        return self._columns

    @property
    def order(self) -> Order:
        """The order that is shown, as `-updated`, `number`."""
        return self._order

    def set_order(self, order: Order) -> None:
        """Show which columns the rows are sorted by."""
        self._order = order
        self.viewport().update()

    def arrange(self, arrangement: Arrangement) -> None:
        """Use another arrangement of columns."""
        self.arrangement = arrangement
        self.fit()

    def fit(self) -> None:
        """Lay the columns out for the present width of the table."""
        view = self.parentWidget()
        room = view.viewport().width() if isinstance(view, QAbstractScrollArea) else self.width()
        shown = self.arrangement.fit(self._columns, room)
        if self.count() != len(self._columns):
            return
        self._fitting = True
        for place, name in enumerate(self.arrangement.order):
            self.moveSection(self.visualIndex(self._number(name)), place)
        for number, column in enumerate(self._columns):
            self.setSectionHidden(number, column.name not in shown)
            mode = QHeaderView.ResizeMode.Fixed if column.stretch else QHeaderView.ResizeMode.Interactive
            if self.sectionResizeMode(number) != mode:
                self.setSectionResizeMode(number, mode)
            if column.name in shown:
                self.resizeSection(number, shown[column.name])
        self._fitting = False

    def hide_column(self, name: str, hidden: bool) -> None:
        """Take a column out of the table or put it in, as a person asked."""
        (self.arrangement.hidden.add if hidden else self.arrangement.hidden.discard)(name)
        self.fit()
        self.arranged.emit()

    def move_column(self, name: str, place: int) -> None:
        """Put a column at a place of the order, as a person asked."""
        self.arrangement.order.remove(name)
        self.arrangement.order.insert(place, name)
        self.fit()
        self.arranged.emit()

    def reset(self) -> None:
        super().reset()
        if hasattr(self, "arrangement"):
            self.fit()

    def _number(self, name: str) -> int:
        return next(n for n, column in enumerate(self._columns) if column.name == name)

    def _clicked(self, number: int) -> None:
        column = self._columns[number]
        if column.sortable:
            self.order_chosen.emit(order_after_click(self._order, column, further=self._further))

    def _moved(self, _number: int, _old: int, _new: int) -> None:
        if not self._fitting:
            self.arrangement.order = [self._columns[self.logicalIndex(n)].name for n in range(self.count())]
            self.arranged.emit()

    def _resized(self, number: int, _old: int, new: int) -> None:
        if self._fitting or not new:
            return
        column = self._columns[number]
        self.arrangement.widths[column.name] = max(new, column.minimum)
        self.fit()
        self.arranged.emit()

    # -- painting ----------------------------------------------------------------------------------------
    def paintSection(self, painter: QPainter, rect: QRect, number: int) -> None:
        column = self._columns[number]
        place = next((n for n, name in enumerate(self._order) if name.lstrip("-") == column.name), None)
        hovered = self.viewport().underMouse() and rect.contains(self.viewport().mapFromGlobal(self.cursor().pos()))
        painter.save()
        painter.fillRect(rect, theme.color("hover" if hovered and column.sortable else "zebra"))
        painter.setPen(theme.color("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        inner = rect.adjusted(PADDING, 0, -PADDING, 0)
        if column.icon:
            paint_icon(painter, QRectF(inner), column.icon, "text" if place is not None else "quiet", 15)
        else:
            self._paint_label(painter, inner, column, place)
        painter.restore()

    def _paint_label(self, painter: QPainter, inner: QRect, column: Column, place: int | None) -> None:
        role = "quiet-medium" if place is None else "quiet-strong"
        rank = str(place + 1) if place is not None and len(self._order) > 1 else ""
        mark = 0 if place is None else _ARROW + 5
        if rank:
            mark += metrics_of("small-strong").horizontalAdvance(rank) + 2
        shown, advance = elided(role, column.label, inner.width() - mark)
        metrics = metrics_of(role)
        baseline = inner.top() + (inner.height() + metrics.ascent() - metrics.descent()) // 2
        left = inner.right() + 1 - advance if column.right else inner.left()
        painter.setFont(font_of(role))
        painter.setPen(theme.color("quiet" if place is None else "text"))
        painter.drawText(left, baseline, shown)
        if place is None:
            return
        # The arrow stands on the free side of the label, so that labels stay in line with their cells.
        x = left - mark if column.right else left + advance + 5
        caret = "caret-down-fill" if self._order[place].startswith("-") else "caret-up-fill"
        paint_icon(painter, QRectF(x, inner.top(), _ARROW, inner.height()), caret, "accent.text", _ARROW + 2)
        if rank:
            painter.setFont(font_of("small-strong"))
            painter.setPen(theme.color("accent.text"))
            painter.drawText(int(x + _ARROW + 2), baseline, rank)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), TABLE_HEADER_HEIGHT)

    # -- events ------------------------------------------------------------------------------------------
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._further = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        super().mouseReleaseEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        QToolTip.hideText()
        self.chooser_asked.emit(event.globalPos())
