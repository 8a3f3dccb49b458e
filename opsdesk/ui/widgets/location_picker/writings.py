"""A position in all its writings, each to be copied with a press."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from opsdesk.services import positions
from opsdesk.services.positions import Position
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.flow_layout import FlowLayout


class Writings(QWidget):
    """The writings as a row of buttons. Signals: `copied` with the text that is on the clipboard now."""

    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("The same position in other writings")
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        row = FlowLayout(self, gap=4)
        self.buttons: list[Button] = []
        # As many as there are writings, kept: a button that goes while it has the keyboard would lose it.
        for notation in positions.notations(0, 0):
            made = _Writing(notation.name)
            made.clicked.connect(lambda _checked=False, made=made: self._copy(made.said))
            row.addWidget(made)
            self.buttons.append(made)
        self.show_position(None)

    def show_position(self, at: Position | None) -> None:
        """Show a position as exactly as it is known, or nothing."""
        self.setVisible(at is not None)
        if at is None:
            return
        for button, notation in zip(self.buttons, positions.notations(at.lat, at.lon, at.accuracy_m), strict=True):
            button.show_text(notation.text)  # type: ignore[attr-defined]  # all are _Writing

    def copy_first(self) -> None:
        """Copy the grid."""
        if self.isVisible():
            self._copy(self.buttons[0].said)  # type: ignore[attr-defined]

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(text)


class _Writing(Button):
    HEIGHT = 26

    def __init__(self, name: str) -> None:
        super().__init__("", "copy", kind="quiet")
        self._name, self.said = name, ""
        self.setFont(theme.font("quiet#"))

    def show_text(self, text: str) -> None:
        self.said = text
        self.setText(text)
        self.setToolTip(f"Copy as {self._name}")
        self.setAccessibleName(f"{self._name}: {text}, copy")

    def _padding(self) -> int:
        return 6


def other_writing(at: Position, text: str) -> str:
    """The position in the writing that `text` is not: degrees for a grid, the grid for all else."""
    found = {one.key: one.text for one in positions.notations(at.lat, at.lon, at.accuracy_m)}
    return found["latlon"] if at.grid or text == found["mgrs"] else found["mgrs"]
