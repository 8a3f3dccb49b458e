"""When a ticket is due: a ring that empties, the time left in words, or a way to set it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from opsdesk.services import times
from opsdesk.services.tickets import WAITING_REASONS, State, TicketRow
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.button import paint_focus_ring

_HEIGHT = 60
_SOON = 0.25
"""Share of the whole time below which the rest is shown as a warning."""


class DueBlock(QAbstractButton):
    """A button: pressing it is how the due time is set."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row: TicketRow | None = None
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        ticker.minute.connect(self.update)

    def show_row(self, row: TicketRow) -> None:
        """Show the due time of a ticket."""
        self._row = row
        line, below = self._words()
        self.setAccessibleName(f"{line}, {below}")
        self.setToolTip("Set the due time  (D)")
        self.updateGeometry()
        self.update()

    def _words(self) -> tuple[str, str]:
        row = self._row
        if row is None or row.due_at is None:
            return "No due time", "Set one"
        below = f"Due {times.dtg(row.due_at, short=abs(row.due_at - wall.now()) < 20 * times.DAY)}"
        if not row.state.is_open:
            return row.state.label, below
        if row.state is State.WAITING:
            reason = WAITING_REASONS.get(row.waiting_reason or "", row.waiting_reason or "")
            return "Paused" + (f": {reason}" if reason else ""), below
        left = row.due_at - wall.now()
        return (f"{times.span(left)} left" if left >= 0 else f"over by {times.span(left)}"), below

    def _share(self) -> float:
        row = self._row
        if row is None or row.due_at is None:
            return 0.0
        whole = max(1, row.due_at - min(row.occurred_at, row.created_at, row.due_at - 1))
        return max(0.0, min(1.0, (row.due_at - wall.now()) / whole))

    def _tone(self) -> str:
        row = self._row
        if row is None or row.due_at is None or not row.state.is_open or row.state is State.WAITING:
            return "neutral"
        left = row.due_at - wall.now()
        return "danger" if left < 0 else "warn" if self._share() < _SOON else "good"

    # -- Qt ------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line, below = self._words()
        tone = self._tone()
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("hover" if tone == "neutral" else f"{tone}.soft"))
        painter.drawRoundedRect(box, 8, 8)
        if self.hasFocus():
            paint_focus_ring(painter, box, radius=8)
        ring = QRectF(12, (self.height() - 40) / 2, 40, 40)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("line_strong"), 4))
        painter.drawEllipse(ring.adjusted(2, 2, -2, -2))
        pen = QPen(theme.color(f"{tone}.mark"), 4)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        share = 1.0 if tone == "danger" else self._share()
        if share > 0 and tone != "neutral":
            painter.drawArc(ring.adjusted(2, 2, -2, -2), 90 * 16, -round(share * 360 * 16))
        name = "pause" if tone == "neutral" and line.startswith("Paused") else "timer"
        words = "quiet" if tone == "neutral" else f"{tone}.on_soft"
        paint_icon(painter, ring, name, words, 18)
        painter.setFont(theme.font("section"))
        painter.setPen(theme.color("text" if tone == "neutral" else words))
        painter.drawText(QRectF(64, 10, self.width() - 76, 22), Qt.AlignmentFlag.AlignVCenter, line)
        painter.setFont(theme.font("quiet"))
        painter.setPen(theme.color("quiet" if tone == "neutral" else words))
        painter.drawText(QRectF(64, 31, self.width() - 76, 18), Qt.AlignmentFlag.AlignVCenter, below)

    def sizeHint(self) -> QSize:
        line, below = self._words()
        width = max(
            QFontMetrics(theme.font("section")).horizontalAdvance(line),
            QFontMetrics(theme.font("quiet")).horizontalAdvance(below),
        )
        return QSize(max(168, 64 + width + 18), _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()
