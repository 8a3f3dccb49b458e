"""Small parts of the import page: cards, named cells, and a combo box that the wheel passes by."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.ui.widgets.label import Label, surface


class Combo(QComboBox):
    """A combo box whose choice the wheel changes only while it has the focus: a page of them can be scrolled."""

    def __init__(self, items: Iterable[tuple[object, str]], name: str) -> None:
        super().__init__()
        for value, text in items:
            self.addItem(text, value)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMaxVisibleItems(24)

    def set_value(self, value: object, text: str = "") -> None:
        """Choose a value; one that is not offered is added with its text."""
        place = self.findData(value)
        if place < 0:
            self.addItem(text or str(value), value)
            place = self.count() - 1
        self.setCurrentIndex(place)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def card(title: str, detail: str = "") -> tuple[QFrame, QVBoxLayout, QHBoxLayout]:
    """A card with a head; returns it with the layouts of its body and of its head."""
    frame = surface("card")
    frame.setAccessibleName(title)
    column = QVBoxLayout(frame)
    column.setContentsMargins(16, 12, 16, 16)
    column.setSpacing(10)
    head = QHBoxLayout()
    head.setSpacing(12)
    head.addWidget(Label(title, "section"), 0, Qt.AlignmentFlag.AlignBaseline)
    if detail:
        head.addWidget(Label(detail, "quiet", "quiet"), 0, Qt.AlignmentFlag.AlignBaseline)
    head.addStretch(1)
    column.addLayout(head)
    return frame, column, head


class Cell(QWidget):
    """A control under its name, with a remark below that can warn."""

    def __init__(self, name: str, control: QWidget, width: int) -> None:
        super().__init__()
        self.setFixedWidth(width)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(Label(name, "quiet", "quiet"))
        column.addWidget(control)
        self._remark = Label("", "small", "quiet", wrap=True)
        self._remark.setMinimumHeight(30)
        self._remark.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._remark)

    def remark(self, text: str, *, sure: bool) -> None:
        """Say on what grounds the value was taken; a value that is not sure asks to be looked at."""
        self._remark.setText(text[:1].upper() + text[1:])
        self._remark.set_tone("quiet" if sure else "warn")
