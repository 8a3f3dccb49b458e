"""The ticket that is chosen on the map: what it is, where, and the way to it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import positions, times
from opsdesk.services.tickets import TicketRow
from opsdesk.ui.widgets.age import now_ms
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.facts import Facts
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.pill import Pill

_TONES = {1: "low", 2: "normal", 3: "high", 4: "urgent"}


class Card(QWidget):
    """Signals: `open_wanted` and `list_wanted` with the ticket's row, `closed`."""

    open_wanted = Signal(object)
    list_wanted = Signal(object)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Chosen ticket")
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(296)
        self.row: TicketRow | None = None
        self._number = ElidedLabel("", "quiet-medium", "quiet")
        close = IconButton("x", "Close", key="Esc", size=28)
        close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.addWidget(self._number, 1)
        head.addWidget(close)
        self._title = Label("", "heading", wrap=True, most_lines=4)
        self._pills = QHBoxLayout()
        self._pills.setSpacing(6)
        self._facts = Facts()
        go = Button("Open", "arrow-square-out", kind="primary", key="Enter")
        near = Button("List within 5 km")
        go.clicked.connect(lambda: self.open_wanted.emit(self.row))
        near.clicked.connect(lambda: self.list_wanted.emit(self.row))
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(go)
        foot.addWidget(near)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 12, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self._title)
        column.addLayout(self._pills)
        column.addWidget(rule())
        column.addWidget(self._facts)
        column.addStretch(1)
        column.addLayout(foot)

    def show_row(self, row: TicketRow) -> None:
        """Show a ticket."""
        self.row = row
        self._number.setText(row.number)
        self._title.setText(row.title)
        clear_layout(self._pills)
        for text, tone in ((row.priority.label, _TONES[int(row.priority)]), (row.state.label, "neutral")):
            self._pills.addWidget(Pill(text, tone))
        self._pills.addStretch(1)
        at = row.position
        facts = {
            "Grid": positions.mgrs(at.lat, at.lon) if at else "",
            "Lat/lon": positions.latlon(at.lat, at.lon) if at else "",
            "Place": row.place,
            "Category": " › ".join(part for part in (row.type, row.category) if part),
            "Unit": row.unit.name if row.unit else "",
            "Assignee": row.assignee.name if row.assignee else "Nobody",
            "Happened": times.dtg(row.occurred_at),
            "Changed": times.ago(max(0, now_ms() - row.updated_at)),
        }
        self._facts.show_facts(tuple(facts.items()))
