"""The bars of a time strip and the window on them, drawn by pyqtgraph. Imported only when a strip is first shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from opsdesk.services.maps import Bar
from opsdesk.services.times import DAY, HOUR, MONTHS, dtg, to_datetime
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.chart.still import StillPlot
from opsdesk.ui.widgets.chart.swatch import paint_swatch

TONES: Final = ("normal", "high", "urgent")
"""Of the bands of a bar, the lowest first."""
_HANDLE = QRectF(-4, -11, 8, 22)


class Drawing(pg.GraphicsObject):
    """Bars with roots of counts for heights, so that one ticket is seen beside hundreds, and the window over them."""

    def __init__(self) -> None:
        super().__init__()
        self.bars: Sequence[Bar] = ()
        self.window: tuple[float, float] | None = None
        self.focused = False
        self.bounds = QRectF(0, 0, 1, 1)

    def boundingRect(self) -> QRectF:
        return self.bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        way = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = way.mapRect(self.bounds)
        band = None
        if self.window is not None:
            left, right = (way.map(QPointF(at, 0)).x() for at in self.window)
            band = QRectF(left, whole.top(), max(2.0, right - left), whole.height())
            painter.fillRect(band, theme.color("selection"))
        painter.setPen(QPen(theme.color("line_strong"), 1))
        painter.drawLine(whole.bottomLeft(), whole.bottomRight())
        for bar in self.bars:
            self._paint_bar(painter, way.mapRect(QRectF(bar.since, 0, bar.until - bar.since, 1)), bar)
        if band is not None:
            self._paint_edges(painter, band)
        painter.restore()

    def _paint_bar(self, painter: QPainter, box: QRectF, bar: Bar) -> None:
        total = sum(bar.counts)
        if not total:
            return
        outside = self.window is not None and (bar.until <= self.window[0] or bar.since >= self.window[1])
        painter.setOpacity(0.35 if outside else 1)
        high = box.height() * math.sqrt(total) / self.top
        gap = min(1.0, box.width() * 0.2)
        bottom = box.bottom()
        for count, tone in zip(bar.counts, TONES, strict=True):
            if count:
                part = max(1.0, high * count / total)
                paint_swatch(
                    painter, QRectF(box.left() + gap / 2, bottom - part, max(1, box.width() - gap), part), tone, 0
                )
                bottom -= part
        painter.setOpacity(1)

    def _paint_edges(self, painter: QPainter, band: QRectF) -> None:
        painter.setPen(QPen(theme.color("accent"), 2))
        for x in (band.left(), band.right()):
            painter.drawLine(QPointF(x, band.top()), QPointF(x, band.bottom()))
        painter.setBrush(theme.color("surface"))
        for x in (band.left(), band.right()):
            painter.drawRoundedRect(_HANDLE.translated(x, band.center().y()), 3, 3)
        if self.focused:
            painter.setPen(QPen(theme.color("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(band.adjusted(-7, 1, 7, -1), 4, 4)

    @property
    def top(self) -> float:
        """The root of the largest count."""
        return math.sqrt(max((sum(bar.counts) for bar in self.bars), default=1) or 1)


class Plot(StillPlot):
    """The plot under a `TimeStrip`, which takes mouse and keys itself. The axis is in milliseconds since 1970."""

    def __init__(self, parent: QWidget) -> None:
        self.drawing = Drawing()
        super().__init__(parent, self.drawing, ("bottom",), (12, 2, 12, 0))
        item = self.getPlotItem()
        item.hideAxis("left")
        self._axis = item.getAxis("bottom")
        self._axis.setHeight(22)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Draw other bars."""
        self.drawing.prepareGeometryChange()
        self.drawing.bars = bars
        since, until = (bars[0].since, bars[-1].until) if bars else (0, 1)
        self.drawing.bounds = QRectF(since, 0, until - since, 1)
        self.box.setRange(xRange=(since, until), yRange=(0, 1), padding=0)
        self.dress()

    def show_window(self, window: tuple[float, float] | None, *, focused: bool) -> None:
        """Draw the window elsewhere."""
        self.drawing.window, self.drawing.focused = window, focused
        self.drawing.update()

    def dress(self) -> None:
        """Take the colours of the theme, and as many dates at the axis as there is room for."""
        self.setBackground(theme.color("surface"))
        font = theme.font("small#")
        self._axis.setStyle(tickFont=font)
        self._axis.setTextPen(theme.color("quiet"))
        room = max(1, self.parentWidget().width() - 24) / (QFontMetricsF(font).horizontalAdvance("00 MMM 00") + 20)
        self._axis.setTicks([dates(self.drawing.bars, max(1, int(room)))])
        self.drawing.update()

    def x_of(self, at: float) -> float:
        """Pixels of the widget at which a moment stands."""
        return float(self.mapFromScene(self.box.mapViewToScene(QPointF(at, 0))).x())

    def moment_at(self, x: float) -> float:
        """The moment at a pixel of the widget."""
        return float(self.box.mapSceneToView(self.mapToScene(QPoint(int(x), 4))).x())


def dates(bars: Sequence[Bar], most: int) -> list[tuple[float, str]]:
    """At most so many dates for the axis: where hours, days, months or years begin, whichever fits."""
    for key, word in _RULES:
        found = []
        for number, bar in enumerate(bars):
            before = bars[number - 1].since if number else bar.since - 1
            if key(before) != key(bar.since):
                found.append((float(bar.since), word(bar.since)))
        if 1 < len(found) <= most:
            return found
    every = max(1, -(-len(bars) // most))
    return [(float(bar.since), _day(bar.since)) for bar in bars[::every]]


def _day(at: int) -> str:
    moment = to_datetime(at)
    return f"{moment:%d} {MONTHS[moment.month - 1]} {moment:%y}"


def _month(at: int) -> str:
    moment = to_datetime(at)
    return f"{MONTHS[moment.month - 1]} {moment:%y}"


def _months(many: int) -> Callable[[int], int]:
    def number(at: int) -> int:
        moment = to_datetime(at)
        return (moment.year * 12 + moment.month - 1) // many

    return number


def _even(long: int) -> Callable[[int], int]:
    return lambda at: at // long


_RULES: Final = (
    *((_even(many * HOUR), lambda at: dtg(at, short=True)) for many in (1, 3, 6, 12)),
    *((_even(many * DAY), _day) for many in (1, 2, 7)),
    *((_months(many), _month) for many in (1, 3, 6)),
    *((_months(12 * many), lambda at: str(to_datetime(at).year)) for many in (1, 2, 5, 10, 20, 50)),
)
"""What may stand at the axis, the finest first: when a date is another one, and how it is written."""
