"""The states of a ticket as a row of arrows: those behind it, where it stands, those ahead."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from opsdesk.services.tickets import EventRow, State, TicketCard
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme

_HEIGHT = 28
_POINT = 9
_LIFE = (State.NEW, State.OPEN, State.IN_PROGRESS, State.WAITING, State.RESOLVED, State.CLOSED)
WORDS = {State.OPEN: "Accepted"}


def state_word(state: State) -> str:
    """The word of a state as a step in a ticket's life."""
    return WORDS.get(state, state.label)


@dataclass(frozen=True, slots=True)
class _Arrow:
    state: State
    kind: str
    """`done`, `now`, `ahead`, `waiting` or `ended`."""


class Chevrons(QWidget):
    """The row. Signals: `wanted` with the event that leads to the state that was clicked."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._arrows: tuple[_Arrow, ...] = ()
        self._events: dict[State, EventRow] = {}
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_card(self, card: TicketCard) -> None:
        """Show where a ticket stands and what it went through."""
        state = card.row.state
        been = {step.state for step in card.steps} - {state}
        states = list(_LIFE)
        if state in (State.CANCELLED, State.MERGED):
            states = [known for known in _LIFE if known in been] + [state]
        self._arrows = tuple(_Arrow(known, self._kind(known, state, been)) for known in states)
        self._events = {}
        for event in card.events:
            self._events.setdefault(event.to, event)
        self.setAccessibleName(f"State: {state.label}")
        self.setFixedSize(self.sizeHint())
        self.updateGeometry()
        self.update()

    @staticmethod
    def _kind(known: State, state: State, been: set[State]) -> str:
        if known == state:
            ended = state in (State.CANCELLED, State.MERGED)
            return "ended" if ended else "waiting" if state is State.WAITING else "now"
        return "done" if known in been and known < state else "ahead"

    def _boxes(self) -> list[QRectF]:
        boxes = []
        left = 0.0
        for number, arrow in enumerate(self._arrows):
            width = self._width(arrow, first=number == 0)
            boxes.append(QRectF(left, 0, width, _HEIGHT))
            left += width - _POINT + 3
        return boxes

    def _width(self, arrow: _Arrow, *, first: bool) -> float:
        words = QFontMetrics(theme.font("quiet-strong")).horizontalAdvance(state_word(arrow.state))
        return words + 22 + _POINT + (16 if arrow.kind == "done" else 0) + (0 if first else _POINT)

    # -- Qt ------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, (arrow, box) in enumerate(zip(self._arrows, self._boxes(), strict=True)):
            ground, words = _COLOURS[arrow.kind]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(ground))
            painter.drawPolygon(_shape(box, notch=number > 0))
            left = box.left() + (11 if number == 0 else 11 + _POINT)
            if arrow.kind == "done":
                paint_icon(painter, QRectF(left - 2, 0, 14, _HEIGHT), "check-bold", words, 12)
                left += 15
            painter.setFont(theme.font("quiet-strong"))
            painter.setPen(theme.color(words))
            painter.drawText(
                QRectF(left, 0, box.width(), _HEIGHT), Qt.AlignmentFlag.AlignVCenter, state_word(arrow.state)
            )

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._event_at(event.pos().x())
            words = "" if found is None else "\n".join((found.label, *found.missing))
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        found = self._event_at(event.position().x())
        can = found is not None and not found.missing
        self.setCursor(Qt.CursorShape.PointingHandCursor if can else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        found = self._event_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and found is not None and not found.missing:
            self.wanted.emit(found.event)

    def _event_at(self, x: float) -> EventRow | None:
        for arrow, box in zip(self._arrows, self._boxes(), strict=True):
            if box.left() <= x < box.right() - _POINT:
                return self._events.get(arrow.state)
        return None

    def sizeHint(self) -> QSize:
        boxes = self._boxes()
        return QSize(int(boxes[-1].right()) + 1 if boxes else 0, _HEIGHT)


_COLOURS = {
    "done": ("chip", "link"),
    "now": ("accent", "on_accent"),
    "waiting": ("warn.soft", "warn.on_soft"),
    "ahead": ("hover", "quiet"),
    "ended": ("neutral.soft", "neutral.on_soft"),
}


def _shape(box: QRectF, *, notch: bool) -> QPolygonF:
    middle = box.center().y()
    points = [
        QPointF(box.left(), box.top()),
        QPointF(box.right() - _POINT, box.top()),
        QPointF(box.right(), middle),
        QPointF(box.right() - _POINT, box.bottom()),
        QPointF(box.left(), box.bottom()),
    ]
    if notch:
        points.append(QPointF(box.left() + _POINT, middle))
    return QPolygonF(points)
