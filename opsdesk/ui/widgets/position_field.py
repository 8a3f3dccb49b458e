"""A field for a position: MGRS, degrees in any usual writing, or a pasted link; the error stands at its place."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from opsdesk.services import positions
from opsdesk.services.errors import Refused
from opsdesk.services.positions import Position
from opsdesk.ui.resources import icon

_PATIENCE_MS = 700


class PositionField(QLineEdit):
    """The field. Signals: `changed` when the value may be another one, `judged` when `problem` should be shown.

    While a person types, a wrong text is not complained about before a pause: half a grid is wrong at every key.
    """

    changed = Signal()
    judged = Signal()

    def __init__(self, name: str, *, placeholder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder or "31U FT 1480 6012 or 52.37, 4.89")
        self.addAction(icon("crosshair"), QLineEdit.ActionPosition.LeadingPosition)
        self._value: Position | None = None
        self._problem = ""
        self._pause = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._pause.timeout.connect(self.judged)
        self.textEdited.connect(self._read)

    @property
    def value(self) -> Position | None:
        """The position; None when the field is empty or not understood."""
        return self._value

    @property
    def problem(self) -> str:
        """Why the text is no position; empty when it is one."""
        return self._problem

    @property
    def understood(self) -> str:
        """The position in the other writing, to check it by: degrees for a grid, the grid for degrees."""
        if self._value is None:
            return ""
        grid = positions.mgrs(self._value.lat, self._value.lon, 4)
        degrees = positions.latlon(self._value.lat, self._value.lon)
        exact = f"  ±{self._value.accuracy_m:,.0f} m" if self._value.accuracy_m else ""
        return f"{degrees if self._value.grid else grid}{exact}"

    def set_value(self, value: Position | None) -> None:
        """Show a position without a signal."""
        self._value, self._problem = value, ""
        self.setText("" if value is None else value.grid or positions.latlon(value.lat, value.lon))
        self.setCursorPosition(0)

    def set_text(self, text: str) -> None:
        """Put in a text as if typed, without a signal (a draft is restored as it was)."""
        self.setText(text)
        self._parse()

    def _parse(self) -> None:
        self._value, self._problem = None, ""
        text = self.text().strip()
        if not text:
            return
        try:
            self._value = positions.parse(text)
        except Refused as refused:
            self._problem = refused.text

    def _read(self) -> None:
        self._parse()
        if self._problem:
            self._pause.start()
        else:
            self._pause.stop()
            self.judged.emit()
        self.changed.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._pause.stop()
        self.judged.emit()
        super().focusOutEvent(event)
