"""The panel where a person chooses the columns of a table: on or off, and in which order by dragging."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QDropEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.row_table.columns import Arrangement
from opsdesk.ui.widgets.row_table.header import RowHeader

Index = QModelIndex | QPersistentModelIndex

_ROW = 28
_NAME = Qt.ItemDataRole.UserRole


class ColumnChooser(QFrame):
    """Floats over the window; Space switches, Alt and an arrow moves, Esc closes. What is changed shows at once."""

    def __init__(self, header: RowHeader, parent: QWidget) -> None:
        super().__init__(parent.window())
        self._header = header
        self.setProperty("surface", "card")
        self.setAccessibleName("Columns")
        self.list = _Columns(self)
        reset = Button("As it was at first", kind="link")
        reset.clicked.connect(self._reset)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(Label("Columns · drag to reorder", "quiet-strong", "quiet"))
        column.addWidget(self.list)
        column.addWidget(reset)
        self._fill()
        self.list.itemChanged.connect(self._switched)

    def open(self, corner: QPoint) -> None:
        """Show the panel with its top right corner at a global point, within the window."""
        self.setFixedWidth(230)
        window = self.window()
        at = window.mapFromGlobal(corner)
        room = window.height() - max(8, at.y()) - 100
        self.list.setFixedHeight(min(self.list.count() * _ROW + 2, max(6 * _ROW, room)))
        self.adjustSize()
        self.move(max(8, at.x() - self.width()), min(at.y() + 4, window.height() - self.height() - 8))
        self.show()
        self.raise_()
        self.list.setFocus(Qt.FocusReason.PopupFocusReason)
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    def close_now(self) -> None:
        """Take the panel away and give the keyboard to the table."""
        application = QApplication.instance()
        assert application is not None
        application.removeEventFilter(self)
        self.hide()
        table = self._header.parentWidget()
        if table is not None:
            table.setFocus()
        self.deleteLater()

    def take_order(self) -> None:
        """Use the order in which the list stands."""
        order = [self.list.item(n).data(_NAME) for n in range(self.list.count())]
        if order != self._header.arrangement.order:
            self._header.arrangement.order = order
            self._header.fit()
            self._header.arranged.emit()

    def _fill(self) -> None:
        columns = {column.name: column for column in self._header.columns}
        self.list.blockSignals(True)
        self.list.clear()
        for name in self._header.arrangement.order:
            item = QListWidgetItem(columns[name].label)
            item.setData(_NAME, name)
            flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
            item.setFlags(flags if columns[name].fixed else flags | Qt.ItemFlag.ItemIsUserCheckable)
            hidden = name in self._header.arrangement.hidden
            item.setCheckState(Qt.CheckState.Unchecked if hidden else Qt.CheckState.Checked)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.blockSignals(False)

    def _switched(self, item: QListWidgetItem) -> None:
        self._header.hide_column(item.data(_NAME), item.checkState() == Qt.CheckState.Unchecked)

    def _reset(self) -> None:
        self._header.arrange(Arrangement.of(self._header.columns))
        self._header.arranged.emit()
        self._fill()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        pressed = event.type() == QEvent.Type.MouseButtonPress
        if pressed and isinstance(watched, QWidget) and watched is not self and not self.isAncestorOf(watched):
            self.close_now()
        return super().eventFilter(watched, event)


class _Columns(QListWidget):
    def __init__(self, panel: ColumnChooser) -> None:
        super().__init__()
        self._panel = panel
        self._pressed = QPoint()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Columns")
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self.setItemDelegate(_ColumnDelegate(self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setDropIndicatorShown(True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        still = item is not None and item is self.itemAt(self._pressed)
        super().mouseReleaseEvent(event)
        if item is not None and still and item.flags() & Qt.ItemFlag.ItemIsUserCheckable:
            on = item.checkState() == Qt.CheckState.Checked
            item.setCheckState(Qt.CheckState.Unchecked if on else Qt.CheckState.Checked)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint()
        super().mousePressEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        super().dropEvent(event)
        self._panel.take_order()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        row = self.currentRow()
        if event.key() == Qt.Key.Key_Escape:
            self._panel.close_now()
        elif step is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            if 0 <= row + step < self.count():
                self.insertItem(row + step, self.takeItem(row))
                self.setCurrentRow(row + step)
                self._panel.take_order()
        else:
            super().keyPressEvent(event)


class _ColumnDelegate(QStyledItemDelegate):
    """Paints a column with its box and the dots to drag it by."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        box = QRectF(option.rect).adjusted(1, 1, -1, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection"))
            painter.drawRoundedRect(box, 5, 5)
        on = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole)) == Qt.CheckState.Checked
        fixed = not index.flags() & Qt.ItemFlag.ItemIsUserCheckable
        mark = "check-square-fill" if on else "square"
        colour = "faint" if fixed else "link" if on else "quiet"
        paint_icon(painter, QRectF(box.left() + 6, box.top(), 18, box.height()), mark, colour, 18)
        paint_icon(painter, QRectF(box.right() - 22, box.top(), 16, box.height()), "dots-six-vertical", "faint", 16)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("text"))
        words = box.adjusted(32, 0, -26, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        painter.restore()
