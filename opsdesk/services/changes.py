"""What a command changed: the one announcement by which every screen refreshes itself."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from opsdesk.models.base import Id


@dataclass(frozen=True, slots=True)
class Changes:
    """Records touched by one unit of work, by area. Sync makes the same value, so it is just another author.

    `everything` tells screens to reload all (an import, a restore) instead of naming each record.
    """

    tickets: frozenset[Id] = frozenset()
    people: frozenset[Id] = frozenset()
    units: frozenset[Id] = frozenset()
    places: frozenset[Id] = frozenset()
    forms: frozenset[Id] = frozenset()
    views: frozenset[Id] = frozenset()
    drawings: frozenset[Id] = frozenset()
    files: frozenset[Id] = frozenset()
    """Records whose files came, went or moved on."""
    drafts: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    conflicts: frozenset[Id] = frozenset()
    """Conflicts that came, changed or were settled."""
    queue: bool = False
    """Whether what waits for the server, or what came back from it, is another now."""
    notifications: bool = False
    everything: bool = False

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def __or__(self, other: Changes) -> Changes:
        return Changes(**{field.name: getattr(self, field.name) | getattr(other, field.name) for field in fields(self)})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one unit of work did: its changes, its act (for undo; None when nothing was captured) and its result."""

    changes: Changes
    act: Id | None = None
    label: str = ""
    value: Any = None
