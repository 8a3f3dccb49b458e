"""Which action buttons a ticket shows now, and why one that is shown cannot work."""

from __future__ import annotations

from opsdesk.services.tickets import EventRow, State, TicketCard
from opsdesk.ui.tickets.detail.sidebar import Doing

NEXT = {
    State.NEW: ("accept", "Accept", "check-circle"),
    State.OPEN: ("start", "Start work", "play"),
    State.IN_PROGRESS: ("resolve", "Resolve with note", "check-circle"),
    State.WAITING: ("resume", "Resume", "play"),
    State.RESOLVED: ("confirm", "Close", "check-circle"),
    State.CLOSED: ("reopen", "Reopen", "arrow-counter-clockwise"),
    State.CANCELLED: ("reopen", "Reopen", "arrow-counter-clockwise"),
}
"""The step that usually comes next from a state: event, words, icon."""


def event_of(card: TicketCard, name: str) -> EventRow | None:
    """The event called `name`, if it may leave the present state."""
    return next((event for event in card.events if event.event == name), None)


def next_event(card: TicketCard) -> EventRow | None:
    """The event that usually comes next."""
    usual = NEXT.get(card.row.state)
    return event_of(card, usual[0]) if usual else None


def doings(card: TicketCard) -> list[Doing]:
    """The actions of a ticket. A voided one offers none."""
    if card.voided is not None:
        return []
    found = [Doing("assign", "Assign", "user-plus", "A")]
    if card.events:
        found.append(Doing("state", "State", "flow-arrow", "S"))
    found += [Doing("priority", "Priority", "flag", "P"), Doing("due", "Due", "clock", "D")]
    wait = event_of(card, "wait")
    if wait is not None:
        found.append(Doing("snooze", "Snooze", "moon", "H", _why_not(wait)))
    found += [
        Doing("tag", "Tag", "tag", "L"),
        Doing("link", "Relate", "link-simple", "R"),
        Doing("watch", "Unwatch" if card.watching else "Watch", "eye-slash" if card.watching else "eye", "W"),
    ]
    usual = NEXT.get(card.row.state)
    event = next_event(card)
    if usual is not None and event is not None:
        found.append(Doing("next", usual[1], usual[2], "Ctrl+R", _why_not(event), main=True))
    return found


def _why_not(event: EventRow) -> str:
    return "; ".join(event.missing)
