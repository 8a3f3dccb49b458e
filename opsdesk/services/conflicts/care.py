"""Who looks after a conflict and until when: what somebody said of it, else what follows from the record."""

from __future__ import annotations

from typing import Final

from opsdesk.models import ids
from opsdesk.models.base import Id
from opsdesk.models.tickets import Priority
from opsdesk.services import times
from opsdesk.services.conflicts.rows import Care
from opsdesk.services.conflicts.subjects import Subject
from opsdesk.services.conflicts.writes import person
from opsdesk.services.tickets.rows import Named
from opsdesk.store.work import Reader

DUE_AFTER: Final[dict[int, int]] = {
    int(Priority.URGENT): 1 * times.HOUR,
    int(Priority.HIGH): 4 * times.HOUR,
    int(Priority.NORMAL): 12 * times.HOUR,
    int(Priority.LOW): 48 * times.HOUR,
}
"""How long after this desk heard of a conflict it is due, by the ticket's priority, unless somebody set a time."""


def care_id(conflict: Id) -> Id:
    """The id of the care for a conflict: every desk gives it the same."""
    return ids.derived(conflict, "care")


def care(reader: Reader, about: Subject, conflicts: tuple[Id, ...], found_at: int) -> Care:
    """Who looks after conflicts of a record: the latest that somebody said of any of them, the earliest due time."""
    owner: Id | None = None
    due: list[int] = []
    note = ""
    for conflict in conflicts:
        row = reader.row(
            "SELECT owner, due_at, coalesce(note, '') FROM conflict_care WHERE id = ? AND voided IS NULL",
            (care_id(conflict),),
        )
        if row is not None:
            owner = row[0] or owner
            due += [row[1]] if row[1] is not None else []
            note = row[2] or note
    given = owner is not None
    owner = owner or about.assignee
    return Care(
        person=person(reader, owner),
        unit=_unit(reader, about.unit) if owner is None else None,
        given=given,
        due_at=min(due, default=found_at + DUE_AFTER.get(about.priority, DUE_AFTER[int(Priority.NORMAL)])),
        note=note,
    )


def _unit(reader: Reader, unit: Id | None) -> Named | None:
    if unit is None:
        return None
    row = reader.row("SELECT name, coalesce(code, '') FROM unit WHERE id = ?", (unit,))
    return Named(unit, *row) if row else Named(unit, "not yet received")
