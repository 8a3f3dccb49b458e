"""The figures of the home page: mine, waiting, overdue, what changed. Each is a count that a list can open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.tickets import Priority, State
from opsdesk.services import times
from opsdesk.services.tickets import fetch, past
from opsdesk.services.tickets.rows import TicketRow
from opsdesk.store.list_indexes import NEXT
from opsdesk.store.tables import RETOLD
from opsdesk.store.work import Reader

OPEN: Final = f"voided IS NULL AND state < {int(State.RESOLVED)}"

QUERIES: Final = {
    "my_open": "is:mine is:open",
    "waiting": "is:mine state:waiting,new",
    "overdue": "is:overdue",
    "changed": "updated>=yesterday",
    "due": "is:open has:due",
}
"""The query behind each tile."""
ROWS: Final = 6


@dataclass(frozen=True, slots=True)
class HomeChange:
    """One thing that somebody did: "A. Brandt moved to In progress"."""

    ticket: Id
    number: str
    title: str
    actor: str
    words: str
    at: int


@dataclass(frozen=True, slots=True)
class HomeSummary:
    """Everything that the home page shows, as of one moment."""

    my_open: int
    my_open_new_today: int
    my_open_trend: tuple[int, ...]
    """Open tickets of mine at the end of each of the last seven days, oldest first."""
    waiting_for_me: int
    oldest_waiting_ms: int | None
    overdue: int
    changed_since: int
    since_ms: int
    waiting_rows: tuple[TicketRow, ...]
    changed_rows: tuple[HomeChange, ...]
    due_rows: tuple[TicketRow, ...]
    by_priority: tuple[tuple[Priority, int], ...]
    opened_by_hour: tuple[int, ...]
    """Tickets that came up in each of the last 24 hours, oldest first."""
    closed_by_hour: tuple[int, ...]
    as_of_ms: int


def summary(reader: Reader) -> HomeSummary:
    """Count and collect for the person at this desk. Every statement runs on an index."""
    me = reader.person
    today = times.day_start(reader.now)
    since = times.day_start(reader.now, days_ago=1)
    mine = f"assignee = ? AND {OPEN}"
    waiting = f"assignee = ? AND voided IS NULL AND state IN ({int(State.WAITING)}, {int(State.NEW)})"
    oldest = reader.value(f"SELECT min(updated_at) FROM ticket WHERE {waiting}", (me,))
    return HomeSummary(
        my_open=_count(reader, mine, me),
        my_open_new_today=_count(reader, f"{mine} AND created_at >= ?", me, today),
        my_open_trend=_trend(reader),
        waiting_for_me=_count(reader, waiting, me),
        oldest_waiting_ms=None if oldest is None else reader.now - oldest,
        overdue=_count(reader, f"{OPEN} AND {NEXT} < ?", reader.now),
        changed_since=_count(reader, "voided IS NULL AND updated_at >= ?", since),
        since_ms=since,
        waiting_rows=_rows(reader, f"{waiting} ORDER BY updated_at", me),
        changed_rows=_changes(reader, since),
        due_rows=_rows(reader, f"{OPEN} AND {NEXT} IS NOT NULL ORDER BY {NEXT}"),
        by_priority=_by_priority(reader),
        opened_by_hour=_opened(reader),
        closed_by_hour=_closed(reader),
        as_of_ms=reader.now,
    )


def _count(reader: Reader, where: str, *parameters: Any) -> int:
    return int(reader.value(f"SELECT count(*) FROM ticket WHERE {where}", parameters))


def _rows(reader: Reader, where: str, *parameters: Any) -> tuple[TicketRow, ...]:
    keys = [row[0] for row in reader.rows(f"SELECT key FROM ticket WHERE {where} LIMIT {ROWS}", parameters)]
    return fetch.rows(reader, keys)


def _by_priority(reader: Reader) -> tuple[tuple[Priority, int], ...]:
    counts = dict(reader.rows(f"SELECT priority, count(*) FROM ticket WHERE {OPEN} GROUP BY priority"))
    return tuple((priority, counts.get(int(priority), 0)) for priority in reversed(Priority))


def _trend(reader: Reader) -> tuple[int, ...]:
    """Open tickets of mine at each day's end, from the states that the change records tell."""
    state = past.number_of("state")
    counts = []
    for days_ago in range(6, -1, -1):
        end = min(reader.now, times.day_start(reader.now, days_ago=days_ago) + times.DAY)
        counts.append(
            reader.value(
                "SELECT count(*) FROM ticket t WHERE t.assignee = ?1 AND t.voided IS NULL AND t.created_at <= ?2 AND "
                "coalesce((SELECT c.new FROM change c WHERE c.record = t.id AND c.field = ?3 AND c.hlc >> 16 <= ?2 "
                "ORDER BY c.seq DESC LIMIT 1), (SELECT c.old FROM change c WHERE c.record = t.id AND c.field = ?3 "
                "ORDER BY c.seq LIMIT 1), t.state) < ?4",
                (reader.person, end, state, int(State.RESOLVED)),
            )
        )
    return tuple(counts)


_BACK = (
    f"(SELECT coalesce(max(seq), 0) - {{}} FROM change) - (SELECT count(*) FROM change WHERE act = x'{RETOLD.hex()}')"
)
"""So many changes back, those not counted that only told a server what stood here."""


def _opened(reader: Reader) -> tuple[int, ...]:
    start = reader.now - 24 * times.HOUR
    rows = reader.rows(
        "SELECT (occurred_at - ?1) / ?2, count(*) FROM ticket WHERE voided IS NULL "
        "AND occurred_at >= ?1 AND occurred_at < ?3 GROUP BY 1",
        (start, times.HOUR, reader.now),
    )
    return _by_hour(rows)


def _closed(reader: Reader) -> tuple[int, ...]:
    start = reader.now - 24 * times.HOUR
    rows = reader.rows(
        "SELECT (coalesce(c.happened, c.hlc >> 16) - ?1) / ?2, count(*) FROM change c JOIN ticket t ON t.id = c.record "
        f"WHERE c.seq > {_BACK.format(20000)} AND {past.NEWS} AND c.entity = ?4 AND c.field = ?5 "
        "AND c.new >= ?6 AND c.old < ?6 AND coalesce(c.happened, c.hlc >> 16) >= ?1 "
        "AND coalesce(c.happened, c.hlc >> 16) < ?3 GROUP BY 1",
        (start, times.HOUR, reader.now, past.ENTITY, past.number_of("state"), int(State.RESOLVED)),
    )
    return _by_hour(rows)


def _by_hour(rows: list[tuple[Any, ...]]) -> tuple[int, ...]:
    counts = dict(rows)
    return tuple(counts.get(hour, 0) for hour in range(24))


def _changes(reader: Reader, since: int) -> tuple[HomeChange, ...]:
    """The newest acts on tickets, one line for each act and ticket."""
    rows = reader.rows(
        "SELECT max(c.seq), t.id, t.number, t.title, p.name, max(coalesce(c.happened, c.hlc >> 16)) "
        "FROM change c JOIN ticket t ON t.id = c.record LEFT JOIN person p ON p.id = c.actor "
        f"WHERE c.seq > {_BACK.format(2000)} AND {past.NEWS} AND c.hlc >> 16 >= ? AND t.voided IS NULL "
        "GROUP BY c.act, c.record ORDER BY 6 DESC LIMIT ?",
        (since, ROWS),
    )
    return tuple(
        HomeChange(ticket, number, title, actor or "", past.words(reader, seq), at)
        for seq, ticket, number, title, actor, at in rows
    )
