"""Which parts of the screens show a record: its own area, or the ticket that it hangs on."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, Final

from opsdesk.models.base import Id, Synced, entities
from opsdesk.services.changes import Changes
from opsdesk.store.database import Connection

_AREAS: Final = {
    "ticket": "tickets", "unit": "units", "person": "people", "place": "places", "saved_view": "views",
    "ticket_type": "forms", "category": "forms", "field_definition": "forms", "form_version": "forms",
}  # fmt: skip
_MOST: Final = 2_000
"""From so many records on screens had better load anew than ask row by row."""
_PIECE: Final = 500


def changes_of(connection: Connection, records: Mapping[int, Set[Id]]) -> Changes:
    """The announcement for records by the number of their entity; of what hangs on a ticket, the ticket."""
    if sum(map(len, records.values())) > _MOST:
        return Changes(everything=True)
    found: dict[str, set[Id]] = {}
    by_number: dict[int, type[Synced]] = {entity.entity: entity for entity in entities()}
    for number, ids in records.items():
        entity = by_number[number]
        area = _AREAS.get(entity.__tablename__)
        if area is not None:
            found.setdefault(area, set()).update(ids)
        elif "subject" in entity.__table__.columns:  # type: ignore[attr-defined]
            found.setdefault("tickets", set()).update(_subjects(connection, entity, sorted(ids)))
    return Changes(**{area: frozenset(ids) for area, ids in found.items()})  # type: ignore[arg-type]


def _subjects(connection: Connection, entity: type[Synced], ids: list[Id]) -> set[Id]:
    ends = ["subject", "target"] if entity.__tablename__ == "link" else ["subject"]
    found: set[Id] = set()
    for at in range(0, len(ids), _PIECE):
        piece = ids[at : at + _PIECE]
        marks = ", ".join("?" * len(piece))
        rows: list[tuple[Any, ...]] = connection.execute(
            f'SELECT {", ".join(ends)} FROM "{entity.__tablename__}" WHERE id IN ({marks})', piece
        ).fetchall()
        found.update(one for row in rows for one in row if one is not None)
    return found
