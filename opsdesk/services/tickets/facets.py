"""Facets: which values the tickets of a query have, with the number of tickets that choosing each would leave.

The numbers of a field leave out what the query says of that very field, so that further values of it can be chosen; a
value is counted as the query language finds it: a unit with those below it, a name with all that are called so.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.tickets import Priority, State
from opsdesk.services import pasting
from opsdesk.services.query import compile_query, names, parse, with_term
from opsdesk.services.query.fields import Field, Sort, find, plain
from opsdesk.services.query.nodes import Term, Value
from opsdesk.services.tickets.lists import orders
from opsdesk.services.tickets.lists.plan import Plan
from opsdesk.store.work import Reader

MOST: Final = 200
"""Values of one facet; the rest is told as a number."""


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value with the number of tickets that it leads to. `text` is how a query says it; `chosen` holds the words by
    which the query says it already, none where it is not chosen.
    """

    text: str
    label: str
    count: int
    chosen: tuple[str, ...] = ()
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one field: the chosen ones and those that tickets have, the most frequent first (levels in their
    order). `left_out` values more are not told.
    """

    name: str
    label: str
    values: tuple[FacetValue, ...]
    left_out: int = 0

    @property
    def chosen(self) -> int:
        """How many values are chosen."""
        return sum(bool(value.chosen) for value in self.values)


LABELS: Final = {
    "state": "State",
    "priority": "Priority",
    "unit": "Unit",
    "assignee": "Assignee",
    "category": "Category",
    "type": "Type",
    "tag": "Tag",
    "place": "Location",
}
"""The fields that have facets, as they are offered."""

_NOTHING: Final = {"unit": "No unit", "assignee": "Unassigned", "category": "No category", "place": "No named place"}
_NAMES: Final = {"unit": "coalesce(code, name)"}


def facet(reader: Reader, text: str, name: str) -> Facet:
    """The values of a field in the tickets that a query finds. Raises QueryError for a query that cannot be read."""
    field = find(name)
    assert field is not None
    said = _values(text, name)
    compiled = compile_query(reader, parse(with_term(text, name, ())))
    plan = Plan(reader, compiled, orders.steps(orders.effective(("state",), searched=False)))
    if field.sort is Sort.LEVEL:
        values = _levels(plan, field, said)
    elif name == "tag":
        values = _tags(plan, said)
    else:
        values = _named(plan, field, said)
    return Facet(name, LABELS[name], tuple(values[:MOST]), max(0, len(values) - MOST))


def toggled(text: str, name: str, value: FacetValue) -> str:
    """The query with a value chosen in addition, or no longer. Raises QueryError for a query that cannot be read.

    What counts is what the query says, which may be newer than the value is.
    """
    said = [one.text for one in _values(text, name)]
    words = {value.text, *value.chosen}
    left = [one for one in said if one not in words]
    return with_term(text, name, left if len(left) < len(said) else [*said, value.text])


def cleared(text: str, name: str) -> str:
    """The query without anything that was chosen of a field."""
    return with_term(text, name, ())


def _values(text: str, name: str) -> list[Value]:
    """The values that a query asks of a field, whichever of its conditions names them."""
    terms = [part for part in parse(text).parts if isinstance(part, Term) and part.name == name]
    return [value for term in terms if term.operator == ":" for value in term.values]


def _levels(plan: Plan, field: Field, said: Iterable[Value]) -> list[FacetValue]:
    assert field.words is not None
    chosen: dict[int, list[str]] = {}
    for value in said:
        chosen.setdefault(int(field.words[field.word(value)]), []).append(value.text)
    numbers = _numbers(plan, f"t.{field.column}")
    levels = sorted({*numbers, *chosen}, reverse=field.name == "priority")
    kinds: type[State] | type[Priority] = State if field.name == "state" else Priority
    return [
        FacetValue(
            plain(kinds(level).label), kinds(level).label, numbers.get(level, 0), tuple(chosen.get(level, ())),
            kinds(level).name.lower() if field.name == "priority" else "",
        )
        for level in levels
    ]  # fmt: skip


def _tags(plan: Plan, said: Iterable[Value]) -> list[FacetValue]:
    sql = plan.tallied("g.word", hangs="tag")
    numbers: dict[str, int] = dict(plan.reader.rows(sql.text, sql.parameters))
    chosen: dict[str, list[str]] = {}
    for value in said:
        chosen.setdefault(" ".join(value.text.lower().split()), []).append(value.text)
    found_all = [
        FacetValue(word, "No tag" if word == "none" else word, numbers.get(word, 0), tuple(chosen.get(word, ())))
        for word in {*numbers, *chosen}
    ]
    return _ranked(found_all)


def _named(plan: Plan, field: Field, said: Iterable[Value]) -> list[FacetValue]:
    reader, table = plan.reader, field.table
    numbers = _numbers(plan, f't."{field.column}"')
    called: dict[Id, str] = dict(
        reader.rows(f"SELECT id, {_NAMES.get(table, 'name')} FROM {table} WHERE voided IS NULL")
    )
    chosen = _chosen(reader, field, said)
    children = names.children(reader, table) if field.tree else {}
    meant = names.called(reader, table)
    wanted = {called[one] for one in (*numbers, *chosen) if one in called}
    if field.tree:  # what stands above is found by what is below it
        wanted |= {called[one] for one in _above(children, numbers) if one in called}
    values = []
    for name in wanted:
        own = meant.get(plain(name), ())
        ids = names.below(children, own) if field.tree else own
        words = dict.fromkeys(word for one in own for word in chosen.get(one, ()))
        values.append(FacetValue(name, pasting.clean(name), sum(numbers.get(one, 0) for one in ids), tuple(words)))
    nothing = _NOTHING.get(field.name)
    if nothing is not None and (numbers.get(None) or None in chosen):
        values.append(FacetValue("none", nothing, numbers.get(None, 0), tuple(chosen.get(None, ()))))
    return _ranked(values)


def _chosen(reader: Reader, field: Field, said: Iterable[Value]) -> dict[Id | None, list[str]]:
    """The records that the query names itself, without those below them → its words for each."""
    alone = dataclasses.replace(field, tree=False)
    found: dict[Id | None, list[str]] = {}
    for value in said:
        meant = names.resolve(reader, alone, Term(field.name, ":", (value,)))
        for one in (*meant.ids, *((None,) if meant.nobody else ())):
            found.setdefault(one, []).append(value.text)
    return found


def _above(children: Mapping[Id, Iterable[Id]], ids: Iterable[Id | None]) -> set[Id]:
    parents = {child: parent for parent, below in children.items() for child in below}
    found: set[Id] = set()
    for one in ids:
        above = parents.get(one) if one is not None else None
        while above is not None and above not in found:
            found.add(above)
            above = parents.get(above)
    return found


def _numbers(plan: Plan, expression: str) -> Counter[Any]:
    sql = plan.tallied(expression)
    return Counter(dict(plan.reader.rows(sql.text, sql.parameters)))


def _ranked(values: Iterable[FacetValue]) -> list[FacetValue]:
    return sorted(values, key=lambda value: (not value.chosen, -value.count, value.label.casefold()))
