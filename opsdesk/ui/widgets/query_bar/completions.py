"""The list of what may follow in the line of a query bar."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from opsdesk.ui.widgets.chooser import ROW, ItemDelegate, ItemModel
from opsdesk.ui.widgets.pick_list import Pick
from opsdesk.ui.widgets.query_bar.ports import Completion

_SHOWN = 8


class Completions(QFrame):
    """What may follow in the line. Signals: `taken` with the completion that a person took."""

    taken = Signal(object)

    def __init__(self, bar: QWidget) -> None:
        super().__init__(bar)
        self.hide()
        self.setProperty("surface", "card")
        self._model = ItemModel(set(), self)
        self._list = QListView(self)
        self._list.setModel(self._model)
        self._list.setItemDelegate(ItemDelegate(self._list))
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setUniformItemSizes(True)
        self._list.clicked.connect(lambda index: self.taken.emit(index.data(Qt.ItemDataRole.UserRole).value))
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(self._list)

    def offer(self, found: Sequence[Completion], line: QLineEdit) -> None:
        self._model.set_items([Pick(one, one.label, one.detail) for one in found])
        if not found:
            self.hide()
            return
        self._list.setFixedHeight(min(len(found), _SHOWN) * ROW)
        self.setParent(line.window())
        self.setFixedWidth(420)
        self.adjustSize()
        metrics = QFontMetrics(line.font())
        x = line.cursorRect().left() - metrics.horizontalAdvance(line.text()[found[0].start : line.cursorPosition()])
        at = line.mapTo(line.window(), QPoint(max(0, x) - 12, line.height() + 8))
        self.move(min(at.x(), line.window().width() - self.width() - 8), at.y())
        self.show()
        self.raise_()

    def step(self, by: int) -> None:
        row = self._list.currentIndex().row() + by
        self._list.setCurrentIndex(self._model.index(min(max(row, 0), self._model.rowCount() - 1)))

    def take(self, *, first: bool = False) -> bool:
        index = self._list.currentIndex()
        if self.isHidden() or not (index.isValid() or first):
            return False
        self.taken.emit((index if index.isValid() else self._model.index(0)).data(Qt.ItemDataRole.UserRole).value)
        return True
