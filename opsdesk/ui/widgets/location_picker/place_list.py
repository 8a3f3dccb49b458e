"""The list beside the map: what may be meant, what is near, the tree of places, what was picked lately."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from opsdesk.services.maps import PlaceNode
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.location_picker.located import Located
from opsdesk.ui.widgets.tip import tip

_ROW, _HEAD = 30, 34
_ENTRY = Qt.ItemDataRole.UserRole
FOUND, NEAR, PLACES, RECENT = "Found", "Near this point", "Places", "Recent"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that can be chosen: where it is, how it is shown, and what stands at its right end."""

    located: Located
    label: str
    detail: str = ""
    icon: str = "map-pin"


class PlaceList(QTreeWidget):
    """Signals: `taken` with an Entry that a person chose, `left_upwards` when the keyboard goes above the first row,
    `typed` with a letter that belongs into the line above."""

    taken = Signal(object)
    left_upwards = Signal()
    typed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Places")
        self.setHeaderHidden(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Delegate(self))
        self._heads: dict[str, QTreeWidgetItem] = {}
        self._by_place: dict[bytes, QTreeWidgetItem] = {}
        self._fitting: list[Entry] = []
        """The places that the filter has left."""
        for title in (FOUND, NEAR, PLACES, RECENT):
            head = self._heads[title] = QTreeWidgetItem(self, [title])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            head.setHidden(True)
            head.setExpanded(True)
        self._follows = False
        """Whether the marked row is kept in sight: answers that come later put rows above it. Ends as soon as a person
        scrolls."""
        bar = self.verticalScrollBar()
        bar.actionTriggered.connect(lambda _action: setattr(self, "_follows", False))
        bar.rangeChanged.connect(lambda _low, _high: self._follow())
        self.itemClicked.connect(lambda item, _column: self._take(item))
        self.itemExpanded.connect(lambda _item: self.viewport().update())

    def show_rows(self, title: str, entries: Sequence[Entry], words: str = "") -> None:
        """Show these rows in a section, under another title where `words` are given; none hides it."""
        head = self._heads[title]
        head.takeChildren()
        head.setText(0, words or title)
        for entry in entries:
            _item(head, entry)
        head.setHidden(not entries)
        head.setExpanded(True)

    def show_tree(self, nodes: Iterable[PlaceNode]) -> None:
        """Show the tree of places; the top level is open."""
        head = self._heads[PLACES]
        head.takeChildren()
        self._by_place = {}
        for node in nodes:
            above = self._by_place.get(node.parent, head) if node.parent else head
            item = self._by_place[node.id] = _item(
                above, Entry(Located(node.at, node.id, node.name), node.name, "", "")
            )
            item.setToolTip(0, tip(" · ".join(part for part in (node.name, node.sort) if part)))
        head.setHidden(not self._by_place)
        head.setExpanded(True)

    def show_counts(self, counts: Mapping[bytes, int]) -> None:
        """Say how many open tickets there are at each place and below it."""
        for place, item in self._by_place.items():
            if count := counts.get(place):
                item.setData(0, _ENTRY, replace(item.data(0, _ENTRY), detail=f"{count:,}"))
                words = f"{count:,} open ticket{'s' if count != 1 else ''}"
                item.setToolTip(0, f"{item.toolTip(0)} · {words}")
                item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{item.text(0)}, {words}")

    def filter(self, text: str) -> int:
        """Show of the tree only places in whose name a word begins so, with what is above them; return how many."""
        words = text.casefold().split()
        shown: set[int] = set()
        self._fitting = []
        for item in self._by_place.values():
            entry: Entry = item.data(0, _ENTRY)
            parts = entry.label.casefold().split()
            if not all(any(part.startswith(word) for part in parts) for word in words):
                continue
            self._fitting.append(entry)
            above: QTreeWidgetItem | None = item
            while above is not None:
                shown.add(id(above))
                if words and above is not item:
                    above.setExpanded(True)
                above = above.parent()
        for item in self._by_place.values():
            item.setHidden(id(item) not in shown)
        self._heads[PLACES].setHidden(not self._fitting)
        return len(self._fitting)

    def mark(self, place: bytes | None) -> None:
        """Mark the row of a place, opening the tree down to it; None for none."""
        item = self._by_place.get(place) if place else None
        if item is None:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
            return
        above = item.parent()
        while above is not None:
            above.setExpanded(True)
            above = above.parent()
        self.setCurrentItem(item)
        self._follows = True
        self._follow()

    def _follow(self) -> None:
        item = self.currentItem()
        if self._follows and item is not None and not self.viewport().rect().contains(self.visualItemRect(item)):
            self.scrollToItem(item, QAbstractItemView.ScrollHint.PositionAtCenter)

    def enter(self) -> bool:
        """Take the keyboard, at the marked row or the first one; False while there is none."""
        at = self.currentItem()
        if at is None or at.data(0, _ENTRY) is None or at.isHidden():
            at = next((item for item in self._rows()), None)
        if at is None:
            return False
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.setCurrentItem(at)
        return True

    def best(self) -> Entry | None:
        """The first row of what was found, else the first place that the filter has left."""
        found = self.entries(FOUND)
        return found[0] if found else next(iter(self._fitting), None)

    def entries(self, title: str) -> list[Entry]:
        """The rows of a section, without what is below them."""
        head = self._heads[title]
        rows = [] if head.isHidden() else [head.child(at) for at in range(head.childCount())]
        return [row.data(0, _ENTRY) for row in rows if row is not None]

    def is_open(self, index: QModelIndex | QPersistentModelIndex) -> bool:
        """Whether what is below a row is shown."""
        return self.isExpanded(self.model().index(index.row(), 0, index.parent()))

    def _rows(self) -> Iterable[QTreeWidgetItem]:
        at: QTreeWidgetItem | None = next((head for head in self._heads.values() if not head.isHidden()), None)
        while at is not None:
            if at.data(0, _ENTRY) is not None and self._fits(at):
                yield at
            at = self.itemBelow(at)  # None after the last one, whatever the stub says

    @staticmethod
    def _fits(item: QTreeWidgetItem) -> bool:
        return bool(item.flags() & Qt.ItemFlag.ItemIsSelectable)

    def _take(self, item: QTreeWidgetItem) -> None:
        entry = item.data(0, _ENTRY)
        if entry is not None:
            self.taken.emit(entry)
            if item.childCount():
                item.setExpanded(True)

    # -- Qt ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._by_place and all(head.isHidden() for head in self._heads.values()):
            painter = QPainter(self.viewport())
            painter.setFont(theme.font("quiet"))
            painter.setPen(theme.color("quiet"))
            box = self.viewport().rect().adjusted(6, 10, -6, 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, "No place is called so")
            painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.currentItem()
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        letter = event.text().strip() and event.text().isprintable()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            if current is not None:
                self._take(current)
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        elif event.key() == Qt.Key.Key_Up and current is next(iter(self._rows()), None):
            self.left_upwards.emit()
        elif letter and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)


