"""What an undo would leave as it is, because others have written since, and the question whether to undo the rest."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.undo import Preview, Stays
from opsdesk.ui.operations import StayQuestion
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.overlay import Overlay

_HEAD = 118
_FOOT = 62
_ROW = 30


class UndoSheet(Overlay):
    """The sheet. Enter undoes the rest, Esc leaves all as it is."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host, width=760, top=110, height=400)
        self._question: StayQuestion | None = None
        self._title = Label("", "section")
        self._words = Label("", "body", "quiet", wrap=True)
        close = IconButton("x", "Leave all as it is", key="Esc")
        close.clicked.connect(self.close_panel)
        head = QHBoxLayout()
        head.setContentsMargins(24, 16, 14, 0)
        head.addWidget(self._title, 1)
        head.addWidget(close)
        self._words.setContentsMargins(24, 2, 24, 12)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._leave = Button("Leave all as it is", key="Esc")
        self._rest = Button("Undo the rest", "arrow-counter-clockwise", kind="primary", key="Enter")
        self._leave.clicked.connect(self.close_panel)
        self._rest.clicked.connect(self._agree)
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 12, 16, 12)
        foot.setSpacing(8)
        foot.addStretch(1)
        foot.addWidget(self._leave)
        foot.addWidget(self._rest)
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._words)
        column.addWidget(rule())
        column.addWidget(self._scroll, 1)
        column.addWidget(rule())
        column.addLayout(foot)

    def ask(self, question: StayQuestion) -> None:
        """Show what would stay, and wait for an answer."""
        self._question = question
        preview = question.preview
        self._title.setText(f"Undo: {preview.label}")
        self.setAccessibleName(self._title.text())
        self._words.setText(_words(preview))
        body = _rows(preview)
        self._scroll.setWidget(body)
        self.set_height(min(560, _HEAD + _FOOT + body.sizeHint().height()))
        self.open()

    def take_focus(self) -> None:
        self._rest.setFocus()

    def _agree(self) -> None:
        question, self._question = self._question, None
        self.close_panel()
        if question is not None:
            question.agree()


def _words(preview: Preview) -> str:
    stay = "1 field was" if preview.left == 1 else f"{preview.left:,} fields were"
    rest = "1 other is" if preview.gives_back == 1 else f"{preview.gives_back:,} others are"
    return f"{stay} changed since and will not be written over. {rest} given back."


def _rows(preview: Preview) -> QWidget:
    body = QWidget()
    grid = QGridLayout(body)
    grid.setContentsMargins(24, 10, 24, 10)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(0)
    for column, (name, share) in enumerate((("Record", 3), ("Field", 2), ("You had set", 3), ("Stays", 3), ("By", 3))):
        grid.setColumnStretch(column, share)
        grid.addWidget(Label(name, "quiet-strong", "quiet"), 0, column)
    for line, one in enumerate(preview.stays, start=1):
        for column, (text, role, tone) in enumerate(_cells(one)):
            grid.addWidget(ElidedLabel(text, role, tone), line, column)
        grid.setRowMinimumHeight(line, _ROW)
    more = preview.left - len(preview.stays)
    if more > 0 and preview.stays:
        grid.addWidget(Label(f"and {more:,} more", "quiet", "quiet"), len(preview.stays) + 1, 0, 1, 5)
    grid.setRowStretch(len(preview.stays) + 2, 1)
    grid.setAlignment(Qt.AlignmentFlag.AlignTop)
    return body


def _cells(one: Stays) -> tuple[tuple[str, str, str], ...]:
    by = one.by or "somebody"
    when = f", {times.dtg(one.at, short=True)}" if one.at is not None else ""
    return (
        (one.number or one.title, "medium", "text"),
        (one.label, "body", "quiet"),
        (one.yours or "empty", "body", "quiet"),
        (one.now or "empty", "strong", "text"),
        (f"{by}{when}", "quiet", "quiet"),
    )
