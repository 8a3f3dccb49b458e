"""The list of views itself: only own ones can be moved, and only among themselves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListWidget, QListWidgetItem

from opsdesk.ui.tickets.views_pane.painting import HEADING, VIEW, ViewDelegate
from opsdesk.ui.tickets.views_pane.view import Counter, View


class ViewsList(QListWidget):
    """Signals: `renamed` with a view and its new name, `reordered`, `menu_asked` with a view and a global point,
    `entered_key`, `left`, `delete_asked` with a view.
    """

    renamed = Signal(object, str)
    reordered = Signal()
    menu_asked = Signal(object, QPoint)
    entered_key = Signal()
    left = Signal()
    delete_asked = Signal(object)

    def __init__(self, counter: Callable[[str], Counter]) -> None:
        super().__init__()
        self.counter = counter
        self.current_code = ""
        self.own_heading: QListWidgetItem | None = None
        self._views: dict[str, View] = {}
        self.setAccessibleName("Views")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(ViewDelegate(self))
        self.setMouseTracking(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.viewport().setAutoFillBackground(False)

    def view_of(self, item: QListWidgetItem | None) -> View | None:
        """Return the view of an item; headings have none."""
        return None if item is None else self._views.get(item.data(VIEW))

    def is_own(self, item: QListWidgetItem | None) -> bool:
        """Say whether an item is a view of the person's own."""
        view = self.view_of(item)
        return view is not None and view.mine

    def add_heading(self, name: str, *, own: bool = False) -> None:
        """Add the heading of a section."""
        item = QListWidgetItem(name)
        item.setData(HEADING, True)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.addItem(item)
        if own:
            self.own_heading = item

    def add_view(self, view: View) -> None:
        """Add a view at the end."""
        item = QListWidgetItem(view.name)
        item.setData(VIEW, view.code)
        self._views[view.code] = view
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if view.mine:
            flags |= Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled
        item.setFlags(flags)
        self.addItem(item)

    def edit_view(self, code: str) -> None:
        """Open the editor of an own view's name."""
        for number in range(self.count()):
            if self.item(number).data(VIEW) == code and self.is_own(self.item(number)):
                self.setCurrentRow(number)
                self.editItem(self.item(number))

    # -- Qt ----------------------------------------------------------------------------------------------
    def move_current(self, by: int) -> None:
        """Move the own view where the keyboard is among the own views."""
        row = self.currentRow()
        if self.is_own(self.item(row)) and self.is_own(self.item(row + by)):
            self.insertItem(row + by, self.takeItem(row))
            self.setCurrentRow(row + by)
            self.reordered.emit()

    def dropEvent(self, event: QDropEvent) -> None:
        item = self.currentItem()
        before = [self.item(n) for n in range(self.count())]
        super().dropEvent(event)
        row = self.row(item)
        above = self.item(row - 1)
        if not self.is_own(above) and above is not self.own_heading:
            self.takeItem(row)
            self.insertItem(before.index(item), item)
        elif before != [self.item(n) for n in range(self.count())]:
            self.reordered.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        item = self.itemAt(event.pos())
        if self.is_own(item):
            self.menu_asked.emit(self.view_of(item), event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        own = self.is_own(item)
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered_key.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif event.key() == Qt.Key.Key_F2 and own:
            self.editItem(item)
        elif event.key() == Qt.Key.Key_Delete and own:
            self.delete_asked.emit(self.view_of(item))
        elif step is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.move_current(step)
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverMove, QEvent.Type.Leave):
            self.viewport().update()
        return super().viewportEvent(event)
