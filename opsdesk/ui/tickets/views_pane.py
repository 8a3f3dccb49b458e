"""The pane of views at the left: built-in and own ones with icons and counters; own ones can be renamed and ordered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDropEvent, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from opsdesk.services import times
from opsdesk.ui.resources import has_icon, icon, paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.button import IconButton, paint_focus_ring

STALE_MS = 3 * times.MINUTE
"""From this age on a counter says how old it is."""

OWN = "Own views"
_ROW = 32
_HEAD = 36

Role = Qt.ItemDataRole
_VIEW = Role.UserRole
_HEADING = Role.UserRole + 1


class View(Protocol):
    """A saved view; `id` is None for one that comes with the program."""

    @property
    def id(self) -> bytes | None: ...
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def icon(self) -> str: ...
    @property
    def query(self) -> str: ...
    @property
    def section(self) -> str: ...
    @property
    def columns(self) -> Sequence[tuple[str, int]]: ...
    @property
    def order(self) -> Sequence[str]: ...
    @property
    def mine(self) -> bool: ...
    @property
    def shared(self) -> bool: ...


class Counter:
    """How many tickets a view has, and when that was counted (UTC milliseconds)."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.at = 0
        self.problem = ""

    def words(self, now: int) -> str:
        """Return how old the figure is, once that matters."""
        return (
            f"counted {times.age(now - self.at)} ago" if self.number is not None and now - self.at >= STALE_MS else ""
        )


