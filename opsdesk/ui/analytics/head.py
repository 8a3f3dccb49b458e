"""The line over the dashboard: which tickets, of which unit, over how long, and as of when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import analytics
from opsdesk.services.query.nodes import quoted
from opsdesk.ui.widgets.button import Segmented
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.pick_list import Pick
from opsdesk.ui.widgets.picker import Picker
from opsdesk.ui.widgets.query_bar import QueryBar
from opsdesk.ui.widgets.query_words import FIELDS, QueryWords

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell


class Head(QWidget):
    """Signals: `changed` when something else is to be counted."""

    changed = Signal()

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self._words = QueryWords(desk, shell.bridge, "analytics", self)
        self.bar = QueryBar(self._words.chips, self._words.complete, FIELDS, saves=False)
        self.unit = Picker("Unit", placeholder="All units", icon_name="users-three")
        self.unit.setFixedWidth(190)
        self.window_choice = Segmented(list(analytics.WINDOWS.items()), "30", "Window")
        self.as_of = Label("", "body", "quiet")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.bar, 1)
        for part in (self.unit, self.window_choice, self.as_of):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        self.bar.changed.connect(lambda _text: self.changed.emit())
        self.unit.picked.connect(lambda _unit: self.changed.emit())
        self.window_choice.chosen.connect(lambda _days: self.changed.emit())

    @property
    def days(self) -> int:
        """Length of the window in days."""
        return int(str(self.window_choice.value))

    @property
    def query(self) -> str:
        """Which tickets are counted. Raises QueryError for a text that cannot be read."""
        unit = self.unit.value
        return analytics.narrowed(self.bar.text, f"unit:{quoted(str(unit))}" if unit else "")

    @property
    def filters(self) -> int:
        """How many conditions narrow what is counted."""
        return self.bar.filters + bool(self.unit.value)

    def load(self) -> None:
        """Read the names of units, and what completions are made of, again."""
        self._words.forget()
        self._shell.bridge.then(self._desk.ask(_units, channel="analytics.units"), self._show_units, owner=self)

    def clear(self) -> None:
        """Count all tickets."""
        self.bar.set_text("")
        self.unit.set_value(None)
        self.changed.emit()

    def _show_units(self, names: Sequence[tuple[str, int]]) -> None:
        self.unit.set_items(Pick(name, name, "", "users-three", depth=depth) for name, depth in names)


def _units(reader: Any) -> list[tuple[str, int]]:
    from opsdesk.services import directory

    return [(unit.name, unit.depth) for unit in directory.units(reader)]
