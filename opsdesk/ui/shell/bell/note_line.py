"""The line in which a notification is acknowledged with a note."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from opsdesk.services.notifications import Notice
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label

_MOST = 1_000


class NoteLine(QWidget):
    """Hidden until it is asked for. Signals: `said` with the key of the notice and the note, `left` when it is given
    up. What is typed stays for the same notice until it is kept."""

    said = Signal(int, str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._key = 0
        self._sent = False
        """Whether what stands here is on its way: a second Enter would be a second note."""
        self._words = Label("", "quiet", "quiet")
        self._field = QLineEdit(placeholderText="An internal note on the ticket")
        self._field.setMaxLength(_MOST)
        self._field.setAccessibleName("Note")
        self._field.textEdited.connect(lambda _text: self._show_problem(""))
        send = Button("Acknowledge", kind="primary", key="Enter")
        send.clicked.connect(self._send)
        self._problem = Label("", "quiet-strong", "danger", wrap=True)
        self._problem.hide()
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._field, 1)
        line.addWidget(send)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 10, 20, 6)
        column.setSpacing(6)
        column.addWidget(self._words)
        column.addLayout(line)
        column.addWidget(self._problem)
        self.hide()

    @property
    def problem(self) -> str:
        """What is wrong; empty for nothing."""
        return self._problem.text()

    def ask(self, notice: Notice, among: int = 1) -> None:
        """Ask for the note with which a notice is acknowledged; `among` says how many stood on one line with it."""
        if notice.keys[0] != self._key:
            self._key = notice.keys[0]
            self._field.clear()
            self._sent = False
        self._show_problem("")
        alone = f". The other {among - 1:,} stay: ↓ and N for the next" if among > 1 else ""
        self._words.setText(f"Acknowledge {notice.number} with a note{alone}")
        self.show()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def refused(self, why: str) -> None:
        """Say why it was not kept; what was typed stays."""
        self._sent = False
        self._show_problem(why)
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def forget(self) -> None:
        """The note is kept: the next one begins empty."""
        self._key = 0
        self._sent = False

    def _send(self) -> None:
        if self._sent:
            return
        if self._field.text().strip():
            self._sent = True
            self.said.emit(self._key, self._field.text().strip())
        else:
            self._show_problem("Write the note first")

    def _show_problem(self, text: str) -> None:
        self._problem.setText(text)
        self._problem.setVisible(bool(text))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.hide()
            self.left.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._send()
        else:
            super().keyPressEvent(event)
