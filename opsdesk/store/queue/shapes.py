"""Entities as sync needs them: their table, their fields by number, and their rules for merging."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from opsdesk.models import base, tickets
from opsdesk.models.base import FieldSpec, Synced, entities
from opsdesk.store.capture import TREES
from opsdesk.sync.core.rules import Edge, EntityRule, FieldRule, Kind, Rules

EVERYWHERE: Final = frozenset(
    {"unit", "person", "role", "place", "ticket_type", "category", "field_definition", "form_version"}
)
"""Tables whose records every desk reads."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One synced table."""

    entity: int
    table: str
    fields: dict[int, FieldSpec]
    required: frozenset[int]
    """Fields that must not be null and have no default."""
    optional: frozenset[int]
    """Fields that may be null."""
    touched: bool
    """Whether the row notes when anything about it last changed."""


@cache
def shapes() -> dict[int, Shape]:
    """All synced tables by the number of their entity."""
    return {entity.entity: _shape(entity) for entity in entities()}


def _shape(entity: type[Synced]) -> Shape:
    columns = {column.name: column for column in entity.__table__.columns}  # type: ignore[attr-defined]
    specs = {spec.number: spec for spec in base.fields(entity)}
    strict = {number for number, spec in specs.items() if not columns[spec.name].nullable}
    return Shape(
        entity=entity.entity,
        table=entity.__tablename__,
        fields=specs,
        required=frozenset(number for number in strict if columns[specs[number].name].server_default is None),
        optional=frozenset(specs.keys() - strict),
        touched="updated_at" in columns,
    )


@cache
def rules() -> Rules:
    """The merge rules of all entities, from their declarations."""
    return Rules(_rules())


def _rules() -> Iterator[EntityRule]:
    edges = tuple(
        Edge(row.event, frozenset(map(int, row.sources)), None if row.to is None else int(row.to))
        for row in tickets.TRANSITIONS
    )
    for shape in shapes().values():
        fields = {
            number: FieldRule(
                number,
                Kind(spec.kind.value),
                severe_first=spec.severe_first,
                tree=spec.name == "parent" and shape.table in TREES,
                edges=edges if shape.table == "ticket" and spec.name == "state" else (),
            )
            for number, spec in shape.fields.items()
        }
        subject = next((number for number, spec in shape.fields.items() if spec.name == "subject"), None)
        yield EntityRule(shape.entity, fields, everywhere=shape.table in EVERYWHERE, subject=subject)
