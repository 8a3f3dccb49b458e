"""The pane of facets at the left of the list."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QVBoxLayout, QWidget

from opsdesk.services.tickets.facets import Facet
from opsdesk.ui.tickets.facets_pane.model import FacetsModel, Line
from opsdesk.ui.tickets.facets_pane.painting import CLEAR_WIDTH, FacetDelegate


class FacetsPane(QWidget):
    """Signals: `toggled` with the name of a field and one of its values, `cleared` with the name of a field,
    `opened` with the name of a field whose values are wanted now, `arranged` when other fields are open, `left` when
    the keyboard goes on to the list.
    """

    toggled = Signal(str, object)
    cleared = Signal(str)
    opened = Signal(str)
    arranged = Signal()
    left = Signal()

    def __init__(self, open_names: list[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = FacetsModel(open_names, self)
        self.list = FacetsList(self.model)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.addWidget(self.list)
        self.list.acted.connect(self._act)
        self.list.folded.connect(self.set_open)
        self.list.cleared.connect(self._clear)
        self.list.left.connect(self.left)

    def put(self, facet: Facet) -> None:
        """Show what was counted."""
        self.model.put(facet)

    def set_open(self, name: str, on: bool) -> None:
        """Show the values of a field, or its heading alone."""
        if (name in self.model.open) is on:
            return
        self.model.set_open(name, on)
        self.arranged.emit()
        if on:
            self.opened.emit(name)

    def _act(self, line: Line) -> None:
        if line.value is not None:
            self.toggled.emit(line.name, line.value)
        elif line.more:
            self.model.show_all(line.name)
        else:
            self.set_open(line.name, line.name not in self.model.open)

    def _clear(self, name: str) -> None:
        facet = self.model.facets.get(name)
        if facet is not None and facet.chosen:
            self.cleared.emit(name)


class FacetsList(QListView):
    """The list itself. Signals: `acted` with a line (Enter, Space, a click), `folded` with the name of a field and
    whether it is to be open, `cleared` with the name of a field, `left`.
    """

    acted = Signal(object)
    folded = Signal(str, bool)
    cleared = Signal(str)
    left = Signal()

    def __init__(self, model: FacetsModel) -> None:
        super().__init__()
        self.facets = model
        self.setModel(model)
        self.setItemDelegate(FacetDelegate(self))
        self.setAccessibleName("Narrow the list")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.viewport().setAutoFillBackground(False)
        self.setCurrentIndex(model.index(0))

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys of actions here, not a search."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        line = self.facets.line(self.currentIndex())
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.left.emit()
        elif line is None:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.acted.emit(line)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.setCurrentIndex(self.facets.index(self.facets.row_of(line.name)))
            self.folded.emit(line.name, key == Qt.Key.Key_Right)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.cleared.emit(line.name)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index: QModelIndex = self.indexAt(event.position().toPoint())
        line = self.facets.line(index)
        if line is None or event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self.setCurrentIndex(index)
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        facet = self.facets.facets.get(line.name)
        heading = line.value is None and not line.more
        at_end = event.position().x() > self.visualRect(index).right() - CLEAR_WIDTH
        if heading and facet is not None and facet.chosen and at_end:
            self.cleared.emit(line.name)
        else:
            self.acted.emit(line)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # two quick presses are two
