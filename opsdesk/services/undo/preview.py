"""What undoing an act would leave as it is, told before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.services import conflicts
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.undo.giving import Way, Written, current, way, written
from opsdesk.store.tables import NO_LIMIT
from opsdesk.store.work import Reader

LISTED: Final = 100
"""Fields that a preview names one by one."""


@dataclass(frozen=True, slots=True)
class Stays:
    """A field that was changed again since: what the act had written, what is there now, and who wrote that when."""

    ticket: Id | None
    number: str
    title: str
    label: str
    yours: str
    now: str
    by: str
    at: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What becomes of an act's changes when it is undone. `stays` names at most LISTED of the `left` fields."""

    label: str
    gives_back: int
    left: int
    stays: tuple[Stays, ...]


class WouldStay(Refused):
    """Undoing would leave something as it is. Nothing was done; who agrees says so."""

    def __init__(self, preview: Preview) -> None:
        one = preview.left == 1
        super().__init__(f"{preview.left:,} field{' was' if one else 's were'} changed since and stay{'s' * one}")
        self.preview = preview


def preview(reader: Reader, act: Id) -> Preview:
    """What undoing would do. Raises NotFound, and Refused where it was undone already."""
    label = check(reader, act)[0]
    # Several changes of one field are given back one after the other: each is judged by what the newer one leaves.
    shown: dict[tuple[Id, int], tuple[Any] | None] = {}
    gives_back = left = 0
    stays: list[Stays] = []
    for change in written(reader, act, below=NO_LIMIT, limit=-1):
        place = (change.record, change.field)
        again = place in shown
        now = shown[place] if again else current(reader, change)
        found = way(reader, change, now)
        if found is Way.STAYS:
            left += 1
            if len(stays) < LISTED:
                stays.append(_stays(reader, change, now))
        elif found is not Way.NOTHING:
            gives_back += 1
        shown[place] = now if found in (Way.STAYS, Way.NOTHING, Way.DROP) else (change.old,)
    return Preview(label, gives_back, left, tuple(stays))


def check(reader: Reader, act: Id | None) -> tuple[str, Id | None]:
    """Label of an act that can be undone, and which act it undoes. Raises NotFound, Refused."""
    row = reader.row("SELECT label, undone_by, undoes FROM act WHERE id = ?", (act,)) if act else None
    if row is None:
        raise NotFound("This act is not here")
    label, undone_by, undoes = row
    if undone_by is not None:
        raise Refused("This was undone already")
    return label, undoes


_NEWEST: Final = (
    "SELECT w.hlc >> 16, coalesce(p.name, '') FROM ("
    "SELECT hlc, actor FROM change WHERE record = ?1 AND field = ?2 AND seq > ?3 UNION ALL "
    "SELECT hlc, actor FROM received_change WHERE record = ?1 AND field = ?2) w "
    "LEFT JOIN person p ON p.id = w.actor ORDER BY w.hlc DESC LIMIT 1"
)


def _stays(reader: Reader, change: Written, shown: tuple[Any] | None) -> Stays:
    about = conflicts.subject(reader, change.entity, change.record)
    at, by = reader.row(_NEWEST, (change.record, change.field, change.seq)) or (None, "")
    if change.field == 0:
        return Stays(about.ticket, about.number, about.title, "Made", about.title, "in use by tickets", by, at)
    spec = about.shape.fields[change.field]
    yours = conflicts.value_text(reader, about, spec, change.new)
    now = conflicts.value_text(reader, about, spec, shown[0] if shown else None)
    return Stays(about.ticket, about.number, about.title, conflicts.label(reader, about, spec), yours, now, by, at)
