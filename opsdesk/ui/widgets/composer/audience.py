"""Who will read what is written: units on the ticket alone, or the requester as well."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from opsdesk.ui.widgets.choice import Choice, ChoiceBar
from opsdesk.ui.widgets.label import ElidedLabel

INTERNAL, REQUESTER = "internal", "requester"


class Audience(QWidget):
    """The choice and what it means. Signals: `chosen` when a person chose."""

    chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._requester = ""
        self._bar = ChoiceBar(
            (
                Choice(INTERNAL, "Internal note", "Only for units on this ticket", tone="warn"),
                Choice(REQUESTER, "To requester", "The requester reads it too"),
            ),
            "Who reads it",
        )
        self._bar.setFixedWidth(244)
        self._bar.setToolTip("Ctrl+Shift+I")
        self._bar.set_value(INTERNAL)
        self._bar.chosen.connect(lambda _value: self._changed())
        self._words = ElidedLabel("", "quiet", "quiet")
        self._words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._bar)
        row.addWidget(self._words, 1)
        self._show()

    @property
    def value(self) -> str:
        """`internal` or `requester`."""
        return str(self._bar.value)

    @property
    def internal(self) -> bool:
        """Whether the requester does not read it."""
        return self.value == INTERNAL

    def set_value(self, value: str) -> None:
        """Set it, as a draft had it."""
        self._bar.set_value(value)
        self._show()

    def set_requester(self, name: str) -> None:
        """Name the requester; without one there is nobody outside to write to."""
        self._requester = name
        self._bar.setEnabled(bool(name))
        self._show()

    def set_settled(self, settled: bool) -> None:
        """Whether it cannot be chosen any more, as for a comment that is written anew."""
        self._bar.setVisible(not settled)

    def turn(self) -> None:
        """From internal to the requester and back."""
        if self._bar.isEnabled():
            self._bar.set_value(REQUESTER if self.internal else INTERNAL)
            self._changed()

    def _changed(self) -> None:
        self._show()
        self.chosen.emit()

    def _show(self) -> None:
        name = self._requester
        if not name:
            words = "Seen by units on this ticket"
        elif self.internal:
            words = f"Seen by units on this ticket, not by {name}"
        else:
            words = f"{name} will read this"
        self._words.setText(words)
