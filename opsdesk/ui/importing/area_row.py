"""The area that positions should lie in: four bounds in degrees, switched on when wanted."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QWidget

from opsdesk.services.errors import Refused
from opsdesk.services.importing import area_of
from opsdesk.ui.widgets.invalid import mark_invalid
from opsdesk.ui.widgets.label import Label

Area = tuple[float, float, float, float]
_BOUNDS = ("South", "West", "North", "East")


class AreaRow(QWidget):
    """Points outside are imported and marked. Signals: `changed` with the area, or None."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._on = QCheckBox("Mark positions outside of an area")
        self._on.toggled.connect(self._switched)
        row.addWidget(self._on)
        self.fields: list[QLineEdit] = []
        self._labels: list[Label] = []
        for name in _BOUNDS:
            label = Label(name, "quiet", "quiet")
            field = QLineEdit()
            field.setProperty("kind", "small")
            field.setFixedWidth(64)
            field.setPlaceholderText("degrees")
            field.setAccessibleName(f"{name} of the area in degrees")
            field.textEdited.connect(lambda _text: self._tell())
            self._labels.append(label)
            self.fields.append(field)
            row.addWidget(label)
            row.addWidget(field)
        self.show_area(None)

    def show_area(self, area: Area | None) -> None:
        """Show an area, or that there is none."""
        self._on.blockSignals(True)
        self._on.setChecked(area is not None)
        self._on.blockSignals(False)
        for field, value in zip(self.fields, area or [None] * 4, strict=True):
            field.setText("" if value is None else f"{value:g}")
            mark_invalid(field, False)
        self._show_fields()

    def switch_on(self) -> None:
        """Want an area."""
        self._on.setChecked(True)

    def _switched(self, _on: bool) -> None:
        self._show_fields()
        self._tell()

    def _show_fields(self) -> None:
        for widget in (*self._labels, *self.fields):
            widget.setVisible(self._on.isChecked())

    def _tell(self) -> None:
        if not self._on.isChecked():
            self.changed.emit(None)
            return
        values = [_degrees(field.text()) for field in self.fields]
        try:
            area: Area | None = area_of(values)
        except Refused:
            area = None
        for field, value in zip(self.fields, values, strict=True):
            wrong = bool(field.text().strip()) and (value is None or (area is None and None not in values))
            mark_invalid(field, wrong)
        if area is not None:
            self.changed.emit(area)


def _degrees(text: str) -> float | None:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None
