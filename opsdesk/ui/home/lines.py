"""The lines of the home page's lists: a ticket that waits, something that somebody changed, a due time running out."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from opsdesk.services import times
from opsdesk.services.home import HomeChange
from opsdesk.services.tickets import WAITING_REASONS, Mark, State, TicketRow
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.avatar import paint_avatar
from opsdesk.ui.widgets.due import due_of
from opsdesk.ui.widgets.line import Line
from opsdesk.ui.widgets.sync_mark import ICONS

_TOLD = frozenset({Mark.CONFLICT, Mark.RETURNED, Mark.DRAFT})
"""Marks that need a person; how far a ticket has come is told where one works on it."""


class WaitingLine(Line):
    """A ticket that waits for the person at this desk, and why."""

    def __init__(self, row: TicketRow, now: int) -> None:
        self._row, self._now = row, now
        self._reason = self._why()
        told = f"\n{row.mark.words}" if row.mark in _TOLD else ""
        super().__init__(f"{row.title}\n{row.number}, {self._reason}{told}")

    def _why(self) -> str:
        if self._row.state is State.NEW:
            return "new, not yet accepted"
        reason = self._row.waiting_reason or ""
        return f"waits for {WAITING_REASONS.get(reason, reason) or 'something'}"

    def draw(self, painter: QPainter) -> None:
        row = self._row
        new = row.state is State.NEW
        tone = "normal" if new else "high"
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(f"{tone}.soft"))
        painter.drawRoundedRect(QRectF(0, 11, 30, 30), 6, 6)
        paint_icon(painter, QRectF(0, 11, 30, 30), "tray" if new else "hourglass", f"{tone}.on_soft", 16)
        waited = self._now - row.updated_at
        late = waited > times.DAY
        right = self.note(painter, times.span(waited), 6, "quiet-strong", "high.text" if late else "text") - 10
        self.words(painter, 42, 6, right, row.title, "medium", "text")
        end = self.words(painter, 42, 26, self.width() - 24, f"{row.number}, {self._reason}", "quiet", "quiet")
        if row.mark in _TOLD:
            name, colour = ICONS[row.mark]
            paint_icon(painter, QRectF(end + 6, 26, 14, 20), name, colour, 12)


class ChangeLine(Line):
    """Something that somebody did."""

    def __init__(self, change: HomeChange, now: int) -> None:
        self._change, self._now = change, now
        actor = change.actor or "Somebody"
        super().__init__(f"{actor} {change.words}\n{change.number} {change.title}")

    def draw(self, painter: QPainter) -> None:
        change = self._change
        actor = change.actor or "Somebody"
        paint_avatar(painter, QRectF(0, 11, 30, 30), actor)
        today = self._now - change.at < 20 * times.HOUR
        when = times.dtg(change.at, short=True)
        right = self.note(painter, when[3:] if today else when, 6, "quiet", "quiet") - 10
        end = self.words(painter, 42, 6, right, actor, "strong", "text")
        self.words(painter, end + 6, 6, right, change.words, "body", "quiet")
        self.words(painter, 42, 26, self.width() - 4, change.title, "body", "text")


class DueLine(Line):
    """A ticket with a due time, and how much of its time has passed."""

    HEIGHT = 42

    def __init__(self, row: TicketRow, now: int) -> None:
        self._row, self._due = row, due_of(row, now)
        super().__init__(f"{row.title}\n{row.number}, {self._due.words}")

    def draw(self, painter: QPainter) -> None:
        tone = self._due.tone
        words = "quiet" if tone == "neutral" else "text" if tone == "good" else f"{tone}.text"
        right = self.note(painter, self._due.words, 4, "quiet-strong", words) - 10
        self.words(painter, 0, 4, right, self._row.title, "medium", "text")
        painter.setPen(Qt.PenStyle.NoPen)
        bar = QRectF(0, 30, self.width(), 4)
        painter.setBrush(theme.color("line"))
        painter.drawRoundedRect(bar, 2, 2)
        passed = max(0.02, min(1.0, self._due.share))
        painter.setBrush(theme.color(f"{tone}.mark"))
        painter.drawRoundedRect(QRectF(0, 30, self.width() * passed, 4), 2, 2)
