"""Waking tickets whose time to wait for has come. A desk that works alone does it; one that has joined a server shows
them as due to wake and leaves the step to the server (`opsdesk.server.waking`), so that it is done once."""

from __future__ import annotations

from typing import Final

from opsdesk.models.tickets import State
from opsdesk.services import times
from opsdesk.services.changes import Changes
from opsdesk.services.tickets.transitions import transition
from opsdesk.store import membership
from opsdesk.store.work import Work

MOST: Final = 50
"""Tickets that are woken at once; the others have their turn a minute later."""


def wake(work: Work) -> Changes:
    """Resume what waits until a moment that has passed, the earliest first. Nothing at a desk that has a server."""
    if membership.read(work.connection) is not None:
        return Changes()
    due = work.rows(
        "SELECT id, waiting_until FROM ticket INDEXED BY list_ticket_state WHERE voided IS NULL AND state = ? "
        "AND waiting_until <= ? ORDER BY waiting_until LIMIT ?",
        (int(State.WAITING), work.now, MOST),
    )
    changes = Changes()
    for ticket, until in due:
        changes |= transition(work, ticket, "resume", reason=f"Woken: it waited until {times.dtg(until)}")
    if len(due) > 1:
        work.label = f"Wake {len(due)} tickets"
    return changes
