"""What was typed for a ticket comes back when its sending is undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from opsdesk.services import forms
from opsdesk.services.changes import Outcome

if TYPE_CHECKING:
    from opsdesk.ui.tickets.new_ticket.pane import NewTicketPane

_MOST = 50
"""Tickets whose words are remembered; what is older is in its history all the same."""


class Returning:
    """Remembers what each act of this session was made of."""

    def __init__(self, pane: NewTicketPane) -> None:
        self._pane = pane
        self._sent: dict[bytes, tuple[str, Mapping[str, Any]]] = {}
        pane.shell.operations.undone.connect(self._undone)

    def remember(self, outcome: Outcome, place: str, content: Mapping[str, Any]) -> None:
        """An act made something of what stood at a place."""
        if outcome.act is not None:
            self._sent[outcome.act] = (place, content)
            if len(self._sent) > _MOST:
                self._sent.pop(next(iter(self._sent)))

    def _undone(self, act: bytes) -> None:
        found = self._sent.pop(act, None)
        if found is None:
            return
        (place, content), pane = found, self._pane

        def tell(_outcome: Outcome) -> None:
            pane.shell.toasts.show_toast(
                "What you had typed is a draft again", tone="neutral", button="Go on",
                run=lambda: self._go_on(place, content),
            )  # fmt: skip

        pane.shell.bridge.then(pane.desk.do(forms.save_draft, place, content), tell, owner=pane)

    def _go_on(self, place: str, content: Mapping[str, Any]) -> None:
        self._pane.shell.begin_new("ticket")
        self._pane.bring_back(place, content)
