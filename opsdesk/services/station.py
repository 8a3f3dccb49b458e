"""What this station says of itself in the bars: who works here, what waits, what needs a person, how much is kept."""

from __future__ import annotations

from dataclasses import dataclass

from opsdesk.services import conflicts
from opsdesk.services.returned import heads
from opsdesk.store.work import Reader


@dataclass(frozen=True, slots=True)
class Station:
    """The local person and unit, own changes kept here, and the size of the store in bytes."""

    person: str
    unit: str
    changes: int
    store_bytes: int
    waiting: int = 0
    """Own changes that have no outcome yet."""
    conflicts: int = 0
    """Records whose conflicts wait for this person: the number on the rail."""
    returned: int = 0
    """Things in the Returned box that are not settled."""

    @property
    def need_you(self) -> int:
        """How many things wait for a person."""
        return self.conflicts + self.returned


def station(reader: Reader) -> Station:
    """Ask what the bars show; cheap at any number of records."""
    names = reader.row(
        "SELECT p.name, u.name FROM person p, unit u WHERE p.id = ? AND u.id = ?", (reader.person, reader.unit)
    )
    person, unit = names or ("", "")
    return Station(
        person=person,
        unit=unit,
        # Own changes are numbered without a gap, so that the newest number is their count.
        changes=reader.value("SELECT coalesce(max(seq), 0) FROM change"),
        store_bytes=reader.value("PRAGMA page_count") * reader.value("PRAGMA page_size"),
        waiting=reader.value("SELECT count(*) FROM change INDEXED BY ix_change_waiting WHERE outcome IS NULL"),
        conflicts=conflicts.need_me(reader),
        returned=heads(reader),
    )
