"""Says above a voided ticket why it does not count, and offers to bring it back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.mark import IconMark


class VoidedBanner(QWidget):
    """Hidden while the ticket counts. Signals: `restore_wanted`."""

    restore_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        box = QFrame()
        box.setProperty("surface", "error")
        self._why = Label("", "strong", "danger", wrap=True)
        self._restore = Button("Bring back", "arrow-counter-clockwise")
        self._restore.clicked.connect(lambda: self.restore_wanted.emit())
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._why)
        words.addWidget(Label("It counts nowhere, and nothing on it can be changed.", "quiet", wrap=True))
        row = QHBoxLayout(box)
        row.setContentsMargins(14, 10, 12, 10)
        row.setSpacing(12)
        row.addWidget(IconMark("trash", size=18), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self._restore)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 0, 24, 12)
        column.addWidget(box)
        self.hide()

    def show_reason(self, reason: str | None) -> None:
        """Show why the ticket was voided; None hides the banner."""
        self._why.setText(f"Voided: {reason or 'no reason given'}")
        self.setVisible(reason is not None)
