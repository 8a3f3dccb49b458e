"""What the server shows under own changes that wait, as far as this desk knows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from opsdesk.store.queue.lookup import looked_up
from opsdesk.store.queue.outbox.identity import Identities
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core.messages import Code, Ref


class Beneath(Identities):
    """The part of the queue that looks after the values under it."""

    def pending(self, record: bytes) -> set[int]:
        """Fields of a record with waiting changes; 0 stands for all, while its creation waits."""
        return self.pending_of([record]).get(record, set())

    def pending_of(self, records: Iterable[bytes]) -> dict[bytes, set[int]]:
        """The same of many records; those with none are left out."""
        found: dict[bytes, set[int]] = {}
        asked = "SELECT DISTINCT record, field FROM change WHERE record IN ({0}) AND outcome IS NULL"
        for record, number in looked_up(self._connection, asked, list(records)):
            found.setdefault(record, set()).add(number)
        return found

    def made_as_shown(self, ref: Ref | None) -> bool:
        """Whether a creation was made here, and its row shows it and what was done here since, not what others did."""
        if ref is None or not self.mine(ref):
            return False
        return ref.dseq > self.offered_to()

    def offered_to(self) -> int:
        """The last own change that was offered again to a restored server; 0 while there was none."""
        found = self._connection.execute("SELECT value FROM sync_state WHERE name = 'offered_to'").fetchone()
        return int(found[0]) if found else 0

    def written(self, refs: Iterable[Ref]) -> dict[Ref, tuple[int, Any]]:
        """Of changes that were made here: which field each wrote (0: it made the record), and the value."""
        sight, newest = self._look_back(), self._newest()
        devices = {dev for _, dev in sight.identities}
        mine = {
            ref.dseq: ref
            for ref in refs
            if ref.dev in devices and 0 < ref.dseq <= newest and sight.device_of(ref.dseq) == ref.dev
        }
        rows = looked_up(self._connection, "SELECT seq, field, new FROM change WHERE seq IN ({0})", mine)
        return {mine[seq]: (number, new) for seq, number, new in rows}

    def wrote(self, ref: Ref, field: int, value: Any) -> bool:
        """Whether a change was made here, and wrote this very value."""
        if not self.mine(ref):
            return False
        number, new = self._connection.execute("SELECT field, new FROM change WHERE seq = ?", (ref.dseq,)).fetchone()
        return number == 0 or bool(number == field and new == value)

    def beneath(self, record: bytes, field: int) -> tuple[Any] | None:
        """What the server shows for a field with waiting changes, as far as this desk knows; None where none waits."""
        found = self._connection.execute(
            "SELECT value FROM server_value WHERE record = ? AND field = ?", (record, field)
        ).fetchone()
        if found is None:
            # No pull has touched it yet: it is what the oldest waiting change wrote over.
            found = self._connection.execute(
                "SELECT old FROM change WHERE record = ? AND field IN (0, ?) AND outcome IS NULL ORDER BY seq LIMIT 1",
                (record, field),
            ).fetchone()
        return None if found is None else (found[0],)

    def before_new(self, record: bytes, field: int) -> tuple[Any] | None:
        """What stood in a field before the oldest waiting change that never had an outcome; None where none waits."""
        found: tuple[Any] | None = self._connection.execute(
            "SELECT old FROM change WHERE record = ? AND field = ? AND outcome IS NULL AND settled_before IS NULL "
            "ORDER BY seq LIMIT 1",
            (record, field),
        ).fetchone()
        return found

    def put_beneath(self, entity: int, record: bytes, field: int, value: Any, *, only_if_there: bool = False) -> None:
        """Note what the server shows for a field with waiting changes; or only where something is noted already."""
        if (
            only_if_there
            and self._connection.execute(
                "SELECT 1 FROM server_value WHERE record = ? AND field = ?", (record, field)
            ).fetchone()
            is None
        ):
            return
        self._connection.execute(
            "INSERT OR REPLACE INTO server_value (record, field, entity, value) VALUES (?, ?, ?, ?)",
            (record, field, entity, value),
        )

    def show(self, entity: int, record: bytes, values: dict[int, Any], **more: Any) -> None:
        """Write the server's values into the row that the person sees. What is written once stays as it is."""
        shape = shapes()[entity]
        columns = {
            shape.fields[number].name: value for number, value in values.items() if shape.takes(number, value)
        } | more
        if columns:
            assignments = ", ".join(f'"{name}" = ?' for name in columns)
            self._connection.execute(
                f'UPDATE "{shape.table}" SET {assignments} WHERE id = ?', (*columns.values(), record)
            )

    def _old(self, seq: int, record: bytes, field: int, base: int, lost: range | None = None) -> Any:
        """The value that the person saw: what the first change after the base wrote over. Where the base is an own
        change that came back, the server goes on to what that one was based on, and asks for what was seen there.
        `lost` are the versions among which the base is, where a restored server lost it."""
        while base < 0:
            outcome, below = self._connection.execute(
                "SELECT outcome, base FROM change WHERE seq = ?", (-base,)
            ).fetchone()
            if outcome != Code.RETURNED:
                break
            seq, base = -base, below
        received = "SELECT old AS value, ver FROM received_change WHERE record = ?1 AND field = ?2 AND ver > ?3"
        # Between what the server lost and what it told after that came what was read anew, where that was another.
        replaced = "SELECT value, ver FROM lost_value WHERE record = ?1 AND field = ?2 AND ver >= ?3 AND ver < ?4"
        later = self._connection.execute(
            f"SELECT value FROM (SELECT 0 AS turn, * FROM ({received} AND ver < ?4) UNION ALL SELECT 1, * FROM "
            f"({replaced}) UNION ALL SELECT 2, * FROM ({received} AND ver >= ?4)) ORDER BY turn, ver LIMIT 1",
            (record, field, base, lost.stop if lost is not None else base),
        ).fetchone()
        if later is None or base < 0 or self._wrote_over_own(seq, record, field, base, later[0]):
            # In another window an own change may have come between: the first with the same base wrote over it.
            later = self._connection.execute(
                "SELECT old FROM change WHERE record = ? AND field = ? AND base = ? AND seq <= ? ORDER BY seq LIMIT 1",
                (record, field, base, seq),
            ).fetchone()
        return later[0]

    def _wrote_over_own(self, seq: int, record: bytes, field: int, base: int, old: Any) -> bool:
        """Whether a change waits again after a restore, and what was received after its base came over it: what that
        wrote over (`old`) was written here, and says nothing of what the person had seen."""
        connection = self._connection
        again = "SELECT 1 FROM change WHERE seq = ? AND settled IS NOT NULL"
        own = "SELECT 1 FROM change WHERE record = ? AND field = ? AND seq >= ? AND new IS ?"
        # Else the change wrote over what another had written below an open form, which is told above.
        seen = (
            "SELECT 1 FROM change c JOIN received_change r ON r.record = c.record AND r.field = c.field "
            "AND r.ver > ? AND r.new IS c.old WHERE c.seq = ?"
        )
        return (
            connection.execute(again, (seq,)).fetchone() is not None
            and connection.execute(own, (record, field, seq, old)).fetchone() is not None
            and connection.execute(seen, (base, seq)).fetchone() is None
        )
