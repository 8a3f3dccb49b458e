"""The foot of the picker: how sure the position is, how it is known, and what becomes of it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from opsdesk.services.positions import SOURCES
from opsdesk.ui.widgets.button import Button, Segmented
from opsdesk.ui.widgets.invalid import mark_invalid
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.pick_list import Pick
from opsdesk.ui.widgets.picker import Picker

RADII: Final = ((0, "As written"), (10, "10 m"), (100, "100 m"), (500, "500 m"), (1000, "1 km"))
MOST_M: Final = 1_000_000


class Foot(QWidget):
    """Signals: `radius_chosen` with metres or None for what the writing says, `source_chosen` with a code or None,
    `cleared`, `used`."""

    radius_chosen = Signal(object)
    source_chosen = Signal(object)
    cleared = Signal()
    used = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.radii = Segmented(RADII, 0, "How sure")
        self.radii.chosen.connect(self._radius)
        self.other = QLineEdit(placeholderText="± m")
        self.other.setAccessibleName("Within how many metres")
        self.other.setFixedWidth(76)
        self.other.textEdited.connect(self._typed)
        self.source = Picker("How it is known", placeholder="How is it known")
        self.source.set_items(Pick(code, words) for code, words in SOURCES.items())
        self.source.setFixedWidth(176)
        self.source.picked.connect(self.source_chosen)
        clear = self.clear = Button("Clear")
        clear.clicked.connect(self.cleared)
        self.use = Button("Use this place", kind="primary", key="↵")
        self.use.clicked.connect(self.used)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(8)
        row.addWidget(Label("How sure?", "quiet-strong"))
        row.addWidget(self.radii)
        row.addWidget(self.other)
        row.addSpacing(8)
        row.addWidget(Label("From", "quiet-strong"))
        row.addWidget(self.source)
        row.addStretch(1)
        row.addWidget(clear)
        row.addWidget(self.use)

    def show_state(self, radius: float | None, source: str | None, use: str) -> None:
        """Show what is chosen; `use` are the words of the main button, empty while nothing can be used."""
        known = next((value for value, _ in RADII if value and value == radius), 0)
        self.radii.set_value(known)
        if not self.other.hasFocus():
            self.other.setText(f"{radius:g}" if radius and not known else "")
            mark_invalid(self.other, False)
        self.source.set_value(source, SOURCES.get(source or "", source or ""))
        self.use.setText(use or "Use this place")
        self.use.setEnabled(bool(use))

    @property
    def problem(self) -> str:
        """What is wrong with the radius that is typed; empty when nothing is."""
        return "" if not self.other.text().strip() or self._metres() else "The radius is a number of metres"

    def _metres(self) -> float | None:
        try:
            metres = float(self.other.text().strip().removesuffix("m").strip().replace(",", "."))
        except ValueError:
            return None
        return metres if 0 < metres <= MOST_M else None

    def _radius(self, value: object) -> None:
        self.other.clear()
        mark_invalid(self.other, False)
        self.radius_chosen.emit(float(value) if isinstance(value, int) and value else None)

    def _typed(self) -> None:
        mark_invalid(self.other, bool(self.problem))
        if not self.problem:
            self.radius_chosen.emit(self._metres())
