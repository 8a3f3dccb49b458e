"""Paints headings and values of facets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from opsdesk.services.tickets.facets import LABELS
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import paint_focus_ring
from opsdesk.ui.widgets.pill import paint_pill

if TYPE_CHECKING:
    from opsdesk.ui.tickets.facets_pane.model import Line
    from opsdesk.ui.tickets.facets_pane.pane import FacetsList

_ROW, _HEAD = 28, 34
CLEAR_WIDTH = 30
"""Pixels at the right of a heading where a press takes its values off."""


class FacetDelegate(QStyledItemDelegate):
    """The look of the pane."""

    def __init__(self, view: FacetsList) -> None:
        super().__init__(view)
        self._list = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        line: Line = index.data(Qt.ItemDataRole.UserRole)
        return QSize(100, _ROW if line.value is not None or line.more else _HEAD)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        line: Line = index.data(Qt.ItemDataRole.UserRole)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5)
        if option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("hover"))
            painter.drawRoundedRect(box, 6, 6)
        if self._list.hasFocus() and index == self._list.currentIndex():
            paint_focus_ring(painter, box)
        if line.value is not None:
            self._paint_value(painter, rect, line)
        elif line.more:
            painter.setFont(theme.font("quiet"))
            painter.setPen(theme.color("link"))
            painter.drawText(rect.adjusted(32, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        else:
            self._paint_heading(painter, rect, line.name)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, name: str) -> None:
        model = self._list.facets
        caret = "caret-down" if name in model.open else "caret-right"
        paint_icon(painter, QRectF(rect.left() + 8, rect.top(), 14, rect.height()), caret, "quiet", 13)
        painter.setFont(theme.font("quiet-strong"))
        painter.setPen(theme.color("text"))
        painter.drawText(rect.adjusted(28, 0, -CLEAR_WIDTH, 0), Qt.AlignmentFlag.AlignVCenter, LABELS[name])
        facet = model.facets.get(name)
        if facet is not None and facet.chosen:
            right = QRectF(rect.right() - 22, rect.top(), 14, rect.height())
            paint_icon(painter, right, "x", "quiet", 13)
            label = f"{facet.chosen}"
            width = QFontMetrics(theme.font("small-strong")).horizontalAdvance(label) + 16
            paint_pill(painter, QRectF(rect.right() - 30 - width, rect.top(), width, rect.height()), label, "accent")

    def _paint_value(self, painter: QPainter, rect: QRect, line: Line) -> None:
        value = line.value
        assert value is not None
        chosen = bool(value.chosen)
        box = QRectF(rect.left() + 8, rect.top(), 16, rect.height())
        paint_icon(painter, box, "check-square-fill" if chosen else "square", "link" if chosen else "quiet", 16)
        count = f"{value.count:,}"
        font = theme.font("quiet")
        width = QFontMetrics(font).horizontalAdvance(count)
        painter.setFont(font)
        painter.setPen(theme.color("link" if chosen else "quiet"))
        right = QRect(rect.right() - 8 - width, rect.top(), width + 2, rect.height())
        painter.drawText(right, Qt.AlignmentFlag.AlignVCenter, count)
        left = rect.left() + 32
        if value.tone:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(f"{value.tone}.mark"))
            painter.drawEllipse(QRectF(left, rect.center().y() - 3.5, 8, 8))
            left += 15
        font = theme.font("strong" if chosen else "body")
        room = right.left() - left - 8
        painter.setFont(font)
        painter.setPen(theme.color("link" if chosen else "text"))
        shown = QFontMetrics(font).elidedText(value.label, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, rect.top(), room, rect.height()), Qt.AlignmentFlag.AlignVCenter, shown)
