"""Notes whose clocks may be others now: triggers on all that a clock is folded from.

What a trigger does is one small insert, so that receiving thousands of edits costs hardly more for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.tickets import State

_MARK: Final = "INSERT OR IGNORE INTO stale_clock (key) SELECT key FROM ticket"
_ALL_OPEN: Final = f"{_MARK} WHERE voided IS NULL AND state < {State.RESOLVED:d}"


def trigger_statements() -> Iterator[str]:
    """The CREATE TRIGGER statements that note whose clocks may be others now."""
    # What is finished when it comes in has no history here that would say how long it took.
    yield (
        f"CREATE TRIGGER clock_ticket_insert AFTER INSERT ON ticket WHEN new.state < {State.RESOLVED:d} "
        "BEGIN INSERT OR IGNORE INTO stale_clock (key) VALUES (new.key); END"
    )
    watched = ("state", "waiting_reason", "priority", "type", "requester", "voided", "occurred_at")
    changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in watched)
    yield (
        f"CREATE TRIGGER clock_ticket_update AFTER UPDATE OF {', '.join(watched)} ON ticket WHEN {changed} "
        "BEGIN INSERT OR IGNORE INTO stale_clock (key) VALUES (new.key); END"
    )
    yield (
        "CREATE TRIGGER clock_comment_insert AFTER INSERT ON comment WHEN new.visibility = 'requester' "
        f"BEGIN {_MARK} WHERE id = new.subject; END"
    )
    yield (
        "CREATE TRIGGER clock_comment_update AFTER UPDATE OF visibility, voided, author ON comment "
        "WHEN 'requester' IN (old.visibility, new.visibility) "
        f"BEGIN {_MARK} WHERE id = new.subject; END"
    )
    for name, event in (("insert", "INSERT"), ("update", "UPDATE OF voided, type")):
        yield f"CREATE TRIGGER clock_target_{name} AFTER {event} ON service_target BEGIN {_ALL_OPEN}; END"


def fill(execute: Any) -> None:
    """Note all open tickets, whose rows came in while there were no triggers."""
    execute(_ALL_OPEN)


def mark(connection: Any, records: Collection[Id]) -> None:
    """Note some tickets, of which more is known now."""
    connection.executemany(f"{_MARK} WHERE id = ?", [(record,) for record in records])
