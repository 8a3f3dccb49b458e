"""A strip of time whose window is dragged, widened and moved by keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.maps import Moments
from opsdesk.ui.theme import follow
from opsdesk.ui.widgets.time_strip.bars import Plot

_GRIP = 7
"""Pixels around an edge of the window in which the mouse takes the edge."""


class TimeStrip(QWidget):
    """Signals: `moved` with begin and end (milliseconds since 1970) as a person moves the window.

    Drag inside the window moves it, on an edge widens it, elsewhere draws a new one.
    """

    moved = Signal(object, object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.moments = Moments(1, (), ())
        self.window_shown: tuple[int, int] | None = None
        self._grip: tuple[str, float] | None = None
        self.plot = Plot(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        follow(self, self.plot.dress)

    def sizeHint(self) -> QSize:
        return QSize(400, 78)

    def show_moments(self, moments: Moments) -> str:
        """Show other counts, and return what one bar stands for."""
        self.moments = moments
        unit, bars = moments.bars()
        self.plot.show_bars(bars)
        return unit

    def show_window(self, window: tuple[int, int] | None) -> None:
        """Show the window elsewhere; None for none. No signal."""
        self.window_shown = window
        self.plot.show_window(window, focused=self.hasFocus())

    def x_of(self, at: float) -> float:
        """Pixels at which a moment stands."""
        return self.plot.x_of(at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.plot.dress()

    def words_at(self, x: float) -> str:
        """What the bar at a pixel counts: `02 JAN 17 – 09 JAN 17: 14 tickets`; empty where there is none."""
        at = self.plot.moment_at(x)
        bar = next((one for one in self.plot.drawing.bars if one.since <= at < one.until), None)
        if bar is None or not sum(bar.counts):
            return ""
        low, high, urgent = bar.counts
        parts = [f"{count:,} {word}" for count, word in ((urgent, "urgent"), (high, "high")) if count]
        total = low + high + urgent
        tail = f", {' and '.join(parts)}" if parts else ""
        return f"{times.span_words(bar.since, bar.until)}: {total:,} ticket{'' if total == 1 else 's'}{tail}"

    # -- the mouse ---------------------------------------------------------------------------------------------

    def _part_at(self, x: float) -> str:
        """What the mouse would take: `since`, `until`, `both`, or `new` outside the window."""
        if self.window_shown is None:
            return "new"
        left, right = (self.plot.x_of(at) for at in self.window_shown)
        if abs(x - right) <= _GRIP and (right - left > _GRIP or x >= right):
            return "until"
        if abs(x - left) <= _GRIP:
            return "since"
        return "both" if left < x < right else "new"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self.moments.total:
            return
        part, at = self._part_at(event.position().x()), self.plot.moment_at(event.position().x())
        if part == "both" and self.window_shown is not None:
            at -= self.window_shown[0]
        self._grip = (part, at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is None:
            shapes = {"both": Qt.CursorShape.OpenHandCursor, "new": Qt.CursorShape.ArrowCursor}
            self.setCursor(shapes.get(self._part_at(event.position().x()), Qt.CursorShape.SizeHorCursor))
            QToolTip.showText(event.globalPosition().toPoint(), self.words_at(event.position().x()), self)
            return
        self._drag(event.position())

    def _drag(self, place: QPointF) -> None:
        assert self._grip is not None
        (part, grip), at, slot = self._grip, self.plot.moment_at(place.x()), self.moments.slot
        since, until = self.window_shown or (0, 0)
        at = min(max(at, self.moments.since), self.moments.until)
        if part == "both":
            long = until - since
            begin = self.moments.snapped(self.plot.moment_at(place.x()) - grip)
            begin = max(self.moments.since, min(begin, self.moments.until - long))
            since, until = begin, begin + long
        elif part == "since":
            since = min(self.moments.snapped(at), until - slot)
        elif part == "until":
            until = max(self.moments.snapped(at), since + slot)
        else:
            low, high = sorted((self.moments.snapped(grip), self.moments.snapped(at)))
            since, until = low, max(high, low + slot)
        if (since, until) != self.window_shown:
            self.show_window((since, until))
            self.moved.emit(since, until)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None and event.button() == Qt.MouseButton.LeftButton:
            part, grip = self._grip
            if part != "new" or abs(self.plot.x_of(grip) - event.position().x()) > _GRIP:
                self._drag(event.position())
            self._grip = None

    def leaveEvent(self, event: QEvent) -> None:
        self.unsetCursor()
        super().leaveEvent(event)

    # -- the keyboard: keys are actions of whoever owns the strip, so that they stand in the sheet of keys --------

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.show_window(self.window_shown)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.show_window(self.window_shown)
