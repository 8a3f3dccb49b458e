"""The strip over the map while somebody draws: what to do next, how far it is, and the ways out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from opsdesk.services.drawings.words import length_words
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import ElidedLabel

_BEGIN = {
    "point": "Point: click where it is",
    "line": "Line: click its points, then press Enter or click twice",
    "area": "Area: click its corners, then press Enter or click twice",
    "circle": "Circle: click its middle, then its edge",
}
_EDIT = {
    "point": "Drag the point", "line": "Drag points; right-click takes one away",
    "circle": "Drag the middle or the edge",
    "area": "Drag corners, or the square to move all; right-click takes a corner away",
}  # fmt: skip
_FEW = {"line": "A line needs two points", "area": "An area needs three corners", "circle": "A circle needs an edge",
        "point": "Click where it is"}  # fmt: skip


class SketchBar(QWidget):
    """Signals: `done`, `back`, `here`, `left` (given up), for the buttons."""

    done = Signal()
    back = Signal()
    here = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Drawing")
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.words = ElidedLabel("", "body")
        self.told = ElidedLabel("", "quiet#", "quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.words, 3)
        row.addWidget(self.told, 1)
        self._buttons: list[Button] = []
        for text, key, kind, signal in (
            ("Point here", "X", "plain", self.here), ("Undo point", "⌫", "plain", self.back),
            ("Done", "Enter", "primary", self.done), ("Cancel", "Esc", "plain", self.left),
        ):  # fmt: skip
            made = Button(text, kind=kind, key=key)
            made.clicked.connect(_emit(signal))
            row.addWidget(made)
            self._buttons.append(made)
        self._buttons[0].setToolTip("Put a point in the middle of the map")
        self.hide()

    def tell(self, said: Mapping[str, Any]) -> None:
        """Show how far the drawing is, as the page tells it."""
        shape = str(said.get("shape"))
        editing = bool(said.get("editing"))
        words = _FEW if said.get("few") else _EDIT if editing else _BEGIN
        self.words.setText(words.get(shape, ""))
        self._buttons[0].setVisible(not editing)
        points, metres = int(said.get("points") or 0), float(said.get("metres") or 0)
        told = [] if shape in ("point", "circle") else [f"{points} point{'' if points == 1 else 's'}"]
        told += [length_words(metres)] if metres else []
        self.told.setText("  ·  ".join(told))


def _emit(signal: Any) -> Callable[[], None]:
    return lambda: signal.emit()