class ViewsPane(QWidget):
    """Signals: `chosen` with a view, `save_asked`, `rename_asked` with a view and its new name, `delete_asked` with a
    view, `order_asked` with the own views in their new order, `left` when the keyboard goes on to the list.
    """

    chosen = Signal(object)
    save_asked = Signal()
    rename_asked = Signal(object, str)
    delete_asked = Signal(object)
    share_asked = Signal(object)
    order_asked = Signal(list)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(150)
        self._counters: dict[str, Counter] = {}
        self._current = ""
        self.list = _List(self)
        self._plus = IconButton("plus", "Save this query as a view", size=24, parent=self.list.viewport())
        self._plus.clicked.connect(self.save_asked)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.addWidget(self.list)
        self.list.itemClicked.connect(self._clicked)
        self.list.renamed.connect(self.rename_asked)
        self.list.reordered.connect(self._reordered)
        self.list.menu_asked.connect(self._menu)
        self.list.entered_key.connect(self._enter)
        self.list.verticalScrollBar().valueChanged.connect(lambda _value: self._place_plus())
        ticker.minute.connect(self.list.viewport().update)

    def show_views(self, views: Sequence[View]) -> None:
        """Show these views in their sections; own ones have a section, with the plus, even while there are none."""
        self.list.clear()
        self.list.own_heading = None
        has_own = any(view.mine for view in views)
        section = views[0].section if views else ""
        if views:
            self.list.add_heading(section)
        for view in views:
            if view.section != section:
                if not has_own and self.list.own_heading is None:
                    self.list.add_heading(OWN, own=True)
                section = view.section
                self.list.add_heading(section, own=view.mine)
            self.list.add_view(view)
            self._counters.setdefault(view.code, Counter())
        self.set_current(self._current)
        self._place_plus()

    @property
    def views(self) -> list[View]:
        """The views in the order shown."""
        found = [self.list.view_of(self.list.item(n)) for n in range(self.list.count())]
        return [view for view in found if view is not None]

    def set_current(self, code: str) -> None:
        """Mark the view that the list shows; none for a query that is no view."""
        self._current = code
        self.list.current_code = code
        self.list.viewport().update()

    def set_count(self, code: str, number: int) -> None:
        """Show how many tickets a view has now."""
        counter = self._counters.setdefault(code, Counter())
        counter.number, counter.at, counter.problem = number, wall.now(), ""
        self.list.viewport().update()

    def set_problem(self, code: str, words: str) -> None:
        """Show that a view could not be counted, and why."""
        counter = self._counters.setdefault(code, Counter())
        counter.number, counter.problem = None, words
        self.list.viewport().update()

    def counter(self, code: str) -> Counter:
        """Return the counter of a view."""
        return self._counters.setdefault(code, Counter())

    def rename(self, view: View) -> None:
        """Open the editor of a view's name."""
        self.list.edit_view(view.code)

    def _clicked(self, item: QListWidgetItem) -> None:
        view = self.list.view_of(item)
        if view is not None:
            self.chosen.emit(view)

    def _enter(self) -> None:
        view = self.list.view_of(self.list.currentItem())
        if view is not None:
            self.chosen.emit(view)
            self.left.emit()

    def _reordered(self) -> None:
        self.order_asked.emit([view for view in self.views if view.mine])

    def _menu(self, view: View, at: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction(icon("pencil-simple"), "Rename\tF2").triggered.connect(lambda: self.rename(view))
        words = "Share no longer" if view.shared else "Share with the unit"
        menu.addAction(icon("users-three"), words).triggered.connect(lambda: self.share_asked.emit(view))
        menu.addAction(icon("trash"), "Delete\tDel").triggered.connect(lambda: self.delete_asked.emit(view))
        menu.popup(at)

    def _place_plus(self) -> None:
        item = self.list.own_heading
        rect = self.list.visualItemRect(item) if item is not None else QRect()
        self._plus.setVisible(item is not None)
        self._plus.move(rect.right() - 25, rect.bottom() - 28)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._place_plus()


class _List(QListWidget):
    """The list itself; only own views can be moved, and only among themselves."""

    renamed = Signal(object, str)
    reordered = Signal()
    menu_asked = Signal(object, QPoint)
    entered_key = Signal()

    def __init__(self, pane: ViewsPane) -> None:
        super().__init__()
        self.pane = pane
        self.current_code = ""
        self.own_heading: QListWidgetItem | None = None
        self._views: dict[str, View] = {}
        self.setAccessibleName("Views")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.viewport().setAutoFillBackground(False)

    def view_of(self, item: QListWidgetItem | None) -> View | None:
        """Return the view of an item; headings have none."""
        return None if item is None else self._views.get(item.data(_VIEW))

    def is_own(self, item: QListWidgetItem | None) -> bool:
        """Say whether an item is a view of the person's own."""
        view = self.view_of(item)
        return view is not None and view.mine

    def add_heading(self, name: str, *, own: bool = False) -> None:
        item = QListWidgetItem(name)
        item.setData(_HEADING, True)
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.addItem(item)
        if own:
            self.own_heading = item

    def add_view(self, view: View) -> None:
        item = QListWidgetItem(view.name)
        item.setData(_VIEW, view.code)
        self._views[view.code] = view
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if view.mine:
            flags |= Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled
        item.setFlags(flags)
        self.addItem(item)

    def edit_view(self, code: str) -> None:
        for number in range(self.count()):
            if self.item(number).data(_VIEW) == code and self.is_own(self.item(number)):
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
            self.pane.left.emit()
        elif event.key() == Qt.Key.Key_F2 and own:
            self.editItem(item)
        elif event.key() == Qt.Key.Key_Delete and own:
            self.pane.delete_asked.emit(self.view_of(item))
        elif step is not None and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.move_current(step)
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverMove, QEvent.Type.Leave):
            self.viewport().update()
        return super().viewportEvent(event)


class _Delegate(QStyledItemDelegate):
    """Paints headings, views and counters, and edits names."""

    def __init__(self, view: _List) -> None:
        super().__init__(view)
        self._list = view

    def _view(self, index: QModelIndex | QPersistentModelIndex) -> View | None:
        return self._list.view_of(self._list.item(index.row()))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        first = index.row() == 0
        return QSize(100, (_HEAD - 4 if first else _HEAD + 6) if index.data(_HEADING) else _ROW)

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
        counter = self._list.pane.counter(view.code)
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
            counter = self._list.pane.counter(found.code)
            words = counter.words(wall.now())
            parts = [
                found.name + (" · shared with the unit" if found.shared else ""),
                found.query,
                f"{counter.number:,} {words}" if words and counter.number else "",
            ]
            parts.append(counter.problem)
            view.setToolTip("\n".join(part for part in parts if part))
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
