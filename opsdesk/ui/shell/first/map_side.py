"""The dark side of the first look: a map of nowhere with this station on it, and the post once it is found."""

from __future__ import annotations

from math import cos, pi, sin

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from opsdesk.ui.shell.rail import paint_logo
from opsdesk.ui.theme import theme

# Hills of the drawn map: middle (shares of width and height), how many rings, how lively their outline.
_HILLS = ((0.55, 0.18, 9, 0.34), (0.78, 0.34, 8, 0.28), (0.16, 0.72, 10, 0.30), (0.9, 0.86, 7, 0.22))


class MapSide(QWidget):
    """The program's name over a map. `show_tag` and `show_post` say what stands on it."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self._tag, self._post = tag, ""
        self.setMinimumWidth(280)

    def show_tag(self, tag: str) -> None:
        """Say what this station is called."""
        self._tag = tag
        self.update()

    def show_post(self, name: str) -> None:
        """Draw a way to a post that was found; an empty name takes it away."""
        if name != self._post:
            self._post = name
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = float(self.width()), float(self.height())
        painter.fillRect(self.rect(), theme.color("rail"))
        painter.setOpacity(0.6)
        painter.setPen(QPen(theme.color("rail_active"), 1))
        for step in range(1, 5):
            painter.drawLine(QPointF(width * step / 4.6, 0), QPointF(width * step / 4.6, height))
        for step in range(1, 8):
            painter.drawLine(QPointF(0, height * step / 7.6), QPointF(width, height * step / 7.6))
        painter.setPen(QPen(theme.color("rail_active"), 1.3))
        for number, (x, y, rings, lively) in enumerate(_HILLS):
            for ring in range(1, rings + 1):
                painter.drawPolygon(_ring(width * x, height * y, 20.0 + ring * 24, lively, number + ring * 0.09))
        painter.setOpacity(1)
        here, there = QPointF(width * 0.62, height * 0.34), QPointF(width * 0.26, height * 0.5)
        if self._post:
            way = QPen(theme.color("rail_mark"), 1.5)
            way.setDashPattern([4, 3])
            painter.setPen(way)
            painter.drawLine(here, there)
            self._paint_station(painter, there, self._post, below=True)
        self._paint_station(painter, here, self._tag)
        paint_logo(painter, QRectF(48, 48, 40, 40))
        painter.setPen(theme.color("rail_active_text"))
        painter.setFont(theme.font("title"))
        painter.drawText(QPointF(104, 76), "OpsDesk")
        left, room = 48.0, width - 96
        painter.drawText(
            QRectF(left, height - 190, room, 60),
            Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap,
            "Your desk works with or without a link.",
        )
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("rail_text"))
        painter.drawText(
            QRectF(left, height - 118, room, 60),
            Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap,
            "Everything you write stays on this station first, then reaches the other posts when a link is there.",
        )

    def _paint_station(self, painter: QPainter, at: QPointF, name: str, *, below: bool = False) -> None:
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.setOpacity(0.35)
        painter.drawEllipse(at, 16, 16)
        painter.setOpacity(1)
        painter.setPen(QPen(theme.color("rail_active_text"), 2))
        painter.drawEllipse(at, 6, 6)
        painter.setFont(theme.font("quiet-strong"))
        box = QRectF(at.x() - 90, at.y() + (20 if below else -40), 180, 18)
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)
        painter.restore()


def _ring(x: float, y: float, radius: float, lively: float, turn: float) -> QPolygonF:
    """Return a closed contour line around a point."""
    points = []
    for step in range(72):
        angle = 2 * pi * step / 72
        wave = sin(3 * angle + turn * 2) * 0.5 + sin(5 * angle - turn) * 0.3 + sin(2 * angle + turn * 3) * 0.4
        distance = radius * (1 + lively * wave * 0.5)
        points.append(QPointF(x + distance * cos(angle), y + distance * sin(angle)))
    return QPolygonF(points)
