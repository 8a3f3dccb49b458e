"""A chart whose bars can be pressed, read out, reached by the keyboard, copied as a table and saved as a picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QEvent, QIODevice, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QEnterEvent,
    QFocusEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from opsdesk.services.spreadsheet import defused
from opsdesk.ui.theme import follow, theme
from opsdesk.ui.widgets.chart.data import ChartData, Kind
from opsdesk.ui.widgets.chart.marks import Layout, Mark
from opsdesk.ui.widgets.chart.plot import Plot
from opsdesk.ui.widgets.chart.swatch import paint_swatch

_HEAD = 36
"""Pixels above the chart in a picture, for its title."""


class Chart(QWidget):
    """Signals: `opened` with what a bar opens, `told` with words for the bar that mouse or keyboard is on, "" for none.

    Arrows go from bar to bar, Home and End to the first and last, Enter opens.
    """

    opened = Signal(str)
    told = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self.data: ChartData | None = None
        self._layout = Layout((), 1, 1)
        self._current: Mark | None = None
        self._plot = Plot(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._plot)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        follow(self, self._plot.dress)

    # -- content -----------------------------------------------------------------------------------------

    def show_data(self, data: ChartData) -> None:
        """Show something else. The keyboard stays on the same slot and series where these are there."""
        was = self._current
        self.data = data
        self._layout = self._plot.show_data(data)
        same = [mark for mark in self._layout.marks if was is not None and _place(mark) == _place(was)]
        self._current = same[0] if same else None
        self._plot.show_current(self._current, focused=self.hasFocus())
        most = max(self._layout.marks, key=lambda mark: mark.value, default=None)
        whole = f"{data.total:,} in all" if most is not None else "nothing to show"
        told = f"; the most: {data.words(most.slot, most.series)}" if most is not None else ""
        self.setAccessibleDescription(f"{whole}{told}. Arrows go from bar to bar, Enter opens the {data.noun}s.")

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The bars that stand for something."""
        return self._layout.marks

    @property
    def current(self) -> Mark | None:
        """The bar that the keyboard is on."""
        return self._current

    def place_of(self, mark: Mark) -> QPoint:
        """The middle of a bar in pixels of this widget."""
        return self._plot.mapTo(self, self._plot.place_of(mark))

    def open_mark(self, mark: Mark) -> None:
        """Open what a bar stands for."""
        assert self.data is not None
        self.opened.emit(self.data.slots[mark.slot].opens[mark.series])

    # -- copy and picture --------------------------------------------------------------------------------

    def copy_table(self) -> None:
        """Put all counts on the clipboard as a table, for a spreadsheet or a text."""
        if self.data is None:
            return
        rows = [[defused(cell) for cell in row] for row in self.data.rows()]
        # As text alone: an object of kinds made here would outlive Python on the clipboard.
        QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in rows) + "\n")

    def picture(self, kind: str, note: str = "") -> bytes:
        """The chart under its title and a note as a picture of the kind "png" (twice as fine as here) or "svg"."""
        size = QSize(max(320, self.width()), max(160, self.height()) + _HEAD + 12)
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if kind == "svg":
            from PySide6.QtSvg import QSvgGenerator

            generator = QSvgGenerator()
            generator.setOutputDevice(buffer)
            generator.setSize(size)
            generator.setViewBox(QRect(QPoint(0, 0), size))
            generator.setTitle(self.name)
            self._draw(QPainter(generator), size, note)
        else:
            image = QImage(size * 2, QImage.Format.Format_RGB32)
            image.setDevicePixelRatio(2)
            self._draw(QPainter(image), size, note)
            image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub wants bytes, the binding a str
        return bytes(buffer.data().data())

    def _draw(self, painter: QPainter, size: QSize, note: str) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(QRect(QPoint(0, 0), size), theme.color("surface"))
        painter.setFont(theme.font("strong"))
        painter.setPen(theme.color("text"))
        title = QRect(12, 6, size.width() - 24, 24)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(title, middle, self.name)
        left = 24 + painter.fontMetrics().horizontalAdvance(self.name)
        painter.setFont(theme.font("quiet"))
        painter.setPen(theme.color("quiet"))
        painter.drawText(title, middle | Qt.AlignmentFlag.AlignRight, note)
        if self.data is not None and self.data.kind is not Kind.HEAT:
            for word, tone in zip(self.data.series, self.data.tones, strict=True):
                paint_swatch(painter, QRect(left, 13, 10, 10).toRectF(), tone, 3)
                painter.drawText(QPoint(left + 15, 22), word)
                left += 30 + painter.fontMetrics().horizontalAdvance(word)
        had, self._plot.marks.focused = self._plot.marks.focused, False
        target = QRect(6, _HEAD, size.width() - 12, size.height() - _HEAD - 6)
        self._plot.render(painter, target.toRectF(), self._plot.viewport().rect(), Qt.AspectRatioMode.IgnoreAspectRatio)
        self._plot.marks.focused = had
        painter.end()

    # -- mouse and keyboard ------------------------------------------------------------------------------

    def _at(self, place: QPointF) -> Mark | None:
        at = self._plot.units_at(self._plot.mapFrom(self, place.toPoint()))
        return next((mark for mark in self._layout.marks if mark.reach.contains(at)), None)

    def _tell(self, mark: Mark | None) -> None:
        words = self.data.words(mark.slot, mark.series) if self.data is not None and mark is not None else ""
        self.told.emit(words)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        mark = self._at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if mark else Qt.CursorShape.ArrowCursor)
        self._tell(mark)
        if mark is None or self.data is None:
            QToolTip.hideText()
        else:
            words = self.data.words(mark.slot, mark.series)
            QToolTip.showText(event.globalPosition().toPoint(), f"{words}\nPress to see them", self)

    def leaveEvent(self, event: QEvent) -> None:
        self._tell(self._current if self.hasFocus() else None)
        super().leaveEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._tell(self._at(event.position()))
        super().enterEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        mark = self._at(event.position())
        if mark is not None and event.button() == Qt.MouseButton.LeftButton:
            self._go(mark)
            self.open_mark(mark)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current is not None and not event.isAutoRepeat():
            self.open_mark(self._current)
            return
        steps = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        if key in steps:
            self._go(self._next(*steps[Qt.Key(key)]))
        elif key == Qt.Key.Key_Home:
            self._go(self._layout.marks[0] if self._layout.marks else None)
        elif key == Qt.Key.Key_End:
            self._go(self._layout.marks[-1] if self._layout.marks else None)
        else:
            super().keyPressEvent(event)

    def _next(self, right: int, down: int) -> Mark | None:
        """The bar in that direction: along the slots, or from one series of a slot to another."""
        marks = self._layout.marks
        if self._current is None or not marks:
            return marks[0] if marks else None
        lying = self.data is not None and self.data.kind in (Kind.LYING, Kind.HEAT)
        slots, series = (down, right) if lying else (right, down)
        here = self._current
        if slots:
            beyond = [mark for mark in marks if (mark.slot - here.slot) * slots > 0]
            near = min((abs(mark.slot - here.slot) for mark in beyond), default=0)
            found: Sequence[Mark] = [mark for mark in beyond if abs(mark.slot - here.slot) == near]
        else:
            found = [mark for mark in marks if mark.slot == here.slot and (mark.series - here.series) * series > 0]
        return min(found, key=lambda mark: abs(mark.series - here.series), default=here)

    def _go(self, mark: Mark | None) -> None:
        if mark is None:
            return
        self._current = mark
        self._plot.show_current(mark, focused=True)
        self._tell(mark)
        assert self.data is not None
        self.setAccessibleDescription(f"{self.data.words(mark.slot, mark.series)}. Enter opens the {self.data.noun}s.")
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._current is None and self._layout.marks and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._go(self._layout.marks[-1 if self.data and self.data.kind is Kind.PAIRS else 0])
        self._plot.show_current(self._current, focused=True)
        self._tell(self._current)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._plot.show_current(self._current, focused=False)
        self.told.emit("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._plot.dress()

    def sizeHint(self) -> QSize:
        return QSize(420, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)


def _place(mark: Mark) -> tuple[int, int]:
    return mark.slot, mark.series
