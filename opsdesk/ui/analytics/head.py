"""The line over the dashboard: which tickets, of which unit, over how long, and as of when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import analytics
from opsdesk.services import query as language
from opsdesk.services.errors import QueryError
from opsdesk.services.query.nodes import quoted
from opsdesk.ui.widgets.button import Segmented
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.pick_list import Pick
from opsdesk.ui.widgets.picker import Picker
from opsdesk.ui.widgets.query_bar import Chip, Completion, QueryBar

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

FIELDS = tuple(
    Pick(f"{field.name}:", field.label, field.help, "funnel-simple", " ".join(field.aliases))
    for field in language.FIELDS
)


class Head(QWidget):
    """Signals: `changed` when something else is to be counted."""

    changed = Signal()

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self._names: list[language.Directory] = []
        self.bar = QueryBar(self._ask_chips, self._ask_completions, FIELDS)
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
        self._names.clear()
        self._shell.bridge.then(self._desk.ask(_units, channel="analytics.units"), self._show_units, owner=self)

    def clear(self) -> None:
        """Count all tickets."""
        self.bar.set_text("")
        self.unit.set_value(None)
        self.changed.emit()

    def _show_units(self, names: Sequence[tuple[str, int]]) -> None:
        self.unit.set_items(Pick(name, name, "", "users-three", depth=depth) for name, depth in names)

    def _ask_chips(self, text: str, answer: Callable[[Sequence[Chip]], None]) -> None:
        def unreadable(error: Exception) -> None:
            if not isinstance(error, QueryError):  # which the counting itself tells, at its place
                self._shell.operations.show_error(error)

        future = self._desk.ask(lambda _reader: language.chips(text), channel="analytics.chips")
        self._shell.bridge.then(future, answer, unreadable, owner=self)

    def _ask_completions(self, text: str, cursor: int, answer: Callable[[Sequence[Completion]], None]) -> None:
        future = self._desk.ask(_completions, text, cursor, self._names, channel="analytics.complete")
        self._shell.bridge.then(future, answer, owner=self)


def _completions(reader: Any, text: str, cursor: int, kept: list[language.Directory]) -> Sequence[Completion]:
    if not kept:
        kept.append(language.directory(reader))
    return language.complete(text, cursor, kept[0])


def _units(reader: Any) -> list[tuple[str, int]]:
    from opsdesk.services import directory

    return [(unit.name, unit.depth) for unit in directory.units(reader)]
