"""The bare statements behind what a person does, through the same driver on the same file: the limit of each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opsdesk.bench.figures import milliseconds
from opsdesk.services.query.conditions import NEXT
from opsdesk.store.database import Connection

PAGE = 200
SLOW_MS = 300.0
"""A statement that takes so long is measured less often."""

_NAMES = {
    "assignee": ("person", "n.name"),
    "requester": ("person", "n.name"),
    "unit": ("unit", "coalesce(n.code, n.name)"),
    "group": ("unit", "coalesce(n.code, n.name)"),
    "type": ("ticket_type", "n.name"),
    "category": ("category", "n.name"),
    "place": ("place", "n.name"),
}
_ORDERS = {
    "updated": "t.updated_at",
    "occurred": "t.occurred_at",
    "created": "t.created_at",
    "age": "t.occurred_at",
    "number": "rtrim(t.number, '0123456789'), length(t.number), t.number",
    "title": "t.title COLLATE NOCASE",
    "due": f"{NEXT} IS NULL, {NEXT}",
    "external": "t.external IS NULL, t.external",
    "state": "t.state, t.updated_at",
    "priority": "t.priority + 10 * t.major, t.updated_at",
    "sync": "EXISTS (SELECT 1 FROM change c WHERE c.subject = t.id AND c.outcome IS NULL), t.updated_at",
    "tags": "(SELECT min(g.word) FROM tag g WHERE g.subject = t.id)",
}
_COUNTED = {
    "due": f"{NEXT} / 86400000",
    "occurred": "t.occurred_at / 86400000",
    "created": "t.created_at / 86400000",
    "updated": "t.updated_at / 86400000",
    "priority": "t.priority + 10 * t.major",
    "sync": "EXISTS (SELECT 1 FROM change c WHERE c.subject = t.id AND c.outcome IS NULL)",
}
"""What groups and facets count, where it is not the column of that name."""


class Bare:
    """Statements on a connection of their own."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        return self.connection.execute(sql, parameters).fetchall()  # type: ignore[no-any-return]

    def sorted_by(self, name: str) -> str:
        """The first page in the order of a column."""
        if name in _NAMES:
            table, called = _NAMES[name]
            join, order = f'LEFT JOIN {table} n ON n.id = t."{name}"', f"n.id IS NULL, {called} COLLATE NOCASE, t.key"
        else:
            join, order = "", _ORDERS[name]
        return f"SELECT t.* FROM ticket t {join} WHERE t.voided IS NULL ORDER BY {order} LIMIT {PAGE}"

    def counted_by(self, name: str) -> str:
        """How many tickets have each value of a column, or fall on each day of a time."""
        if name in ("tag", "tags"):
            hangs = "FROM ticket t LEFT JOIN tag g ON g.subject = t.id AND g.voided IS NULL"
            if name == "tag":
                return f"SELECT g.word, count(*) {hangs} WHERE t.voided IS NULL GROUP BY 1"
            first = f"SELECT min(g.word) w {hangs} WHERE t.voided IS NULL GROUP BY t.id"
            return f"SELECT w, count(*) FROM ({first}) GROUP BY 1"
        value = _COUNTED.get(name, f't."{name}"')
        return f"SELECT {value}, count(*) FROM ticket t WHERE t.voided IS NULL GROUP BY 1"

    def where(self, condition: str) -> str:
        """The first page of a filter, the latest change first."""
        return f"SELECT * FROM ticket WHERE voided IS NULL AND {condition} ORDER BY updated_at DESC LIMIT {PAGE}"

    def in_units(self, code: str) -> str:
        """The condition that a ticket is of a unit or of one below it."""
        (top,) = self.rows("SELECT id FROM unit WHERE code = ?", (code,))[0]
        below = "WITH RECURSIVE b(id) AS (SELECT ? UNION SELECT u.id FROM unit u JOIN b ON u.parent = b.id)"
        ids = [id_ for (id_,) in self.rows(f"{below} SELECT id FROM b", (top,))]
        return f"unit IN ({', '.join(_literal(id_) for id_ in ids)})"

    def searched(self, expression: str) -> str:
        """The first page of a search, the latest received first."""
        return (
            "SELECT t.* FROM ticket_fts f CROSS JOIN ticket t ON t.key = f.rowid "
            f"WHERE ticket_fts MATCH '{expression}' AND t.voided IS NULL ORDER BY f.rowid DESC LIMIT {PAGE}"
        )

    def measured(self, sql: str, times: int) -> list[float]:
        """How long a statement takes, several times over; the first time, which fills the caches, is left out."""
        return measured(lambda: self.rows(sql), times)


def measured(call: Callable[[], object], times: int) -> list[float]:
    """Samples of a call after a first one that does not count; few of a slow one."""
    first = milliseconds(call)
    return [milliseconds(call) for _ in range(times if first < SLOW_MS else 1)]


def _literal(value: bytes) -> str:
    return f"x'{value.hex()}'"
