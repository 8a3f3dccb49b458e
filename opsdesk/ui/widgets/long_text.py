"""A box for several lines of plain text."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget


class LongText(QPlainTextEdit):
    """A box for several lines that grows with its text up to a height; Tab leaves it, Ctrl+Enter is the form's.

    Signals: `grown` when its height changed.
    """

    grown = Signal()

    def __init__(
        self, placeholder: str = "", *, lines: tuple[int, int] = (2, 8), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._lines = lines
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self.grow)
        self.document().documentLayout().documentSizeChanged.connect(lambda _size: self.grow())
        self.grow()

    def grow(self) -> None:
        """Take the height that the text needs."""
        low, high = self._lines
        lines = max(low, min(high, int(self.document().size().height())))
        height = lines * self.fontMetrics().lineSpacing() + 22
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)
            self.grown.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            event.ignore()
            return
        super().keyPressEvent(event)
