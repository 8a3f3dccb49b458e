"""How a due time is told everywhere: its words, how much of the time has passed, and from when it is a worry."""

from __future__ import annotations

from opsdesk.services import times
from opsdesk.services.tickets import TicketRow


def due_share(row: TicketRow, now: int) -> float:
    """Return how much of the time until a ticket is due has passed, 0–1 and more when it is over."""
    assert row.due_at is not None
    start = min(row.created_at, row.due_at - times.MINUTE)
    return max(0.0, (now - start) / (row.due_at - start))


def due_words(row: TicketRow, now: int) -> str:
    """Return what a ticket's due time says now: `1 h 10 left`, `over by 25 min`, `paused: parts`, `no due time`."""
    if row.due_at is None:
        return "no due time"
    if not row.state.is_open:
        return "done"
    if row.state.name == "WAITING":
        return f"paused: {row.waiting_reason}" if row.waiting_reason else "paused"
    left = row.due_at - now
    span = times.span(left).removesuffix(" 0 h").removesuffix(" 00")
    return f"{span} left" if left >= 0 else f"over by {span}"


def due_tone(row: TicketRow, now: int) -> str:
    """Return the tone of a ticket's due time: good, warn from 60 % of the time on, danger from 80 %."""
    share = due_share(row, now)
    return "danger" if share >= 0.8 else "warn" if share >= 0.6 else "good"
