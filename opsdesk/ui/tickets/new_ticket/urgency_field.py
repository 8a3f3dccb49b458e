"""How urgent it is: urgency and impact in words with examples, and the priority that follows or is set by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from opsdesk.services.tickets import Level, Priority, priority_of
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.choice import Choice, ChoiceBar
from opsdesk.ui.widgets.dynamic_form import FieldRow
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.pill import Pill

URGENCY = {
    Level.HIGH: "Life, safety or the task fails within the hour",
    Level.MEDIUM: "It hampers the work, today matters",
    Level.LOW: "It can wait until tomorrow",
}
IMPACT = {
    Level.HIGH: "The whole unit, a main route, many people",
    Level.MEDIUM: "One team, one route, one site",
    Level.LOW: "One person, one item",
}
_TONES = {Level.HIGH: "high", Level.MEDIUM: "normal", Level.LOW: "low"}


class UrgencyField(QWidget):
    """Signals: `changed` after a person changed anything."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._urgency, self._impact = _bar("Urgency", URGENCY), _bar("Impact", IMPACT)
        self.urgency_row = FieldRow("Urgency", self._urgency)
        self.impact_row = FieldRow("Impact", self._impact)
        self._pill = Pill()
        self._because = Label("", "quiet", "quiet")
        self._by_hand = Button("Set by hand", kind="link")
        self._by_hand.clicked.connect(lambda: self._override(not self.overridden))
        self._priority = ChoiceBar(
            [Choice(int(p), p.label, tone=p.name.lower()) for p in reversed(Priority)], "Priority"
        )
        self._reason = QLineEdit(placeholderText="Why it differs")
        self._reason.setMaxLength(200)
        self.priority_row = FieldRow("Priority by hand", self._priority)
        self.reason_row = FieldRow("Reason", self._reason, required=True)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(Label("Priority", "quiet-strong"))
        line.addWidget(self._pill)
        line.addWidget(self._because, 1)
        line.addWidget(self._by_hand)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for row in (self.urgency_row, self.impact_row):
            column.addWidget(row)
        column.addLayout(line)
        column.addWidget(self.priority_row)
        column.addWidget(self.reason_row)
        for bar in (self._urgency, self._impact, self._priority):
            bar.chosen.connect(lambda _value: self._edited())
        self._reason.textEdited.connect(lambda _text: self._edited())
        self.set_content({})

    @property
    def overridden(self) -> bool:
        """Whether the priority is set by hand."""
        return not self.priority_row.isHidden()

    @property
    def values(self) -> dict[str, Any]:
        """The columns of a ticket that this fills."""
        found: dict[str, Any] = {"urgency": self._urgency.value, "impact": self._impact.value}
        if self.overridden and self._priority.value != int(self._usual):
            found |= {"priority": self._priority.value, "priority_reason": self._reason.text().strip()}
        return found

    @property
    def needs_reason(self) -> bool:
        """Whether the priority differs from what urgency and impact give, without a reason."""
        return "priority" in self.values and not self._reason.text().strip()

    @property
    def content(self) -> dict[str, Any]:
        """Everything said, for a draft."""
        return {
            "urgency": self._urgency.value,
            "impact": self._impact.value,
            "priority": self._priority.value if self.overridden else None,
            "reason": self._reason.text(),
        }

    def set_content(self, content: Mapping[str, Any]) -> None:
        """Put back what `content` gave."""
        self._urgency.set_value(content.get("urgency") or int(Level.MEDIUM))
        self._impact.set_value(content.get("impact") or int(Level.MEDIUM))
        self._reason.setText(content.get("reason") or "")
        priority = content.get("priority")
        self._override(priority is not None, priority, tell=False)

    @property
    def _usual(self) -> Priority:
        return priority_of(Level(int(str(self._urgency.value))), Level(int(str(self._impact.value))))

    def _override(self, on: bool, priority: object = None, *, tell: bool = True) -> None:
        self.priority_row.setVisible(on)
        self.reason_row.setVisible(on)
        self._by_hand.setText("Back to the rule" if on else "Set by hand")
        if on:
            self._priority.set_value(priority or int(self._usual))
            if tell:
                self.priority_row.focus()
        self._show()
        if tell:
            self.changed.emit()

    def _edited(self) -> None:
        self.reason_row.show_problem("")
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        urgency, impact = Level(int(str(self._urgency.value))), Level(int(str(self._impact.value)))
        self.urgency_row.show_help(URGENCY[urgency])
        self.impact_row.show_help(IMPACT[impact])
        by_hand = self.overridden and self._priority.value is not None
        shown = Priority(int(str(self._priority.value))) if by_hand else self._usual
        self._pill.set(shown.label, shown.name.lower())
        self._because.setText(
            f"set by hand, the rule says {self._usual.label}"
            if shown is not self._usual
            else f"{urgency.label.lower()} urgency, {impact.label.lower()} impact"
        )
        self.reason_row.setVisible(self.overridden and shown is not self._usual)


def _bar(name: str, words: Mapping[Level, str]) -> ChoiceBar:
    return ChoiceBar([Choice(int(level), level.label, words[level], _TONES[level]) for level in words], name)
