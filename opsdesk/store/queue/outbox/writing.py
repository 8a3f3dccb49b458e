"""Own changes that are more than an edit: a settlement, a withdrawal, a decision for what stands."""

from __future__ import annotations

from typing import Any

import msgspec

from opsdesk.store.capture import seen
from opsdesk.store.queue.outbox.beneath import Beneath
from opsdesk.store.queue.shapes import shapes
from opsdesk.store.tables import NO_LIMIT
from opsdesk.sync.core.messages import ChangeKind, Conflict


class Writing(Beneath):
    """The part of the queue that writes such changes."""

    def resolve(
        self, entity: int, record: bytes, conflict: Conflict, value: Any, *, seen: tuple[int, ...] | None = None
    ) -> int:
        """Settle a conflict with a value: one own change that names the candidates that were seen; its sequence."""
        field = conflict.field
        seq = self._write(entity, record, field, value, seen)
        considered = msgspec.msgpack.encode([one.change for one in conflict.candidates])
        self._connection.execute(
            "INSERT INTO sync_intent VALUES (?, ?, ?, ?)", (seq, int(ChangeKind.RESOLVE), conflict.id, considered)
        )
        return seq

    def withdraw(self, seq: int) -> int:
        """Take back an own change. One that waits, and is the newest of its field: the field shows again what the
        server has, or what an older change that waits had written. One that became a candidate of a conflict: the
        candidate goes, and the field stays as it is."""
        entity, record, field, new, old, outcome, base = self._connection.execute(
            "SELECT entity, record, field, new, old, outcome, base FROM change WHERE seq = ?", (seq,)
        ).fetchone()
        if outcome is None:
            older = self._connection.execute(
                "SELECT 1 FROM change WHERE record = ? AND field IN (0, ?) AND seq < ? AND outcome IS NULL",
                (record, field, seq),
            ).fetchone()
            # What it wrote over may have been lost by a restored server, and comes back there from its author's desk.
            lost = self._connection.execute(
                "SELECT start, stop FROM lost_version WHERE start <= ?1 AND ?1 < stop", (base,)
            ).fetchone()
            if lost and not older and not self._went_on(seq, record, field, base, old):
                # A form may have shown it, and the row something else by the time that it was saved.
                old = self._old(seq, record, field, base, range(*lost))
            beneath = None if older or lost else self.beneath(record, field)
            # The server may show this very value: it had the change, and was restored, or its answer got lost.
            theirs = beneath is not None and beneath[0] != new
            made = self._write(entity, record, field, beneath[0] if beneath and theirs else old, None)
        else:
            shape = shapes()[entity]
            name = shape.fields[field].name
            (shown,) = self._connection.execute(
                f'SELECT "{name}" FROM "{shape.table}" WHERE id = ?', (record,)
            ).fetchone()
            made = self._decide(entity, record, field, shown, base=-seq)
        self._connection.execute("INSERT INTO sync_intent VALUES (?, ?, NULL, NULL)", (made, int(ChangeKind.WITHDRAW)))
        return made

    def _went_on(self, seq: int, record: bytes, field: int, base: int, old: Any) -> bool:
        """Whether a change wrote over what an own one had written at the same version of the row: that is in the row
        since, and not what a feed told anew."""
        own = "SELECT 1 FROM change WHERE record = ? AND field = ? AND base = ? AND seq < ? AND new IS ?"
        return self._connection.execute(own, (record, field, base, seq, old)).fetchone() is not None

    def reopen(self, seq: int) -> int:
        """Take back a resolution that was never put into a batch: its conflict stays open, as if it had not been.

        It goes out as the plain edit that it is besides, and another gives the field its value back. Where it went on
        from an own change, which may be a candidate by then, that one's value stays in its place.
        """
        self._connection.execute("DELETE FROM sync_intent WHERE seq = ?", (seq,))
        entity, record, field, old, base = self._connection.execute(
            "SELECT entity, record, field, old, base FROM change WHERE seq = ?", (seq,)
        ).fetchone()
        return self.withdraw(seq) if base >= 0 else self._write(entity, record, field, old, None)

    def _write(self, entity: int, record: bytes, field: int, value: Any, seen: tuple[int, ...] | None) -> int:
        """Write one field as an own change, even where the value stays as it is; the change's sequence."""
        connection = self._connection
        shape = shapes()[entity]
        name = shape.fields[field].name
        (before,) = connection.execute("SELECT coalesce(max(seq), 0) FROM change").fetchone()
        limits = (*(seen or ()), NO_LIMIT, NO_LIMIT, NO_LIMIT)[:3]
        connection.execute("UPDATE capture SET seen_ver = ?, seen_seq = ?, seen_settled = ?, event = NULL", limits)
        connection.execute(f'UPDATE "{shape.table}" SET "{name}" = ? WHERE id = ?', (value, record))
        (after,) = connection.execute("SELECT coalesce(max(seq), 0) FROM change").fetchone()
        if after == before:
            # The capture triggers record what changes; a decision for what stands is a change as well.
            after = self._decide(entity, record, field, value)
        connection.execute(
            f"UPDATE capture SET seen_ver = {NO_LIMIT}, seen_seq = {NO_LIMIT}, seen_settled = {NO_LIMIT}"
        )
        return int(after)

    def _decide(self, entity: int, record: bytes, field: int, value: Any, *, base: int | None = None) -> int:
        """Record a change that leaves the value as it is; its sequence. Without a base it is what was seen."""
        connection, shape = self._connection, shapes()[entity]
        connection.execute(
            "INSERT INTO change (dev, subject, entity, record, field, new, old, base, hlc, happened, actor, act, gid) "
            f"SELECT c.dev, {shape.subject}, ?1, ?2, ?3, ?4, ?4, coalesce(?5, {seen('?3', '?2', 't.ver')}), "
            f'c.hlc, c.happened, c.actor, c.act, c.gid FROM capture c JOIN "{shape.table}" t ON t.id = ?2',
            (entity, record, field, value, base),
        )
        return self._newest()
