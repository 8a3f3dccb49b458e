"""Open tickets that look like the one being written, so that nobody writes it twice."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services.tickets import RelatedRow
from opsdesk.ui.tickets.detail.related import TicketLine
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.mark import IconMark

_SHOWN = 3
_ADD = "Add me as affected"
_ROOMY = 700
"""Height of the pane in pixels from which the tickets are shown at once, and not only how many there are."""


class SimilarBlock(QFrame):
    """Signals: `same_wanted` with the RelatedRow that what is typed is about, `affected_wanted` with one that the
    person wants to follow, `open_wanted` with the id of one, `dismissed` when it is none of them."""

    same_wanted = Signal(object)
    affected_wanted = Signal(object)
    open_wanted = Signal(object)
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "note")
        self._rows: tuple[RelatedRow, ...] = ()
        self._following: dict[bytes, bytes | None] = {}
        """The tickets that the person follows since here, each with the act by which that came to be."""
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

    def focus_first(self) -> None:
        """Give the keyboard to the first ticket."""
        if self._rows:
            self._open(True)
            line = self._holder.findChild(TicketLine)
            if line is not None:
                line.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_following(self, row: RelatedRow, act: bytes | None) -> None:
        """The person follows this ticket now, by an act."""
        self._following[row.ticket] = act
        self._tell_following(row.ticket)

    def show_undone(self, act: bytes) -> None:
        """An act was taken back: the person may be added again."""
        for ticket in [ticket for ticket, done in self._following.items() if done == act]:
            del self._following[ticket]
            self._tell_following(ticket)

    def _tell_following(self, ticket: bytes) -> None:
        row = next((row for row in self._rows if row.ticket == ticket), None)
        for button in self._holder.findChildren(Button):
            if row is not None and button.property("ticket") == ticket:
                self._show_following(button, row)

    def _show_following(self, button: Button, row: RelatedRow) -> None:
        following = row.ticket in self._following
        button.setText("You follow it" if following else _ADD)
        button.setAccessibleName(f"You follow {row.number}" if following else f"{_ADD} to {row.number}")
        button.setEnabled(not following)

    def _line(self, row: RelatedRow) -> QWidget:
        line = TicketLine(row.title, row.number, row.reason, row.priority)
        line.clicked.connect(lambda: self.open_wanted.emit(row.ticket))
        affected = Button(_ADD, "eye", kind="link")
        affected.setProperty("ticket", row.ticket)
        affected.setToolTip(f"Follow {row.number}; what you typed stays here")
        self._show_following(affected, row)
        affected.clicked.connect(lambda: self.affected_wanted.emit(row))
        same = Button("It is this one", "arrow-bend-up-left", kind="link")
        same.setToolTip(f"Write what you typed as a note on {row.number} instead of a new ticket")
        same.setAccessibleName(f"It is {row.number}")
        same.clicked.connect(lambda: self.same_wanted.emit(row))
        holder = QWidget()
        box = QVBoxLayout(holder)
        box.setContentsMargins(0, 0, 0, 4)
        box.setSpacing(0)
        box.addWidget(line)
        ways = QHBoxLayout()
        ways.setContentsMargins(12, 0, 0, 0)
        ways.setSpacing(18)
        for way in (affected, same):
            way.setFixedHeight(26)
            ways.addWidget(way)
        ways.addStretch(1)
        box.addLayout(ways)
        return holder
