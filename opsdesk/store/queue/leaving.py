"""What leaves this desk: noted when a feed says so, and dropped once nothing of it waits and no other feed has it."""

from __future__ import annotations

from typing import Final

from opsdesk.models.base import Id
from opsdesk.store.database import Connection, Database
from opsdesk.store.queue.outbox import Outbox
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.sync.core.messages import Entry

_BESIDE: Final = {
    "ticket": (("ticket_fts", "rowid"), ("ticket_tri", "rowid"), ("ticket_area", "key")),
    "drawing": (("drawing_area", "key"),),
}
"""What is kept beside a table by the keys of its rows. Another record may take the key of one that has gone."""


class Leaving:
    """Records that a feed says have left, and how far feeds that are read anew have told of each record (`told`)."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    @property
    def _connection(self) -> Connection:
        return self._database.connection

    def told(self, record: Id) -> int | None:
        """How far the feeds, read anew, have told of a record that shows what the server lost; None for all others."""
        row = self._connection.execute("SELECT ver FROM stale_record WHERE record = ?", (record,)).fetchone()
        return None if row is None else int(row[0])

    def _met(self, record: Id, ver: int) -> int:
        """How far the feeds have told of a record whose row has `ver`."""
        told = self.told(record)
        return ver if told is None else told

    def tell(self, entry: Entry) -> None:
        """Note how far a feed, read anew, has told of a record."""
        self._connection.execute("UPDATE stale_record SET ver = ? WHERE record = ?", (entry.ver, entry.record))

    def stays(self, record: Id) -> None:
        """Forget that a record was to leave: a feed tells of it, which it does only while the record stands there or
        is told there to whoever is named on it. However old that is, when it leaves after this, that feed says so."""
        self._connection.execute("DELETE FROM leaving_record WHERE record = ?", (record,))

    def leave(self, shape: Shape | None, entry: Entry) -> None:
        """Note that a record has left a feed, unless it was told of since; of a kind that this desk does not know
        (`shape` is None) it is forgotten at once."""
        if shape is None:
            self._forget_unknown(entry)
            return
        row = self._connection.execute(f'SELECT ver FROM "{shape.table}" WHERE id = ?', (entry.record,)).fetchone()
        if row is not None and self._met(entry.record, row[0]) < entry.ver:
            self._connection.execute(
                "INSERT INTO leaving_record VALUES (?, ?, ?) "
                "ON CONFLICT (record) DO UPDATE SET ver = max(ver, excluded.ver)",
                (entry.record, entry.entity, entry.ver),
            )

    def _forget_unknown(self, entry: Entry) -> None:
        left = (entry.record, entry.ver)
        self._connection.execute("DELETE FROM unknown_value WHERE record = ? AND ver < ?", left)
        # Where another feed has brought it meanwhile it stays, with conflicts that are older than the move.
        self._connection.execute(
            "DELETE FROM conflict WHERE record = ?1 AND ver < ?2 "
            "AND NOT EXISTS (SELECT 1 FROM unknown_value WHERE record = ?1)",
            left,
        )

    def any(self) -> bool:
        """Whether `purge` has anything to look at."""
        asked = "SELECT EXISTS (SELECT 1 FROM leaving_record) OR EXISTS (SELECT 1 FROM stale_record WHERE ver > 0)"
        return bool(self._connection.execute(asked).fetchone()[0])

    def purge(self) -> set[Id]:
        """Drop what has left and was not met elsewhere, once nothing of it waits. Called after a round of pulls."""
        connection = self._connection
        gone: set[Id] = set()
        for record, entity, ver in connection.execute("SELECT record, entity, ver FROM leaving_record").fetchall():
            if self._outbox.pending(record):
                continue
            table = shapes()[entity].table
            row = connection.execute(f'SELECT key, ver FROM "{table}" WHERE id = ?', (record,)).fetchone()
            if row is not None and self._met(record, row[1]) < ver:
                for name, column in _BESIDE.get(table, ()):
                    connection.execute(f"DELETE FROM {name} WHERE {column} = ?", (row[0],))
                connection.execute(f'DELETE FROM "{table}" WHERE id = ?', (record,))
                for name in ("server_value", "unknown_value", "conflict", "stale_record"):
                    connection.execute(f"DELETE FROM {name} WHERE record = ?", (record,))
                gone.add(record)
            self.stays(record)
        connection.execute(
            "DELETE FROM stale_record WHERE ver > 0 AND record NOT IN (SELECT record FROM leaving_record)"
        )
        return gone
