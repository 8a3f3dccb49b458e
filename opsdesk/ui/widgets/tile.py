"""A tile: a figure with its name, what it is about, and a line of how it went; opens the rows behind it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from opsdesk.ui.resources import has_icon, paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import paint_focus_ring

HEIGHT = 96


class Tile(QAbstractButton):
    """`name` over a large `figure` with a `detail` beside it, and a sparkline of `series` at the right.

    A tile is a button: `clicked` opens what it counts. The figure's age goes into the tooltip (`as_of`).
    """

    def __init__(self, name: str, icon: str, tone: str = "accent", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        if not has_icon(icon):
            raise KeyError(icon)
        self._name, self._icon, self._tone = name, icon, tone
        self._figure = "…"
        self._detail = ""
        self._alarm = False
        self._series: Sequence[float] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(name)

    def set(
        self, figure: str, detail: str = "", series: Sequence[float] = (), *, alarm: bool = False, as_of: str = ""
    ) -> None:
        """Show a figure; `alarm` paints it in the tile's tone, `as_of` says from when it is."""
        self._figure, self._detail, self._series, self._alarm = figure, detail, tuple(series), alarm
        self.setAccessibleName(" ".join(part for part in (f"{self._name}:", figure, detail) if part))
        self.setToolTip(f"As of {as_of}" if as_of else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.color("line_strong" if self.underMouse() else "line"))
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(box, 8, 8)
        if self.hasFocus():
            paint_focus_ring(painter, box, radius=8)
        paint_icon(painter, QRectF(16, 15, 20, 20), self._icon, f"{self._tone}.text", 18)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("quiet"))
        painter.drawText(QRectF(42, 15, self.width() - 58, 20), Qt.AlignmentFlag.AlignVCenter, self._name)
        figure = theme.font("figure#")
        painter.setFont(figure)
        painter.setPen(theme.color(f"{self._tone}.text" if self._alarm else "text"))
        baseline = 75.0
        painter.drawText(QPointF(17, baseline), self._figure)
        left = 17 + QFontMetricsF(figure).horizontalAdvance(self._figure) + 12
        spark = self._spark_rect() if len(self._series) > 1 else None
        painter.setFont(theme.font("quiet"))
        painter.setPen(theme.color("quiet"))
        room = (spark.left() if spark else self.width() - 16) - left - 8
        metrics = QFontMetricsF(theme.font("quiet"))
        painter.drawText(
            QPointF(left, baseline), metrics.elidedText(self._detail, Qt.TextElideMode.ElideRight, max(0.0, room))
        )
        if spark is not None:
            paint_sparkline(painter, spark, self._series, self._tone)

    def _spark_rect(self) -> QRectF:
        width = min(92.0, self.width() * 0.3)
        return QRectF(self.width() - 16 - width, 48, width, 32)

    def sizeHint(self) -> QSize:
        return QSize(280, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(180, HEIGHT)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)


def paint_sparkline(painter: QPainter, rect: QRectF, series: Sequence[float], tone: str) -> None:
    """Draw how a figure went, left to right, with a dot on the last value; a level series is a line in the middle."""
    low, high = min(series), max(series)
    step = rect.width() / (len(series) - 1)
    points = [
        QPointF(
            rect.left() + index * step,
            rect.bottom() - 3 - ((value - low) / (high - low) if high > low else 0.5) * (rect.height() - 6),
        )
        for index, value in enumerate(series)
    ]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    mark = theme.color(f"{tone}.mark")
    ground = QColor(mark)
    ground.setAlphaF(0.16 if theme.tokens.dark else 0.12)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawPolygon(
        QPolygonF([QPointF(points[0].x(), rect.bottom()), *points, QPointF(points[-1].x(), rect.bottom())])
    )
    pen = painter.pen()
    pen.setStyle(Qt.PenStyle.SolidLine)
    pen.setColor(mark)
    pen.setWidthF(1.6)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF(points))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(mark)
    painter.drawEllipse(points[-1], 3, 3)
    painter.restore()
