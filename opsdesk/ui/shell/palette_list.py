"""The list in the palette: sections and finds as rows, drawn with the matched letters marked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.avatar import paint_avatar
from opsdesk.ui.widgets.label import key_cap_size, paint_key_cap
from opsdesk.ui.widgets.pill import paint_pill, pill_size

Index = QModelIndex | QPersistentModelIndex
ROW = 40


@dataclass(frozen=True)
class Section:
    """A heading with how many of its finds are shown."""

    text: str
    figure: str = ""


@dataclass(frozen=True)
class Find:
    """One thing that can be chosen: a record by its id, or a command by its name.

    `before` stands quietly before the label (a number), `detail` after it, `right` at the right end; `keys` are the
    caps of a shortcut, `letters` the places in the label that matched.
    """

    kind: str
    key: str
    label: str
    icon: str = ""
    before: str = ""
    detail: str = ""
    right: str = ""
    mark: str = ""
    keys: tuple[str, ...] = ()
    letters: tuple[int, ...] = field(default=(), compare=False)

    @property
    def spoken(self) -> str:
        """What a screen reader says."""
        return ", ".join(part for part in (self.before, self.label, self.mark, self.detail, self.right) if part)


Row = Section | Find


class FindList(QAbstractListModel):
    """The rows of the palette; sections cannot be selected."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def show_rows(self, rows: list[Row]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def finds(self) -> list[int]:
        """Return the places of the rows that can be chosen."""
        return [at for at, row in enumerate(self.rows) if isinstance(row, Find)]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.spoken if isinstance(row, Find) else row.text
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and isinstance(self.rows[index.row()], Find):
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return Qt.ItemFlag.NoItemFlags


class FindDelegate(QStyledItemDelegate):
    """Draws one row."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(Qt.ItemDataRole.UserRole)
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(row, Section):
            _paint_section(painter, box, row)
        elif isinstance(row, Find):
            state = option.state
            _paint_find(painter, box, row, selected=bool(state & QStyle.StateFlag.State_Selected))
        painter.restore()


def _paint_section(painter: QPainter, box: QRectF, row: Section) -> None:
    line = box.adjusted(16, 8, -16, 0)
    painter.setFont(theme.font("quiet-strong"))
    painter.setPen(theme.color("quiet"))
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, row.text)
    painter.setFont(theme.font("quiet"))
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, row.figure)


def _paint_find(painter: QPainter, box: QRectF, row: Find, *, selected: bool) -> None:
    if selected:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("selection"))
        painter.drawRoundedRect(box, 6, 6)
        painter.setBrush(theme.color("rail_mark"))
        painter.drawRoundedRect(QRectF(box.left(), box.top() + 6, 3, box.height() - 12), 1.5, 1.5)
    quiet = theme.color("selection_quiet" if selected else "quiet")
    tile = QRectF(box.left() + 14, box.center().y() - 14, 28, 28)
    if row.kind == "person":
        paint_avatar(painter, tile.adjusted(1, 1, -1, -1), row.label)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("surface" if selected else "sunken"))
        painter.drawRoundedRect(tile, 5, 5)
        paint_icon(painter, tile, row.icon, "link" if selected else "quiet", 16)
    right = _paint_right(painter, box, row, quiet, selected=selected)
    left = box.left() + 54
    if row.before:
        left += _paint_words(painter, left, box, row.before, theme.font("body"), quiet, right - left) + 12
    left += _paint_label(painter, left, box, row, right - left - 12)
    if row.detail and right - left > 48:
        _paint_words(painter, left + 12, box, row.detail, theme.font("quiet"), quiet, right - left - 24)


def _paint_right(painter: QPainter, box: QRectF, row: Find, quiet: QColor, *, selected: bool) -> float:
    """Draw what stands at the right end, from right to left; return where its left edge is."""
    right = box.right() - 16
    keys = row.keys or (("Enter",) if selected else ())
    for key in reversed(keys):
        size = key_cap_size(key)
        right -= size.width()
        cap = QRectF(right, box.center().y() - size.height() / 2, size.width(), size.height())
        paint_key_cap(painter, cap, key)
        right -= 4
    if keys:
        right -= 4
    if row.mark:
        size = pill_size(row.mark)
        right -= size.width()
        paint_pill(painter, QRectF(right, box.top(), size.width(), box.height()), row.mark, row.mark.lower())
        right -= 8
    if row.right:
        width = QFontMetricsF(theme.font("quiet")).horizontalAdvance(row.right)
        right -= width
        _paint_words(painter, right, box, row.right, theme.font("quiet"), quiet, width + 1)
        right -= 12
    return right


def _paint_words(
    painter: QPainter, left: float, box: QRectF, text: str, font: Any, colour: QColor, room: float
) -> float:
    """Draw one line of text, cut where it does not fit; return its width in pixels."""
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room))
    width = metrics.horizontalAdvance(shown)
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(QRectF(left, box.top(), width + 2, box.height()), Qt.AlignmentFlag.AlignVCenter, shown)
    return width


def _paint_label(painter: QPainter, left: float, box: QRectF, row: Find, room: float) -> float:
    """Draw the label with the matched letters in the accent colour and underlined; return its width in pixels."""
    plain, strong = theme.font("medium"), theme.font("strong")
    strong.setUnderline(True)
    text = QFontMetricsF(strong).elidedText(row.label.replace("\n", " "), Qt.TextElideMode.ElideRight, max(0.0, room))
    kept = len(text) if text == row.label else max(0, len(text) - 1)
    matched = {at for at in row.letters if at < kept}
    start, at = left, 0
    while at < len(text):
        end = at + 1
        while end < len(text) and (end in matched) == (at in matched):
            end += 1
        part = text[at:end]
        font = strong if at in matched else plain
        painter.setFont(font)
        painter.setPen(theme.color("link" if at in matched else "text"))
        width = QFontMetricsF(font).horizontalAdvance(part)
        painter.drawText(QRectF(left, box.top(), width + 2, box.height()), Qt.AlignmentFlag.AlignVCenter, part)
        left += width
        at = end
    return left - start
