"""What can be given back of one change, and how: decided from the row as it is now, without writing anything."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from opsdesk.models.base import Id, Kind, Synced
from opsdesk.services import conflicts
from opsdesk.store.queue.shapes import shapes
from opsdesk.store.work import Reader, Work
from opsdesk.sync.core.messages import Code, Conflict


class Way(enum.Enum):
    """How a change is given back."""

    WITHDRAW = "withdraw"
    """It waits: the field shows again what the server has."""
    DROP = "drop"
    """It lost against another change and is a candidate of a conflict: the candidate goes, the field stays."""
    WRITE = "write"
    """The centre has it: the value from before is written by a new change based on it."""
    VOID = "void"
    """It made the record: the record is voided."""
    REOPEN = "reopen"
    """It settled a conflict."""
    STAYS = "stays"
    """Others, or a later act, have written since."""
    NOTHING = "nothing"
    """Nothing of it is left: it came back, or its record is gone already."""


@dataclass(frozen=True, slots=True)
class Written:
    """One own change of an act."""

    seq: int
    entity: int
    record: Id
    field: int
    new: Any
    old: Any
    outcome: int | None
    intent: int | None


_ROWS: Final = (
    "SELECT c.seq, c.entity, c.record, c.field, c.new, c.old, c.outcome, i.kind FROM change c "
    "LEFT JOIN sync_intent i ON i.seq = c.seq WHERE c.act = ? AND c.seq < ? ORDER BY c.seq DESC LIMIT ?"
)

_USED_BY_TICKETS: Final = {"category": "category", "ticket_type": "type", "place": "place", "unit": "unit"}
"""Table of what a ticket points at → the ticket's column."""


def written(reader: Reader, act: Id, *, below: int, limit: int) -> list[Written]:
    """The changes of an act with a sequence below one, newest first."""
    return [Written(*row) for row in reader.rows(_ROWS, (act, below, limit))]


def current(reader: Reader, change: Written) -> tuple[Any] | None:
    """What the field of a change shows now (of a creation: whether it was voided); None where the record is gone."""
    shape = shapes()[change.entity]
    name = shape.fields[change.field].name if change.field else "voided"
    return reader.row(f'SELECT "{name}" FROM "{shape.table}" WHERE id = ?', (change.record,))


def way(reader: Reader, change: Written, shown: tuple[Any] | None) -> Way:
    """How a change can be given back, where its field shows `shown`."""
    if shown is None or change.outcome == Code.RETURNED:
        return Way.NOTHING
    if change.field == 0:
        return _way_of_creation(reader, change, shown[0])
    if change.intent == conflicts.RESOLVE:
        return Way.REOPEN if shown[0] == change.new else Way.STAYS
    if change.outcome == Code.CONFLICT and shown[0] != change.new:
        return Way.DROP if open_conflict(reader, change.seq) is not None else Way.STAYS
    if change.outcome == Code.ABSORBED and shown[0] != change.new:
        return Way.NOTHING
    if shown[0] != change.new:
        return Way.STAYS
    if change.new == change.old:
        return Way.NOTHING
    newest = reader.value("SELECT max(seq) FROM change WHERE record = ? AND field = ?", (change.record, change.field))
    plain = change.intent is None and newest == change.seq
    return Way.WITHDRAW if change.outcome is None and plain else Way.WRITE


def _way_of_creation(reader: Reader, change: Written, voided: Any) -> Way:
    if voided is not None:
        return Way.NOTHING
    column = _USED_BY_TICKETS.get(shapes()[change.entity].table)
    used = column and reader.value(
        f'SELECT 1 FROM ticket WHERE "{column}" = ? AND voided IS NULL LIMIT 1', (change.record,)
    )
    return Way.STAYS if used else Way.VOID


def open_conflict(reader: Reader, seq: int) -> Id | None:
    """The open conflict of which an own change is a candidate."""
    rows = reader.rows(
        "SELECT k.id, k.packed FROM change c JOIN conflict k ON k.record = c.record AND k.field = c.field "
        "WHERE c.seq = ? AND k.open = 1",
        (seq,),
    )
    if not rows:
        return None
    ref = conflicts.Identities(reader).ref(seq)
    for found, packed in rows:
        told = msgspec.msgpack.decode(packed, type=Conflict)
        if any(candidate.change == ref for candidate in told.candidates):
            return bytes(found)
    return None


def give_back(work: Work, change: Written) -> Way:
    """Give one change back as it can be; what was done."""
    found = way(work, change, current(work, change))
    entity = Synced.registry_of_entities[change.entity]
    match found:
        case Way.WITHDRAW | Way.DROP:
            work.outbox.withdraw(change.seq)
        case Way.REOPEN:
            return found if conflicts.take_back(work, change.seq) else Way.STAYS
        case Way.VOID:
            work.update(entity, change.record, {"voided": "undone"})
        case Way.WRITE:
            spec = shapes()[change.entity].fields[change.field]
            event = "undo" if spec.kind is Kind.STATE else None
            work.update(entity, change.record, {spec.name: change.old}, event=event)
    return found
