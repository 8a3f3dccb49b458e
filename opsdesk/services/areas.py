"""Which parts of the screens show a record: its own area, or the ticket that it hangs on."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final

from opsdesk.models.base import Id, Synced, entities
from opsdesk.services.changes import Changes
from opsdesk.store.database import Connection
from opsdesk.store.queue.lookup import looked_up

_AREAS: Final = {
    "ticket": "tickets", "unit": "units", "person": "people", "place": "places", "saved_view": "views",
    "ticket_type": "forms", "category": "forms", "field_definition": "forms", "form_version": "forms",
    "service_target": "forms", "ticket_template": "forms", "canned_text": "forms", "drawing": "drawings",
}  # fmt: skip
_MOST: Final = 2_000
"""From so many records on screens had better load anew than ask row by row."""


def changes_of(connection: Connection, records: Mapping[int, Set[Id]]) -> Changes:
    """The announcement for records by the number of their entity; of what hangs on a ticket, the ticket."""
    if sum(map(len, records.values())) > _MOST:
        return Changes(everything=True)
    found = areas_of(connection, records)
    return Changes(**{area: frozenset(ids) for area, ids in found.items()})  # type: ignore[arg-type]


def areas_of(connection: Connection, records: Mapping[int, Set[Id]]) -> dict[str, set[Id]]:
    """The areas of `Changes` in which records by the number of their entity are shown, and under which ids."""
    found: dict[str, set[Id]] = {}
    by_number: dict[int, type[Synced]] = {entity.entity: entity for entity in entities()}
    for number, ids in records.items():
        entity = by_number.get(number)
        if entity is None:
            continue  # of a newer version: no screen shows it
        area = _AREAS.get(entity.__tablename__)
        if area is not None:
            found.setdefault(area, set()).update(ids)
        elif "subject" in entity.__table__.columns:  # type: ignore[attr-defined]
            found.setdefault("tickets", set()).update(_subjects(connection, entity, ids))
    return found


def _subjects(connection: Connection, entity: type[Synced], ids: Set[Id]) -> set[Id]:
    ends = ["subject", "target"] if entity.__tablename__ == "link" else ["subject"]
    rows = looked_up(connection, f'SELECT {", ".join(ends)} FROM "{entity.__tablename__}" WHERE id IN ({{0}})', ids)
    return {one for row in rows for one in row if one is not None}
