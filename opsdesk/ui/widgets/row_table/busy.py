"""The thin moving line that says that a list is on its way; it comes after 50 ms, so that quick ones do not flash."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from opsdesk.ui.theme import theme

AFTER_MS = 50
_FRAME_MS = 40
_STEP = 0.03
_PART = 0.28


class BusyLine(QWidget):
    """Lies over the top edge of `over`."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._at = 0.0
        self._delay = QTimer(self, singleShot=True, interval=AFTER_MS)
        self._delay.timeout.connect(self._begin)
        self._frames = QTimer(self, interval=_FRAME_MS)
        self._frames.timeout.connect(self._turn)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Looking")
        self.hide()
        over.installEventFilter(self)

    def set_busy(self, busy: bool) -> None:
        """Show the line soon, or take it away now."""
        if busy:
            self._delay.start()
            return
        self._delay.stop()
        self._frames.stop()
        self.hide()

    def _begin(self) -> None:
        self._at = 0.0
        self._fit()
        self.show()
        self.raise_()
        self._frames.start()

    def _turn(self) -> None:
        self._at = (self._at + _STEP) % (1.0 + _PART)
        self.update()

    def _fit(self) -> None:
        over = self.parentWidget()
        assert over is not None
        self.setGeometry(0, 0, over.width(), 2)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        left = (self._at - _PART) * self.width()
        painter.fillRect(QRectF(left, 0, _PART * self.width(), 2), theme.color("accent"))
