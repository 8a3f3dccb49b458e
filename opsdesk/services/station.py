"""What this station says of itself in the status bar: who works here, how much is kept, and where."""

from __future__ import annotations

from dataclasses import dataclass

from opsdesk.store.work import Reader


@dataclass(frozen=True, slots=True)
class Station:
    """The local person and unit, own changes kept here, and the size of the store in bytes."""

    person: str
    unit: str
    changes: int
    store_bytes: int


def station(reader: Reader) -> Station:
    """Ask what the status bar shows; cheap at any number of records."""
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
    )
