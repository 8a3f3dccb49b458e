"""Reading on one snapshot, and writing as one unit of work whose every change is captured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from opsdesk.models import ids
from opsdesk.models.base import Id, Synced
from opsdesk.store.database import Connection, Database
from opsdesk.store.queue.outbox import Outbox
from opsdesk.store.tables import NO_LIMIT

Parameters = Sequence[Any]


class Reader:
    """Questions on one connection. `now` is the time of the question in UTC milliseconds."""

    def __init__(
        self,
        connection: Connection,
        *,
        person: Id,
        unit: Id,
        now: int,
        stop: Callable[[], None] | None = None,
    ) -> None:
        self.connection = connection
        self.person = person
        self.unit = unit
        self.now = now
        self._stop = stop

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """All rows of one SELECT with `?` parameters."""
        if self._stop is not None:
            self._stop()
        return self.connection.execute(sql, parameters).fetchall()  # type: ignore[no-any-return]

    def row(self, sql: str, parameters: Parameters = ()) -> tuple[Any, ...] | None:
        """The first row, or None."""
        if self._stop is not None:
            self._stop()
        return self.connection.execute(sql, parameters).fetchone()  # type: ignore[no-any-return]

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.row(sql, parameters)
        return None if row is None else row[0]


class Work(Reader):
    """One writing transaction on behalf of a person. `label` names it for undo: "Assign T-CP1-00042"."""

    def __init__(
        self, database: Database, *, person: Id, unit: Id, now: int, act: Id, happened: int | None = None
    ) -> None:
        super().__init__(database.connection, person=person, unit=unit, now=now)
        self._database = database
        self.act = act
        self.happened = happened
        self.label = ""
        self.value_out: object = None
        """What the command hands to its caller, such as the id of a new record."""

    def insert(self, entity: type[Synced], values: Mapping[str, Any], *, record: Id | None = None) -> Id:
        """Insert one record and return its id; `unit` is the writer's own unless given."""
        made = ids.new_id(self.now) if record is None else record
        full = {"id": made, "unit": self.unit, **values}
        self.connection.execute(_insert_sql(entity.__tablename__, tuple(full)), tuple(full.values()))
        return made

    def insert_many(self, entity: type[Synced], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert many records with one prepared statement; `columns` must name `id` and `unit` too."""
        self.connection.executemany(_insert_sql(entity.__tablename__, tuple(columns)), rows)

    def update(
        self,
        entity: type[Synced],
        record: Id,
        values: Mapping[str, Any],
        *,
        seen: tuple[int, ...] | None = None,
        event: str | None = None,
    ) -> bool:
        """Set fields of one record; False when it does not exist.

        `seen` is (ver, seq) of the row that the person edited, and how many own changes were settled then: it becomes
        the base of each change. `event` names the transition when the state is among the values.
        """
        if seen is not None or event is not None:
            ver, seq, settled = (*(seen or ()), NO_LIMIT, NO_LIMIT, NO_LIMIT)[:3]
            self.connection.execute(
                "UPDATE capture SET seen_ver = ?, seen_seq = ?, seen_settled = ?, event = ?", (ver, seq, settled, event)
            )
        columns = ", ".join(f'"{name}" = ?' for name in values)
        cursor = self.connection.execute(
            f'UPDATE "{entity.__tablename__}" SET {columns} WHERE id = ?', (*values.values(), record)
        )
        if seen is not None or event is not None:
            self.connection.execute(
                f"UPDATE capture SET seen_ver = {NO_LIMIT}, seen_seq = {NO_LIMIT}, seen_settled = {NO_LIMIT}, "
                "event = NULL"
            )
        return bool(cursor.rowcount)

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one writing statement; returns how many rows it touched."""
        return int(self.connection.execute(sql, parameters).rowcount)

    @property
    def outbox(self) -> Outbox:
        """The queue of own changes, for what is more than an edit: settling a conflict, taking a change back."""
        return Outbox(self._database)

    def next_number(self, prefix: str) -> str:
        """The next human number of this folder: `T-CP1-00042`."""
        return self._database.next_number(prefix)

    def newest_change(self) -> int:
        """Sequence of the newest own change; 0 before the first."""
        return int(self.value("SELECT coalesce(max(seq), 0) FROM change"))


@cache
def _insert_sql(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})'
