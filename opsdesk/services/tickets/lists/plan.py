"""How the list finds its rows at a million tickets: by an index that has the order ready, not by sorting them all.

Four roads, from the best:

*arms*    one value of a group each, in the order that the group's index has ready, merged by the engine
          (`unit:"B Coy"` with its four units, latest change first: four arms)
*walk*    along the index of the order, taking what meets the conditions
*groups*  value by value of a group in the order of its names, each by one of the other roads
*gather*  the tickets that meet the conditions by the index that leads to fewest, sorted

A road for whose conditions rows must be read may find few for a long way. So a first page goes `BUDGET` rows that way,
and is gathered when that was not enough. A query that an index says to find few tickets is gathered at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from opsdesk.services.query import sync
from opsdesk.services.query.conditions import OPEN, RANK, Compiled, Condition, Lead, Search, hangs, named, negated
from opsdesk.services.tickets.lists.orders import GROUPS, RECEIVED, WAYS, Group, Step, sort_sql
from opsdesk.services.tickets.lists.roads import ARMED, CARRIED, Asked, Road, Sql, arms_of, where
from opsdesk.store.work import Reader

BUDGET: Final = 20_000
"""Rows that a first page reads on a road that may find few, before it looks for a better one: 30 to 80 ms."""
FEW: Final = 8_000
"""So many tickets are gathered and sorted in 20 to 40 ms, which no other road is sure to do."""
MANY: Final = 200_000
"""From so many tickets on, all keys are read along the index of the order, else gathered."""
MOST_ARMS: Final = 12
"""Arms that the engine merges at most."""

_LEADING: Final = frozenset({"assignee", "unit", "category", "type"})
"""Groups of which one has few tickets among all, so that its index may be read whole for other conditions."""
_STATES: Final = tuple(range(10, 90, 10))
_RANKS: Final = (1, 2, 3, 4, 11, 12, 13, 14)


class Plan:
    """One query in one order, for one reader."""

    def __init__(self, reader: Reader, compiled: Compiled, steps: Sequence[Step]) -> None:
        self.reader = reader
        self.steps = tuple(replace(step, rank=sync.rank(reader)) if step.name == "sync" else step for step in steps)
        search = compiled.search
        self.search: Search | None = search if search is not None and self.steps[0].name == RECEIVED else None
        """The search when the index of words gives the order of arrival itself, else it is a condition."""
        conditions = compiled.conditions
        if search is not None and self.search is None:
            conditions += (search.condition(),)
        self.asked = Asked(conditions, compiled.voided_too)

    # ----- the first page

    def first(self, size: int) -> list[int]:
        """The row keys of the first rows; fewer than `size` only when there are no more."""
        if self.search is not None:
            return self._keys(self._found(), size)
        if self.asked.voided_too:
            return self._keys(self._gathered(self.asked, self.steps, None), size)
        if self.steps[0].name not in WAYS:
            leader = self._leader(self.asked, FEW)
            if leader is not None:
                return self._keys(self._gathered(self.asked, self.steps, leader), size)
        return self._page(self.asked, self.steps, size)

    def _page(self, asked: Asked, steps: Sequence[Step], size: int) -> list[int]:
        """Step by step; whoever calls has seen that no condition leads to few."""
        if steps[0].name in WAYS:
            keys: list[int] = []
            there, missing = _split(asked, steps[0])
            if missing is None:
                return self._way_page(asked, steps, size)
            keys = self._way_page(there, steps, size)
            return keys if len(keys) >= size else keys + self._page(missing, steps[1:], size - len(keys))
        keys = []
        for part, rest in self._groups(asked, steps):
            keys += self._page(part, rest, size - len(keys))
            if len(keys) >= size:
                break
        return keys

    def _way_page(self, asked: Asked, steps: Sequence[Step], size: int) -> list[int]:
        road = self._road(asked, steps)
        if not road.residual:
            return self._keys(road.sql(), size)
        if not road.values:
            leader = self._leader(asked, FEW)
            if leader is not None:
                return self._keys(self._gathered(asked, steps, leader), size)
        budget = BUDGET
        for _ in range(2):
            keys = self._keys(road.limited_sql(budget), size)
            if len(keys) >= size or self._ends_within(road, budget):
                return keys
            # What was found so far says how far the rest is; too far is gathered.
            budget = budget * 2 * size // max(len(keys), 1)
            if budget > MANY:
                break
        return self._keys(self._gathered(asked, steps, self._leader(asked, MANY)), size)

    def _ends_within(self, road: Road, budget: int) -> bool:
        bare = road.bare_sql()
        seen = self.reader.value(f"SELECT count(*) FROM ({bare.text} LIMIT {budget})", bare.parameters)
        return bool(seen < budget)

    def _keys(self, sql: Sql, size: int) -> list[int]:
        # As one text, since the driver takes Python's lock for each row that it hands over.
        text = self.reader.value(f"SELECT group_concat(k) FROM ({sql.text} LIMIT ?)", (*sql.parameters, size))
        return [] if text is None else [int(key) for key in str(text).split(",")]

    # ----- all of them

    def all(self) -> Iterator[Sql]:
        """SELECTs of one column whose keys, one after the other, are all keys in their order."""
        if self.search is not None:
            yield self._found()
            return
        leader: Condition | None = None
        ready = not self.asked.voided_too and _ready(self.steps)
        if ready and self.asked.conditions and not self._answered_by_indexes():
            leader = self._leader(self.asked, MANY)
        if ready and leader is None:
            yield from self._everything(self.asked, self.steps)
        else:
            yield self._gathered(self.asked, self.steps, leader)

    def _answered_by_indexes(self) -> bool:
        """True when the index of the order answers all conditions."""
        if self.steps[0].name not in WAYS:
            carried = CARRIED.get(GROUPS[self.steps[0].name].index, set())
            return "state" in carried and all(one.sql == OPEN for one in self.asked.conditions)
        there, missing = _split(self.asked, self.steps[0])
        parts = ((there, self.steps),) if missing is None else ((there, self.steps), (missing, self.steps[1:]))
        return not any(self._road(part, steps).residual for part, steps in parts)

    def _everything(self, asked: Asked, steps: Sequence[Step]) -> Iterator[Sql]:
        if steps[0].name in WAYS:
            there, missing = _split(asked, steps[0])
            yield self._road(there, steps).sql()
            if missing is not None:
                yield from self._everything(missing, steps[1:])
            return
        for part, rest in self._groups(asked, steps):
            yield from self._everything(part, rest)

    def count(self) -> int:
        """How many tickets there are."""
        asked, search = self.asked, self.search
        text, parameters = asked.where()
        if not asked.conditions and not asked.voided_too:
            # All less those that are voided, which is quicker than reading each ticket: few are.
            if search is None:
                return self._count("ticket AS t", ()) - self._count_voided("TRUE", ())
            count = self._count(f"({search.sql})", search.parameters)
            return count - self._count_voided(f"t.key IN ({search.sql})", search.parameters)
        leader = self._leader(asked, MANY)
        if leader is not None and (leader.lead is not None or search is not None):
            gathered = self._gathered(asked, (), leader)
            return self._count(f"({gathered.text})", gathered.parameters)
        if search is None:
            return self._count(f"ticket AS t WHERE {text}", parameters)
        joined = f"({search.sql}) AS s CROSS JOIN ticket AS t ON t.key = s.key WHERE {text}"
        return self._count(joined, (*search.parameters, *parameters))

    def _count(self, source: str, parameters: Sequence[Any]) -> int:
        return int(self.reader.value(f"SELECT count(*) FROM {source}", parameters))

    def _count_voided(self, text: str, parameters: Sequence[Any]) -> int:
        source = f"ticket AS t INDEXED BY list_ticket_voided WHERE t.voided IS NOT NULL AND {text}"
        return self._count(source, parameters)

    def tallied(self, expression: str, parameters: Sequence[Any] = (), *, hangs: str = "") -> Sql:
        """SELECT of the values `x` of an expression over `ticket t`, and how many tickets `n` have each.

        `hangs` names a table of what hangs on tickets: the expression is then over its rows `g`.
        """
        leader = self._leader(self.asked, MANY)
        number = "count(DISTINCT t.key)" if hangs else "count(*)"
        if self.search is not None or (leader is not None and leader.lead is not None):
            found = self._gathered(self.asked, (), leader)
            joined = f" CROSS JOIN {hangs} AS g ON g.subject = t.id AND g.voided IS NULL" if hangs else ""
            source = f"({found.text}) AS d CROSS JOIN ticket AS t ON t.key = d.k{joined}"
            return Sql(
                f"SELECT {expression} AS x, {number} AS n FROM {source} GROUP BY 1", (*parameters, *found.parameters)
            )
        text, bound = self.asked.where()
        source = "ticket AS t"
        index = next((group.index for group in ARMED if expression == named(group.column)), "")
        if hangs:
            source = f"{hangs} AS g CROSS JOIN ticket AS t ON t.id = g.subject"
            text = f"g.voided IS NULL AND {text}"
        elif (
            index in CARRIED
            and not self.asked.voided_too
            and not Road((), index, "", (), self.asked.conditions).residual
        ):
            # The index of the group answers it all, already in groups, without reading a row.
            source += f" INDEXED BY list_ticket_{index}"
        return Sql(
            f"SELECT {expression} AS x, {number} AS n FROM {source} WHERE {text} GROUP BY 1", (*parameters, *bound)
        )

    # ----- roads

    def _found(self) -> Sql:
        """Along the index of words, in order of arrival, unless another condition leads to few."""
        assert self.search is not None
        leader = self._leader(self.asked, FEW)
        if leader is not None:
            return self._gathered(self.asked, self.steps, leader)
        direction = self.steps[0].direction
        # The limit, which is none, keeps the engine from leaving out the order, which is that of the whole then.
        found = f"{self.search.sql} ORDER BY 1 {direction} LIMIT -1"
        if not self.asked.conditions and not self.asked.voided_too:
            # Few are voided: leaving them out is quicker than reading all that are found.
            voided = "SELECT v.key FROM ticket AS v INDEXED BY list_ticket_voided WHERE v.voided IS NOT NULL"
            return Sql(f"SELECT key AS k FROM ({found}) WHERE key NOT IN ({voided})", self.search.parameters)
        text, parameters = self.asked.where()
        return Sql(
            f"SELECT t.key AS k FROM ({found}) AS s CROSS JOIN ticket AS t ON t.key = s.key WHERE {text}",
            (*self.search.parameters, *parameters),
        )

    def _gathered(self, asked: Asked, steps: Sequence[Step], leader: Condition | None) -> Sql:
        """By the index that leads to fewest, sorted."""
        joins, order, ranked = sort_sql(steps)
        text, parameters = asked.where()
        if self.search is not None:
            text += f" AND t.key IN ({self.search.sql})"
            parameters += self.search.parameters
        if leader is None:
            # The plus keeps the engine from walking the order's index, which is the road that was too long.
            order = f" ORDER BY +{order}" if order else ""
            return Sql(f"SELECT t.key AS k FROM ticket AS t {joins} WHERE {text}{order}", (*parameters, *ranked))
        lead = self._lead(asked, leader)
        order = f" ORDER BY {order}" if order else ""
        return Sql(
            f"WITH d(led) AS (SELECT DISTINCT * FROM ({lead.select})) SELECT t.key AS k FROM d "
            f"CROSS JOIN ticket AS t ON t.{lead.column} = d.led {joins} WHERE {text}{order}",
            (*lead.parameters, *parameters, *ranked),
        )

    def _lead(self, asked: Asked, leader: Condition) -> Lead:
        """How its index leads to the tickets that meet a condition, and others that the same index answers."""
        if leader.lead is not None:
            return leader.lead
        source, together = "ticket AS t", [leader]
        if leader.column in _LEADING and not asked.voided_too:
            source = f"ticket AS t INDEXED BY list_ticket_{leader.column}"
            together += [one for one in asked.conditions if one.column in CARRIED[leader.column]]
        text, parameters = where(together, voided_too=asked.voided_too, open_too=asked.open_only)
        return Lead("key", f"SELECT t.key FROM {source} WHERE {text}", parameters)

    def _road(self, asked: Asked, steps: Sequence[Step]) -> Road:
        """Arms where a group's index has the order ready, else the walk along the order's own index."""
        armed = self._armed(asked, steps) if len(steps) <= 2 else []
        if len(armed) > 1:
            # One that reads no rows is best, then the one that leads to fewest.
            alone = [(condition, road) for condition, road in armed if not road.residual]
            armed = alone or [min(armed, key=lambda one: self._estimate(asked, one[0], BUDGET))]
        if armed:
            return armed[0][1]
        way = WAYS[steps[0].name]
        index = f"open_{way.index}" if way.index and way.opens and asked.open_only else way.index
        return Road(tuple(steps), index, "", (), asked.conditions)

    def _armed(self, asked: Asked, steps: Sequence[Step]) -> list[tuple[Condition, Road]]:
        """Each condition on a group whose index has the order ready, with its road."""
        found = []
        for condition in asked.conditions:
            for group in ARMED:
                values = arms_of(group, condition)
                if group.within == steps[0].name and 0 < len(values) <= MOST_ARMS:
                    index = "open_due" if group.index == "due" and asked.open_only else group.index
                    others = tuple(one for one in asked.conditions if one is not condition)
                    found.append((condition, Road(tuple(steps), index, group.column, values, others)))
        return found

    def _leader(self, asked: Asked, limit: int) -> Condition | None:
        """The condition that an index says fewest tickets meet, when those are at most `limit`."""
        best, fewest = None, limit + 1
        for condition in asked.conditions:
            if condition.narrow:
                number = self._estimate(asked, condition, fewest)
                if number < fewest:
                    best, fewest = condition, number
        return best

    def _estimate(self, asked: Asked, condition: Condition, limit: int) -> int:
        """How many tickets an index leads to for it, counted up to the limit."""
        lead = self._lead(asked, condition)
        return self._count(f"({lead.select} LIMIT ?)", (*lead.parameters, limit))

    # ----- groups

    def _groups(self, asked: Asked, steps: Sequence[Step]) -> Iterator[tuple[Asked, Sequence[Step]]]:
        """The values of the first step in their order, each as a further condition with the steps that remain."""
        group = GROUPS[steps[0].name]
        same = [one for one in asked.conditions if group.column and arms_of(group, one)]
        others = asked.without(same)
        for condition in self._values(group, same, steps[0]):
            # Only where no place of the list is named does the location in free words decide.
            placed = steps[0].name == "place" and condition.values != (None,)
            yield others.with_condition(condition), steps[2:] if placed else steps[1:]

    def _values(self, group: Group, same: Sequence[Condition], step: Step) -> Iterator[Condition]:
        """Conditions for the values in their order, only those that the conditions on the same column let through."""
        if step.name == "sync":
            parts = sync.marked(self.reader)
            yield from reversed(parts) if step.down else parts
        elif step.name == "tags":
            yield from self._tags(step)
        else:
            wanted = _in_all(arms_of(group, condition) for condition in same)
            values = self._names(group, wanted, step) if group.table else _levels(group, wanted, step)
            for value in values:
                yield _with_value(group, value)

    def _tags(self, step: Step) -> Iterator[Condition]:
        words = self.reader.rows(f"SELECT DISTINCT word FROM tag WHERE voided IS NULL ORDER BY word {step.direction}")
        for (word,) in words:
            tagged, earlier = hangs("tag", "word = ?", (word,)), hangs("tag", "word < ?", (word,))
            yield Condition(f"({tagged.sql} AND NOT {earlier.sql})", (word, word), narrow=True, lead=tagged.lead)
        yield negated(hangs("tag"))

    def _names(self, group: Group, wanted: Sequence[Any] | None, step: Step) -> Iterator[Any]:
        """Ids that tickets have, by the names they stand for; then none; then ids whose names have not arrived."""
        column = f't."{group.column}"'
        parameters: Sequence[Any] = ()
        if wanted is not None:
            if not wanted:
                return iter(())
            used = f"v(x) AS (VALUES {', '.join(['(?)'] * len(wanted))})"
            parameters = wanted
        else:
            # Jumps from value to value along the index instead of reading all of it.
            source = f"FROM ticket AS t INDEXED BY list_ticket_{group.index} WHERE t.voided IS NULL AND {column}"
            used = (
                f"w(x) AS (SELECT min({column}) {source} IS NOT NULL UNION ALL "
                f"SELECT (SELECT min({column}) {source} > w.x) FROM w WHERE w.x IS NOT NULL), "
                "v(x) AS (SELECT x FROM w UNION SELECT NULL)"
            )
        rows = self.reader.rows(
            f"WITH RECURSIVE {used} SELECT v.x FROM v LEFT JOIN {group.table} AS n ON n.id = v.x "
            f"ORDER BY n.key IS NULL, {group.name} COLLATE NOCASE {step.direction}, n.key {step.direction}, v.x",
            parameters,
        )
        return (value for (value,) in rows)


def _levels(group: Group, wanted: Sequence[Any] | None, step: Step) -> list[int]:
    known = _RANKS if group.column == "rank" else _STATES
    return sorted((value for value in known if wanted is None or value in wanted), reverse=step.down)


def _with_value(group: Group, value: Any) -> Condition:
    column = RANK if group.column == "rank" else f't."{group.column}"'
    if value is None:
        return Condition(f"{column} IS NULL", (), group.column, (None,), narrow=True)
    open_only = group.column == "state" and value < _STATES[4]
    return Condition(f"{column} = ?", (value,), group.column, (value,), open_only=open_only, narrow=True)


def _in_all(lists: Iterator[tuple[Any, ...]]) -> list[Any] | None:
    """The values that are in each list; None when there is no list."""
    common: list[Any] | None = None
    for values in lists:
        common = list(dict.fromkeys(values if common is None else (value for value in common if value in values)))
    return common


def _split(asked: Asked, step: Step) -> tuple[Asked, Asked | None]:
    """Tickets with a value of the step's column and those without, since nothing comes last in both directions."""
    way = WAYS[step.name]
    if not way.least:
        return asked, None
    expression = way.expressions[0]
    column = {"location": "", "due": "due"}.get(step.name, expression.removeprefix("t."))
    there = Condition(f"{expression} >= {way.least}", column=column or "location")
    missing = Condition(f"{expression} IS NULL", column=column, values=(None,) if column else ())
    return asked.with_condition(there), asked.with_condition(missing)


def _ready(steps: Sequence[Step]) -> bool:
    """True when indexes have the whole order ready. (Each ticket's first tag is found as quickly by itself.)"""
    if steps[0].name in WAYS:
        return len(steps) <= 2
    if steps[0].name == "tags":
        return False
    rest = steps[2:] if steps[0].name == "place" else steps[1:]
    return len(rest) <= 2 and rest[0].name == GROUPS[steps[0].name].within
