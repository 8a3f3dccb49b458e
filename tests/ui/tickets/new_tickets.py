"""The pane of a new ticket, as tests work it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt

from opsdesk.models.organisation import Person
from opsdesk.services.changes import Changes
from opsdesk.store.work import Work
from opsdesk.ui.tickets.new_ticket import NewTicketPane
from opsdesk.ui.widgets.toast import Toast
from tests.support.ticket_pages import PlainShell

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def field(pane: NewTicketPane, code: str) -> Any:
    return pane.body.form.row(code).editor


def demote(work: Work) -> Changes:
    """Let the person at the desk only read from now on."""
    role = work.value("SELECT id FROM role WHERE code = 'reader'")
    work.update(Person, work.person, {"role": role})
    return Changes()


def toasts(shell: PlainShell) -> str:
    """Everything that toasts say now."""
    return "\n".join(toast.text for toast in shell.toasts.findChildren(Toast))
