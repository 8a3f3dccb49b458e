"""What was found out about a file but is not sure, so that a person looks at it before the import."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from opsdesk.services.importing import Finding
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.layouts import clear_layout


class Doubts(QFrame):
    """A note with one line for each doubt. Signals: `asked` to go where it can be settled."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "note")
        self.setAccessibleName("Please check")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(12)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        row.addLayout(self._lines, 1)
        settle = Button("Check", "magnifying-glass", kind="quiet")
        settle.clicked.connect(self.asked)
        row.addWidget(settle, 0, Qt.AlignmentFlag.AlignTop)

    def show_doubts(self, doubts: Sequence[Finding]) -> None:
        """Show these, or nothing where all is sure."""
        clear_layout(self._lines)
        for doubt in doubts:
            words = str(doubt)
            self._lines.addWidget(Label(words[:1].upper() + words[1:], wrap=True))
        self.setVisible(bool(doubts))
