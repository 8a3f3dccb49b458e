"""What is shown of a file that was looked over: doubts, the first rows as tickets, its columns, how it is written."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.ui.importing.area_row import AreaRow
from opsdesk.ui.importing.columns_card import ColumnsCard
from opsdesk.ui.importing.dialect_card import DialectCard
from opsdesk.ui.importing.doubts import Doubts
from opsdesk.ui.importing.foot import ErrorNote
from opsdesk.ui.importing.parts import card
from opsdesk.ui.importing.preview_table import PreviewTable
from opsdesk.ui.importing.result_card import ResultCard
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import ElidedLabel, Label

WIDTH = 1180


class WorkArea(QScrollArea):
    """The cards one below the other. Signal: `other_asked` when another file is wanted."""

    other_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.dialect = DialectCard()
        self.columns = ColumnsCard()
        self.area = AreaRow()
        self.result = ResultCard()
        self.result.hide()
        self.doubts = Doubts()
        self.error = ErrorNote()
        self.table = PreviewTable()
        self.name = ElidedLabel("", "title")
        self.kind = Label("", "quiet", "quiet")
        rows, body, head = card("What the first rows become")
        body.addWidget(self.table)
        head.addWidget(self.area)
        whole = QWidget()
        sides = QHBoxLayout(whole)
        sides.setContentsMargins(24, 16, 24, 24)
        inner = QWidget()
        inner.setMaximumWidth(WIDTH)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(self._file_row())
        for widget in (self.error, self.result, self.doubts, rows, self.columns, self.dialect):
            column.addWidget(widget)
        column.addStretch(1)
        sides.addStretch(1)
        sides.addWidget(inner, 1000)
        sides.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(whole)
        self.doubts.asked.connect(lambda: self.ensureWidgetVisible(self.dialect))

    def to_top(self) -> None:
        """Show the beginning."""
        self.verticalScrollBar().setValue(0)

    def set_enabled(self, on: bool) -> None:
        """Let what is mapped be changed, or not while something runs."""
        for control in (self.dialect, self.columns, self.area):
            control.setEnabled(on)

    def _file_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.name)
        row.addWidget(self.kind, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        other = Button("Another file…", "file-plus", key="Ctrl+O")
        other.clicked.connect(self.other_asked)
        row.addWidget(other)
        return row
