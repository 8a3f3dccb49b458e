"""The links of a ticket by kind, each to open or take away, and a way to add one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services.tickets import LinkRow, RelatedRow, State
from opsdesk.ui.tickets.detail.related import TicketLine
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.pill import Pill
from opsdesk.ui.widgets.shortcuts import on_keys

_CIRCLE = "These links go round in a circle, as two desks made them apart. Take one of them away."


class LinksView(QScrollArea):
    """Signals: `ticket_wanted` and `unlink_wanted` with a LinkRow or id, `link_wanted` with the id of a related ticket
    that should be linked (None to choose one)."""

    ticket_wanted = Signal(object)
    unlink_wanted = Signal(object)
    link_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QFrame()
        body.setProperty("surface", "panel")
        outer = QVBoxLayout(body)
        outer.setContentsMargins(24, 14, 24, 14)
        outer.setSpacing(12)
        self._column = QVBoxLayout()
        self._column.setSpacing(6)
        outer.addLayout(self._column)
        self._workable = True
        self._related: list[bytes] = []
        for number in range(1, 10):
            on_keys(self, (f"Alt+{number}",), partial(self._link_related, number - 1))
        add = self._add = Button("Link another ticket", "link-simple", key="R")
        add.clicked.connect(lambda: self.link_wanted.emit(None))
        outer.addWidget(add, 0, Qt.AlignmentFlag.AlignLeft)
        outer.addStretch(1)
        self.setWidget(body)

    def show_links(self, links: Sequence[LinkRow], related: Sequence[RelatedRow], *, workable: bool = True) -> None:
        """Show the links, and below them open tickets that may belong together with this one.

        They can be opened in any case, and changed if the ticket is `workable`.
        """
        self._workable = workable
        self._add.setEnabled(workable)
        clear_layout(self._column)
        self._related.clear()
        for words in dict.fromkeys(sorted(link.words for link in links)):
            group = [link for link in links if link.words == words]
            self._column.addWidget(Label(_heading(group), "quiet-strong", "quiet"))
            for link in group:
                self._column.addWidget(self._link_line(link))
            if any(link.circle for link in group):
                self._column.addWidget(Label(_CIRCLE, "quiet", "warn", wrap=True))
        if not links:
            self._column.addWidget(Label("Not linked to another ticket yet", "body", "quiet"))
        if related:
            self._column.addSpacing(10)
            self._column.addWidget(Label("May belong together", "quiet-strong", "quiet"))
            for number, row in enumerate(related[:9], 1):
                self._column.addWidget(self._related_line(row, f"Alt+{number}"))

    def _link_related(self, at: int) -> None:
        if self._workable and at < len(self._related):
            self.link_wanted.emit(self._related[at])

    def _link_line(self, link: LinkRow) -> QWidget:
        remove = IconButton("x", f"Take the link to {link.number or 'it'} away", size=28)
        remove.setEnabled(self._workable)
        remove.clicked.connect(lambda: self.unlink_wanted.emit(link))
        if link.state is None or link.priority is None:
            return _row(Label(link.title, "body", "quiet"), remove)
        line = TicketLine(link.title, link.number, link.state.label, link.priority)
        line.clicked.connect(lambda: self.ticket_wanted.emit(link.ticket))
        return _row(line, _state_pill(link, link.state), remove)

    def _related_line(self, row: RelatedRow, key: str) -> QWidget:
        line = TicketLine(row.title, row.number, row.reason, row.priority)
        line.clicked.connect(lambda: self.ticket_wanted.emit(row.ticket))
        link = Button("Link", "link-simple", key=key)
        link.setAccessibleName(f"Link {row.number}")
        link.setEnabled(self._workable)
        link.clicked.connect(lambda: self.link_wanted.emit(row.ticket))
        self._related.append(row.ticket)
        return _row(line, Pill(row.state.label, "neutral"), link)


def _heading(group: Sequence[LinkRow]) -> str:
    """The words over links of one kind; of the parts of a ticket, how many are done."""
    words = group[0].words.capitalize()
    if group[0].kind != "parent" or group[0].back:
        return words
    known = [link for link in group if link.state is not None and link.voided is None]
    return f"{words} · {sum(not link.is_open for link in known)} of {len(known)} done"


def _state_pill(link: LinkRow, state: State) -> Pill:
    if link.voided is not None:
        return Pill("Voided", "neutral")
    return Pill(state.label, "neutral" if state.is_open else "good")


def _row(line: QWidget, *beside: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(10)
    row.addWidget(line, 1)
    for widget in beside:
        row.addWidget(widget)
    return holder
