"""Open tickets that look like the one being written, so that nobody writes it twice."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services.tickets import RelatedRow
from opsdesk.ui.tickets.detail.related import TicketLine
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.mark import IconMark

_SHOWN = 3
_ROOMY = 700
"""Height of the pane in pixels from which the tickets are shown at once, and not only how many there are."""


class SimilarBlock(QFrame):
    """Signals: `add_wanted` with the RelatedRow that what is typed should be added to, `open_wanted` with its id,
    `dismissed` when it is none of them."""

    add_wanted = Signal(object)
    open_wanted = Signal(object)
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "note")
        self._rows: tuple[RelatedRow, ...] = ()
        mark = IconMark("copy-simple", "warn.text")
        self._title = Label("", "strong")
        self._turn = Button("", kind="link")
        self._turn.clicked.connect(self._flip)
        none = Button("None of them", kind="link")
        none.clicked.connect(lambda: self.dismissed.emit())
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(mark)
        head.addWidget(self._title, 1)
        head.addWidget(self._turn)
        head.addWidget(none)
        self._holder = QWidget()
        self._lines = QVBoxLayout(self._holder)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._holder)
        self.hide()

    @property
    def rows(self) -> tuple[RelatedRow, ...]:
        """What is shown."""
        return self._rows

    def show_rows(self, rows: Sequence[RelatedRow]) -> None:
        """Show these; nothing at all when there are none."""
        if tuple(rows) == self._rows:
            return
        first = not self._rows
        self._rows = tuple(rows)
        count = len(self._rows)
        self._title.setText(f"{count} open ticket{'s look' if count != 1 else ' looks'} similar")
        clear_layout(self._lines)
        for row in self._rows[:_SHOWN]:
            self._lines.addWidget(self._line(row))
        self.setVisible(bool(rows))
        if first:
            self._open(self.window().height() >= _ROOMY)

    def _flip(self) -> None:
        self._open(not self._holder.isVisible())

    def _open(self, on: bool) -> None:
        self._holder.setVisible(on)
        self._turn.setText("Hide" if on else "Show")

    def _line(self, row: RelatedRow) -> QWidget:
        line = TicketLine(row.title, row.number, row.reason, row.priority)
        line.clicked.connect(lambda: self.open_wanted.emit(row.ticket))
        add = Button("Add to it")
        add.setToolTip(f"Write what you typed as a note on {row.number} instead")
        add.setAccessibleName(f"Add to {row.number}")
        add.clicked.connect(lambda: self.add_wanted.emit(row))
        holder = QWidget()
        box = QHBoxLayout(holder)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        box.addWidget(line, 1)
        box.addWidget(add)
        return holder
