"""What a message from the server has changed here."""

from __future__ import annotations

from dataclasses import dataclass, field

from opsdesk.models.base import Id


@dataclass(slots=True)
class Applied:
    """Records by entity, conflicts, and records that are gone."""

    records: dict[int, set[Id]] = field(default_factory=dict)
    conflicts: set[Id] = field(default_factory=set)
    gone: set[Id] = field(default_factory=set)
    queue: bool = False
    """Whether what waits here, or came back, may be another now."""
    notices: int = 0
    """How many things a person should know were raised."""

    def touch(self, entity: int, record: Id) -> None:
        """Note a record."""
        self.records.setdefault(entity, set()).add(record)

    def add(self, other: Applied) -> None:
        """What another message has changed as well."""
        for entity, records in other.records.items():
            self.records.setdefault(entity, set()).update(records)
        self.conflicts |= other.conflicts
        self.gone |= other.gone
        self.queue |= other.queue
        self.notices += other.notices
