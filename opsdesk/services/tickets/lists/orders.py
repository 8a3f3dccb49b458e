"""The orders of the ticket list: what sorting by a column means, as SQL and as an index that has it ready.

A column is either an *order* of its own (a time, the title), which an index walks, or a *group*: many tickets share one
value (a state, an assignee), and its values stand in an order of their own: states by progress, people by name. Within
a group the tickets stand by the next column. Nothing (no due time, no assignee) comes last in both directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from opsdesk.services.errors import Refused
from opsdesk.services.query.conditions import NEXT, RANK, Condition

LATEST = "-updated"
RECEIVED = "received"
"""The order of arrival here: the row key itself."""


LOCATION: Final = "coalesce(t.location, t.grid) COLLATE NOCASE"
"""Where in free words; the list shows it of tickets that name no place."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to stand: `expressions` over `t` all in one direction, on the index of that name."""

    expressions: tuple[str, ...]
    index: str
    least: str = ""
    """For a column that may have no value: SQL of a value below all others."""
    opens: bool = True
    """True where there is an index of the open tickets alone beside it."""


@dataclass(frozen=True, slots=True)
class Group:
    """A column whose values stand in an order of their own."""

    column: str
    index: str
    within: str
    """The order that the index has ready within one value: `updated` or `received`."""
    table: str = ""
    """For names: the table they are in."""
    name: str = "n.name"
    """For names: the SQL of the name, over `n`."""


@dataclass(frozen=True, slots=True)
class Step:
    """Sorting by one column, downwards or not."""

    name: str
    down: bool
    rank: Condition | None = None
    """For the marks of the Sync column, which differ by person: the place of a ticket's mark, as SQL."""

    @property
    def direction(self) -> str:
        return "DESC" if self.down else "ASC"


WAYS: Final = {
    "updated": Way(("t.updated_at",), "updated"),
    "occurred": Way(("t.occurred_at",), "occurred"),
    "created": Way(("t.created_at",), "created"),
    "number": Way(("rtrim(t.number, '0123456789')", "length(t.number)", "t.number"), "number"),
    "title": Way(("t.title COLLATE NOCASE",), "title"),
    "due": Way((NEXT,), "due", least="-9000000000000000000"),
    "external": Way(("t.external",), "external", least="''", opens=False),
    "location": Way((LOCATION,), "location", least="''", opens=False),
    RECEIVED: Way((), ""),
}
GROUPS: Final = {
    "state": Group("state", "state", "updated"),
    "priority": Group("rank", "priority", "updated"),
    "assignee": Group("assignee", "assignee", "updated", "person"),
    "unit": Group("unit", "unit", "updated", "unit", "coalesce(n.code, n.name)"),
    "category": Group("category", "category", "updated", "category"),
    "type": Group("type", "type", "updated", "ticket_type"),
    "place": Group("place", "place", RECEIVED, "place"),
    "group": Group("group", "group", RECEIVED, "unit", "coalesce(n.code, n.name)"),
    "requester": Group("requester", "requester", RECEIVED, "person"),
    "sync": Group("", "", "updated"),
    "tags": Group("", "", "updated"),
}

FIRST_TAG: Final = "(SELECT min(g.word) FROM tag g WHERE g.subject = t.id AND g.voided IS NULL)"

SORTABLE: Final = frozenset((*WAYS, *GROUPS, "age")) - {"location"}


def effective(order: Sequence[str], *, searched: bool) -> tuple[str, ...]:
    """The order in full: what was asked, then what decides among equals. Raises Refused for an unknown column.

    Nothing asked means the latest change first; for a search the latest received first, which the index of words has
    ready. Equals in a group stand as its index has them ready: the latest change or the latest received first.
    """
    asked: dict[str, str] = {}
    for said in order:
        name = said.removeprefix("-")
        if name not in SORTABLE:
            raise Refused(f"The list cannot be sorted by “{name}”", field="order")
        asked.setdefault("occurred" if name == "age" else name, said)
    if not asked:
        return (f"-{RECEIVED}",) if searched else (LATEST,)
    last = next(reversed(asked))
    group = GROUPS.get(last)
    if group is not None and RECEIVED not in asked and group.within not in asked:
        # Places without a name stand by location and arrival, which an index has ready in one direction only.
        asked[group.within] = group.within if asked[last] == "place" else f"-{group.within}"
    return tuple(asked.values())


def steps(order: Sequence[str]) -> tuple[Step, ...]:
    """The steps of an effective order, down to the row key, which ends each. Age is the time of the event reversed."""
    found: list[Step] = []
    for said in order:
        step = Step(said.removeprefix("-"), said.startswith("-"))
        if step.name == "age":
            step = Step("occurred", not step.down)
        found.append(step)
        if step.name == "place":
            # Tickets without a place of the list show a location in free words, and stand by that.
            found.append(replace(step, name="location"))
        if step.name == RECEIVED:
            return tuple(found)
    return (*found, Step(RECEIVED, found[-1].down))


def sort_sql(order: Sequence[Step], *, whole: bool = False) -> tuple[str, str, tuple[Any, ...]]:
    """(joins, ORDER BY, its parameters) that sort `ticket t` as the steps say, whatever index there is.

    `whole` says that only tickets with a value of the first step are asked for.
    """
    joins: list[str] = []
    terms: list[str] = []
    for place, step in enumerate(order):
        way = WAYS.get(step.name)
        if way is not None:
            always = whole and place == 0
            for expression in way.expressions:
                if expression == LOCATION and not always:
                    expression = f"CASE WHEN t.place IS NULL THEN {LOCATION} END"
                if way.least and not always:
                    terms.append(f"{expression} IS NULL")
                terms.append(f"{expression} {step.direction}")
            if step.name == RECEIVED:
                terms.append(f"t.key {step.direction}")
            continue
        group = GROUPS[step.name]
        if group.table:
            alias = f"n_{step.name}"
            name = group.name.replace("n.", f"{alias}.")
            joins.append(f'LEFT JOIN {group.table} AS {alias} ON {alias}.id = t."{group.column}"')
            terms.append(f"{alias}.key IS NULL")
            terms.append(f"{name} COLLATE NOCASE {step.direction}")
            terms.append(f"{alias}.key {step.direction}")
            terms.append(f't."{group.column}"')
        else:
            terms += _plain_terms(step)
    ranks = [step.rank for step in order if step.rank is not None]
    return " ".join(joins), ", ".join(terms), tuple(value for one in ranks for value in one.parameters)


def _plain_terms(step: Step) -> list[str]:
    match step.name:
        case "sync":
            assert step.rank is not None
            return [f"{step.rank.sql} {step.direction}"]
        case "tags":
            # One look for each ticket: a number sorts before all words, bytes after them.
            last = "0" if step.down else "x''"
            return [f"coalesce({FIRST_TAG}, {last}) {step.direction}"]
        case "priority":
            return [f"{RANK} {step.direction}"]
        case _:
            return [f"t.{GROUPS[step.name].column} {step.direction}"]
