"""Keeps the clocks of tickets beside them: `refresh` folds those anew that the triggers of `clock_marks` have noted.

That is done after a person's own command in the same transaction, and for all else in pieces when nothing else is to
do. The columns are local: a desk that holds the same events has the same clocks without being told.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from opsdesk.models.base import Id, fields
from opsdesk.models.clocks import Beginning, Clock, Clocks, Event, Policy, Ruling, Standing, What, fold, targets_of
from opsdesk.models.tickets import State, Ticket
from opsdesk.store import clock as stamps
from opsdesk.store.database import Connection
from opsdesk.store.queue.lookup import looked_up
from opsdesk.store.tables import RETOLD
from opsdesk.sync.core.messages import Code

_NUMBERS: Final = {spec.name: spec.number for spec in fields(Ticket)}
_TOLD: Final = {
    _NUMBERS["type"]: What.TYPE,
    _NUMBERS["priority"]: What.PRIORITY,
    _NUMBERS["waiting_reason"]: What.REASON,
    _NUMBERS["state"]: What.STATE,
}
"""Fields of a ticket of which each change is an event."""

_CREATION: Final = ", ".join(f"new ->> '$.{number}'" for number in _TOLD)
_CHANGES: Final = (
    "SELECT record, field, CASE field WHEN 0 THEN json_array({creation}) ELSE new END, old, "
    "coalesce(happened, hlc >> {bits}), hlc FROM {table} WHERE record IN ({{0}}) AND field IN (0, {numbers}){only}"
)
_OWN: Final = f" AND act IS NOT x'{RETOLD.hex()}' AND outcome IS NOT {Code.RETURNED:d}"
_ANSWERS: Final = (
    "SELECT c.subject, c.written_at FROM comment c JOIN ticket t ON t.id = c.subject WHERE c.subject IN ({0}) "
    "AND c.visibility = 'requester' AND c.voided IS NULL AND (t.requester IS NULL OR c.author IS NOT t.requester)"
)
_COLUMNS: Final = "response, response_due, resolution, resolution_due, clock_due, clocks"


def are_stale(connection: Connection) -> bool:
    """Whether any clocks wait to be folded anew."""
    return connection.execute("SELECT 1 FROM stale_clock LIMIT 1").fetchone() is not None


def refresh(connection: Connection, *, limit: int = 256, only: Collection[Id] | None = None) -> set[Id]:
    """Fold the clocks of up to `limit` tickets anew (those of `only` when given), in a transaction of the caller.

    Returns the tickets whose clocks are others now.
    """
    if only is not None:
        found = looked_up(connection, f"{_STALE} WHERE t.id IN ({{0}})", only)
        rows = list(found)[:limit]
    else:
        rows = connection.execute(f"{_STALE} LIMIT ?", (limit,)).fetchall()
    if not rows:
        return set()
    policy = read_policy(connection)
    changed = set()
    written = []
    told = _told(connection, {row[1]: _current(row) for row in rows if row[1] is not None})
    for key, record, *_rest in rows:
        if record is None:
            continue  # it has left what this desk reads
        values = _values(told.get(record), policy)
        if values != tuple(_rest[-6:]):
            changed.add(record)
            written.append((*values, key))
    names = ", ".join(f"{name} = ?" for name in _COLUMNS.split(", "))
    connection.executemany(f"UPDATE ticket SET {names} WHERE key = ?", written)
    connection.executemany("DELETE FROM stale_clock WHERE key = ?", [(row[0],) for row in rows])
    return changed


_STALE: Final = (
    "SELECT s.key, t.id, t.voided, t.created_at, t.occurred_at, t.type, t.priority, t.waiting_reason, t.state, "
    + ", ".join(f"t.{name}" for name in _COLUMNS.split(", "))
    + " FROM stale_clock s LEFT JOIN ticket t ON t.key = s.key"
)


def read_policy(connection: Connection) -> Policy:
    """What was ever ruled about targets, as far as it is known here."""
    return Policy(
        Ruling(since, record, type_, targets_of(*told))
        for record, type_, since, *told in connection.execute(
            "SELECT id, type, since, response, resolution, pauses, starts, work_answers FROM service_target "
            "WHERE voided IS NULL"
        ).fetchall()
    )


def packed(clocks: Clocks) -> str:
    """Both clocks as a JSON list: standing, target, spent and moment of each, then whether all of the past is known."""
    numbers = [
        number
        for one in (clocks.response, clocks.resolution)
        for number in (int(one.standing), one.target, one.spent, one.at)
    ]
    return json.dumps([*numbers, int(clocks.whole)], separators=(",", ":"))


_Told = tuple[Beginning, list[Event], bool]


def _current(row: tuple[Any, ...]) -> dict[Any, Any] | None:
    """What the row says now; None of a ticket that does not count."""
    _, _, voided, created_at, occurred_at, type_, priority, reason, state, *_ = row
    if voided is not None:
        return None
    return {
        "created_at": created_at, "occurred_at": occurred_at, What.TYPE: type_, What.PRIORITY: priority,
        What.REASON: reason, What.STATE: state,
    }  # fmt: skip


def _values(told: _Told | None, policy: Policy) -> tuple[Any, ...]:
    """The columns of a ticket."""
    if told is None:
        return (0, None, 0, None, None, None)
    beginning, events, whole = told
    if not beginning.state.is_open and not any(one.what is What.STATE and State(one.value).is_open for one in events):
        # It came as finished work: how long that took is not told.
        return (0, None, 0, None, None, None)
    clocks = fold(beginning, events, policy)
    if not any(one.standing for one in (clocks.response, clocks.resolution)):
        return (0, None, 0, None, None, None)
    return (
        int(clocks.response.standing), clocks.response.due, int(clocks.resolution.standing), clocks.resolution.due,
        clocks.due, packed(replace(clocks, whole=whole)),
    )  # fmt: skip


def _told(connection: Connection, current: Mapping[Id, dict[Any, Any] | None]) -> dict[Id, _Told]:
    """How each ticket began, what happened to it, and whether all of that is known."""
    records = [record for record, values in current.items() if values is not None]
    made: dict[Id, dict[What, Any]] = {}
    events: dict[Id, list[Event]] = {record: [] for record in records}
    before: dict[tuple[Id, What], tuple[int, Any]] = {}
    for table, only in (("change", _OWN), ("received_change", "")):
        sql = _CHANGES.format(
            creation=_CREATION, bits=stamps.COUNTER_BITS, table=table, only=only, numbers=", ".join(map(str, _TOLD))
        )
        for record, number, new, old, at, order in looked_up(connection, sql, records):
            if number == 0:
                made.setdefault(record, _made(new))
                continue
            what = _TOLD[number]
            events[record].append(Event(at, what, order, new))
            earliest = before.get((record, what))
            if earliest is None or order < earliest[0]:
                before[record, what] = (order, old)
    for record, written_at in looked_up(connection, _ANSWERS, records):
        events[record].append(Event(written_at, What.ANSWER, 0))
    found = {}
    for record in records:
        values = current[record]
        assert values is not None
        found[record] = (
            _beginning(record, values, made.get(record), before),
            events[record] + _as_shown(values, events[record]),
            record in made,
        )
    return found


def _made(text: str) -> dict[What, Any]:
    type_, priority, reason, state = json.loads(text)
    return {
        What.TYPE: bytes.fromhex(type_) if type_ else None,
        What.PRIORITY: int(priority or 2),
        What.REASON: reason,
        What.STATE: int(state or State.NEW),
    }


def _beginning(
    record: Id, current: Mapping[Any, Any], made: Mapping[What, Any] | None, before: Mapping[tuple[Id, What], Any]
) -> Beginning:
    """How a ticket was made. Where that is not known, as far back as is."""

    def first(what: What) -> Any:
        if made is not None:
            return made[what]
        return before[record, what][1] if (record, what) in before else current[what]

    return Beginning(
        created_at=current["created_at"],
        occurred_at=current["occurred_at"],
        state=State(first(What.STATE)),
        priority=first(What.PRIORITY),
        type=first(What.TYPE),
        waiting_reason=first(What.REASON),
    )


def _as_shown(current: Mapping[Any, Any], events: list[Event]) -> list[Event]:
    """What the row shows in the end, where edits made apart came together otherwise than by the clock."""
    last: dict[What, Event] = {}
    for event in events:
        known = last.get(event.what)
        if known is None or (event.at, event.order) > (known.at, known.order):
            last[event.what] = event
    return [
        Event(event.at, what, event.order + 1, current[what])
        for what, event in last.items()
        if what is not What.ANSWER and event.value != current[what]
    ]


def unpacked(numbers: list[int]) -> Clocks:
    """What `packed` packed, read as JSON."""
    return Clocks(_clock(numbers[:4]), _clock(numbers[4:8]), bool(numbers[8]))


def _clock(numbers: list[int]) -> Clock:
    return Clock(Standing(numbers[0]), *numbers[1:])
