"""The line of a query bar: it underlines what cannot be read, and its frame shows where the keyboard is."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLineEdit

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import paint_focus_ring


class Keys(Protocol):
    """Who acts on the keys of the line."""

    def key(self, event: QKeyEvent) -> bool:
        """Act on a key; return whether it was one of the bar's."""

    def line_left(self) -> None:
        """The keyboard has gone elsewhere."""


class Box(QFrame):
    """The frame of the bar, which shows the focus of the line."""

    def __init__(self, line: QLineEdit) -> None:
        super().__init__()
        self._line = line
        self.setFixedHeight(40)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.color("line_strong"))
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(box, 6, 6)
        if self._line.hasFocus():
            paint_focus_ring(painter, box)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._line.setFocus(Qt.FocusReason.MouseFocusReason)


class Line(QLineEdit):
    """The line to type in; it underlines what cannot be read."""

    def __init__(self, bar: Keys) -> None:
        super().__init__()
        self._bar = bar
        self._wrong = (-1, -1)
        self.setProperty("kind", "bare")
        self.setAccessibleName("Query")

    def mark_error(self, start: int, end: int) -> None:
        self._wrong = (max(start, 0), max(end, start + 1, 1)) if end >= 0 else (-1, -1)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        start, end = self._wrong
        if start < 0:
            return
        metrics, text = QFontMetrics(self.font()), self.text()
        origin = self.cursorRect().center().x() - metrics.horizontalAdvance(text[: self.cursorPosition()])
        left = origin + metrics.horizontalAdvance(text[:start])
        right = max(origin + metrics.horizontalAdvance(text[:end]), left + 7)
        y = self.height() // 2 + metrics.ascent() // 2 + 3
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("danger.mark"), 1.4))
        points = [QPoint(x, y + (2 if n % 2 else 0)) for n, x in enumerate(range(left, right + 3, 3))]
        painter.drawPolyline(points)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._bar.key(event):
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        # Tab would leave the line before keyPressEvent hears of it.
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab:
            return self._bar.key(event) or super().event(event)
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._update_frame()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._update_frame()
        self._bar.line_left()

    def _update_frame(self) -> None:
        frame = self.parentWidget()
        if frame is not None:
            frame.update()
