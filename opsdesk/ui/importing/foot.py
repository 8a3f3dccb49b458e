"""The foot of the import page, with what runs and what can be done next; and the note that says what is wrong."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout

from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule

HEIGHT = 56


class Foot(QFrame):
    """Signals: `dry_asked`, `import_asked`, `stop_asked`."""

    dry_asked = Signal()
    import_asked = Signal()
    stop_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "panel")
        self.setFixedHeight(HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(rule())
        row = QHBoxLayout()
        row.setContentsMargins(24, 0, 24, 0)
        row.setSpacing(12)
        column.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)
        self._words = ElidedLabel("", "body", "quiet")
        self.bar = QProgressBar()
        self.bar.setMinimumWidth(240)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self._stop = Button("Cancel", "x", key="Esc")
        self._stop.clicked.connect(self.stop_asked)
        self._dry = Button("Dry run", "flask", key="Ctrl+D")
        self._dry.clicked.connect(self.dry_asked)
        self.import_button = Button("Import", "download-simple", kind="primary", key="Ctrl+↵")
        self.import_button.clicked.connect(self.import_asked)
        row.addWidget(self._words, 1)
        for widget in (self.bar, self._stop, self._dry, self.import_button):
            row.addWidget(widget)

    def show_busy(self, words: str) -> None:
        """Something runs and can be cancelled."""
        self._words.setText(words)
        self._show(busy=True)

    def show_progress(self, done: int, total: int, words: str) -> None:
        """How far it is; no words leave those that stand there."""
        self.bar.setRange(0, max(1, total) if total else 0)
        self.bar.setValue(done)
        if words:
            self._words.setText(words)

    def show_ready(self, words: str, import_text: str, *, may_run: bool) -> None:
        """Nothing runs; `may_run` is false while something is wrong."""
        self._words.setText(words)
        self.import_button.setText(import_text)
        self._dry.setEnabled(may_run)
        self.import_button.setEnabled(may_run)
        self._show(busy=False)

    def _show(self, *, busy: bool) -> None:
        for widget in (self.bar, self._stop):
            widget.setVisible(busy)
        for widget in (self._dry, self.import_button):
            widget.setVisible(not busy)


class ErrorNote(QFrame):
    """What is wrong, in place; hidden while nothing is."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "error")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 16, 10)
        self._words = Label("", "body", "danger", wrap=True)
        row.addWidget(self._words, 1)
        self.hide()

    @property
    def text(self) -> str:
        """What it says now."""
        return self._words.text()

    def say(self, text: str) -> None:
        """Say what is wrong; nothing hides the note."""
        self._words.setText(text)
        self.setVisible(bool(text))
