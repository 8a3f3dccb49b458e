"""An editor in place: the field, a button that takes what is typed, one that gives it up, and their keys."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.shortcuts import SUBMIT, on_keys


class EditBox(QWidget):
    """Signals: `committed` (the button, Ctrl+Enter, or an Enter that the field did not want), `cancelled` (Esc)."""

    committed = Signal()
    cancelled = Signal()

    def __init__(self, row: QWidget, button: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        take, cancel = Button(button, kind="primary", key="Ctrl+Enter"), Button("Cancel", key="Esc")
        take.clicked.connect(lambda: self.committed.emit())
        cancel.clicked.connect(lambda: self.cancelled.emit())
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(take)
        foot.addWidget(cancel)
        foot.addStretch(1)
        self.column = QVBoxLayout(self)
        self.column.setSpacing(8)
        self.column.addWidget(row)
        self.column.addLayout(foot)
        on_keys(self, SUBMIT, self.committed.emit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Keys that no editor wanted arrive here.
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.committed.emit()
        else:
            super().keyPressEvent(event)
