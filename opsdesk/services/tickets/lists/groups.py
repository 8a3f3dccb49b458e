"""A list by groups: what it can be grouped by, in which order the groups stand, and how many tickets each has.

A group is a run of rows in a list that is sorted by its column first, so that the list itself needs no other reading:
the numbers alone say where one group ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.tickets import Priority, State
from opsdesk.services import pasting, times
from opsdesk.services.query import moments, sync
from opsdesk.services.query.conditions import NEXT, RANK
from opsdesk.services.query.moments import Period
from opsdesk.services.query.nodes import Value
from opsdesk.services.tickets.lists.orders import FIRST_TAG, GROUPS
from opsdesk.services.tickets.lists.plan import Plan
from opsdesk.services.tickets.marks import Mark
from opsdesk.store.work import Reader


@dataclass(frozen=True, slots=True)
class Grouping:
    """What a list can be grouped by: a column of its own order. `missing` names the group without a value; `down`
    says that the groups usually stand downwards, the most urgent or the latest first.
    """

    name: str
    label: str
    missing: str = ""
    down: bool = False


GROUPINGS: Final = {
    one.name: one
    for one in (
        Grouping("state", "State"),
        Grouping("priority", "Priority", down=True),
        Grouping("assignee", "Assignee", "Unassigned"),
        Grouping("unit", "Unit", "No unit"),
        Grouping("type", "Type", "No type"),
        Grouping("category", "Category", "No category"),
        Grouping("place", "Location", "No named place"),
        Grouping("due", "Due", "No due time"),
        Grouping("group", "Queue", "In no queue"),
        Grouping("requester", "Reported by", "Nobody named"),
        Grouping("tags", "First tag", "No tag"),
        Grouping("sync", "Sync"),
        Grouping("occurred", "Happened", down=True),
        Grouping("created", "Created", down=True),
        Grouping("updated", "Updated", down=True),
    )
}
"""What a list can be grouped by, as it is offered."""

NOT_HERE: Final = "Not here yet"
"""Of a record whose name has not arrived."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group: `value` is the same for it at every time and in every list, `tone` the colour of a priority."""

    value: str
    label: str
    count: int
    tone: str = ""


def step_of(name: str, order: Sequence[str]) -> str:
    """The first step of the order of a list grouped by `name`, which turns its groups when it sorts by the same."""
    own = next((said for said in order if said.removeprefix("-") == name), None)
    return own or (f"-{name}" if GROUPINGS[name].down else name)


def counted(plan: Plan, name: str, *, down: bool) -> tuple[Group, ...]:
    """The groups of a list in their order, each with its number of tickets; no group is empty."""
    reader = plan.reader
    if name in _TIMES:
        groups = _by_time(plan, _TIMES[name], _PERIODS["due" if name == "due" else "past"](reader), down=down)
    elif name in _LEVELS:
        groups = _by_level(plan, *_LEVELS[name], down=down)
    elif name == "sync":
        rank = sync.rank(reader)
        groups = _by_level(plan, rank.sql, lambda place: (tuple(Mark)[place].value, ""), rank.parameters, down=down)
    elif name == "tags":
        groups = _by_tag(plan, down=down)
    else:
        groups = _by_name(plan, name, down=down)
    return _together(groups)


