"""When a ticket is due: a ring that empties, the time left in words, or a way to set it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from opsdesk.services import times
from opsdesk.services.tickets import WAITING_REASONS, TicketRow
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.button import paint_focus_ring
from opsdesk.ui.widgets.due import NAMES, PERSON, Due, due_lines, due_of

_HEIGHT = 60


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
        """Show what is nearest of a ticket: its due time or one of its clocks."""
        self._row = row
        line, below = self._words()
        self.setAccessibleName(f"{line}, {below}")
        told = "\n".join(due_lines(row, wall.now()))
        self.setAccessibleDescription(told)
        self.setToolTip(f"{told}\n\nSet the due time  (D)" if told else "Set the due time  (D)")
        self.updateGeometry()
        self.update()

    def _due(self) -> Due:
        return Due("", "") if self._row is None else due_of(self._row, wall.now())

    def _words(self) -> tuple[str, str]:
        row, due = self._row, self._due()
        if row is None or not due.kind:
            return "No due time", "Set one"
        near = due.at is not None and abs(due.at - wall.now()) < 20 * times.DAY
        when = "" if due.at is None else times.dtg(due.at, short=near)
        below = f"Due {when}" if due.kind == PERSON else f"{NAMES[due.kind]} by {when}" if when else NAMES[due.kind]
        if not row.state.is_open:
            ended = (due.words.capitalize(), f"{row.state.label} {when}")
            return (row.state.label, below) if due.kind == PERSON else ended
        if due.paused:
            reason = WAITING_REASONS.get(row.waiting_reason or "", row.waiting_reason or "")
            return "Paused" + (f": {reason}" if reason else ""), below
        left = (due.at or 0) - wall.now()
        return (f"{times.span(left)} left" if left >= 0 else f"over by {times.span(left)}"), below

    # -- Qt ------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line, below = self._words()
        due = self._due()
        tone = due.tone
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
        if due.runs:
            left = 1 - due.share
            share = left if left > 0 else 1.0
            painter.drawArc(ring.adjusted(2, 2, -2, -2), 90 * 16, -round(share * 360 * 16))
        name = "pause" if due.paused else "timer"
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
