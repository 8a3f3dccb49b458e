"""What happened to a change that came back: written here, at the server, sent back, and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from opsdesk.services import times
from opsdesk.services.returned import Item
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme

_Y = 12.0


@dataclass(frozen=True)
class Stop:
    """One station on the way. `tone` is a tone of the theme; `icon` none for a turn that is still to come."""

    word: str
    when: str
    tone: str
    icon: str = ""


def stops(item: Item, post: str) -> tuple[Stop, ...]:
    """The way that a thing went."""
    made, back = times.dtg(item.made_at, short=True), times.dtg(item.returned_at, short=True)
    last = Stop("Your turn", "since then", "accent")
    if item.settled_at is not None:
        last = Stop(item.how.capitalize(), times.dtg(item.settled_at, short=True), "good", "check-bold")
    return (
        Stop("You wrote it", made, "good", "check-bold"),
        Stop(f"{post} got it", back, "good", "check-bold"),
        Stop("Sent back", back, "warn", "arrow-u-down-left-bold"),
        last,
    )


class Journey(QWidget):
    """The line with its stops."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stops: tuple[Stop, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_stops(self, found: tuple[Stop, ...]) -> None:
        """Show another way."""
        self._stops = found
        self.setAccessibleName(", ".join(f"{stop.word} {stop.when}" for stop in found))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._stops:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        last = len(self._stops) - 1
        places = [9 + (self.width() - 18) * at / last for at in range(last + 1)]
        painter.setPen(QPen(theme.color("line_strong"), 2))
        painter.drawLine(QPointF(places[0], _Y), QPointF(places[-1], _Y))
        for at, (stop, x) in enumerate(zip(self._stops, places, strict=True)):
            self._paint_stop(painter, stop, x)
            self._paint_words(painter, stop, x, at, last)

    def _paint_stop(self, painter: QPainter, stop: Stop, x: float) -> None:
        if stop.icon:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(f"{stop.tone}.mark"))
            painter.drawEllipse(QPointF(x, _Y), 8, 8)
            paint_icon(painter, QRectF(x - 8, _Y - 8, 16, 16), stop.icon, "surface", 10)
        else:
            painter.setPen(QPen(theme.color("accent.mark"), 2))
            painter.setBrush(theme.color("surface"))
            painter.drawEllipse(QPointF(x, _Y), 6.5, 6.5)

    def _paint_words(self, painter: QPainter, stop: Stop, x: float, at: int, last: int) -> None:
        align = Qt.AlignmentFlag.AlignHCenter
        box = QRectF(x - 70, 26, 140, 18)
        if at == 0:
            align, box = Qt.AlignmentFlag.AlignLeft, QRectF(0, 26, 140, 18)
        elif at == last:
            align, box = Qt.AlignmentFlag.AlignRight, QRectF(self.width() - 140, 26, 140, 18)
        painter.setFont(theme.font("quiet-strong"))
        painter.setPen(theme.color("text"))
        painter.drawText(box, align | Qt.AlignmentFlag.AlignVCenter, stop.word)
        painter.setFont(theme.font("quiet"))
        painter.setPen(theme.color("quiet"))
        painter.drawText(box.translated(0, 17), align | Qt.AlignmentFlag.AlignVCenter, stop.when)

    def sizeHint(self) -> QSize:
        return QSize(360, 64)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 64)
