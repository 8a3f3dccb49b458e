"""Paints headings, views and counters, and edits names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from opsdesk.ui.resources import has_icon, paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.tickets.views_pane.view import View
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import paint_focus_ring
from opsdesk.ui.widgets.tip import tip

if TYPE_CHECKING:
    from opsdesk.ui.tickets.views_pane.listing import ViewsList

_ROW = 32
_HEAD = 36

VIEW = Qt.ItemDataRole.UserRole
HEADING = VIEW + 1


class ViewDelegate(QStyledItemDelegate):
    """The look of the list of views."""

    def __init__(self, view: ViewsList) -> None:
        super().__init__(view)
        self._list = view

    def _view(self, index: QModelIndex | QPersistentModelIndex) -> View | None:
        return self._list.view_of(self._list.item(index.row()))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        first = index.row() == 0
        return QSize(100, (_HEAD - 4 if first else _HEAD + 6) if index.data(HEADING) else _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        view = self._view(index)
        if view is None:
            painter.setFont(theme.font("quiet-strong"))
            painter.setPen(theme.color("quiet"))
            box = rect.adjusted(8, rect.height() - 30, -30, 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        else:
            self._paint_view(painter, rect, view)
        painter.restore()

    def _paint_view(self, painter: QPainter, rect: QRect, view: View) -> None:
        current = view.code == self._list.current_code
        hovered = rect.contains(self._list.viewport().mapFromGlobal(self._list.cursor().pos()))
        box = QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5)
        if current or (hovered and self._list.underMouse()):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if current else "hover"))
            painter.drawRoundedRect(box, 6, 6)
        if self._list.hasFocus() and self._list.view_of(self._list.currentItem()) is view:
            paint_focus_ring(painter, box)
        colour = "link" if current else "text"
        name = view.icon if has_icon(view.icon) else "funnel"
        place = QRectF(rect.left() + 8, rect.top(), 18, rect.height())
        paint_icon(painter, place, name, "link" if current else "quiet", 17)
        right = rect.right() - 8 - self._paint_count(painter, rect, view, current)
        font = theme.font("strong" if current else "body")
        left = rect.left() + 32
        shown = QFontMetrics(font).elidedText(view.name, Qt.TextElideMode.ElideRight, right - left - 6)
        painter.setFont(font)
        painter.setPen(theme.color(colour))
        painter.drawText(QRect(left, rect.top(), right - left, rect.height()), Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_count(self, painter: QPainter, rect: QRect, view: View, current: bool) -> int:
        counter = self._list.counter(view.code)
        if counter.problem:
            paint_icon(painter, QRectF(rect.right() - 24, rect.top(), 16, rect.height()), "warning", "warn.text", 15)
            return 18
        if counter.number is None:
            return 0
        text = f"{counter.number:,}"
        old = bool(counter.words(wall.now()))
        alarm = view.code == "overdue" and counter.number > 0 and not old
        font = theme.font("quiet-strong" if current or alarm else "quiet")
        width = QFontMetrics(font).horizontalAdvance(text)
        painter.setFont(font)
        painter.setPen(theme.color("faint" if old else "link" if current else "danger.text" if alarm else "quiet"))
        box = QRect(rect.right() - 8 - width, rect.top(), width + 2, rect.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
        return width

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        editor = QLineEdit(parent)
        editor.setProperty("kind", "cell")
        editor.setAccessibleName("Name of the view")
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        editor.setGeometry(option.rect.adjusted(28, 3, -2, -3))

    def setModelData(self, editor: QWidget, model: Any, index: QModelIndex | QPersistentModelIndex) -> None:
        assert isinstance(editor, QLineEdit)
        name, view = editor.text().strip(), self._view(index)
        if view is not None and name and name != view.name:
            self._list.renamed.emit(view, name)

    def helpEvent(
        self, event: Any, view: Any, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> bool:
        found = self._view(index)
        if found is not None:
            counter = self._list.counter(found.code)
            words = counter.words(wall.now())
            parts = [
                found.name + (" · shared with the unit" if found.shared else ""),
                found.query,
                f"{counter.number:,} {words}" if words and counter.number else "",
            ]
            parts.append(counter.problem)
            view.setToolTip(tip("\n".join(part for part in parts if part)))
        return super().helpEvent(event, view, option, index)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # The shortcuts of the window must not act while a name is typed.
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        done = super().eventFilter(watched, event)
        pressed = event.key() if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) else None
        # Enter ends the editor; passed on to the list it would open the view.
        return done or pressed in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
