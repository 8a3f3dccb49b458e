"""Change rows into batches, and what waits again after the server was restored."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
from msgspec import UNSET

from opsdesk.models.base import Kind
from opsdesk.store.queue.outbox.writing import Writing
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core import chain
from opsdesk.sync.core.messages import Answer, Base, Batch, Change, ChangeKind, Code, Ref, Run

_COLUMNS: Final = (
    "c.seq, c.entity, c.record, c.field, c.event, c.new, c.base, c.hlc, c.happened, c.actor, "
    "CASE WHEN c.act IS NULL THEN c.seq ELSE (SELECT min(b.seq) FROM change b WHERE b.act = c.act) END, c.gid, "
    "i.kind, i.conflict, i.considered, s.code, s.digest"
)
_FROM: Final = "FROM change c LEFT JOIN sent_change s ON s.seq = c.seq LEFT JOIN sync_intent i ON i.seq = c.seq"
_WAITING: Final = f"c.outcome IS NULL AND (s.code IS NULL OR s.code IN ({int(Code.DEFERRED)}, {int(Code.NEED_OLD)}))"
_considered = msgspec.msgpack.Decoder(tuple[Ref, ...])


class Sending(Writing):
    """The part of the queue that makes batches."""

    # After the server was restored

    def question(self, epoch: int) -> Batch:
        """An empty batch that asks a restored server up to where it knows this device."""
        since, dev = self.identities()[-1]
        return Batch(dev, (Run(since, 0, bytes(chain.SHORT)),), (), epoch)

    def offer_again(self, answer: Answer) -> None:
        """Let all that the restored server may have lost wait again; what it knows it will answer as before."""
        connection, (since, _) = self._connection, self.identities()[-1]
        for start, stop in answer.lost:
            connection.execute("INSERT OR REPLACE INTO lost_version (start, stop) VALUES (?, ?)", (start, stop))
        # Of earlier devices of this folder it was not asked.
        lost = "(seq > ? OR seq < ?)"
        values = (answer.mark, since)
        settled = f"outcome < {int(Code.RETURNED)} AND {lost}"
        for entity, record, field in connection.execute(
            f"SELECT DISTINCT entity, record, field FROM change WHERE field > 0 AND {settled}", values
        ).fetchall():
            if self.beneath(record, field) is None:
                # What is shown now is the server's: it stands beneath what waits again.
                shape = shapes()[entity]
                connection.execute(
                    "INSERT OR IGNORE INTO server_value (record, field, entity, value) "
                    f'SELECT id, ?, ?, "{shape.fields[field].name}" FROM "{shape.table}" WHERE id = ?',
                    (field, entity, record),
                )
        connection.execute(f"UPDATE change SET outcome = NULL, settled_before = settled WHERE {settled}", values)
        connection.execute(f"DELETE FROM sent_change WHERE {lost}", values)
        # What it knows, and no feed has shown here yet, was answered with a position of the life before, which the feed
        # may never reach again: it is asked once more where that is now.
        connection.execute(
            "UPDATE sent_change SET code = NULL, place = NULL, pos = NULL, fields = NULL "
            f"WHERE code < {int(Code.RETURNED)} AND seq IN (SELECT seq FROM change WHERE outcome IS NULL)"
        )
        connection.execute("INSERT OR REPLACE INTO sync_state VALUES ('offered_to', ?)", (self._newest(),))
        connection.execute("INSERT OR REPLACE INTO sync_state VALUES ('offered_from', ?)", (answer.mark,))
        connection.execute("INSERT OR REPLACE INTO sync_state VALUES ('offered_before', ?)", (since,))

    # Sending

    def waits(self, after: int) -> bool:
        """Whether anything above a sequence is to be sent: what `batch` would find, without a transaction."""
        # Named, since SQLite may have counted the table when it was small.
        found = _FROM.replace("change c", "change c INDEXED BY ix_change_waiting", 1)
        asked = f"SELECT EXISTS (SELECT 1 {found} WHERE {_WAITING} AND c.seq > ?)"
        return bool(self._connection.execute(asked, (after,)).fetchone()[0])

    def batch(self, epoch: int, *, after: int = 0, limit: int = 1_000, room: int = 65_536) -> Batch | None:
        """The oldest waiting changes above a sequence, about `room` bytes of them, groups whole; None for none."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} {_FROM} WHERE {_WAITING} AND c.seq > ? ORDER BY c.seq LIMIT ?", (after, limit + 64)
        ).fetchall()
        if not rows:
            return None
        self._sight = self._look_back()
        identities = self._sight.identities
        dev = self._sight.device_of(rows[0][0])
        end = next((since for since, _ in identities if since > rows[0][0]), None)
        changes: list[Change] = []
        runs: list[tuple[int, int, bytes]] = []
        links: list[tuple[int, bytes]] = []
        digest = b""
        for row in rows:
            seq, gid = row[0], row[11]
            inside_group = bool(changes) and gid is not None and gid == changes[-1].gid
            if (end is not None and seq >= end) or ((len(changes) >= limit or room <= 0) and not inside_group):
                break
            change = self._change(row, dev)
            if not runs or seq != runs[-1][0] + runs[-1][1]:
                self._remember(links)
                digest = self._digest_before(seq)
                runs.append((seq, 0, chain.short(digest)))
            runs[-1] = (runs[-1][0], runs[-1][1] + 1, runs[-1][2])
            if row[16] is None:
                digest = chain.link(digest, change)
                links.append((seq, digest))
            else:
                digest = row[16]
            changes.append(change)
            room -= 32 + sum(len(value) if isinstance(value, str | bytes) else 8 for value in change.values.values())
        self._remember(links)
        return Batch(dev, tuple(Run(*run) for run in runs), tuple(changes), epoch)

    def _remember(self, links: list[tuple[int, bytes]]) -> None:
        """Keep the chain's digests after changes, and empty the list."""
        self._connection.executemany("INSERT INTO sent_change (seq, digest) VALUES (?, ?)", links)
        links.clear()

    def _digest_before(self, seq: int) -> bytes:
        """The chain's digest before a change; made again from the rows where it is no longer kept."""
        since = max(start for start, _ in self.identities() if start <= seq)
        kept = self._connection.execute(
            "SELECT max(seq) FROM sent_change WHERE seq < ? AND seq >= ?", (seq, since)
        ).fetchone()[0]
        dev = self.device_of(seq)
        if kept is None:
            kept, digest = since - 1, self._begun(since, dev)
        else:
            (digest,) = self._connection.execute("SELECT digest FROM sent_change WHERE seq = ?", (kept,)).fetchone()
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} {_FROM} WHERE c.seq > ? AND c.seq < ? ORDER BY c.seq", (kept, seq)
        ).fetchall()
        links: list[tuple[int, bytes]] = []
        for row in rows:
            digest = chain.link(digest, self._change(row, dev))
            links.append((row[0], digest))
        self._remember(links)
        return bytes(digest)

    def _change(self, row: tuple[Any, ...], dev: bytes) -> Change:
        seq, entity, record, field, event, new, base, hlc, happened, actor, act, gid = row[:12]
        intent, conflict, considered, code = row[12:16]
        shape = shapes().get(entity)
        if field == 0:
            kind, values = ChangeKind.CREATE, self._created(entity, new)
        else:
            stepped = shape is not None and field in shape.fields and shape.fields[field].kind is Kind.STATE
            kind = ChangeKind.TRANSITION if stepped and event is not None else ChangeKind.SET
            values = {field: new}
        text = shape is not None and field in shape.texts
        told, old = self._base(base, record, field, seq, text=text) if field else (0, UNSET)
        if old is UNSET and code == Code.NEED_OLD:
            old = self._old(seq, record, field, base)
        return Change(
            dseq=seq,
            kind=kind if intent is None else ChangeKind(intent),
            entity=entity,
            record=record,
            values=values,
            base=told,
            hlc=hlc,
            actor=actor,
            act=act,
            gid=gid,
            event=event,
            happened=happened,
            conflict=conflict,
            considered=_considered.decode(considered) if considered else (),
            old=old,
        )

    def _base(self, base: int, record: bytes, field: int, seq: int, *, text: bool) -> tuple[Base, Any]:
        """What a change is based on, in words that the server knows; and the value that was seen, where that is lost
        there and nobody's change can name it, so that it must be told itself."""
        sight, begun = self._sight, seq
        while base < 0 and -base <= sight.offered_to and sight.may_be_lost(-base):
            # It came back before the server was restored, and is not offered again: its own base counts.
            outcome, below = self._connection.execute(
                "SELECT outcome, base FROM change WHERE seq = ?", (-base,)
            ).fetchone()
            if outcome != Code.RETURNED:
                break
            begun, base = -base, below
        if base < 0:
            return Ref(sight.device_of(-base), -base), UNSET
        for start, stop in sight.lost:
            if start <= base < stop:
                return self._seen(base, range(start, stop), record, field, begun, text=text)
        return base, UNSET

    def _seen(self, base: int, lost: range, record: bytes, field: int, seq: int, *, text: bool) -> tuple[Base, Any]:
        """What stood in the place of a version that the server lost: the change that wrote what was seen. Of a text
        that came in whole nobody's change is known here: it is told itself, and merged by its lines."""
        connection = self._connection
        theirs = connection.execute(
            "SELECT dev, dseq, new, field, entity FROM received_change WHERE record = ? AND field IN (0, ?) "
            "AND ver BETWEEN ? AND ? AND dev IS NOT NULL ORDER BY ver DESC LIMIT 1",
            (record, field, lost.start, base),
        ).fetchone()
        taken = f"(coalesce(outcome, 0) < {int(Code.RETURNED)} OR settled_before IS NOT NULL)"
        mine = connection.execute(
            "SELECT seq, new, field FROM change WHERE record = ? AND field IN (0, ?) AND seq < ? "
            f"AND {taken} ORDER BY seq DESC LIMIT 1",
            (record, field, seq),
        ).fetchone()
        old = self._old(seq, record, field, base, lost)
        if mine is not None and self._sight.may_be_lost(mine[0]):
            own = mine[1] if mine[2] else self._created_of(mine[0]).get(field)
            if own == old:
                return self._base(-mine[0], record, field, seq, text=text)
        if theirs is not None:
            dev, dseq, new, number, entity = theirs
            value = new if number else self._created(entity, new).get(field)
            if not text:
                return Ref(dev, dseq), UNSET
            if value == old:
                # It may have been mixed into that of others: in this life it may show another text.
                return Ref(dev, dseq), old
        return lost.start - 1, old if text else UNSET

    def _created_of(self, seq: int) -> dict[int, Any]:
        row = self._connection.execute("SELECT entity, new FROM change WHERE seq = ?", (seq,)).fetchone()
        return self._created(*row)

    def _created(self, entity: int, new: str) -> dict[int, Any]:
        fields = shapes()[entity].fields
        return {
            int(number): bytes.fromhex(value) if fields[int(number)].binary else value
            for number, value in json.loads(new).items()
        }
