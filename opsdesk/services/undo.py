"""Undo: a new act that gives back what an earlier one wrote over. Undoing that act is redo.

What was changed again since stays as it is, and so does a category, type, place or unit that tickets use by now; the
outcome's value counts both.
"""

from __future__ import annotations

from dataclasses import dataclass

from opsdesk.models.base import FieldSpec, Id, Kind, Synced, entities, fields
from opsdesk.services import conflicts
from opsdesk.services.changes import Changes
from opsdesk.services.errors import NotFound, Refused
from opsdesk.store.work import Reader, Work

_AREAS = {"ticket": "tickets", "unit": "units", "person": "people", "place": "places", "saved_view": "views"}


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act of the person at this desk."""

    id: Id
    label: str
    done_at: int
    undone: bool


def recent(reader: Reader, limit: int = 50) -> tuple[ActRow, ...]:
    """The person's latest acts, newest first, without those that only undid another."""
    rows = reader.rows(
        "SELECT id, label, done_at, undone_by IS NOT NULL FROM act WHERE actor = ? AND undoes IS NULL "
        "ORDER BY number DESC LIMIT ?",
        (reader.person, limit),
    )
    return tuple(ActRow(record, label, at, bool(undone)) for record, label, at, undone in rows)


def undo(work: Work, act: Id | None) -> Changes:
    """Give back what the act wrote over. Raises Refused when nothing of it can be given back any more.

    The outcome's value is the number of changes that were left as they are.
    """
    row = work.row("SELECT label, undone_by, undoes FROM act WHERE id = ?", (act,)) if act else None
    if act is None or row is None:
        raise NotFound("This act is not here")
    label, undone_by, undoes = row
    if undone_by is not None:
        raise Refused("This was undone already")
    changes = work.rows(
        "SELECT seq, entity, record, field, new, old FROM change WHERE act = ? ORDER BY seq DESC", (act,)
    )
    by_number: dict[int, type[Synced]] = {entity.entity: entity for entity in entities()}
    given_back = left = 0
    touched: dict[str, set[Id]] = {}
    settled: set[Id] = set()
    for seq, number, record, field, new, old in changes:
        entity = by_number[number]
        conflict = conflicts.is_settlement(work, seq)
        if conflict is not None:
            done = conflicts.take_back(work, seq)
            settled.add(conflict)
        else:
            done = _take_back(work, entity, record) if field == 0 else _give_back(work, entity, record, field, new, old)
        given_back += done
        left += not done
        for area, subject in _areas(work, entity, record):
            touched.setdefault(area, set()).add(subject)
    if not given_back:
        raise Refused("Others have changed this since; nothing was undone")
    for ticket in touched.get("tickets", ()):
        work.execute("UPDATE ticket SET updated_at = ? WHERE id = ?", (work.now, ticket))
    _note(work, act, label, undoes)
    work.value_out = left
    found: dict[str, frozenset[Id]] = {area: frozenset(records) for area, records in touched.items()}
    return Changes(conflicts=frozenset(settled), **found)  # type: ignore[arg-type]


_USED_BY_TICKETS = {"category": "category", "ticket_type": "type", "place": "place", "unit": "unit"}
"""Table of what a ticket points at → the ticket's column."""


def _take_back(work: Work, entity: type[Synced], record: Id) -> bool:
    table = entity.__tablename__
    column = _USED_BY_TICKETS.get(table)
    used = column and work.value(f'SELECT 1 FROM ticket WHERE "{column}" = ? AND voided IS NULL LIMIT 1', (record,))
    if used or work.value(f'SELECT voided FROM "{table}" WHERE id = ?', (record,)) is not None:
        return False  # it is in use, or was taken away for a reason of its own
    return work.update(entity, record, {"voided": "undone"})


def _give_back(work: Work, entity: type[Synced], record: Id, number: int, new: object, old: object) -> bool:
    spec = _spec(entity, number)
    table = entity.__tablename__
    current = work.value(f'SELECT "{spec.name}" FROM "{table}" WHERE id = ?', (record,))
    if current != new:
        return False
    event = "undo" if spec.kind is Kind.STATE else None
    return work.update(entity, record, {spec.name: old}, event=event)


def _spec(entity: type[Synced], number: int) -> FieldSpec:
    return next(spec for spec in fields(entity) if spec.number == number)


def _areas(work: Work, entity: type[Synced], record: Id) -> list[tuple[str, Id]]:
    """Where screens must refresh: the record's own area, or the ticket that it hangs on."""
    area = _AREAS.get(entity.__tablename__)
    if area is not None:
        return [(area, record)]
    if "subject" not in entity.__table__.columns:  # type: ignore[attr-defined]
        return []
    columns = "subject, target" if entity.__tablename__ == "link" else "subject"
    row = work.row(f'SELECT {columns} FROM "{entity.__tablename__}" WHERE id = ?', (record,)) or ()
    return [("tickets", subject) for subject in row]


def _note(work: Work, act: Id, label: str, undoes: Id | None) -> None:
    """Remember which act undid which; an act that undoes an undo makes the first one stand again."""
    work.label = label.removeprefix("Undo: ") if undoes else f"Undo: {label}"
    work.execute("UPDATE act SET undone_by = ? WHERE id = ?", (work.act, act))
    if undoes is not None:
        work.execute("UPDATE act SET undone_by = NULL WHERE id = ?", (undoes,))
    work.execute(
        "INSERT INTO act (id, number, label, actor, done_at, undoes) "
        "VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM act), ?, ?, ?, ?)",
        (work.act, work.label, work.person, work.now, act),
    )
