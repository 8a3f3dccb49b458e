"""The drawing of a chart by pyqtgraph. Imported only when a chart is first shown: pyqtgraph takes long to import."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.chart.data import ChartData, Kind
from opsdesk.ui.widgets.chart.marks import Layout, Mark, lay_out
from opsdesk.ui.widgets.chart.still import StillPlot
from opsdesk.ui.widgets.chart.swatch import paint_swatch

_NAME_WIDTH = 130
"""Pixels that the names of slots at the left take at most."""


class Marks(pg.GraphicsObject):
    """The lines of the scale, the bars or fields, and the outline of the one that the keyboard is on."""

    def __init__(self) -> None:
        super().__init__()
        self.data: ChartData | None = None
        self.layout = Layout((), 1, 1)
        self.bounds = QRectF(0, 0, 1, 1)
        self.current: Mark | None = None
        self.focused = False

    def boundingRect(self) -> QRectF:
        return self.bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self.data is None:
            return
        # Drawn in pixels: round corners and lines of one width whatever the units of the axes are.
        way = painter.worldTransform()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.data.kind is not Kind.HEAT:
            painter.setPen(QPen(theme.color("line"), 1))
            for value in range(0, self.layout.top + 1, self.layout.step):
                if self.data.kind is Kind.LYING:
                    ends = QPointF(value, 0), QPointF(value, len(self.data.slots))
                else:
                    ends = QPointF(0, value), QPointF(len(self.data.slots), value)
                painter.drawLine(way.map(ends[0]), way.map(ends[1]))
        else:
            self._paint_ground(painter, way.mapRect(self.bounds))
        for mark in self.layout.marks:
            box = way.mapRect(mark.box)
            if self.data.kind is Kind.HEAT:
                painter.setOpacity(0.14 + 0.86 * mark.value / self.layout.top)
                paint_swatch(painter, box, self.data.tones[0], 3)
                painter.setOpacity(1)
            else:
                # Even one among thousands is seen.
                box.setHeight(max(box.height(), 2.0))
                box.setWidth(max(box.width(), 2.0))
                paint_swatch(painter, box, self.data.tones[mark.series], 1.5)
        if self.current is not None and self.focused:
            painter.setPen(QPen(theme.color("text"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(way.mapRect(self.current.box).adjusted(-2, -2, 2, 2), 3, 3)
        painter.restore()

    def _paint_ground(self, painter: QPainter, whole: QRectF) -> None:
        assert self.data is not None
        rows, columns = len(self.data.slots), len(self.data.series)
        wide, high = whole.width() / columns, whole.height() / rows
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("hover"))
        for row in range(rows):
            for column in range(columns):
                box = QRectF(whole.left() + column * wide, whole.top() + row * high, wide, high)
                painter.drawRoundedRect(box.adjusted(0.04 * wide, 0.05 * high, -0.04 * wide, -0.05 * high), 3, 3)


class Plot(StillPlot):
    """The plot under a `Chart`, which takes mouse and keys itself."""

    def __init__(self, parent: QWidget) -> None:
        self.marks = Marks()
        # Half of the last word at the axis stands beyond its end.
        super().__init__(parent, self.marks, ("left", "bottom"), (0, 4, 14, 0))

    def show_data(self, data: ChartData) -> Layout:
        """Draw something else, and return where its marks are."""
        self.marks.prepareGeometryChange()
        layout = lay_out(data)
        self.marks.data, self.marks.layout = data, layout
        across, along = self._ranges(data, layout)
        self.marks.bounds = QRectF(0, 0, across, along)
        self.box.invertY(data.kind in (Kind.LYING, Kind.HEAT))
        self.box.setRange(xRange=(0, across), yRange=(0, along), padding=0)
        self.dress()
        return layout

    @staticmethod
    def _ranges(data: ChartData, layout: Layout) -> tuple[float, float]:
        slots = max(1, len(data.slots))
        match data.kind:
            case Kind.LYING:
                return layout.top, slots
            case Kind.HEAT:
                return max(1, len(data.series)), slots
            case _:
                return slots, layout.top

    def dress(self) -> None:
        """Take the colours of the theme, and as many words at the axes as there is room for."""
        data = self.marks.data
        if data is None:
            return
        self.setBackground(theme.color("surface"))
        font = theme.font("small#")
        metrics = QFontMetricsF(font)
        counts = [(float(value), f"{value:,}") for value in range(0, self.marks.layout.top + 1, self.marks.layout.step)]
        names = [(number + 0.5, slot.short) for number, slot in enumerate(data.slots)]
        match data.kind:
            case Kind.LYING:
                left = [(at, metrics.elidedText(name, Qt.TextElideMode.ElideRight, _NAME_WIDTH)) for at, name in names]
                bottom = counts
            case Kind.HEAT:
                left = names
                bottom = self._thinned([(n + 0.5, name) for n, name in enumerate(data.series)], metrics)
            case _:
                left, bottom = counts, self._thinned(names, metrics)
        width = max((metrics.horizontalAdvance(name) for _, name in left), default=0)
        item = self.getPlotItem()
        for name, ticks in (("left", left), ("bottom", bottom)):
            axis = item.getAxis(name)
            axis.setStyle(tickFont=font)
            axis.setTextPen(theme.color("quiet"))
            axis.setTicks([ticks])
        item.getAxis("left").setWidth(width + 10)
        item.getAxis("bottom").setHeight(22)
        self.marks.update()

    def _thinned(self, names: Sequence[tuple[float, str]], metrics: QFontMetricsF) -> list[tuple[float, str]]:
        """As many names as fit side by side, counted from the last one."""
        widest = max((metrics.horizontalAdvance(name) for _, name in names), default=1) + 12
        fit = max(1, int(max(1, self.width() - 50) / widest))
        every = max(1, -(-len(names) // fit))
        last = len(names) - 1
        return [(at, name) for number, (at, name) in enumerate(names) if (last - number) % every == 0]

    def show_current(self, mark: Mark | None, *, focused: bool) -> None:
        """Outline the mark that the keyboard is on."""
        self.marks.current, self.marks.focused = mark, focused
        self.marks.update()

    def units_at(self, place: QPoint) -> QPointF:
        """A place of the widget in the units of the axes."""
        found: QPointF = self.box.mapSceneToView(self.mapToScene(place))
        return found

    def place_of(self, mark: Mark) -> QPoint:
        """The middle of a mark in pixels of the widget."""
        return self.mapFromScene(self.box.mapViewToScene(mark.box.center()))
