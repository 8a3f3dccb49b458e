"""The lines of the inbox: a record whose fields conflict, shortly what waits for others, and what was settled."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from opsdesk.services import times
from opsdesk.services.conflicts import Line
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.avatar import paint_avatar
from opsdesk.ui.widgets.line import Line as PaintedLine
from opsdesk.ui.widgets.pill import paint_pill, pill_size
from opsdesk.ui.widgets.tip import tip

_ICONS = {"ticket": "ticket", "comment": "chat-text", "answer": "clipboard-text", "person": "user", "place": "map-pin"}
_SOON_MS = times.HOUR
_FIELDS = 3


def due_words(line: Line, now: int) -> tuple[str, str]:
    """How long until a conflict is due, and the tone of it."""
    left = line.care.due_at - now
    span = times.span(left).removesuffix(" 00").removesuffix(" 0 h")
    if left < 0:
        return f"over by {span}", "danger.text"
    return f"{span} left", "warn.text" if left < _SOON_MS else "text"


def spoken(line: Line, now: int) -> str:
    """A line in words."""
    head = f"{line.number or line.kind}, {line.title}. {', '.join(line.fields)}."
    if line.settled is not None:
        return f"{head} Settled: {line.settled.how}"
    return f"{head} {line.care.name}, {due_words(line, now)[0]}"


class InboxLine(PaintedLine):
    """A line that shows its record when pressed; `full` ones have four rows, the others two."""

    MARGIN = 14.0

    def __init__(self, line: Line, now: int, *, full: bool, parent: QWidget | None = None) -> None:
        super().__init__(spoken(line, now), parent)
        self._full = full
        self._quiet = "quiet"
        self.setCheckable(True)
        self.setFixedHeight(102 if full else 56)
        self.show_line(line, now)

    def show_line(self, line: Line, now: int) -> None:
        """Show the line as it now is."""
        self.line, self._now = line, now
        words = spoken(line, now)
        self.setAccessibleName(words)
        self.setToolTip(tip(words))
        self.update()

    def nextCheckState(self) -> None:
        """Which line is open is said by the page."""

    def draw_ground(self, painter: QPainter) -> None:
        on = self.isChecked()
        box = QRectF(self.rect()).adjusted(0, 1, 0, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if on or self.underMouse():
            painter.setBrush(theme.color("selection" if on else "hover"))
            painter.drawRoundedRect(box, 6, 6)
        if on:
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(0, box.top() + 14, 3, box.height() - 28), 1.5, 1.5)

    def draw(self, painter: QPainter) -> None:
        self._quiet = "selection_quiet" if self.isChecked() else "quiet"
        if self.line.settled is not None:
            self._draw_settled(painter)
        elif self._full:
            self._draw_full(painter)
        else:
            self._draw_short(painter)

    def _head(self, painter: QPainter, top: float, right_words: str, tone: str, role: str) -> None:
        paint_icon(painter, QRectF(14, top, 16, 20), _ICONS.get(self.line.kind, "database"), self._quiet, 15)
        edge = self.note(painter, right_words, top, role, tone)
        self.words(painter, 38, top, edge - 8, self.line.number or self.line.kind.capitalize(), "quiet#", self._quiet)

    def _draw_full(self, painter: QPainter) -> None:
        line = self.line
        words, tone = due_words(line, self._now)
        self._head(painter, 8, words, "text" if self.isChecked() and tone == "text" else tone, "quiet-strong")
        self.words(painter, 14, 29, self.width() - 14, line.title, "strong", "text")
        left = 14.0
        for number, field in enumerate(line.fields):
            more = len(line.fields) - number
            text = field if number < _FIELDS else f"+{more}"
            room = self.width() - 44 - left
            if room < 40:
                break
            left += paint_pill(painter, QRectF(left, 51, min(room, pill_size(text).width()), 22), text, "danger") + 8
            if number == _FIELDS:
                break
        self.words(painter, 14, 76, self.width() - 44, _where(line), "quiet", self._quiet)
        self._owner(painter, 70)

    def _draw_short(self, painter: QPainter) -> None:
        line = self.line
        self._head(painter, 6, f"by {times.dtg(line.care.due_at, short=True)}", self._quiet, "quiet")
        self.words(painter, 14, 28, self.width() - 48, line.title, "medium", "text")
        self._owner(painter, 28)

    def _draw_settled(self, painter: QPainter) -> None:
        line, settled = self.line, self.line.settled
        assert settled is not None
        paint_icon(painter, QRectF(14, 6, 16, 20), "check-bold", "good.text", 13)
        today = self._now - settled.at < 20 * times.HOUR
        when = times.dtg(settled.at, short=True)
        edge = self.note(painter, when[3:] if today else when, 6, "quiet#", self._quiet)
        end = self.words(painter, 38, 6, edge - 8, line.number or line.kind.capitalize(), "quiet#", self._quiet)
        how = f"{settled.how}, waits" if settled.waits else settled.how
        self.words(painter, end + 12, 6, edge - 8, how, "quiet", "text")
        self.words(painter, 38, 28, self.width() - 14, f"{', '.join(line.fields)}: {line.title}", "body", "text")

    def _owner(self, painter: QPainter, top: float) -> None:
        if self.line.care.person is not None:
            paint_avatar(painter, QRectF(self.width() - 36, top, 22, 22), self.line.care.person.name)
        else:
            paint_icon(painter, QRectF(self.width() - 36, top, 22, 22), "users-three", self._quiet, 18)


def _where(line: Line) -> str:
    """Where the versions come from, and since when it is known here."""
    sources = line.places if len(line.places) > 1 else tuple(person.name for person in line.who)
    found = f"found {times.dtg(line.found_at, short=True)[3:]}"
    return f"{' and '.join(sources)}, {found}" if sources else found
