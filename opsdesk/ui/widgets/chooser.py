"""A small panel to choose from a list by typing: people, states, tags, fields. It floats over its window.

It is part of the window instead of a window of its own, so that the keyboard stays with it, a picture of the window
shows it, and a click elsewhere simply closes it. Enter or a click chooses, Esc closes; with `several` each choice is
switched on or off and the panel stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.pick_list import Pick, matching

ROW = 32
_SHOWN = 9
_LEAST, _MOST = 240, 400

Role = Qt.ItemDataRole


class Chooser(QFrame):
    """The panel. Signals: `chosen` with a value, `switched` with a value and whether it is on now (with `several`),
    `closed` when it goes, whichever way.
    """

    chosen = Signal(object)
    switched = Signal(object, bool)
    closed = Signal()

    def __init__(
        self,
        items: Iterable[Pick],
        *,
        name: str,
        placeholder: str = "",
        current: object = None,
        several: Collection[object] | None = None,
        new: Callable[[str], Pick | None] | None = None,
        parent: QWidget,
    ) -> None:
        """`new` makes a choice of what was typed when nothing is called so (a tag that does not exist yet)."""
        super().__init__(parent.window())
        self.setProperty("surface", "card")
        self.setAccessibleName(name)
        self._items = tuple(items)
        self._new = new
        self._several = several is not None
        self._back_to = QApplication.focusWidget()
        self._width = _width_of(self._items)
        self._model = ItemModel(set(several or ()) | ({current} if current is not None else set()), self)
        self._title = Label(name, "quiet-strong", "quiet", wrap=True)
        self.field = QLineEdit()
        self.field.setPlaceholderText(placeholder or "Type to find")
        self.field.setAccessibleName(name)
        self.list = QListView()
        self.list.setModel(self._model)
        self.list.setItemDelegate(ItemDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self._empty = Label("", "quiet", "quiet")
        self._empty.setContentsMargins(10, 8, 10, 8)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        for part in (self._title, self.field, self.list, self._empty):
            column.addWidget(part)
        self.field.textEdited.connect(self._filter)
        self.field.installEventFilter(self)
        self.list.clicked.connect(lambda index: self._take(index))
        self.list.entered.connect(self.list.setCurrentIndex)
        self._filter("")

    def open(self, corner: QPoint, *, above: bool = False) -> None:
        """Show the panel with its top left corner (bottom left with `above`) at a global point, within the window."""
        window = self.window()
        self.adjust()
        at = window.mapFromGlobal(corner)
        y = at.y() - self.height() - 4 if above else at.y() + 4
        if y + self.height() > window.height() - 8:
            y = max(8, at.y() - self.height() - 4 if not above else y)
        x = min(max(8, at.x()), window.width() - self.width() - 8)
        self.move(x, min(max(8, y), max(8, window.height() - self.height() - 8)))
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    def set_items(self, items: Iterable[Pick]) -> None:
        """Offer other items, for instance those of a next step; what was typed is cleared."""
        self._items = tuple(items)
        self._width = max(self._width, _width_of(self._items))
        self.field.clear()
        self._filter("")

    def set_new(self, new: Callable[[str], Pick | None] | None) -> None:
        """Make a choice of what is typed, or not any more."""
        self._new = new

    def set_name(self, name: str) -> None:
        """Say what is chosen now."""
        self._title.setText(name)
        self.field.setAccessibleName(name)
        self.adjust()

    def refuse(self, problem: str, typed: str) -> None:
        """Say what is wrong with what was typed, which stands in the field to be written over or corrected."""
        self._title.setText(problem)
        self._title.set_tone("danger")
        self.field.setAccessibleDescription(problem)
        self.field.setText(typed)
        self.field.selectAll()
        self._filter(typed)

    def close_now(self) -> None:
        """Take the panel away and give the keyboard back."""
        if not self.isVisible():
            return
        application = QApplication.instance()
        assert application is not None
        application.removeEventFilter(self)
        had_focus = self.isAncestorOf(QApplication.focusWidget() or self)
        self.hide()
        if had_focus and self._back_to is not None:
            self._back_to.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()
        self.deleteLater()

    def adjust(self) -> None:
        """Take the size that the list needs."""
        rows = min(max(1, self._model.rowCount()), _SHOWN)
        self.list.setFixedHeight(rows * ROW)
        self.setFixedWidth(self._width)
        layout = self.layout()
        assert layout is not None
        # By itself Qt looks only at windows for a height that depends on the width.
        self.resize(self._width, layout.totalHeightForWidth(self._width))

    def _filter(self, text: str) -> None:
        items = matching(self._items, text)
        made = self._new(text.strip()) if self._new is not None and text.strip() else None
        if made is not None and all(item.value != made.value for item in self._items):
            items.append(made)
            self._width = max(self._width, _width_of([made]))
        self._model.set_items(items)
        self.list.setVisible(bool(items))
        none = "Type, then Enter" if self._new is not None else "There is nothing to choose"
        self._empty.setText("Nothing is called so" if text.strip() else none)
        self._empty.setVisible(not items)
        # A place is kept for the wanted one, so that Enter at once keeps what is.
        row = 0 if text else next((n for n, item in enumerate(items) if item.value in self._model.on), 0)
        self.list.setCurrentIndex(self._model.index(row))
        bottom = self.geometry().bottom()
        self.adjust()
        if self.isVisible() and self._opened_above():
            self.move(self.x(), bottom - self.height() + 1)

    def _opened_above(self) -> bool:
        return (
            self._back_to is not None and self.geometry().top() < self.window().height() / 2 < self.geometry().bottom()
        )

    def _take(self, index: QModelIndex | QPersistentModelIndex) -> None:
        item = index.data(Role.UserRole)
        if item is None:
            return
        if not self._several:
            self.chosen.emit(item.value)
            return
        on = self._model.switch(item.value)
        if all(known.value != item.value for known in self._items):
            self._items = (*self._items, item)
        self.switched.emit(item.value, on)
        self.field.selectAll()

    # -- Qt ----------------------------------------------------------------------------------------------
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            if isinstance(watched, QWidget) and watched is not self and not self.isAncestorOf(watched):
                self.close_now()
        elif event.type() == QEvent.Type.FocusOut and watched is self.field:
            focus = QApplication.focusWidget()
            if focus is not None and focus is not self.field and not self.isAncestorOf(focus):
                self.close_now()
        elif watched is self.field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: _SHOWN, Qt.Key.Key_PageUp: -_SHOWN}
        if key in steps:
            row = self.list.currentIndex().row() + steps[Qt.Key(key)]
            row = min(max(row, 0), self._model.rowCount() - 1)
            self.list.setCurrentIndex(self._model.index(row))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
            self._take(self.list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self.close_now()
        else:
            return False
        return True


def _width_of(items: Sequence[Pick]) -> int:
    """Return the width in pixels that shows the first hundred items whole, within limits."""
    body, quiet = QFontMetrics(theme.font("body")), QFontMetrics(theme.font("quiet"))
    widest = max(
        (
            body.horizontalAdvance(item.label) + quiet.horizontalAdvance(item.detail) + 14 * item.depth
            for item in items[:100]
        ),
        default=0,
    )
    return min(max(_LEAST, widest + 110), _MOST)


class ItemModel(QAbstractListModel):
    """Choices; those in `on` carry a check mark."""

    def __init__(self, on: set[Any], parent: QObject) -> None:
        super().__init__(parent)
        self.on = on
        self._items: Sequence[Pick] = ()

    def set_items(self, items: Sequence[Pick]) -> None:
        """Offer other choices."""
        self.beginResetModel()
        self._items = items
        self.endResetModel()

    def switch(self, value: object) -> bool:
        """Put the check mark on a value or take it off; return whether it is on now."""
        on = value not in self.on
        (self.on.add if on else self.on.discard)(value)
        self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))
        return on

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Role.DisplayRole) -> Any:
        item = self._items[index.row()]
        if role == Role.UserRole:
            return item
        if role == Role.DisplayRole:
            return item.label
        if role == Role.CheckStateRole:
            return Qt.CheckState.Checked if item.value in self.on else Qt.CheckState.Unchecked
        if role == Role.AccessibleTextRole:
            state = ", chosen" if item.value in self.on else ""
            return f"{item.label} {item.detail}".strip() + state
        return None


class ItemDelegate(QStyledItemDelegate):
    """Paints a choice: icon (`tone:name` for one in a tone), label, detail at the right, check mark."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        item: Pick = index.data(Role.UserRole)
        marked = bool(option.state & QStyle.StateFlag.State_Selected)
        rect: QRect = option.rect
        box = QRectF(rect).adjusted(1, 1, -1, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if marked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection"))
            painter.drawRoundedRect(box, 5, 5)
        left = box.left() + 8 + 14 * item.depth
        if item.icon:
            tone, _, name = item.icon.rpartition(":")
            paint_icon(
                painter, QRectF(left, box.top(), 16, box.height()), name, f"{tone}.text" if tone else "quiet", 16
            )
            left += 24
        right = box.right() - 8
        if index.data(Role.CheckStateRole) == Qt.CheckState.Checked:
            paint_icon(painter, QRectF(right - 14, box.top(), 14, box.height()), "check-bold", "link", 13)
            right -= 20
        label, detail = theme.font("body"), theme.font("quiet")
        shown, width = _cut(label, item.label, right - left)
        painter.setFont(label)
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(left, box.top(), width + 2, box.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        # The detail has what the label leaves.
        shown, width = _cut(detail, item.detail, right - left - width - 12)
        painter.setFont(detail)
        painter.setPen(theme.color("selection_quiet" if marked else "quiet"))
        painter.drawText(
            QRectF(right - width, box.top(), width + 2, box.height()), Qt.AlignmentFlag.AlignVCenter, shown
        )
        painter.restore()


def _cut(font: QFont, text: str, room: float) -> tuple[str, int]:
    """Return the text as far as it fits, and its width in pixels."""
    metrics = QFontMetrics(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, int(room)))
    return shown, metrics.horizontalAdvance(shown)
