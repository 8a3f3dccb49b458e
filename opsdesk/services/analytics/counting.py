"""The statements of the dashboard. Each reads the tickets of one query once and is interrupted when unwanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsdesk.analysis.calendar import SLOT
from opsdesk.models.clocks import Standing
from opsdesk.models.tickets import State
from opsdesk.services.query import compile_query, parse
from opsdesk.services.query.closing import CLOSED_AT, LATE_AT, TIMELY_AT
from opsdesk.services.query.conditions import NEXT, OPEN
from opsdesk.services.tickets.lists.roads import Asked
from opsdesk.store.list_indexes import CLOSING, MOVED_AT
from opsdesk.store.work import Reader


@dataclass(frozen=True, slots=True)
class Scope:
    """The tickets of a query as a condition over `ticket t`."""

    sql: str
    parameters: tuple[Any, ...]
    everything: bool
    """True where the query says nothing, so that an index may be read whole."""

    @classmethod
    def of(cls, reader: Reader, text: str) -> Scope:
        """Read a query. Raises QueryError."""
        compiled = compile_query(reader, parse(text))
        conditions = compiled.conditions
        if compiled.search is not None:
            conditions += (compiled.search.condition(),)
        sql, parameters = Asked(conditions, compiled.voided_too).where()
        return cls(sql, parameters, not conditions)

    def source(self, index: str) -> str:
        """The table, by an index where that holds all that is asked."""
        return f"ticket AS t INDEXED BY list_ticket_{index}" if self.everything else "ticket AS t"


Slots = tuple[list[int], list[int]]
"""Numbers of slots with something in them, and how much."""


def opened(reader: Reader, scope: Scope, start: int, end: int) -> Slots:
    """Tickets by the slot in which they happened."""
    rows = reader.rows(
        f"SELECT t.occurred_at / {SLOT}, count(*) FROM {scope.source('occurred')} "
        f"WHERE {scope.sql} AND t.occurred_at >= ? AND t.occurred_at < ? GROUP BY 1",
        (*scope.parameters, start, end),
    )
    return [row[0] for row in rows], [row[1] for row in rows]


def answered(reader: Reader, scope: Scope, start: int, end: int) -> tuple[Slots, Slots]:
    """Tickets by the slot in which they happened: those with their first answer within its target, and past it."""
    rows = reader.rows(
        f"SELECT t.occurred_at / {SLOT}, total(t.response = {Standing.MET:d}), "
        f"total(t.response = {Standing.MISSED:d}) FROM ticket AS t "
        f"WHERE {scope.sql} AND t.occurred_at >= ? AND t.occurred_at < ? "
        f"AND t.response IN ({Standing.MET:d}, {Standing.MISSED:d}) GROUP BY 1",
        (*scope.parameters, start, end),
    )
    slots = [row[0] for row in rows]
    return (slots, [int(row[1]) for row in rows]), (slots, [int(row[2]) for row in rows])


def closed(reader: Reader, scope: Scope, start: int, end: int) -> tuple[Slots, Slots, Slots]:
    """Tickets that are closed by the slot of their last closing: all, those done in time, those done late."""
    moves = " UNION ALL ".join(
        f"SELECT c.record AS record, {MOVED_AT} AS at FROM {table} c INDEXED BY list_{table}_closed "
        f"WHERE {CLOSING} AND {MOVED_AT} >= ?"
        for table in ("change", "received_change")
    )
    timely, late = (f"total({sql.format(at='l.at')})" for sql in (TIMELY_AT, LATE_AT))
    rows = reader.rows(
        f"WITH last(record, at) AS (SELECT record, max(at) FROM ({moves}) GROUP BY record) "
        f"SELECT l.at / {SLOT}, count(*), {timely}, {late} "
        f"FROM last l CROSS JOIN ticket AS t ON t.id = l.record "
        f"WHERE {scope.sql} AND t.state >= {State.RESOLVED:d} AND l.at < ? GROUP BY 1",
        (start, start, *scope.parameters, end),
    )
    slots = [row[0] for row in rows]
    return (
        (slots, [row[1] for row in rows]),
        (slots, [int(row[2]) for row in rows]),
        (slots, [int(row[3]) for row in rows]),
    )


def closed_unknown(reader: Reader, scope: Scope, start: int, end: int) -> int:
    """Of the tickets that happened in the window, those closed at a time that is not known here."""
    return int(
        reader.value(
            f"SELECT count(*) FROM {scope.source('occurred')} WHERE {scope.sql} AND t.occurred_at >= ? "
            f"AND t.occurred_at < ? AND t.state >= {State.RESOLVED:d} AND {CLOSED_AT} IS NULL",
            (*scope.parameters, start, end),
        )
    )


def open_by_age(reader: Reader, scope: Scope, bounds: tuple[int, ...], overdue_at: int) -> list[tuple[int, int]]:
    """Open tickets between each two of the falling `bounds` (UTC milliseconds), the youngest first: in time, overdue.

    What is younger than the first bound and what is older than the last are bands too.
    """
    uppers: tuple[int | None, ...] = (None, *bounds)
    lowers: tuple[int | None, ...] = (*bounds, None)
    sums = []
    for lower, upper in zip(lowers, uppers, strict=True):
        within = [f"t.occurred_at >= {lower:d}"] if lower is not None else []
        within += [f"t.occurred_at < {upper:d}"] if upper is not None else []
        late = f"coalesce({NEXT} < {overdue_at:d}, 0)"
        sums += [f"total({' AND '.join(within)} AND NOT {late})", f"total({' AND '.join(within)} AND {late})"]
    row = reader.row(f"SELECT {', '.join(sums)} FROM ticket AS t WHERE {scope.sql} AND {OPEN}", scope.parameters)
    assert row is not None
    return [(int(row[at]), int(row[at + 1])) for at in range(0, len(row), 2)]


def open_by_unit(reader: Reader, scope: Scope, overdue_at: int) -> dict[bytes | None, tuple[int, int]]:
    """Open tickets by owning unit: in time, overdue."""
    rows = reader.rows(
        f"SELECT t.unit, count(*), total(coalesce({NEXT} < ?, 0)) FROM ticket AS t WHERE {scope.sql} AND {OPEN} "
        "GROUP BY t.unit",
        (overdue_at, *scope.parameters),
    )
    return {unit: (total - int(late), int(late)) for unit, total, late in rows}