def _together(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Neighbours that are called alike are one group, such as the four ranks of major tickets."""
    found: list[Group] = []
    for group in groups:
        if found and found[-1].value == group.value:
            group = Group(group.value, group.label, found.pop().count + group.count, group.tone)
        found.append(group)
    return tuple(found)


# ----- levels


def _state(value: int) -> tuple[str, str]:
    return State(value).label, ""


def _rank(value: int) -> tuple[str, str]:
    if value > 10:
        return "Major", "urgent"
    priority = Priority(value)
    return priority.label, priority.name.lower()


_LEVELS: Final[dict[str, tuple[str, Callable[[int], tuple[str, str]]]]] = {
    "state": ("t.state", _state),
    "priority": (RANK, _rank),
}


def _by_level(
    plan: Plan, expression: str, said: Callable[[int], tuple[str, str]], bound: Sequence[Any] = (), *, down: bool
) -> list[Group]:
    sql = plan.tallied(expression, bound)
    rows = plan.reader.rows(sql.text, sql.parameters)
    groups = []
    for value, number in sorted(rows, reverse=down):
        label, tone = said(value)
        groups.append(Group(label, label[:1].upper() + label[1:], number, tone))
    return groups


# ----- names


def _by_name(plan: Plan, name: str, *, down: bool) -> list[Group]:
    """In the words in which `orders` and `plan` sort names, so that groups and rows stand alike."""
    group, direction = GROUPS[name], "DESC" if down else "ASC"
    sql = plan.tallied(f't."{group.column}"')
    rows = plan.reader.rows(
        f"SELECT v.x, v.n, n.key IS NULL, {group.name} FROM ({sql.text}) AS v LEFT JOIN {group.table} AS n "
        f"ON n.id = v.x ORDER BY n.key IS NULL, {group.name} COLLATE NOCASE {direction}, n.key {direction}, v.x",
        sql.parameters,
    )
    missing = GROUPINGS[name].missing
    return [
        Group("none", missing, number)
        if value is None
        else Group("unknown" if unknown else value.hex(), NOT_HERE if unknown else pasting.clean(str(called)), number)
        for value, number, unknown, called in rows
    ]


def _by_tag(plan: Plan, *, down: bool) -> list[Group]:
    sql = plan.tallied(FIRST_TAG)
    direction = "DESC" if down else "ASC"
    rows = plan.reader.rows(
        f"SELECT x, n FROM ({sql.text}) ORDER BY x IS NULL, x {direction}",
        sql.parameters,
    )
    missing = GROUPINGS["tags"].missing
    return [Group("none", missing, n) if word is None else Group(f"#{word}", str(word), n) for word, n in rows]


# ----- times

_TIMES: Final = {"due": NEXT, "occurred": "t.occurred_at", "created": "t.created_at", "updated": "t.updated_at"}

Span = tuple[str, int | None]
"""The name of a time, and the moment (UTC milliseconds) where the next one begins; None for the last."""


def _period(text: str, now: int) -> Period:
    found = moments.read(Value(text), now)
    assert isinstance(found, Period)
    return found


def _ahead(reader: Reader) -> tuple[Span, ...]:
    now = reader.now
    today, tomorrow = _period("today", now).end, _period("tomorrow", now).end
    return (
        ("Time has passed", now),
        ("Later today", today),
        ("Tomorrow", tomorrow),
        ("In the next seven days", max(tomorrow, now + 7 * times.DAY)),
        ("Later", None),
    )


def _behind(reader: Reader) -> tuple[Span, ...]:
    today, yesterday = _period("today", reader.now).start, _period("yesterday", reader.now).start
    return (
        ("Earlier", _period("last 30 days", reader.now).start),
        ("In the last 30 days", _period("last 7 days", reader.now).start),
        ("In the last seven days", yesterday),
        ("Yesterday", today),
        ("Today", None),
    )


_PERIODS: Final = {"due": _ahead, "past": _behind}


def _by_time(plan: Plan, expression: str, spans: Sequence[Span], *, down: bool) -> list[Group]:
    cases = " ".join(f"WHEN {expression} < ? THEN {place}" for place in range(len(spans) - 1))
    text = f"CASE WHEN {expression} IS NULL THEN -1 {cases} ELSE {len(spans) - 1} END"
    sql = plan.tallied(text, tuple(end for _, end in spans[:-1]))
    numbers = dict(plan.reader.rows(sql.text, sql.parameters))
    without = numbers.pop(-1, 0)
    groups = [Group(spans[place][0], spans[place][0], numbers[place]) for place in sorted(numbers, reverse=down)]
    # What has no time comes last in both directions.
    return [*groups, Group("none", GROUPINGS["due"].missing, without)] if without else groups