def _item(above: QTreeWidgetItem, entry: Entry) -> QTreeWidgetItem:
    item = QTreeWidgetItem(above, [entry.label])
    item.setData(0, _ENTRY, entry)
    item.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{entry.label} {entry.detail}".strip())
    item.setToolTip(0, tip(f"{entry.label}  {entry.detail}".strip()))
    return item


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, _ROW if index.data(_ENTRY) is not None else _HEAD)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry | None = index.data(_ENTRY)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect)
        if entry is None:
            painter.setFont(theme.font("quiet-strong"))
            painter.setPen(theme.color("quiet"))
            painter.drawText(
                box.adjusted(6, 6, -6, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, str(index.data())
            )
            painter.restore()
            return
        marked = bool(option.state & QStyle.StateFlag.State_Selected)
        if marked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection"))
            painter.drawRoundedRect(box.adjusted(0, 1, -4, -1), 5, 5)
        left = box.left() + 8
        model, above, depth = index.model(), index.parent(), 0
        while above.parent().isValid():
            above, depth = above.parent(), depth + 1
        left += 14 * depth
        if entry.icon:
            paint_icon(painter, QRectF(left, box.top(), 16, box.height()), entry.icon, "quiet", 16)
            left += 22
        elif model.hasChildren(index):
            tree = self.parent()
            caret = "caret-down" if isinstance(tree, PlaceList) and tree.is_open(index) else "caret-right"
            paint_icon(painter, QRectF(left, box.top(), 14, box.height()), caret, "quiet", 12)
            left += 18
        else:
            left += 18
        right = box.right() - 12
        quiet, body = theme.font("quiet"), theme.font("medium" if marked else "body")
        painter.setFont(quiet)
        detail = QFontMetrics(quiet).elidedText(entry.detail, Qt.TextElideMode.ElideRight, int((right - left) * 0.6))
        width = QFontMetrics(quiet).horizontalAdvance(detail)
        painter.setPen(theme.color("selection_quiet" if marked else "quiet"))
        painter.drawText(
            QRectF(right - width - 1, box.top(), width + 1, box.height()), Qt.AlignmentFlag.AlignVCenter, detail
        )
        painter.setFont(body)
        painter.setPen(theme.color("text"))
        room = int(right - left - width - (12 if width else 0))
        label = QFontMetrics(body).elidedText(entry.label, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, box.top(), room + 1, box.height()), Qt.AlignmentFlag.AlignVCenter, label)
        painter.restore()
