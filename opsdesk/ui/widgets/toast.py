"""Toasts: short messages above the status bar, with Undo for 8 s; they never take the focus and never block."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.label import ElidedLabel

SECONDS = 8
_MOST = 4
_ICONS = {"good": "check-circle", "danger": "warning-circle", "warn": "warning", "neutral": "info"}


class Toast(QWidget):
    """One message. Signals: `gone` when its time is up, it was closed or its button was pressed."""

    gone = Signal()

    def __init__(
        self,
        text: str,
        *,
        button: str = "",
        key: str = "",
        run: Callable[[], object] | None = None,
        tone: str = "good",
        seconds: int = SECONDS,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.text, self.tone = text, tone
        self._closed = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(44)
        self.setMaximumWidth(560)
        self.setAccessibleName(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(40, 0, 6, 0)
        row.setSpacing(8)
        words = ElidedLabel(text, "medium", "bar")
        row.addWidget(words, 1)
        if button and run is not None:
            act = Button(button, kind="bar", key=key)
            act.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            act.clicked.connect(self.close_now)
            act.clicked.connect(lambda: run())
            row.addWidget(act)
        close = _Close()
        close.clicked.connect(self.close_now)
        row.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(seconds * 1000)
        self._timer.timeout.connect(self.close_now)
        self._timer.start()

    def close_now(self) -> None:
        """Take the message away."""
        self._timer.stop()
        if not self._closed:
            self._closed = True
            self.hide()
            self.gone.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("line_strong") if theme.tokens.dark else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("bar"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        icon = _ICONS.get(self.tone, "info")
        paint_icon(painter, QRectF(12, 0, 20, self.height()), icon, "bar_text", 20)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()  # nobody loses Undo while reaching for it
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if not self._closed:
            self._timer.start()
        super().leaveEvent(event)


class _Close(IconButton):
    def __init__(self) -> None:
        super().__init__("x", "Close this message", kind="bar")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)


class Toasts(QWidget):
    """The stack of toasts in the lower middle of `host`; the newest is lowest."""

    def __init__(self, host: QWidget, *, bottom: int = 36) -> None:
        super().__init__(host)
        self._host, self._bottom = host, bottom
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._shown: list[Toast] = []
        host.installEventFilter(self)
        self.hide()

    @property
    def shown(self) -> tuple[Toast, ...]:
        """The toasts on view, oldest first."""
        return tuple(self._shown)

    def show_toast(
        self,
        text: str,
        *,
        button: str = "",
        key: str = "",
        run: Callable[[], object] | None = None,
        tone: str = "good",
        seconds: int = SECONDS,
    ) -> Toast:
        """Show a message for `seconds`, with a button if `button` and `run` are given."""
        toast = Toast(text, button=button, key=key, run=run, tone=tone, seconds=seconds, parent=self)
        toast.gone.connect(lambda: self._forget(toast))
        self._shown.append(toast)
        self._column.addWidget(toast)
        while len(self._shown) > _MOST:
            self._shown[0].close_now()
        self._place()
        return toast

    def clear(self) -> None:
        """Take all messages away."""
        for toast in self.shown:
            toast.close_now()

    def _forget(self, toast: Toast) -> None:
        if toast in self._shown:
            self._shown.remove(toast)
            self._column.removeWidget(toast)
            toast.deleteLater()
            self._place()

    def _place(self) -> None:
        if not self._shown:
            self.hide()
            return
        width = min(560, max(280, max(toast.sizeHint().width() for toast in self._shown)), self._host.width() - 32)
        height = len(self._shown) * (44 + 8) - 8
        self.setGeometry(
            (self._host.width() - width) // 2, self._host.height() - self._bottom - 12 - height, width, height
        )
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._place()
        return False
