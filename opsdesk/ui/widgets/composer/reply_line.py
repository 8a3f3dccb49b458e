"""The line that says whom a comment answers, or that one is written anew."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from opsdesk.ui.widgets.button import IconButton
from opsdesk.ui.widgets.label import ElidedLabel, Label


class ReplyLine(QWidget):
    """Whom the comment answers, with a way out. Signals: `cancelled`."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 0, 0)
        row.setSpacing(6)
        self._name = Label("", "quiet-strong", "link")
        self._words = ElidedLabel("", "quiet", "quiet")
        close = IconButton("x", "Leave it", size=24, key="Esc")
        close.clicked.connect(self.cancelled)
        row.addWidget(self._name)
        row.addWidget(self._words, 1)
        row.addWidget(close)
        self.hide()

    def show_target(self, name: str, words: str) -> None:
        """Name the person and the beginning of what they wrote; hidden without a name."""
        self._name.setText(f"↩ Reply to {name}")
        self._words.setText(words)
        self.setVisible(bool(name))

    def show_editing(self) -> None:
        """Say that a comment is written anew."""
        self._name.setText("✎ Editing your comment")
        self._words.setText("What it said before stays in its history")
        self.show()

    def sizeHint(self) -> QSize:
        return QSize(200, 24)
