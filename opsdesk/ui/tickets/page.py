"""The Tickets page: the list, one ticket over it, and at the right the pane in which a new one is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from opsdesk.services import search
from opsdesk.services.tickets import TicketRow
from opsdesk.ui.tickets.list_page import ListPage
from opsdesk.ui.tickets.list_page.place import ListPlace
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.label import rule

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell, Target
    from opsdesk.ui.tickets.detail import TicketDetail
    from opsdesk.ui.tickets.new_ticket import NewTicketPane

_BY_NAME = {"person": "assignee", "unit": "unit", "place": "place"}
"""How the list is asked for the tickets of a record of another kind."""
_IDLE_MS = 1000


class TicketsPage(QWidget):
    """List and detail in a stack. Esc leads from the detail to the row it was opened from, and from a ticket that was
    followed from another one to that one first.

    Detail and pane are made when they are first needed, so that the list comes at once; the detail also a moment
    after the list has come (`prepare`).
    """

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self._trail: list[bytes] = []
        self.directory = Directory(desk, shell.bridge, self)
        self.directory.find_tickets = find_tickets
        self.list = ListPage(desk, shell)
        self._detail: TicketDetail | None = None
        self._pane: NewTicketPane | None = None
        self._edge = rule(vertical=True)
        self._edge.hide()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.list)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self.stack, 1)
        self._row.addWidget(self._edge)
        self.list.open_ticket.connect(self.open_ticket)
        self.list.reply_ticket.connect(self.reply_to)
        self.list.new_ticket.connect(lambda: self.begin_new("ticket"))
        self.list.table.current_changed.connect(lambda _row: self._tell_place())
        self.list.table.current_changed.connect(self._choose)

    @property
    def detail(self) -> TicketDetail:
        """The detail of one ticket."""
        return self._detail or self._make_detail()

    def _make_detail(self) -> TicketDetail:
        from opsdesk.ui.tickets.detail import TicketDetail

        detail = self._detail = TicketDetail(self._desk, self._shell, self.directory)
        detail.back.connect(self.back)
        detail.step.connect(self._step)
        detail.opened.connect(self._follow)
        self.stack.addWidget(detail)
        return detail

    @property
    def pane(self) -> NewTicketPane:
        """The pane in which a ticket is written."""
        return self._pane or self._make_pane()

    def _make_pane(self) -> NewTicketPane:
        from opsdesk.ui.tickets.new_ticket import NewTicketPane

        pane = self._pane = NewTicketPane(self._desk, self._shell, self.directory)
        pane.hide()
        pane.closed.connect(self._pane_closed)
        pane.created.connect(self._created)
        pane.open_wanted.connect(self.open_ticket)
        self._row.addWidget(pane)
        return pane

    def prepare(self) -> None:
        """Make the detail ahead of its first use."""
        if self._detail is None:
            self._make_detail()

    # -- what the window asks of a page --------------------------------------------------------------------

    def activated(self) -> None:
        """The page came to the front."""
        if self._detail is None:
            QTimer.singleShot(_IDLE_MS, self, self.prepare)
        if self.stack.currentWidget() is self._detail:
            self.detail.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.list.focus_list()
            chosen, row = self._shell.chosen.ticket, self.list.table.current_row
            if chosen is not None and (row is None or row.id != chosen):
                self.list.show_ticket(chosen)

    def _choose(self, row: TicketRow | None) -> None:
        if row is not None and self.isVisible():
            self._shell.chosen.ticket = row.id

    def show_target(self, target: Target) -> None:
        """Show a ticket, the rows of a query, or the tickets of a person, unit or place."""
        if target.kind == "ticket" and target.id is not None:
            if target.beside:
                self.show_list()
                self.list.sides.show_preview(True)
                self.list.show_ticket(target.id)
            else:
                self.list.show_ticket(target.id)
                self.open_ticket(target.id)
                if target.part is not None:
                    self.detail.conversation.go_to(target.part)
        elif target.kind == "tickets":
            self.show_list()
            self.list.show_query(target.query)
        elif target.id is not None:
            field = _BY_NAME[target.kind]
            self.directory.name(target.kind, target.id, lambda name: self._show_named(field, name))

    def begin_new(self, kind: str, like: Mapping[str, Any] | None = None) -> None:
        """Open the pane for a new ticket; `like` is content to begin with."""
        self._show_pane(True)
        self.pane.start(like)

    def leaving(self) -> None:
        """Save what is being typed, before the window closes."""
        if self._pane is not None:
            self._pane.keep()
        if self._detail is not None:
            self._detail.keep()

    # -- list and detail -----------------------------------------------------------------------------------

    def open_ticket(self, ticket: bytes) -> None:
        """Show one ticket over the page."""
        self._trail = [ticket]
        self._show(ticket)

    def reply_to(self, ticket: bytes) -> None:
        """Show one ticket with the keyboard in its composer."""
        self.open_ticket(ticket)
        self.detail.write()

    def back(self) -> None:
        """To the ticket from which this one was followed, else to its row of the list."""
        if self._trail:
            self._trail.pop()
        if self._trail:
            self._show(self._trail[-1])
        else:
            self.show_list()

    def show_list(self) -> None:
        """Bring the list back, on the row where it was left."""
        self._trail = []
        if self._detail is not None:
            self._detail.keep()
        self.stack.setCurrentWidget(self.list)
        self.list.focus_list()

    def _show(self, ticket: bytes) -> None:
        self.stack.setCurrentWidget(self.detail)
        self.detail.open(ticket, self._place(ticket))

    def _place(self, ticket: bytes) -> ListPlace:
        table = self.list.table
        current = table.current_row
        if len(self._trail) > 1 or current is None or current.id != ticket:
            return ListPlace(self.list.title)
        place = table.rows.sections.place(table.current_number)
        return ListPlace(self.list.title, (place or 0) + 1, table.rows.total)

    def _tell_place(self) -> None:
        """The list found the row of the ticket that is open, or moved it."""
        if self._detail is not None and self._detail.ticket and self.stack.currentWidget() is self._detail:
            self._detail.header.show_place(self._place(self._detail.ticket))

    def _step(self, by: int) -> None:
        ticket = self.list.step(by) if len(self._trail) <= 1 else None
        if ticket is not None:
            self.open_ticket(ticket)

    def _follow(self, ticket: bytes) -> None:
        if not self._trail or self._trail[-1] != ticket:
            self._trail.append(ticket)
        self._show(ticket)

    def _show_named(self, field: str, name: str) -> None:
        self.show_list()
        if name:
            quoted = name.replace('"', "")
            self.list.show_query(f'{field}:"{quoted}"')

    # -- the pane ------------------------------------------------------------------------------------------

    def _show_pane(self, shown: bool) -> None:
        self._edge.setVisible(shown)
        self.pane.setVisible(shown)
        # Two panes at the right leave no room for the list.
        if shown:
            self.list.sides.show_preview(False, remember=False)
        else:
            self.list.sides.show_as_remembered()

    def _created(self, ticket: bytes, again: bool) -> None:
        # What others add waits until it is asked for; what one wrote oneself is shown at once.
        self.list.refresh()
        if not again:
            self.list.show_ticket(ticket)

    def _pane_closed(self) -> None:
        self._show_pane(False)
        self.activated()


def find_tickets(reader: Any, text: str) -> list[tuple[bytes, str, str]]:
    """Tickets for a picker, as (id, number, title): by number or by words of the title."""
    hits = search.palette(reader, text, 12)
    return [(hit.id, hit.detail, hit.label) for hit in hits if hit.kind == "ticket"]
