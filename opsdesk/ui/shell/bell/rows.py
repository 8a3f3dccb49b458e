"""The list behind the bell: sections and notices as rows, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from opsdesk.services import times
from opsdesk.services.notifications import Notice
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.avatar import paint_avatar
from opsdesk.ui.widgets.tip import tip

Index = QModelIndex | QPersistentModelIndex
Row = str | Notice
"""The title of a section, or a line."""

_SECTION, _LINE, _WORDS = 34, 58, 18
_ICONS: Final = {
    "mentioned": "at", "group": "at", "assigned": "user-circle", "named": "eye", "commented": "chat-circle",
    "answered": "chat-circle", "moved": "git-commit", "new": "plus-circle", "due": "clock",
}  # fmt: skip


class NoticeList(QAbstractListModel):
    """New lines, then those put off, then those that are read, each under its title."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def show_lines(self, lines: Sequence[Notice], now: int) -> None:
        """Show other lines."""
        parts: dict[str, list[Notice]] = {"New": [], "Put off": [], "Read": []}
        for line in lines:
            later = line.snoozed_until is not None and line.snoozed_until > now
            parts["Read" if line.read else "Put off" if later else "New"].append(line)
        self.beginResetModel()
        self.rows = []
        for title, part in parts.items():
            self.rows += [title, *part] if part else []
        self.endResetModel()

    def line(self, row: int) -> Notice | None:
        """The line at a row, if one stands there."""
        found = self.rows[row] if 0 <= row < len(self.rows) else None
        return found if isinstance(found, Notice) else None

    def first(self, keys: Sequence[int] = ()) -> int:
        """The row of the line that stands for one of these notices, else of the first line; -1 without lines."""
        places = [place for place, row in enumerate(self.rows) if isinstance(row, Notice)]
        known = (place for place in places if set(self.rows[place].keys) & set(keys))  # type: ignore[union-attr]
        return next(known, places[0] if places else -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row if isinstance(row, str) else _spoken(row)
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, Notice):
            return tip(f"{row.sentence}\n{times.dtg(row.happened_at)}\n{times.local(row.happened_at)} here")
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and isinstance(self.rows[index.row()], Notice):
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return Qt.ItemFlag.NoItemFlags


def _spoken(line: Notice) -> str:
    state = "read" if line.read else "not read"
    return ", ".join(part for part in (line.sentence, line.words, state, times.dtg(line.happened_at)) if part)


class NoticeDelegate(QStyledItemDelegate):
    """Draws one row: who did what, on which ticket, and the first words of a comment."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row = index.data(Qt.ItemDataRole.UserRole)
        if isinstance(row, str):
            return QSize(200, _SECTION)
        return QSize(200, _LINE + (_WORDS if row.words else 0))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(Qt.ItemDataRole.UserRole)
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(row, str):
            painter.setFont(theme.font("quiet-strong"))
            painter.setPen(theme.color("quiet"))
            painter.drawText(box.adjusted(16, 6, -16, 0), Qt.AlignmentFlag.AlignVCenter, row)
        else:
            _paint_line(painter, box, row, selected=bool(option.state & QStyle.StateFlag.State_Selected))
        painter.restore()


def _paint_line(painter: QPainter, box: QRectF, line: Notice, *, selected: bool) -> None:
    if selected:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("selection"))
        painter.drawRoundedRect(box.adjusted(6, 1, -6, -1), 6, 6)
    quiet = "selection_quiet" if selected else "quiet"
    if not line.read:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(QRectF(box.left() + 12, box.top() + 22, 7, 7))
    mark = QRectF(box.left() + 26, box.top() + 12, 28, 28)
    if line.actor is not None:
        paint_avatar(painter, mark, line.actor.name)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("sunken"))
        painter.drawEllipse(mark)
        paint_icon(painter, mark, _ICONS.get(line.kind, "bell"), "quiet", 16)
    left, right = box.left() + 66, box.right() - 16
    when = _when(line)
    width = QFontMetricsF(theme.font("quiet")).horizontalAdvance(when)
    _words(painter, QRectF(right - width, box.top() + 9, width + 2, 20), when, "quiet", quiet)
    room = right - width - 12 - left
    who = line.actor.name if line.actor is not None else ""
    taken = _words(painter, QRectF(left, box.top() + 9, room, 20), who, "strong", "text") + 5 if who else 0.0
    told = line.told if who else line.told[:1].upper() + line.told[1:]
    _words(painter, QRectF(left + taken, box.top() + 9, room - taken, 20), told, "body", "text")
    subject = QRectF(left, box.top() + 30, right - left, 18)
    if line.count > 1:
        # Which ones they are is told when it is opened.
        _words(painter, subject, f"{line.number} and {line.count - 1} more", "quiet", quiet)
        return
    number = _words(painter, subject, line.number, "quiet-medium", quiet)
    _words(painter, subject.adjusted(number + 8, 0, 0, 0), line.title, "quiet", "text")
    if line.words:
        _words(painter, QRectF(left, box.top() + 49, right - left, 18), f"“{line.words}”", "quiet", quiet)


def _when(line: Notice) -> str:
    if line.snoozed_until is not None and line.snoozed_until > wall.now():
        return f"until {times.dtg(line.snoozed_until, short=True)}"
    return times.age(wall.now() - line.happened_at)


def _words(painter: QPainter, box: QRectF, text: str, role: str, colour: str) -> float:
    """Draw one line of text, cut where it does not fit; return its width in pixels."""
    metrics = QFontMetricsF(theme.font(role))
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, box.width()))
    painter.setFont(theme.font(role))
    painter.setPen(theme.color(colour))
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)
    return metrics.horizontalAdvance(shown)
