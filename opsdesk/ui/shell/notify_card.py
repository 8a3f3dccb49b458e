"""The part of the settings that says of what a person is told: three switches, and what of each never."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from opsdesk.services.notifications import EVENTS, EXCEPTIONS, exception
from opsdesk.ui.widgets.flow_layout import FlowLayout
from opsdesk.ui.widgets.label import Label


class Exceptions(QWidget):
    """The events of one switch; one whose tick is taken away is never told. They rest while the switch is off."""

    def __init__(self, shell: Any, switch: str) -> None:
        super().__init__()
        self._preferences, self._switch = shell.preferences, switch
        self._words = Label("", "quiet", "quiet")
        holder = QWidget()
        flow = FlowLayout(holder, gap=18)
        self.ticks: dict[str, QCheckBox] = {}
        for kind in EXCEPTIONS[switch]:
            tick = self.ticks[kind] = QCheckBox(EVENTS[kind])
            tick.toggled.connect(partial(self._preferences.set, exception(switch, kind)))
            flow.addWidget(tick)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 10)
        column.setSpacing(4)
        column.addWidget(self._words)
        column.addWidget(holder)
        self._preferences.changed.connect(self._show)
        self._show(switch)

    def _show(self, name: str) -> None:
        if not name.startswith(self._switch):
            return
        on = bool(self._preferences.get(self._switch))
        off = 0
        for kind, tick in self.ticks.items():
            told = bool(self._preferences.get(exception(self._switch, kind)))
            off += not told
            tick.blockSignals(True)
            tick.setChecked(told)
            tick.blockSignals(False)
            tick.setEnabled(on or kind == "due")
        self._words.setText("Of these" if not off else f"Of these, {off} never")
