"""Entities as sync needs them: their table, their fields by number, and their rules for merging."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from opsdesk.models import base, tickets
from opsdesk.models.base import FieldSpec, Synced, entities
from opsdesk.store.capture import TREES
from opsdesk.sync.core.rules import Edge, EntityRule, FieldRule, Kind, Rules

EVERYWHERE: Final = frozenset(
    {
        "unit", "person", "role", "place", "ticket_type", "category", "field_definition", "form_version",
        "service_target",
    }
)  # fmt: skip
"""Tables whose records every desk reads."""

OWNED: Final = frozenset({"saved_view", "canned_text"})
"""Tables whose records may be one person's alone: their `owner`, wherever they stand."""

NAMING_FIELDS: Final = frozenset(
    {
        "ticket.requester", "ticket.assignee", "watcher.person", "conflict_care.owner", "saved_view.owner",
        "canned_text.owner",
    }
)  # fmt: skip
"""Fields that name a person on a record, who may then read it."""


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
    defaults: dict[int, Any]
    """What a field holds when nothing is said, where that is not null."""
    touched: bool
    """Whether the row notes when anything about it last changed."""
    subject: str
    """SQL of the ticket that record `?2` is or hangs on."""
    texts: tuple[int, ...]
    """Fields that merge line by line."""
    hangs_by: int | None
    """The field that names the record on which this one hangs."""

    def blank(self) -> dict[int, Any]:
        """What the fields of a record hold of which nothing is said."""
        return dict.fromkeys(self.fields) | self.defaults

    def takes(self, number: int, value: Any) -> bool:
        """Whether a field of a row that is there takes a value: what is written once stays, and what is needed is
        kept."""
        return self.fields[number].kind is not base.Kind.APPEND_ONLY and (value is not None or number in self.optional)


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
        defaults={
            number: _default(columns[spec.name])
            for number, spec in specs.items()
            if columns[spec.name].server_default is not None
        },
        touched="updated_at" in columns,
        subject=_subject(entity.__tablename__, "subject" in columns),
        texts=tuple(number for number, spec in specs.items() if spec.kind is base.Kind.TEXT),
        hangs_by=next((number for number, spec in specs.items() if spec.name == "subject"), None),
    )


def _default(column: Any) -> Any:
    given = str(column.server_default.arg)
    return int(given) if column.type.python_type in (int, bool) else given


def _subject(table: str, hangs: bool) -> str:
    if table == "ticket":
        return "?2"
    return f'(SELECT subject FROM "{table}" WHERE id = ?2)' if hangs else "NULL"


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
                names=f"{shape.table}.{spec.name}" in NAMING_FIELDS,
            )
            for number, spec in shape.fields.items()
        }
        yield EntityRule(shape.entity, fields, everywhere=shape.table in EVERYWHERE, subject=shape.hangs_by)


def values_of(entity: int, new: str) -> dict[str, Any]:
    """The values that a creation gave, by the names of the fields."""
    fields = shapes()[entity].fields
    return {
        fields[int(number)].name: bytes.fromhex(value) if fields[int(number)].binary else value
        for number, value in json.loads(new).items()
        if int(number) in fields
    }
