"""What a record says in short: names and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from opsdesk.ui.widgets.label import Label


class Facts(QWidget):
    """Names and values below each other; those without a value are left out."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnMinimumWidth(0, 64)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[Label, Label]] = []

    def show_facts(self, facts: Sequence[tuple[str, str]], tips: Mapping[str, str] | None = None) -> None:
        """Show these facts; `tips` are the tooltips of those that are shortened, by name."""
        facts = [fact for fact in facts if fact[1]]
        while len(self._rows) < len(facts):
            name, value = Label("", "quiet", "quiet"), Label("", "quiet-medium", wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(name, len(self._rows), 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, len(self._rows), 1)
            self._rows.append((name, value))
        for number, (name, value) in enumerate(self._rows):
            shown = number < len(facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.setText(facts[number][0])
                value.setText(facts[number][1])
                value.setToolTip((tips or {}).get(facts[number][0], ""))
