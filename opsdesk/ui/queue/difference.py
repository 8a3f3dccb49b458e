"""The difference of a returned change: before, what was sent, and what stands there now, field by field."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.services.returned import Difference, Item
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.tip import tip

_LONG = 40


class Box(QWidget):
    """A value on a coloured ground."""

    def __init__(self, text: str, tone: str) -> None:
        super().__init__()
        self._text, self._tone = text, tone
        self.setAccessibleName(text)
        self.setToolTip(tip(text) if len(text) > _LONG // 2 else "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.tone(self._tone)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(f"{self._tone}.soft"))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setFont(theme.font("medium"))
        painter.setPen(colours.on_soft)
        box = QRectF(self.rect()).adjusted(8, 0, -8, 0)
        shown = QFontMetrics(theme.font("medium")).elidedText(
            self._text.replace("\n", " "), Qt.TextElideMode.ElideRight, int(box.width())
        )
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)

    def sizeHint(self) -> QSize:
        return QSize(96, 24)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 24)


class DifferenceCard(QFrame):
    """The card; of a record that came back whole it shows what was sent alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 6)
        self._column.setSpacing(0)

    def show_item(self, item: Item) -> None:
        """Show what a thing differs in."""
        clear_layout(self._column)
        compared = any(one.before or one.now for one in item.differences)
        names = ("Field", "Before", "You sent", "Theirs now") if compared else ("Field", "You sent")
        self._column.addWidget(_row([ElidedLabel(name, "quiet-medium", "quiet") for name in names]))
        self._column.addWidget(rule())
        for one in item.differences:
            self._column.addWidget(_row(_cells(one, compared=compared)))
        self.setAccessibleName("; ".join(_spoken(one) for one in item.differences))


def _cells(one: Difference, *, compared: bool) -> list[QWidget]:
    label = Label(one.label, "strong", wrap=True)
    if not compared:
        return [label, ElidedLabel(one.sent, "body")]
    same = one.sent == one.now
    sent: QWidget = ElidedLabel(one.sent, "body", "quiet") if same else Box(one.sent, "danger")
    now: QWidget = ElidedLabel(one.now, "body", "quiet") if same else Box(one.now, "good")
    return [label, ElidedLabel(one.before, "body", "quiet"), sent, now]


def _row(cells: Sequence[QWidget]) -> QWidget:
    row = QWidget()
    grid = QGridLayout(row)
    grid.setContentsMargins(16, 5, 16, 5)
    grid.setHorizontalSpacing(6)
    for column, cell in enumerate(cells):
        grid.setColumnStretch(column, 3 if column else 2)
        grid.setColumnMinimumWidth(column, 40)
        if len(cells) == 2 and column:
            grid.setColumnStretch(column, 7)
        grid.addWidget(cell, 0, column)
    return row


def _spoken(one: Difference) -> str:
    parts = (f"before {one.before}" if one.before else "", f"you sent {one.sent}", f"now {one.now}" if one.now else "")
    return f"{one.label}: {', '.join(filter(None, parts))}"
