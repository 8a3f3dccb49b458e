"""A plot of pyqtgraph that only draws. Imported only when a chart is first shown: pyqtgraph takes long to import."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QWidget


class StillPlot(pg.PlotWidget):
    """A plot under a widget that takes mouse and keys itself: no menu, no moving, axes of words without lines.

    `drawing` is what it shows, `margins` are left, top, right and bottom pixels around it.
    """

    def __init__(
        self, parent: QWidget, drawing: pg.GraphicsObject, axes: Sequence[str], margins: tuple[int, int, int, int]
    ) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setContentsMargins(*margins)
        self.box = item.getViewBox()
        self.box.setMouseEnabled(x=False, y=False)
        self.box.setDefaultPadding(0)
        self.box.disableAutoRange()
        item.addItem(drawing)
        for name in axes:
            axis = item.getAxis(name)
            # A tick without length would still be a grey dot, in each theme.
            axis.setStyle(tickLength=0, tickAlpha=0, tickTextOffset=6)
            axis.setStyle(hideOverlappingLabels=False, autoExpandTextSpace=False)
            axis.setPen(None)
            axis.setTickPen(None)
