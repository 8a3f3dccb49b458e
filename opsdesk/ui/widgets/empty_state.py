"""What stands where nothing is: one sentence, the one button that helps and its key; and the same for an error."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label


class EmptyState(QWidget):
    """A sentence in the middle, with an icon above and a button below."""

    def __init__(
        self,
        sentence: str,
        *,
        icon: str = "tray",
        detail: str = "",
        button: str = "",
        key: str = "",
        run: Callable[[], object] | None = None,
        tone: str = "neutral",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._run: Callable[[], object] | None = None
        self._run_other: Callable[[], object] | None = None
        self._mark = _Mark(icon, tone)
        self._sentence = Label("", "section", wrap=True)
        self._detail = Label("", "body", "quiet", wrap=True)
        self._button = Button("", kind="primary")
        self._button.clicked.connect(lambda: self._run and self._run())
        self._other = Button("")
        self._other.clicked.connect(lambda: self._run_other and self._run_other())
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self._button)
        buttons.addWidget(self._other)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        for words in (self._sentence, self._detail):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(words)
        column.addSpacing(8)
        column.addLayout(buttons)
        column.addStretch(3)
        self.show_words(sentence, icon=icon, detail=detail, button=button, key=key, run=run, tone=tone)

    def show_words(
        self,
        sentence: str,
        *,
        icon: str = "tray",
        detail: str = "",
        button: str = "",
        key: str = "",
        run: Callable[[], object] | None = None,
        tone: str = "neutral",
        other: str = "",
        run_other: Callable[[], object] | None = None,
    ) -> None:
        """Say something else; `other` is a second button, where there are two ways on."""
        self._mark.set(icon, tone)
        self._sentence.setText(sentence)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))
        self._run, self._run_other = run, run_other
        self._other.setText(other)
        self._other.setVisible(bool(other))
        self._button.key = key
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self.setAccessibleName(" ".join(part for part in (sentence, detail) if part))

    def show_error(
        self, happened: str, safe: str, *, button: str = "Try again", run: Callable[[], object] | None = None
    ) -> None:
        """Say what happened, what is safe, and what to do."""
        self.show_words(
            happened, icon="warning-circle", detail=safe, button=button if run else "", run=run, tone="danger"
        )


class _Mark(QWidget):
    def __init__(self, icon: str, tone: str) -> None:
        super().__init__()
        self._icon, self._tone = icon, tone

    def set(self, icon: str, tone: str) -> None:
        self._icon, self._tone = icon, tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(f"{self._tone}.soft"))
        painter.drawRoundedRect(QRectF(self.rect()), 14, 14)
        paint_icon(painter, QRectF(self.rect()), self._icon, f"{self._tone}.text", 28)

    def sizeHint(self) -> QSize:
        return QSize(56, 56)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()
