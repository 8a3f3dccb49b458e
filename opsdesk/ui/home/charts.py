"""The charts of the home page, drawn by hand: bars by the hour, and how open tickets divide by priority."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from opsdesk.services import times
from opsdesk.services.tickets import Priority
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.chart import nice_top, paint_swatch

_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 4.0, 10.0, 24.0


class HourBars(QWidget):
    """Pairs of bars for the last 24 hours, the present hour at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened: tuple[int, ...] = ()
        self._closed: tuple[int, ...] = ()
        self._until = 0
        self.setMinimumHeight(110)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_hours(self, opened: Sequence[int], closed: Sequence[int], until: int) -> None:
        """Show what was opened and closed in each hour; `until` (UTC ms) is the end of the last one."""
        self._opened, self._closed, self._until = tuple(opened), tuple(closed), until
        self.setAccessibleName(f"Opened and closed in the last 24 hours: {sum(opened)} opened, {sum(closed)} closed")
        self.update()

    def _slots(self) -> list[QRectF]:
        width = (self.width() - _LEFT - _RIGHT) / max(1, len(self._opened))
        height = self.height() - _TOP - _BOTTOM
        return [QRectF(_LEFT + number * width, _TOP, width, height) for number in range(len(self._opened))]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top, step = nice_top(max((*self._opened, *self._closed), default=0))
        height = self.height() - _TOP - _BOTTOM
        painter.setFont(theme.font("small"))
        for value in range(0, top + 1, step):
            y = _TOP + height * (1 - value / top)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.drawLine(QPointF(_LEFT, y), QPointF(self.width() - _RIGHT, y))
            painter.setPen(theme.color("quiet"))
            painter.drawText(
                QRectF(0, y - 8, _LEFT - 8, 16), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(value)
            )
        painter.setPen(Qt.PenStyle.NoPen)
        for slot, opened, closed in zip(self._slots(), self._opened, self._closed, strict=True):
            bar = min(18.0, slot.width() * 0.34)
            middle = slot.center().x()
            for value, tone, left in ((opened, "accent", middle - bar - 1), (closed, "good", middle + 1)):
                if value:
                    tall = max(2.0, height * value / top)
                    paint_swatch(painter, QRectF(left, _TOP + height - tall, bar, tall), tone, 1.5)
        self._paint_hours(painter)

    def _paint_hours(self, painter: QPainter) -> None:
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("quiet"))
        slots = self._slots()
        every = 4 if self.width() > 420 else 6
        count = len(slots)
        for number, slot in enumerate(slots):
            if (count - 1 - number) % every == 0:
                start = self._until - (count - number) * times.HOUR
                words = times.dtg(start, short=True)[3:]
                wide = QFontMetricsF(painter.font()).horizontalAdvance(words) + 2
                left = min(max(_LEFT, slot.center().x() - wide / 2), self.width() - wide)
                painter.drawText(QRectF(left, self.height() - 18, wide, 16), Qt.AlignmentFlag.AlignVCenter, words)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            slots = self._slots()
            found = next((n for n, slot in enumerate(slots) if slot.left() <= event.pos().x() < slot.right()), None)
            if found is None:
                QToolTip.hideText()
            else:
                start = self._until - (len(slots) - found) * times.HOUR
                when = f"{times.dtg(start, short=True)} to {times.dtg(start + times.HOUR, short=True)[3:]}"
                counts = f"{self._opened[found]} opened, {self._closed[found]} closed"
                QToolTip.showText(event.globalPos(), f"{when}\n{counts}", self)
            return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        return QSize(480, 200)


class PriorityBar(QWidget):
    """Open tickets by priority as one divided bar with its legend. Signals: `chosen` with a Priority."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: tuple[tuple[Priority, int], ...] = ()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_counts(self, counts: Sequence[tuple[Priority, int]]) -> None:
        """Show how many there are of each priority, the most urgent first."""
        self._counts = tuple(counts)
        self.setAccessibleName(
            "Open by priority: " + ", ".join(f"{priority.label} {count}" for priority, count in counts)
        )
        self.update()

    def _cells(self) -> list[QRectF]:
        """The legend: two in a row."""
        width = self.width() / 2
        return [
            QRectF(width * (number % 2), 34 + 28 * (number // 2), width - 12, 26) for number in range(len(self._counts))
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        total = sum(count for _, count in self._counts)
        shown = [(priority, count) for priority, count in self._counts if count]
        room = self.width() - 2.0 * max(0, len(shown) - 1)
        painter.setPen(Qt.PenStyle.NoPen)
        if not total:
            painter.setBrush(theme.color("hover"))
            painter.drawRoundedRect(QRectF(0, 2, self.width(), 16), 4, 4)
        left = 0.0
        least = 6.0
        spare = room - least * len(shown)
        for priority, count in shown:
            width = least + spare * count / total
            paint_swatch(painter, QRectF(left, 2, width, 16), priority.name.lower(), 3)
            left += width + 2
        for (priority, count), cell in zip(self._counts, self._cells(), strict=True):
            paint_swatch(painter, QRectF(cell.left(), cell.center().y() - 5, 10, 10), priority.name.lower(), 3)
            painter.setFont(theme.font("body"))
            painter.setPen(theme.color("text"))
            painter.drawText(cell.adjusted(18, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, priority.label)
            painter.setFont(theme.font("strong"))
            painter.drawText(cell, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{count:,}")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = any(cell.contains(event.position()) for cell in self._cells())
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        for (priority, _), cell in zip(self._counts, self._cells(), strict=True):
            if cell.contains(event.position()):
                self.chosen.emit(priority)

    def sizeHint(self) -> QSize:
        return QSize(280, 92)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 92)
