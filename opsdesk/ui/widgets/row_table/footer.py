"""The line below a row table: which rows are on view, how they are sorted, and a box to jump to a row."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.row_table.view import RowTable


class RowFooter(QWidget):
    """Signals: `jump` with what was typed into the box, `left` when Esc leaves it."""

    jump = Signal(str)
    left = Signal()

    def __init__(self, table: RowTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self.setFixedHeight(40)
        self.place = Label("", "quiet-medium")
        self.order = ElidedLabel("", "quiet", "quiet")
        self.moved = Button("Order has changed · Refresh", kind="link", key="F5")
        self.moved.setFont(theme.font("quiet"))
        self.moved.hide()
        self._hint = Label("Jump to row or number", "quiet", "quiet")
        self.box = _JumpBox()
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(16)
        row.addWidget(self.place)
        row.addWidget(self.order, 1)
        row.addWidget(self.moved)
        row.addWidget(self._hint)
        row.addWidget(self.box)
        line = rule(parent=self)
        line.setGeometry(0, 0, 4000, 1)
        table.viewed.connect(lambda _first, _last: self._say())
        table.rows.total_changed.connect(lambda _total: self._say())
        table.rows.arrived.connect(self._say)
        table.folded.connect(self._say)
        self.moved.clicked.connect(table.take_news)
        self.box.returnPressed.connect(lambda: self.jump.emit(self.box.text().strip()))
        self.box.escaped.connect(self.left)

    def say_order(self, words: str) -> None:
        """Say in words how the rows are sorted."""
        self.order.setText(words)

    def say_problem(self, words: str) -> None:
        """Say why the jump did not work; nothing for good."""
        self._hint.setText(words or "Jump to row or number")
        self._hint.set_tone("danger" if words else "quiet")

    def _say(self) -> None:
        first, last = self._table.on_view()
        rows = self._table.rows
        places = rows.sections.places(first, last)
        if not rows.total:
            self.place.setText("")
        elif not len(places):
            self.place.setText(f"{len(rows.sections.groups):,} groups of {rows.total:,} rows")
        else:
            # In groups the first one on view says where one is when its head is above.
            group = rows.sections.groups[rows.sections.number_at(int(places[0]))].label if rows.sections else ""
            said = f"Rows {places[0] + 1:,}–{places[-1] + 1:,} of {rows.total:,}"
            self.place.setText(f"{said} · {group}" if group else said)


class _JumpBox(QLineEdit):
    escaped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(100)
        self.setProperty("kind", "small")
        self.setFont(theme.font("quiet"))
        self.setAccessibleName("Jump to row or number")
        self.setTextMargins(0, 0, 34, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        font = theme.font("small")
        painter.setFont(font)
        painter.setPen(theme.color("quiet"))
        width = QFontMetrics(font).horizontalAdvance("Enter")
        box = QRectF(self.width() - width - 9, 0, width + 1, self.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, "Enter")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
            return
        super().keyPressEvent(event)
