"""Names in a query: which records are meant by the name, code or callsign that was typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from opsdesk.models.base import Id
from opsdesk.services.errors import QueryError
from opsdesk.services.query.fields import Field, plain, suggest
from opsdesk.services.query.nodes import Term, Value
from opsdesk.store.work import Reader

# Table → its columns that a record may be called by, the usual name first.
CALLED_BY: Final = {
    "person": ("name", "short_name", "callsign", "account"),
    "unit": ("name", "code", "callsign"),
    "place": ("name",),
    "ticket_type": ("name", "code"),
    "category": ("name", "code"),
    "drawing": ("name",),
}
_NOUNS: Final = {"drawing": "drawing"}
"""Table → its word, where that of the field would be no noun."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The ids that a term names; `nobody` when records without any are meant too."""

    ids: tuple[Id, ...]
    nobody: bool


def resolve(reader: Reader, field: Field, term: Term) -> Meant:
    """The records that the values of a term name. Raises QueryError at a name that nothing here has.

    A name is tried as a whole, then as one of its words, then as its beginning; the first that finds something counts,
    so that `assignee:brandt` finds Anna Brandt. `:=` and `=` want the whole name, `~` allows slips.
    """
    ids: list[Id] = []
    nobody = False
    for value in term.values:
        word = "" if value.quoted else value.text.casefold()
        if word == "none":
            nobody = True
        elif word == "me" and field.table == "person":
            ids.append(reader.person)
        elif word == "mine" and field.table == "unit":
            ids.append(reader.unit)
        else:
            ids += _called(reader, field, value, term.operator)
    if field.tree and term.operator == ":":
        ids = _with_those_below(reader, field.table, ids)
    return Meant(tuple(dict.fromkeys(ids)), nobody)


def _called(reader: Reader, field: Field, value: Value, operator: str) -> list[Id]:
    said = plain(value.text)
    known = _names(reader, field.table)
    if operator == "~":
        from rapidfuzz import fuzz, process

        found = process.extract(said, [name for name, _ in known], scorer=fuzz.WRatio, score_cutoff=80, limit=100)
        ids = [known[at][1] for _, _, at in found]
    else:
        ids = [id_ for name, id_ in known if name == said]
        if not ids and operator == ":":
            ids = [id_ for name, id_ in known if f" {said} " in f" {name} "]
        if not ids and operator == ":":
            ids = [id_ for name, id_ in known if f" {name}".find(f" {said}") >= 0]
    if not ids:
        hint = suggest(said, [name for name, _ in known]) if said else ""
        noun = _NOUNS.get(field.table) or field.label.lower()
        raise QueryError(f"No {noun} is called “{value.text}”.{hint}", value.start, value.end)
    return ids


def _names(reader: Reader, table: str) -> list[tuple[str, Id]]:
    """All names in a table with the ids they stand for."""
    columns = CALLED_BY[table]
    rows = reader.rows(f"SELECT id, {', '.join(columns)} FROM {table} WHERE voided IS NULL")
    return [(_plain(name), id_) for id_, *names in rows for name in names if name]


@cache
def _plain(name: str) -> str:
    return plain(name)


def called(reader: Reader, table: str) -> dict[str, list[Id]]:
    """The ids that each whole name stands for, without differences that do not matter."""
    found: dict[str, list[Id]] = {}
    for name, id_ in _names(reader, table):
        ids = found.setdefault(name, [])
        if id_ not in ids:
            ids.append(id_)
    return found


def children(reader: Reader, table: str) -> dict[Id, list[Id]]:
    """What stands directly below each record of a tree."""
    found: dict[Id, list[Id]] = {}
    for id_, parent in reader.rows(f"SELECT id, parent FROM {table} WHERE parent IS NOT NULL AND voided IS NULL"):
        found.setdefault(parent, []).append(id_)
    return found


def _with_those_below(reader: Reader, table: str, ids: Sequence[Id]) -> list[Id]:
    return below(children(reader, table), ids)


def below(children: dict[Id, list[Id]], ids: Iterable[Id]) -> list[Id]:
    """The ids and all that is below them; a cycle that came in from elsewhere ends."""
    found: dict[Id, None] = {}
    waiting = list(ids)
    while waiting:
        id_ = waiting.pop()
        if id_ not in found:
            found[id_] = None
            waiting += children.get(id_, ())
    return list(found)
