"""The line below a comment that is written: marks, files, how it will look, how far it is kept, and the button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.composer.marks import Marks
from opsdesk.ui.widgets.label import ElidedLabel


class Foot(QWidget):
    """Signals: `mark_wanted` with what goes before and behind the selected words, `files_wanted`, `look_turned`
    with whether it is to be shown as it will look, `send_wanted`."""

    mark_wanted = Signal(str, str)
    files_wanted = Signal()
    look_turned = Signal(bool)
    send_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        marks = Marks()
        marks.wanted.connect(self.mark_wanted)
        self.clip = IconButton("paperclip", "Attach files", size=30, key="Ctrl+O")
        self.clip.clicked.connect(self.files_wanted)
        self.eye = IconButton("eye", "Show as it will look", size=30)
        self.eye.setCheckable(True)
        self.eye.toggled.connect(self.look_turned)
        for sign in (self.clip, self.eye):
            sign.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._state = ElidedLabel("", "quiet", "quiet")
        self.send = Button("Send", kind="primary", key="Ctrl+Enter")
        self.send.clicked.connect(self.send_wanted)
        for widget in (marks, self.clip, self.eye):
            row.addWidget(widget)
        row.addSpacing(12)
        row.addWidget(self._state, 1)
        row.addWidget(self.send)

    def say(self, words: str, tone: str = "quiet") -> None:
        """Say how far what is written has come."""
        self._state.setText(words)
        self._state.set_tone(tone)

    def set_editing(self, editing: bool) -> None:
        """Whether a comment is written anew: it is saved instead of sent."""
        self.send.setText("Save" if editing else "Send")
