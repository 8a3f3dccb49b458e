"""Looks for open tickets like the one that is written, and does what a person says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from opsdesk.services import tickets
from opsdesk.services.changes import Outcome
from opsdesk.services.tickets import RelatedRow
from opsdesk.ui.actions import Action

if TYPE_CHECKING:
    from opsdesk.ui.tickets.new_ticket.pane import NewTicketPane

_AFTER_MS = 300
_LETTERS = 4
"""Letters of a title from which words are looked for."""


class Looking:
    """Stands between the pane and its block of similar tickets."""

    def __init__(self, pane: NewTicketPane) -> None:
        self._pane = pane
        self._dismissed = False
        self._pause = QTimer(pane, singleShot=True, interval=_AFTER_MS)
        self._pause.timeout.connect(self.find)
        block = pane.similar
        pane.body.looks_changed.connect(self.soon)
        block.same_wanted.connect(self.add_to)
        block.affected_wanted.connect(self._affected)
        block.open_wanted.connect(pane.open_wanted)
        block.dismissed.connect(self._dismiss)
        pane.shell.operations.undone.connect(block.show_undone)
        pane.shell.actions.add(
            Action(
                "new.similar", "Go to the tickets that look similar", block.focus_first, "copy-simple", "F6",
                enabled=lambda: block.isVisible() and block.isEnabled(), group="New ticket", words="duplicate same",
            ),
            owner=pane,
        )  # fmt: skip

    def begin(self) -> None:
        """Another ticket is written: nothing was said of it yet."""
        self._dismissed = False
        self._pane.similar.show_rows(())

    def soon(self) -> None:
        """Look when nothing was typed for a moment."""
        self._pause.start()

    def find(self) -> None:
        """Look now."""
        pane = self._pane
        title, values = pane.body.title.text().strip(), pane.body.where.values
        if self._dismissed or (len(title) < _LETTERS and "lat" not in values and "place" not in values):
            pane.similar.show_rows(())
            return
        pane.shell.bridge.then(
            pane.desk.ask(
                tickets.similar, title, values.get("lat"), values.get("lon"), values.get("place"),
                channel="new-ticket-similar",
            ),
            self._found,
            owner=pane,
        )  # fmt: skip

    def _found(self, rows: Sequence[RelatedRow]) -> None:
        if not self._dismissed:
            self._pane.similar.show_rows(rows)

    def _dismiss(self) -> None:
        self._dismissed = True
        self._pane.similar.show_rows(())

    def _affected(self, row: RelatedRow) -> None:
        """Let the person follow that ticket; what is typed stays as it is."""
        if not self._pane.place:
            return
        pane = self._pane
        pane.shell.operations.run(
            tickets.watch, row.ticket, said=f"You follow {row.number} now. What you typed is kept",
            ok=lambda outcome: pane.similar.show_following(row, outcome.act), owner=pane,
        )  # fmt: skip

    def add_to(self, row: RelatedRow) -> None:
        """Write what is typed as a note on that ticket, instead of a new one."""
        pane, place = self._pane, self._pane.place
        if not place or pane.body.files.busy:
            return
        pane.body.settle()
        told, content = pane.told, pane.body.content
        pane.start_sending(place)
        pane.shell.operations.run(
            tickets.add_report, row.ticket, **told, draft=place,
            said=f"Added to {row.number}",
            ok=lambda outcome: self._added(place, row, content, outcome),
            failed=lambda error: pane.refused(place, error),
            owner=pane,
        )  # fmt: skip

    def _added(self, place: str, row: RelatedRow, content: dict[str, object], outcome: Outcome) -> None:
        pane = self._pane
        pane.returning.remember(outcome, place, content)
        if not pane.answered(place):
            return
        pane.leave()
        pane.body.set_content({})
        pane.closed.emit()
        pane.open_wanted.emit(row.ticket)
