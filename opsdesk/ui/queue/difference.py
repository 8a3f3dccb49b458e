"""The difference of a returned change: before, what was sent, and what stands there now, field by field."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.services.returned import Difference, Item
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.layouts import clear_layout

_NONE = "none"
_LEAST = 72
"""Least width of a column, in pixels."""
_LINES = 4
"""A longer value is cut, and told in full by its tooltip."""


class Box(Label):
    """A value on a coloured ground."""

    def __init__(self, text: str, tone: str) -> None:
        self._ground = tone
        super().__init__(text, "medium", tone, wrap=True, most_lines=_LINES)
        self.setAccessibleName(text)
        self.setContentsMargins(8, 3, 8, 4)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(f"{self._ground}.soft"))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.end()
        super().paintEvent(event)


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
        # One grid for all rows: each long value would else shift the columns of its own.
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(16, 5, 16, 5)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(10)
        for column, name in enumerate(names):
            grid.addWidget(ElidedLabel(name, "quiet-medium", "quiet"), 0, column)
            grid.setColumnStretch(column, (3 if compared else 7) if column else 2)
            grid.setColumnMinimumWidth(column, _LEAST)
        grid.addWidget(rule(), 1, 0, 1, len(names))
        for row, one in enumerate(item.differences, start=2):
            for column, cell in enumerate(_cells(one, compared=compared)):
                grid.addWidget(cell, row, column)
        self._column.addWidget(box)
        self.setAccessibleName("; ".join(_spoken(one) for one in item.differences))


def _cells(one: Difference, *, compared: bool) -> list[QWidget]:
    label = Label(one.label, "strong", wrap=True)
    if not compared:
        return [label, _plain(one.sent, "text")]
    same = one.sent == one.now
    sent = _plain(one.sent) if same else Box(one.sent or _NONE, "danger")
    now = _plain(one.now) if same else Box(one.now or _NONE, "good")
    return [label, _plain(one.before), sent, now]


def _plain(text: str, tone: str = "quiet") -> Label:
    return Label(text or _NONE, "body", tone, wrap=True, most_lines=_LINES)


def _spoken(one: Difference) -> str:
    parts = (f"before {one.before}" if one.before else "", f"you sent {one.sent}", f"now {one.now}" if one.now else "")
    return f"{one.label}: {', '.join(filter(None, parts))}"
