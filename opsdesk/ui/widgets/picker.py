"""A field that picks a record by typing part of its name: people, units, places, types, categories, long choices.

The words typed are looked for in label, detail and further words; the best match is marked, Enter or Tab takes it.
Records come either as a list (`set_items`) or from a search that answers later (`search`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QFontMetrics, QHideEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from opsdesk.ui.resources import icon, paint_icon
from opsdesk.ui.theme import theme

_ROW = 32
_SHOWN = 9
_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Pick:
    """One record to pick. `words` also find it but are not shown; `depth` indents it as in a tree."""

    value: object
    label: str
    detail: str = ""
    icon: str = ""
    words: str = ""
    depth: int = 0


def matching(items: Iterable[Pick], text: str) -> list[Pick]:
    """The items in which every word of `text` begins a word, best first; all of them for an empty text."""
    words = text.casefold().split()
    if not words:
        return list(items)
    found: list[tuple[int, int, Pick]] = []
    for number, item in enumerate(items):
        label = item.label.casefold()
        parts = f"{label} {item.detail} {item.words}".casefold().replace("/", " ").split()
        if not all(any(part.startswith(word) for part in parts) for word in words):
            continue
        rank = 0 if label == text.casefold().strip() else 1 if label.startswith(words[0]) else 2
        found.append((rank, number, item))
    return [item for _, _, item in sorted(found, key=lambda entry: entry[:2])]


class Picker(QLineEdit):
    """The field. Signals: `picked` with the value after a person chose one, or None after they emptied it."""

    picked = Signal(object)

    def __init__(self, name: str, *, placeholder: str = "", icon_name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.search: Callable[[str, Callable[[Sequence[Pick]], None]], None] | None = None
        """Looks for records matching a text and hands them back, now or later."""
        self._items: tuple[Pick, ...] = ()
        self._recent: tuple[object, ...] = ()
        self._pick: Pick | None = None
        self._default_icon = icon_name
        self._pending = False
        self._offered_for = ""
        self._take_best = False
        self._model = _Picks(self)
        self._list = _PickList(self, self._model)
        self._list.view.clicked.connect(self._activated)
        self._pause = QTimer(self, singleShot=True, interval=120)
        self._pause.timeout.connect(self._ask)
        self.textEdited.connect(self._edited)
        self._lead = self.addAction(icon(icon_name or "magnifying-glass"), QLineEdit.ActionPosition.LeadingPosition)
        self._lead.setVisible(bool(icon_name))
        caret = self.addAction(icon("caret-down"), QLineEdit.ActionPosition.TrailingPosition)
        caret.triggered.connect(self.open)

    # -- content -------------------------------------------------------------------------------------------

    @property
    def value(self) -> object:
        """The value that is picked; None for none or while the text names nothing."""
        return self._pick.value if self._pick is not None and not self._pending else None

    @property
    def problem(self) -> str:
        """What is wrong with the text as it stands; empty when nothing is."""
        return "Choose one from the list" if self._pending and self.text().strip() else ""

    def set_items(self, items: Iterable[Pick], recent: Iterable[object] = ()) -> None:
        """Offer these records; values in `recent` come first while nothing is typed."""
        self._items, self._recent = tuple(items), tuple(recent)
        if self._pick is not None and not self._pending:
            self.set_value(self._pick.value, self._pick.label)

    def set_value(self, value: object, label: str = "") -> None:
        """Pick `value` without a signal. `label` names it where the list does not hold it (yet)."""
        self._pending = False
        self._pick = None
        if value is not None:
            known = next((item for item in self._items if item.value == value), None)
            self._pick = known or Pick(value, label or str(value))
        self.setText(self._pick.label if self._pick else "")
        self.setCursorPosition(0)
        self._show_icon()

    def type_in(self, text: str) -> None:
        """Put in a text as if typed, without a signal or a list (a draft is restored as it was)."""
        self.setText(text)
        self._pending = True

    def open(self) -> None:
        """Show the list of all records."""
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        self.selectAll()
        self._show("")

    # -- how it works --------------------------------------------------------------------------------------

    def _edited(self) -> None:
        self._pending = True
        self._take_best = False
        if self.search is not None:
            self._pause.start()
        else:
            self._show(self.text())

    def _ask(self) -> None:
        self._show(self.text())

    def _show(self, text: str) -> None:
        text = text.strip()
        if self.search is not None:
            self.search(text, lambda items: self._offer(items, text))
            return
        found = matching(self._items, text)
        if not text:
            first = [item for value in self._recent for item in found if item.value == value]
            found = [*first, *(item for item in found if item not in first)]
        self._offer(found, text)

    def _offer(self, items: Sequence[Pick], text: str) -> None:
        if not shiboken6.isValid(self):
            return
        if self._take_best and text == self.text().strip():
            self._take_best = False
            self._take_from(items, text)
            return
        if not self.hasFocus():
            return
        self._offered_for = text
        self._model.show(tuple(items[:_LIMIT]))
        if not items:
            self._list.hide()
            return
        current = next((n for n, item in enumerate(items[:_LIMIT]) if item == self._pick), 0)
        self._list.open(0 if self._pending else current)

    def _activated(self, index: QModelIndex) -> None:
        self._list.hide()
        self._take(index.data(Qt.ItemDataRole.UserRole))

    def _take(self, pick: Pick | None) -> None:
        before = self.value
        self._pending = False
        self._pick = pick
        self.setText(pick.label if pick else "")
        self._show_icon()
        if self.value != before:
            self.picked.emit(self.value)

    def _show_icon(self) -> None:
        name = (self._pick.icon if self._pick else "") or self._default_icon
        self._lead.setVisible(bool(name))
        if name:
            self._lead.setIcon(icon(name))

    def settle(self) -> None:
        """Make what is typed a pick, as leaving the field does: empty is none, else the best match."""
        self._pause.stop()
        if not self._pending:
            return
        text = self.text().strip()
        if not text:
            emptied, self._pick, self._pending = self._pick, None, False
            self._show_icon()
            if emptied is not None:
                self.picked.emit(None)
            return
        if self.search is None:
            self._take_from(matching(self._items, text), text)
        elif self._offered_for == text:
            self._take_from(self._model.items, text)
        else:
            # Typed faster than the answer came: what is asked for now is taken when it arrives.
            self._take_best = True
            self._show(text)

    def _take_from(self, pool: Sequence[Pick], text: str) -> None:
        exact = [item for item in pool if item.label.casefold() == text.casefold()]
        if exact or pool:
            self._take((exact or pool)[0])

    # -- Qt ------------------------------------------------------------------------------------------------

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._list.hide()
            self.settle()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: _SHOWN, Qt.Key.Key_PageUp: -_SHOWN}.get(
            Qt.Key(event.key())
        )
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if step is not None:
            if self._list.isVisible():
                self._list.step(step)
            else:
                self._show(self.text() if self._pending else "")
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain and self._list.isVisible():
            self._activated(self._list.view.currentIndex())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain and self._pending:
            self.settle()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        elif event.key() == Qt.Key.Key_Escape and (self._list.isVisible() or self._pending):
            self._list.hide()
            self._pending = False
            self.setText(self._pick.label if self._pick else "")
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self._list.isVisible() and not self._pending:
            self.open()


class _PickList(QFrame):
    """The list below the field. It lies in the window itself: a window of its own would take the keyboard away."""

    def __init__(self, field: QLineEdit, model: QAbstractListModel) -> None:
        super().__init__()
        self._field = field
        self._watched: list[QObject] = []
        self.setProperty("surface", "card")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view = QListView()
        self.view.setModel(model)
        self.view.setItemDelegate(_PickDelegate(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setAccessibleName(field.accessibleName())
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self.view)
        field.destroyed.connect(self._field_gone)

    def open(self, current: int) -> None:
        """Show below the field, or above it where there is more room, with a row marked."""
        window = self._field.window()
        if self.parent() is not window:
            self.setParent(window)
        rows = min(self.view.model().rowCount(), _SHOWN)
        width, height = max(self._field.width(), 240), rows * _ROW + 10
        corner = self._field.mapTo(window, QPoint(0, self._field.height() + 2))
        if corner.y() + height > window.height() and corner.y() > window.height() / 2:
            corner.setY(corner.y() - self._field.height() - height - 4)
        corner.setX(max(0, min(corner.x(), window.width() - width - 4)))
        self.setGeometry(corner.x(), corner.y(), width, height)
        self._watch(window)
        self.show()
        self.raise_()
        self.view.setCurrentIndex(self.view.model().index(current, 0))

    def step(self, by: int) -> None:
        """Mark another row; at the ends it stays."""
        rows = self.view.model().rowCount()
        row = max(0, min(rows - 1, self.view.currentIndex().row() + by))
        self.view.setCurrentIndex(self.view.model().index(row, 0))

    def _watch(self, window: QWidget) -> None:
        """A list must not stay where its field is no more: whatever moves the field closes it."""
        parent: QWidget | None = self._field
        while parent is not None and parent is not window:
            parent.installEventFilter(self)
            self._watched.append(parent)
            parent = parent.parentWidget()

    def _field_gone(self) -> None:
        if shiboken6.isValid(self):
            self._watched = []
            self.hide()
            # The rows go with the field, and this list only with the next event.
            self.view.setModel(None)
            self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Hide):
            self.hide()
        return False

    def hideEvent(self, event: QHideEvent) -> None:
        for widget in self._watched:
            if shiboken6.isValid(widget):
                widget.removeEventFilter(self)
        self._watched = []
        super().hideEvent(event)


class _Picks(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.items: tuple[Pick, ...] = ()

    def show(self, items: tuple[Pick, ...]) -> None:
        self.beginResetModel()
        self.items = items
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's shape
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        item = self.items[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return item.label
        return item if role == Qt.ItemDataRole.UserRole else None


class _PickDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(160, _ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        item: Pick = index.data(Qt.ItemDataRole.UserRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(4, 1, -4, -1)
        marked = bool(option.state & QStyle.StateFlag.State_Selected)
        if marked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection"))
            painter.drawRoundedRect(box, 5, 5)
        left = box.left() + 8 + 14 * item.depth
        if item.icon:
            paint_icon(painter, QRectF(left, box.top(), 16, box.height()), item.icon, "quiet", 16)
            left += 24
        right = box.right() - 8
        quiet = theme.font("quiet")
        painter.setFont(quiet)
        detail = QFontMetrics(quiet).elidedText(item.detail, Qt.TextElideMode.ElideRight, int((right - left) * 0.55))
        width = QFontMetrics(quiet).horizontalAdvance(detail)
        painter.setPen(theme.color("selection_quiet" if marked else "quiet"))
        painter.drawText(
            QRectF(right - width - 1, box.top(), width + 1, box.height()), Qt.AlignmentFlag.AlignVCenter, detail
        )
        body = theme.font("body")
        painter.setFont(body)
        painter.setPen(theme.color("text"))
        room = int(right - left - width - (12 if width else 0))
        label = QFontMetrics(body).elidedText(item.label, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, box.top(), room + 1, box.height()), Qt.AlignmentFlag.AlignVCenter, label)
        painter.restore()

    def helpEvent(self, event, view, option, index) -> bool:
        if event.type() == QEvent.Type.ToolTip and index.isValid():
            item: Pick = index.data(Qt.ItemDataRole.UserRole)
            view.setToolTip(f"{item.label}  {item.detail}".strip())
        return super().helpEvent(event, view, option, index)
