"""The list of records that a field offers while somebody types in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import shiboken6
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
)
from PySide6.QtGui import QFontMetrics, QHideEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.tip import tip

_ROW = 32
SHOWN = 9
"""Rows that are seen at once."""


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


class PickList(QFrame):
    """The list below a field. It lies in the window itself: a window of its own would take the keyboard away."""

    def __init__(self, field: QWidget, model: QAbstractListModel) -> None:
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

    def open(self, current: int, at: QRect | None = None) -> None:
        """Show below the field, or above it where there is more room, with a row marked. `at` is the part of the
        field, in its own pixels, at which it should stand."""
        window = self._field.window()
        if self.parent() is not window:
            self.setParent(window)
        at = at or self._field.rect()
        rows = min(self.view.model().rowCount(), SHOWN)
        width, height = max(at.width(), 240), rows * _ROW + 10
        corner = self._field.mapTo(window, QPoint(at.left(), at.bottom() + 3))
        if corner.y() + height > window.height() and corner.y() > window.height() / 2:
            corner.setY(corner.y() - at.height() - height - 4)
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


class Picks(QAbstractListModel):
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
            view.setToolTip(tip(f"{item.label}  {item.detail}".strip()))
        return super().helpEvent(event, view, option, index)
