"""Answers into outcomes, and the server's values into the rows of which nothing waits any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from opsdesk.models.base import Id
from opsdesk.store.queue.lookup import looked_up
from opsdesk.store.queue.outbox.sending import Sending
from opsdesk.store.queue.shapes import EVERYWHERE, shapes
from opsdesk.store.queue.tables import PROPOSED
from opsdesk.sync.core.messages import Answer, Code, FieldOutcome, Outcome
from opsdesk.sync.core.rules import MARKING, UNIT

_SENT: Final = "sent_change s INDEXED BY ix_sent_change_place_pos CROSS JOIN change c ON c.seq = s.seq"
"""In this order: where SQLite counted them while both were small, it would read all changes each time."""
_UNDONE: Final = (Code.CONFLICT, Code.ABSORBED, Code.RETURNED)


class Settling(Sending):
    """The part of the queue that takes answers."""

    def take(self, answer: Answer, now: int) -> None:
        """Note the answers to own changes. What can be settled at once is; the rest waits for the feed."""
        sight, connection = self._look_back(), self._connection
        asked = {one.dseq: one for one in answer.outcomes if sight.device_of(one.dseq) == answer.dev}
        waiting = looked_up(
            connection,
            "SELECT c.seq, s.code FROM change c JOIN sent_change s ON s.seq = c.seq "
            "WHERE c.seq IN ({0}) AND c.outcome IS NULL",
            asked,
        )
        # Others were answered before.
        fresh = [asked[seq] for seq, code in waiting if code is None or code > Code.RETURNED]
        connection.executemany(
            "UPDATE sent_change SET code = ?, place = ?, pos = ?, fields = ? WHERE seq = ?",
            [(one.code, one.place, one.pos, msgspec.msgpack.encode(one.fields), one.dseq) for one in fresh],
        )
        connection.executemany(
            "INSERT OR REPLACE INTO returned_change (seq, reason, returned_at) VALUES (?, ?, ?)",
            [(one.dseq, one.reason, now) for one in fresh if one.code == Code.RETURNED],
        )
        cursors = dict(connection.execute("SELECT place, pos FROM feed_cursor").fetchall())
        done: list[tuple[int, int, tuple[FieldOutcome, ...]]] = []
        for one in fresh:
            if one.final and one.place and one.place not in cursors:
                # A feed that this desk did not know of: it is read from now on.
                connection.execute("INSERT INTO feed_cursor (place) VALUES (?)", (one.place,))
                cursors[one.place] = 0
            if one.final and one.code != Code.RETURNED and one.place not in cursors:
                self._settle_all(done)
                done.clear()
                self._let_go(one)
            if one.final and (one.code == Code.RETURNED or cursors.get(one.place, one.pos) >= one.pos):
                done.append((one.dseq, one.code, one.fields))
        self._settle_all(done)

    def _let_go(self, told_of: Outcome) -> None:
        """The record stands where this desk does not read: it goes, unless a feed brings it back.

        One that a feed has told of goes when that feed says so, or is read no more.
        """
        seq = told_of.dseq
        entity, record, field = self._connection.execute(
            "SELECT entity, record, field FROM change WHERE seq = ?", (seq,)
        ).fetchone()
        undone = {one.field: one.code for one in told_of.fields}.get(field, told_of.code) in _UNDONE
        beneath = self.beneath(record, field) if field in (UNIT, MARKING) and not undone else None
        if not undone:
            # No feed will tell what stands there now; what is known beneath is older than the answer.
            self._connection.execute("DELETE FROM server_value WHERE record = ? AND field = ?", (record, field))
        told = f'SELECT 1 FROM "{shapes()[entity].table}" WHERE id = ? AND ver > 0'
        if beneath is not None and self._connection.execute(told, (record,)).fetchone():
            # Where it stands is what feeds have told: it is by that that it goes when one of them is read no more.
            waits = "SELECT 1 FROM change WHERE record = ? AND field = ? AND outcome IS NULL AND seq > ?"
            if self._connection.execute(waits, (record, field, seq)).fetchone():
                self.put_beneath(entity, record, field, beneath[0])
            else:
                self.show(entity, record, {field: beneath[0]})
        goes = self._connection.execute(
            "INSERT OR REPLACE INTO leaving_record (record, entity, ver) SELECT t.id, ?, 1 "
            f'FROM "{shapes()[entity].table}" t LEFT JOIN stale_record s ON s.record = t.id '
            "WHERE t.id = ? AND coalesce(s.ver, t.ver) = 0",
            (entity, record),
        )
        if goes.rowcount:
            self._let_go_below(record)

    def _let_go_below(self, record: Id) -> None:
        """What hangs on a record that goes stands where that one does. Its own row may tell another place."""
        for shape in (one for one in shapes().values() if one.hangs_by is not None):
            below = f'SELECT id FROM "{shape.table}" WHERE subject = ? AND ver > 0'
            ids = self._connection.execute(below, (record,)).fetchall()
            self._connection.executemany("INSERT OR REPLACE INTO stale_record VALUES (?, 0)", ids)
            self._connection.executemany(f"INSERT OR IGNORE INTO leaving_record VALUES (?, {shape.entity}, 1)", ids)

    def let_go_untold(self, place: bytes, pos: int) -> None:
        """Let go what was made here and came to a feed by `pos`, but was not told there: it has gone on to where this
        desk does not read, or may be read no more, or another feed brings it back."""
        made = (
            f"FROM {_SENT} WHERE s.place = ?1 AND s.pos <= ?2 "
            f"AND c.field = 0 AND c.outcome IS NULL AND s.code < {int(Code.RETURNED)}"
        )
        for (entity,) in self._connection.execute(f"SELECT DISTINCT c.entity {made}", (place, pos)).fetchall():
            self._connection.execute(
                f'INSERT OR IGNORE INTO leaving_record SELECT id, ?3, 1 FROM "{shapes()[entity].table}" '
                f"WHERE ver = 0 AND id IN (SELECT c.record {made} AND c.entity = ?3)",
                (place, pos, entity),
            )

    def settle_up_to(self, place: bytes, pos: int) -> None:
        """Settle the answered changes whose fate the feed of a partition has shown up to a position."""
        self._settle_all(self._answered(place, pos))

    def _answered(self, place: bytes, pos: int) -> list[tuple[int, int, tuple[FieldOutcome, ...]]]:
        rows = self._connection.execute(
            f"SELECT s.seq, s.code, s.fields FROM {_SENT} "
            f"WHERE s.place = ? AND s.pos <= ? AND c.outcome IS NULL AND s.code < {int(Code.RETURNED)} ORDER BY s.seq",
            (place, pos),
        ).fetchall()
        decode = msgspec.msgpack.Decoder(tuple[FieldOutcome, ...]).decode
        return [(seq, code, decode(fields)) for seq, code, fields in rows]

    def _settle_all(self, answered: Sequence[tuple[int, int, tuple[FieldOutcome, ...]]]) -> None:
        """Settle changes with final answers: those that were taken as they were all at once, the others one by one."""
        connection = self._connection
        found = {
            seq: (entity, record, number)
            for seq, entity, record, number in looked_up(
                connection,
                "SELECT seq, entity, record, field FROM change WHERE seq IN ({0})",
                [seq for seq, *_ in answered],
            )
        }
        apart = {found[seq][1] for seq, code, fields in answered if _undone(code, fields)}
        plain = [(seq, code) for seq, code, _ in answered if found[seq][1] not in apart]
        (settled,) = connection.execute("SELECT coalesce(max(settled), 0) FROM change").fetchone()
        connection.executemany(
            "UPDATE change SET outcome = ?, settled = ? WHERE seq = ?",
            [(code, settled + at, seq) for at, (seq, code) in enumerate(plain, 1)],
        )
        self._show_beneath([found[seq] for seq, _ in plain])
        for seq, code, fields in answered:
            if found[seq][1] in apart:
                self._settle(seq, Code(code), fields)

    def _show_beneath(self, settled: Sequence[tuple[int, bytes, int]]) -> None:
        """Show the server's values in fields (entity, record, field; 0 for all) of which nothing waits any more."""
        connection = self._connection
        numbers: dict[bytes, set[int]] = {}
        for _, record, number in settled:
            numbers.setdefault(record, set()).add(number)
        pending = self.pending_of(numbers)
        free: dict[tuple[int, int], list[tuple[Any, bytes]]] = {}
        for record, number, entity, value in looked_up(
            connection, "SELECT record, field, entity, value FROM server_value WHERE record IN ({0})", numbers
        ):
            if numbers[record] & {0, number} and not pending.get(record, set()) & {0, number}:
                free.setdefault((entity, number), []).append((value, record))
        for (entity, number), values in free.items():
            shape = shapes()[entity]
            name = shape.fields[number].name
            connection.executemany(
                # Most show it already; writing it once more would make the search tables anew.
                f'UPDATE "{shape.table}" SET "{name}" = ?1 WHERE id = ?2 AND "{name}" IS NOT ?1',
                [(value, record) for value, record in values if shape.takes(number, value)],
            )
            connection.executemany(
                f"DELETE FROM server_value WHERE record = ? AND field = {number}", [(record,) for _, record in values]
            )

    def _settle(self, seq: int, code: Code, fields: tuple[FieldOutcome, ...]) -> None:
        """Give a change its outcome, and show the server's value where nothing of a field waits any more."""
        connection = self._connection
        entity, record, field, old = connection.execute(
            "SELECT entity, record, field, old FROM change WHERE seq = ?", (seq,)
        ).fetchone()
        told = {one.field: one.code for one in fields}
        connection.execute(
            "UPDATE change SET outcome = ?, settled = (SELECT coalesce(max(settled), 0) + 1 FROM change) WHERE seq = ?",
            (int(code), seq),
        )
        if field == 0:
            self._settle_creation(entity, record, code)
            return
        beneath = connection.execute(
            "SELECT value FROM server_value WHERE record = ? AND field = ?", (record, field)
        ).fetchone()
        waiting = connection.execute(
            "SELECT seq, field, new, settled_before IS NOT NULL FROM change "
            "WHERE record = ? AND field IN (0, ?) AND outcome IS NULL ORDER BY seq",
            (record, field),
        ).fetchall()
        undone = told.get(field, code) in _UNDONE
        if beneath is None and undone and not (waiting and waiting[0][0] < seq):
            # No pull has touched it since: the server's value is what this change wrote over.
            beneath = (old,)
            if waiting:
                self.put_beneath(entity, record, field, old)
        if undone and waiting and waiting[-1][0] < seq:
            # An older change of the field still waits: its value is what stands there now.
            _, number, new, again = waiting[-1]
            shown = new if number else self._created(entity, new).get(field)
            if again:
                # It was taken before the server was restored, and others may have written over it there.
                shown = beneath[0] if beneath else self._stood(record, field, seq, old)
            self.show(entity, record, {field: shown})
        elif beneath is not None and not waiting:
            self.show(entity, record, {field: beneath[0]})
            connection.execute("DELETE FROM server_value WHERE record = ? AND field = ?", (record, field))

    def _stood(self, record: bytes, field: int, seq: int, old: Any) -> Any:
        """What stood in a field before a change that came back, and before those below it that came back, too."""
        below = "SELECT seq, old FROM change WHERE record = ? AND field = ? AND seq < ? AND outcome = ? AND new IS ? "
        while found := self._connection.execute(
            below + "ORDER BY seq DESC LIMIT 1", (record, field, seq, int(Code.RETURNED), old)
        ).fetchone():
            seq, old = found
        return old

    def _settle_creation(self, entity: int, record: bytes, code: Code) -> None:
        connection, pending = self._connection, self.pending(record)
        if code == Code.RETURNED and shapes()[entity].table in EVERYWHERE:
            # A category that came back stays in use here: what names it needs it. Where its author alone may not make
            # it, nothing is left to do for a person here: an administrator sees it at the server, and may yet take it.
            connection.execute(
                "UPDATE returned_change SET settled_at = returned_at, how = ? WHERE settled_at IS NULL "
                "AND reason LIKE 'no right: %' AND seq IN (SELECT seq FROM change WHERE record = ? AND field = 0)",
                (PROPOSED, record),
            )
        elif code == Code.RETURNED:
            (ver,) = connection.execute(
                f'SELECT max(ver) FROM "{shapes()[entity].table}" WHERE id = ?', (record,)
            ).fetchone()
            if ver == 0:
                connection.execute("INSERT OR REPLACE INTO leaving_record VALUES (?, ?, 1)", (record, entity))
        beneath = connection.execute("SELECT field, value FROM server_value WHERE record = ?", (record,)).fetchall()
        free = {number: value for number, value in beneath if number not in pending}
        if free and 0 not in pending:
            self.show(entity, record, free)
            for number in free:
                connection.execute("DELETE FROM server_value WHERE record = ? AND field = ?", (record, number))

    def note(self, seq: int, records: dict[int, set[bytes]]) -> None:
        """Add the record of an own change to those, by entity, that screens should show anew."""
        row = self._connection.execute("SELECT entity, record FROM change WHERE seq = ?", (seq,)).fetchone()
        if row is not None:
            records.setdefault(row[0], set()).add(row[1])

    def taken_after_all(self) -> bool:
        """Take out of the Returned box what all desks read and somebody who may has made there meanwhile; whether there
        was any."""
        connection, any_taken = self._connection, False
        for seq, entity, record in connection.execute(
            "SELECT r.seq, c.entity, c.record FROM returned_change r JOIN change c ON c.seq = r.seq WHERE c.field = 0"
        ).fetchall():
            table = shapes()[entity].table
            if (
                table in EVERYWHERE
                and connection.execute(f'SELECT 1 FROM "{table}" WHERE id = ? AND ver > 0', (record,)).fetchone()
            ):
                connection.execute("DELETE FROM returned_change WHERE seq = ?", (seq,))
                any_taken = True
        return any_taken


def _undone(code: int, fields: tuple[FieldOutcome, ...]) -> bool:
    """Whether an answer says that something of a change was not taken as it was."""
    return code not in (Code.ACCEPTED, Code.MERGED) or any(one.code in _UNDONE for one in fields)
