"""The lines of the inbox: a record whose fields conflict, shortly what waits for others, and what was settled."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from opsdesk.services import times
from opsdesk.services.conflicts import Line
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.avatar import paint_avatar
from opsdesk.ui.widgets.button import paint_focus_ring
from opsdesk.ui.widgets.pill import paint_pill, pill_size

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


class InboxLine(QAbstractButton):
    """A line that shows its record when pressed; `full` ones have four rows, the others two."""

    def __init__(self, line: Line, now: int, *, full: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = full
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(102 if full else 56)
        self.show_line(line, now)

    def show_line(self, line: Line, now: int) -> None:
        """Show the line as it now is."""
        self.line, self._now = line, now
        words = spoken(line, now)
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def nextCheckState(self) -> None:
        """Which line is open is said by the page."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        box = QRectF(self.rect()).adjusted(0, 1, 0, -1)
        if on or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if on else "hover"))
            painter.drawRoundedRect(box, 6, 6)
        if on:
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(0, box.top() + 14, 3, box.height() - 28), 1.5, 1.5)
        self._quiet = "selection_quiet" if on else "quiet"
        if self.line.settled is not None:
            self._paint_settled(painter)
        elif self._full:
            self._paint_full(painter)
        else:
            self._paint_short(painter)
        if self.hasFocus():
            paint_focus_ring(painter, box.adjusted(0.5, 0.5, -0.5, -0.5))

    def _head(self, painter: QPainter, top: float, right_words: str, tone: str, role: str) -> None:
        paint_icon(painter, QRectF(14, top, 16, 20), _ICONS.get(self.line.kind, "database"), self._quiet, 15)
        edge = self._words(painter, right_words, top, role, tone, at_right=True)
        self._text(painter, 38, top, edge - 8, self.line.number or self.line.kind.capitalize(), "quiet#", self._quiet)

    def _paint_full(self, painter: QPainter) -> None:
        line = self.line
        words, tone = due_words(line, self._now)
        self._head(painter, 8, words, "text" if self.isChecked() and tone == "text" else tone, "quiet-strong")
        self._text(painter, 14, 29, self.width() - 14, line.title, "strong", "text")
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
        self._text(painter, 14, 76, self.width() - 44, _where(line), "quiet", self._quiet)
        self._owner(painter, 70)

    def _paint_short(self, painter: QPainter) -> None:
        line = self.line
        self._head(painter, 6, f"by {times.dtg(line.care.due_at, short=True)}", self._quiet, "quiet")
        self._text(painter, 14, 28, self.width() - 48, line.title, "medium", "text")
        self._owner(painter, 28)

    def _paint_settled(self, painter: QPainter) -> None:
        line, settled = self.line, self.line.settled
        assert settled is not None
        paint_icon(painter, QRectF(14, 6, 16, 20), "check-bold", "good.text", 13)
        today = self._now - settled.at < 20 * times.HOUR
        when = times.dtg(settled.at, short=True)
        edge = self._words(painter, when[3:] if today else when, 6, "quiet#", self._quiet, at_right=True)
        end = self._text(painter, 38, 6, edge - 8, line.number or line.kind.capitalize(), "quiet#", self._quiet)
        how = f"{settled.how}, waits" if settled.waits else settled.how
        self._text(painter, end + 12, 6, edge - 8, how, "quiet", "text")
        self._text(painter, 38, 28, self.width() - 14, f"{', '.join(line.fields)}: {line.title}", "body", "text")

    def _owner(self, painter: QPainter, top: float) -> None:
        if self.line.care.person is not None:
            paint_avatar(painter, QRectF(self.width() - 36, top, 22, 22), self.line.care.person.name)
        else:
            paint_icon(painter, QRectF(self.width() - 36, top, 22, 22), "users-three", self._quiet, 18)

    def _text(
        self, painter: QPainter, left: float, top: float, right: float, text: str, role: str, colour: str
    ) -> float:
        font = theme.font(role)
        painter.setFont(font)
        painter.setPen(theme.color(colour))
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, int(right - left)))
        painter.drawText(QRectF(left, top, max(1.0, right - left), 20), Qt.AlignmentFlag.AlignVCenter, shown)
        return left + metrics.horizontalAdvance(shown)

    def _words(
        self, painter: QPainter, text: str, top: float, role: str, colour: str, *, at_right: bool = False
    ) -> float:
        width = QFontMetrics(theme.font(role)).horizontalAdvance(text)
        left = self.width() - 14.0 - width if at_right else 14.0
        self._text(painter, left, top, left + width + 2, text, role, colour)
        return left

    def sizeHint(self) -> QSize:
        return QSize(280, self.height())

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)


def _where(line: Line) -> str:
    """Where the versions come from, and since when it is known here."""
    sources = line.places if len(line.places) > 1 else tuple(person.name for person in line.who)
    found = f"found {times.dtg(line.found_at, short=True)[3:]}"
    return f"{' and '.join(sources)}, {found}" if sources else found
