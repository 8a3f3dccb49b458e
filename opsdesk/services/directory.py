"""Who and what there is to choose from: people, units, places, ticket types and categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsdesk.models.base import Id
from opsdesk.services import pasting
from opsdesk.services.tickets.rows import Named
from opsdesk.store.work import Reader

DEPTH_LIMIT = 20
"""Levels of a tree that are walked; deeper ones are a fault in received data."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit of the tree, in the order and depth in which a list shows it."""

    id: Id
    name: str
    code: str
    callsign: str
    parent: Id | None
    depth: int


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A place with its position, if it has one."""

    id: Id
    name: str
    sort: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class TypeRow:
    """A ticket type."""

    id: Id
    code: str
    name: str
    icon: str
    colour: str
    form: str


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category of the tree; `path` is its name with those above it."""

    id: Id
    code: str
    name: str
    path: str
    type_code: str | None
    depth: int


def people(reader: Reader) -> tuple[Named, ...]:
    """All people by name; the detail is their unit."""
    rows = reader.rows(
        "SELECT p.id, p.name, coalesce(u.code, u.name, '') FROM person p LEFT JOIN unit u ON u.id = p.unit "
        "WHERE p.voided IS NULL ORDER BY p.name COLLATE NOCASE"
    )
    return tuple(Named(*row) for row in rows)


def roles(reader: Reader) -> dict[Id, str]:
    """The name of the role that each person holds."""
    return dict(reader.rows("SELECT p.id, r.name FROM person p JOIN role r ON r.id = p.role WHERE p.voided IS NULL"))


def units(reader: Reader) -> tuple[UnitRow, ...]:
    """The tree of units from the top, children below their parent by name."""
    rows = reader.rows(
        "SELECT id, name, coalesce(code, name), coalesce(callsign, ''), parent FROM unit "
        "WHERE voided IS NULL ORDER BY name COLLATE NOCASE"
    )
    return tuple(
        UnitRow(record, name, code, callsign, parent, depth)
        for (record, name, code, callsign, parent), depth in in_tree(rows, parent_at=4)
    )


def categories(reader: Reader, type_code: str | None = None) -> tuple[CategoryRow, ...]:
    """The tree of categories; with a type only those that it allows."""
    rows = reader.rows(
        "SELECT id, code, name, parent, type_code FROM category "
        "WHERE voided IS NULL AND (? IS NULL OR type_code IS NULL OR type_code = ?) ORDER BY position, name",
        (type_code, type_code),
    )
    paths: dict[Id, str] = {}
    found = []
    for (record, code, name, parent, of_type), depth in in_tree(rows, parent_at=3):
        above = paths.get(parent, "") if parent else ""
        paths[record] = f"{above} › {name}" if above else name
        found.append(CategoryRow(record, code, name, paths[record], of_type, depth))
    return tuple(found)


def types(reader: Reader) -> tuple[TypeRow, ...]:
    """The ticket types in their order."""
    rows = reader.rows(
        "SELECT id, code, name, coalesce(icon, ''), coalesce(colour, ''), coalesce(form, '') FROM ticket_type "
        "WHERE voided IS NULL ORDER BY position, name"
    )
    return tuple(TypeRow(*row) for row in rows)


def places(reader: Reader, text: str = "", limit: int = 50) -> tuple[PlaceRow, ...]:
    """Places whose name has `text` in it, those that begin with it first."""
    like = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = reader.rows(
        "SELECT id, name, coalesce(sort, ''), lat, lon FROM place WHERE voided IS NULL AND name LIKE ? ESCAPE '\\' "
        "ORDER BY name NOT LIKE substr(?, 2) ESCAPE '\\', name COLLATE NOCASE LIMIT ?",
        (like, like, limit),
    )
    return tuple(PlaceRow(row[0], pasting.clean(row[1]), *row[2:]) for row in rows)


def tags(reader: Reader, limit: int = 200) -> tuple[str, ...]:
    """The words in use as tags, the most used first."""
    rows = reader.rows(
        "SELECT word FROM tag WHERE voided IS NULL GROUP BY word ORDER BY count(*) DESC, word LIMIT ?", (limit,)
    )
    return tuple(row[0] for row in rows)


def in_tree(rows: list[tuple[Any, ...]], parent_at: int) -> list[tuple[tuple[Any, ...], int]]:
    """Rows (id first) with their depth, children after their parent. Rows in a cycle come last, at depth 0."""
    known = {row[0] for row in rows}
    children: dict[Id | None, list[tuple[Any, ...]]] = {}
    for row in rows:
        parent = row[parent_at] if row[parent_at] in known and row[parent_at] != row[0] else None
        children.setdefault(parent, []).append(row)
    ordered: list[tuple[tuple[Any, ...], int]] = []
    todo = [(row, 0) for row in reversed(children.get(None, []))]
    placed = set()
    while todo:
        row, depth = todo.pop()
        ordered.append((row, depth))
        placed.add(row[0])
        if depth < DEPTH_LIMIT:
            todo += [(child, depth + 1) for child in reversed(children.get(row[0], []))]
    return ordered + [(row, 0) for row in rows if row[0] not in placed]
