"""The roads along one index, as SQL: the walk in the index's order, and arms for some values of its first column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from opsdesk.services.query.conditions import NOT_VOIDED, OPEN, Condition, named
from opsdesk.services.tickets.lists.orders import RECEIVED, WAYS, Group, Step, sort_sql

_BESIDE: Final = {"state", "priority", "updated_at"}

CARRIED: Final[dict[str, set[str]]] = {
    "updated": _BESIDE,
    "state": _BESIDE,
    "priority": {"state", "rank", "updated_at"},
    "assignee": _BESIDE,
    "unit": _BESIDE,
    "category": _BESIDE,
    "type": _BESIDE,
    "occurred": {"occurred_at"},
    "created": {"created_at"},
    "due": {"due"},
    "external": {"external"},
    "location": {"location", "place"},
}
"""Index → columns that it carries, so that no row need be read for a condition on them."""


@dataclass(frozen=True, slots=True)
class Sql:
    """A SELECT of row keys with its parameters."""

    text: str
    parameters: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """The conditions that must all be met."""

    conditions: tuple[Condition, ...]
    voided_too: bool = False

    @property
    def open_only(self) -> bool:
        """True when only open tickets can meet them."""
        return any(condition.open_only for condition in self.conditions)

    def with_condition(self, condition: Condition) -> Asked:
        """With one more."""
        return replace(self, conditions=(*self.conditions, condition))

    def without(self, conditions: Sequence[Condition]) -> Asked:
        """With some less."""
        return replace(self, conditions=tuple(one for one in self.conditions if one not in conditions))

    def where(self) -> tuple[str, tuple[Any, ...]]:
        """All of them as SQL over `ticket t`; the words of the partial indexes come first."""
        return where(self.conditions, voided_too=self.voided_too)


def where(
    conditions: Sequence[Condition], *, voided_too: bool = False, open_too: bool = False
) -> tuple[str, tuple[Any, ...]]:
    """SQL over `ticket t` that all conditions are met, and its parameters."""
    parts = [] if voided_too else [NOT_VOIDED]
    if open_too or any(condition.open_only for condition in conditions):
        parts.append(OPEN)
    parts += [condition.sql for condition in conditions if condition.sql != OPEN]
    return " AND ".join(parts) or "TRUE", tuple(value for condition in conditions for value in condition.parameters)


@dataclass(frozen=True, slots=True)
class Road:
    """Along one index in the order of the steps, for tickets that are not voided.

    `values` are those of the index's first column for arms, and empty for the walk. `conditions` are those that the
    arms do not answer by themselves.
    """

    steps: tuple[Step, ...]
    index: str
    column: str
    values: tuple[Any, ...]
    conditions: tuple[Condition, ...]

    @property
    def residual(self) -> tuple[Condition, ...]:
        """The conditions for which rows must be read."""
        carried = CARRIED.get(self.index.removeprefix("open_"), set())
        of_open = self.index.startswith("open_") or "state" in carried
        return tuple(one for one in self.conditions if not (of_open if one.sql == OPEN else one.column in carried))

    def sql(self) -> Sql:
        """All keys along the road that meet all conditions."""
        return self._along(self.conditions)

    def bare_sql(self) -> Sql:
        """The keys along the road that meet what the index answers by itself."""
        residual = self.residual
        return self._along([one for one in self.conditions if one not in residual])

    def limited_sql(self, budget: int) -> Sql:
        """The keys that meet all conditions, among the first `budget` of `bare_sql`."""
        inner = self.bare_sql()
        conditions, parameters = where(self.residual)
        return Sql(
            f"SELECT t.key AS k FROM ({inner.text} LIMIT {budget}) AS w CROSS JOIN ticket AS t ON t.key = w.k "
            f"WHERE {conditions}",
            (*inner.parameters, *parameters),
        )

    def _along(self, conditions: Sequence[Condition]) -> Sql:
        source = f"ticket AS t INDEXED BY list_ticket_{self.index}" if self.index else "ticket AS t NOT INDEXED"
        text, parameters = where(conditions, open_too=self.index.startswith("open_"))
        arms = [arm(self.column, value) for value in self.values]
        if len(arms) > 1:
            return self._merged(source, text, parameters, arms)
        for own, bound in arms:
            text, parameters = f"{text} AND {own}", (*parameters, *bound)
        joins, order, ranked = sort_sql(self.steps, whole=True)
        return Sql(f"SELECT t.key AS k FROM {source} {joins} WHERE {text} ORDER BY {order}", (*parameters, *ranked))

    def _merged(
        self, source: str, text: str, parameters: tuple[Any, ...], arms: Sequence[tuple[str, tuple[Any, ...]]]
    ) -> Sql:
        expressions = WAYS[self.steps[0].name].expressions
        columns = "".join(f", {expression} AS s{place}" for place, expression in enumerate(expressions))
        selects, bound = [], []
        for own, values in arms:
            selects.append(f"SELECT t.key AS k{columns} FROM {source} WHERE {text} AND {own}")
            bound += [*parameters, *values]
        order = [f"s{place} {self.steps[0].direction}" for place in range(len(expressions))]
        order.append(f"k {self.steps[-1].direction}")
        return Sql(f"SELECT k FROM ({' UNION ALL '.join(selects)} ORDER BY {', '.join(order)})", tuple(bound))


def arm(column: str, value: Any) -> tuple[str, tuple[Any, ...]]:
    """SQL that a column has the value, with its parameters."""
    name = named(column)
    return (f"{name} IS NULL", ()) if value is None else (f"{name} = ?", (value,))


def arms_of(group: Group, condition: Condition) -> tuple[Any, ...]:
    """The values of the group that a condition lets through; none when it is about something else."""
    if group.column == "rank" and condition.column == "priority":
        return (*condition.values, *(value + 10 for value in condition.values))
    return condition.values if condition.column == group.column else ()


ARMED: Final = (
    Group("state", "state", "updated"),
    Group("rank", "priority", "updated"),
    Group("assignee", "assignee", "updated"),
    Group("unit", "unit", "updated"),
    Group("category", "category", "updated"),
    Group("type", "type", "updated"),
    Group("place", "place", RECEIVED),
    Group("group", "group", RECEIVED),
    Group("requester", "requester", RECEIVED),
    Group("due", "due", RECEIVED),
)
"""Indexes whose first column may be given: rows without a due time stand in one group too."""
