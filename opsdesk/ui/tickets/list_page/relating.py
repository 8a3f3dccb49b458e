"""Linking the ticket under the keyboard to another, in two lists: how, and to which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from opsdesk.services import tickets
from opsdesk.services.tickets import TicketRow, lists
from opsdesk.ui.tickets.choosing import Place
from opsdesk.ui.tickets.link_words import LINK_WORDS, way_of
from opsdesk.ui.widgets.chooser import Chooser
from opsdesk.ui.widgets.pick_list import Pick

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_NEWEST = 300
"""Tickets that are offered beside those that may belong together, the last changed first."""


class Relating(QObject):
    """Asks and links; what is refused is told in words."""

    def __init__(self, desk: Desk, shell: Shell, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._shell = desk, shell

    def begin(self, row: TicketRow, place: Place) -> None:
        """Ask how the ticket relates to another, then to which."""
        kinds = [Pick(code, words.capitalize(), "", "link-simple") for code, words in LINK_WORDS.items()]
        chooser = Chooser(kinds, name=f"{row.number} is …", placeholder="How it relates", parent=place.parent)
        said: list[str] = []

        def chosen(value: Any) -> None:
            if said:
                chooser.close_now()
                self._link(row, said[0], value)
                return
            said.append(str(value))
            chooser.set_name(f"{row.number} is {LINK_WORDS[said[0]]}")
            chooser.set_items(())
            chooser.set_new(_by_number)
            future = self._desk.ask(_candidates, row.id, channel="tickets.relate")
            self._shell.bridge.then(future, chooser.set_items, self._shell.operations.show_error, owner=chooser)

        chooser.chosen.connect(chosen)
        chooser.open(place.corner, above=place.above)

    def _link(self, row: TicketRow, code: str, value: Any) -> None:
        if isinstance(value, bytes):
            self._run(row, code, value)
            return
        typed = str(value[0])

        def found(ticket: bytes | None) -> None:
            if ticket is None:
                self._shell.toasts.show_toast(f"No ticket is called {typed}", tone="danger")
            else:
                self._run(row, code, ticket)

        self._shell.bridge.then(
            self._desk.ask(tickets.by_number, typed), found, self._shell.operations.show_error, owner=self
        )

    def _run(self, row: TicketRow, code: str, other: bytes) -> None:
        kind, back = way_of(code)
        self._shell.operations.run(tickets.link, row.id, kind, other, back=back)


def _by_number(text: str) -> Pick:
    return Pick((text,), f"Ticket {text}", "by its number", "hash")


def _candidates(reader: Any, ticket: bytes) -> list[Pick]:
    """What is offered: first what may belong together, with the reasons; runs on a reader thread."""
    found = {row.ticket: Pick(row.ticket, f"{row.number} {row.title}", row.reason, "link-simple")
             for row in tickets.related(reader, ticket)}  # fmt: skip
    for row in lists.first_page(reader, lists.ListQuery("is:open", ("-updated",)), _NEWEST).rows:
        if row.id != ticket:
            found.setdefault(row.id, Pick(row.id, f"{row.number} {row.title}", row.state.label, "ticket"))
    return list(found.values())
