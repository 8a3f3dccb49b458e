"""Saved views that name the one who worked alone: after joining they mean the same person and unit as before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from opsdesk.models.base import Id
from opsdesk.services.errors import QueryError
from opsdesk.services.query import parse
from opsdesk.services.query.fields import find, plain
from opsdesk.services.query.names import CALLED_BY
from opsdesk.services.query.nodes import And, Node, Not, Or, Query, Term
from opsdesk.store.database import Connection


@dataclass(frozen=True, slots=True)
class Renamed:
    """A record that goes by another name: what it was called, and the word that now means it."""

    was: frozenset[str]
    now: str


def renamed_queries(connection: Connection, person: Id, unit: Id) -> dict[Id, str]:
    """The queries of own views that name the person or unit of this folder alone, with `me` and `mine` instead."""
    renames = {
        "person": Renamed(_names(connection, "person", person), "me"),
        "unit": Renamed(_names(connection, "unit", unit), "mine"),
    }
    rows = connection.execute("SELECT id, query FROM saved_view WHERE owner = ? AND shared = 0", (person,)).fetchall()
    found = {view: renamed(text, renames) for view, text in rows}
    return {view: found[view] for view, text in rows if found[view] != text}


def renamed(text: str, renames: Mapping[str, Renamed]) -> str:
    """A query with the names that have changed replaced; one that cannot be read stays as it is."""
    try:
        query = parse(text)
    except QueryError:
        return text
    for start, end, word in sorted(_places(query, renames), reverse=True):
        text = text[:start] + word + text[end:]
    return text


def _places(query: Query, renames: Mapping[str, Renamed]) -> Iterator[tuple[int, int, str]]:
    for term in _terms(query.root):
        asked = find(term.name)
        rename = None if asked is None else renames.get(asked.table)
        if rename is None:
            continue
        for value in term.values:
            if plain(value.text) in rename.was:
                yield value.start, value.end, rename.now


def _terms(node: Node | None) -> Iterator[Term]:
    if isinstance(node, Term):
        yield node
    elif isinstance(node, Not):
        yield from _terms(node.node)
    elif isinstance(node, And | Or):
        for part in node.nodes:
            yield from _terms(part)


def _names(connection: Connection, table: str, record: Id) -> frozenset[str]:
    columns = ", ".join(CALLED_BY[table])
    row = connection.execute(f'SELECT {columns} FROM "{table}" WHERE id = ?', (record,)).fetchone() or ()
    return frozenset(plain(name) for name in row if name)
