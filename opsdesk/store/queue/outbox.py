"""What waits: change rows into batches, answers into outcomes.

An own change leaves the queue only when its answer is final and what became of it is shown here. Until then it counts
as waiting for the capture triggers too, so that later edits name it as their base.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import UNSET

from opsdesk.models.base import Kind
from opsdesk.store import migrations
from opsdesk.store.database import Connection, Database, Identity
from opsdesk.store.queue.lookup import looked_up
from opsdesk.store.queue.shapes import EVERYWHERE, shapes
from opsdesk.store.queue.tables import PROPOSED
from opsdesk.store.tables import NO_LIMIT
from opsdesk.sync.core import chain
from opsdesk.sync.core.messages import (
    Answer,
    Base,
    Batch,
    Change,
    ChangeKind,
    Code,
    Conflict,
    FieldOutcome,
    Ref,
    Run,
)
from opsdesk.sync.core.rules import MARKING, UNIT

_COLUMNS: Final = (
    "c.seq, c.entity, c.record, c.field, c.event, c.new, c.base, c.hlc, c.happened, c.actor, "
    "CASE WHEN c.act IS NULL THEN c.seq ELSE (SELECT min(b.seq) FROM change b WHERE b.act = c.act) END, c.gid, "
    "i.kind, i.conflict, i.considered, s.code, s.digest"
)
_FROM: Final = "FROM change c LEFT JOIN sent_change s ON s.seq = c.seq LEFT JOIN sync_intent i ON i.seq = c.seq"
_WAITING: Final = f"c.outcome IS NULL AND (s.code IS NULL OR s.code IN ({int(Code.DEFERRED)}, {int(Code.NEED_OLD)}))"
_UNDONE: Final = (Code.CONFLICT, Code.ABSORBED, Code.RETURNED)
_considered = msgspec.msgpack.Decoder(tuple[Ref, ...])


@dataclass(frozen=True, slots=True)
class _Sight:
    """Who this folder was, and what a restored server has lost."""

    identities: list[tuple[int, bytes]]
    offered_from: int
    offered_to: int
    lost: list[tuple[int, int]]

    def device_of(self, seq: int) -> bytes:
        """The device under which an own change is known."""
        return next(dev for since, dev in reversed(self.identities) if since <= seq)


class Outbox:
    """The queue of own changes in one database. Its methods run inside a transaction of the caller."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sight = _Sight([], 0, 0, [])

    @property
    def _connection(self) -> Connection:
        return self._database.connection

    def waiting(self) -> int:
        """How many own changes have no outcome yet."""
        (count,) = self._connection.execute("SELECT count(*) FROM change WHERE outcome IS NULL").fetchone()
        return int(count)

    def settled(self) -> int:
        """How many own changes have got their outcome: the third number of a form's base."""
        (count,) = self._connection.execute("SELECT coalesce(max(settled), 0) FROM change").fetchone()
        return int(count)

    # Identity

    def identities(self) -> list[tuple[int, bytes]]:
        """From which sequence on own changes are known under which device, oldest first."""
        rows = self._connection.execute("SELECT since, dev FROM sync_identity ORDER BY since").fetchall()
        first = self._connection.execute("SELECT dev FROM device ORDER BY alias LIMIT 1").fetchone()
        return [(1, first[0]), *rows]

    def device_of(self, seq: int) -> bytes:
        """The device under which an own change is known."""
        return next(dev for since, dev in reversed(self.identities()) if since <= seq)

    def mine(self, ref: Ref) -> bool:
        """Whether a change was made here."""
        newest = self._connection.execute("SELECT coalesce(max(seq), 0) FROM change").fetchone()[0]
        known = any(dev == ref.dev for _, dev in self.identities())
        return known and ref.dseq <= newest and self.device_of(ref.dseq) == ref.dev

    def _look_back(self) -> _Sight:
        """What must be known of the past of this folder to tell what a change was based on."""
        state = dict(self._connection.execute("SELECT name, value FROM sync_state").fetchall())
        lost = self._connection.execute("SELECT start, stop FROM lost_version").fetchall()
        return _Sight(self.identities(), state.get("offered_from", 0), state.get("offered_to", 0), lost)

    def take_new_identity(self, since: int, dev: bytes, tag: str, now: int) -> None:
        """This folder is a copy: what waits from `since` on goes out under another device, with another tag."""
        connection = self._connection
        (alias,) = connection.execute("SELECT max(alias) + 1 FROM device").fetchone()
        connection.execute("INSERT INTO device (alias, dev, tag, made_at) VALUES (?, ?, ?, ?)", (alias, dev, tag, now))
        connection.execute("UPDATE capture SET dev = ?", (alias,))
        connection.execute("INSERT OR REPLACE INTO sync_identity (since, dev) VALUES (?, ?)", (since, dev))
        connection.execute("DELETE FROM sent_change WHERE seq >= ?", (since,))
        self._database.identity = Identity(dev, tag)

    # More than an edit

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
        entity, record, field, old, outcome = self._connection.execute(
            "SELECT entity, record, field, old, outcome FROM change WHERE seq = ?", (seq,)
        ).fetchone()
        if outcome is None:
            older = self._connection.execute(
                "SELECT 1 FROM change WHERE record = ? AND field IN (0, ?) AND seq < ? AND outcome IS NULL",
                (record, field, seq),
            ).fetchone()
            beneath = None if older else self.beneath(record, field)
            made = self._write(entity, record, field, beneath[0] if beneath else old, None)
        else:
            shape = shapes()[entity]
            name = shape.fields[field].name
            (shown,) = self._connection.execute(
                f'SELECT "{name}" FROM "{shape.table}" WHERE id = ?', (record,)
            ).fetchone()
            made = self._decide(entity, record, field, shown, base=-seq)
        self._connection.execute("INSERT INTO sync_intent VALUES (?, ?, NULL, NULL)", (made, int(ChangeKind.WITHDRAW)))
        return made

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
            f"SELECT c.dev, {shape.subject}, ?1, ?2, ?3, ?4, ?4, coalesce(?5, (SELECT -max(p.seq) FROM change p "
            "WHERE p.record = ?2 AND p.field IN (0, ?3) AND (p.outcome IS NULL OR p.settled > c.seen_settled) "
            "AND p.seq <= c.seen_seq), "
            f'(SELECT min(t.ver, c.seen_ver) FROM "{shape.table}" t WHERE t.id = ?2)), '
            "c.hlc, c.happened, c.actor, c.act, c.gid FROM capture c",
            (entity, record, field, value, base),
        )
        return self._newest()

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
        connection.execute(f"UPDATE change SET outcome = NULL WHERE {settled}", values)
        connection.execute(f"DELETE FROM sent_change WHERE {lost}", values)
        connection.execute("INSERT OR REPLACE INTO sync_state VALUES ('offered_to', ?)", (self._newest(),))
        connection.execute("INSERT OR REPLACE INTO sync_state VALUES ('offered_from', ?)", (answer.mark,))

    def _newest(self) -> int:
        return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM change").fetchone()[0])

    # Sending

    def batch(self, epoch: int, *, after: int = 0, limit: int = 500, room: int = 65_536) -> Batch | None:
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
            kept, digest = since - 1, chain.genesis(dev)
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
        return Change(
            dseq=seq,
            kind=kind if intent is None else ChangeKind(intent),
            entity=entity,
            record=record,
            values=values,
            base=self._base(base, record, field, seq) if field else 0,
            hlc=hlc,
            actor=actor,
            act=act,
            gid=gid,
            event=event,
            happened=happened,
            conflict=conflict,
            considered=_considered.decode(considered) if considered else (),
            old=self._old(seq, record, field, base) if code == Code.NEED_OLD else UNSET,
        )

    def _base(self, base: int, record: bytes, field: int, seq: int) -> Base:
        sight = self._sight
        while base < 0 and sight.offered_from < -base <= sight.offered_to:
            # It came back before the server was restored, and is not offered again: its own base counts.
            outcome, below = self._connection.execute(
                "SELECT outcome, base FROM change WHERE seq = ?", (-base,)
            ).fetchone()
            if outcome != Code.RETURNED:
                break
            base = below
        if base < 0:
            return Ref(sight.device_of(-base), -base)
        start = next((start for start, stop in sight.lost if start <= base < stop), None)
        return base if start is None else self._seen(base, start, record, field, seq)

    def _seen(self, base: int, start: int, record: bytes, field: int, seq: int) -> Base:
        """What stood in the place of a version that the server lost: the change that wrote what was seen."""
        connection = self._connection
        theirs = connection.execute(
            "SELECT dev, dseq, new, field FROM received_change WHERE record = ? AND field IN (0, ?) "
            "AND ver BETWEEN ? AND ? AND dev IS NOT NULL ORDER BY ver DESC LIMIT 1",
            (record, field, start, base),
        ).fetchone()
        mine = connection.execute(
            "SELECT seq, new, field, outcome FROM change WHERE record = ? AND field IN (0, ?) AND seq < ? "
            f"AND coalesce(outcome, 0) < {int(Code.RETURNED)} ORDER BY seq DESC LIMIT 1",
            (record, field, seq),
        ).fetchone()
        (old,) = connection.execute("SELECT old FROM change WHERE seq = ?", (seq,)).fetchone()
        (known,) = connection.execute("SELECT value FROM sync_state WHERE name = 'offered_from'").fetchone()
        if mine is not None and mine[0] > known:
            own = mine[1] if mine[2] else self._created_of(mine[0]).get(field)
            if own == old:
                return Ref(self.device_of(mine[0]), mine[0])
        return start - 1 if theirs is None else Ref(theirs[0], theirs[1])

    def _created_of(self, seq: int) -> dict[int, Any]:
        row = self._connection.execute("SELECT entity, new FROM change WHERE seq = ?", (seq,)).fetchone()
        return self._created(*row)

    def _created(self, entity: int, new: str) -> dict[int, Any]:
        fields = shapes()[entity].fields
        return {
            int(number): bytes.fromhex(value) if fields[int(number)].binary else value
            for number, value in json.loads(new).items()
        }

    def _old(self, seq: int, record: bytes, field: int, base: int) -> Any:
        """The value that the person saw: what the first change after the base wrote over."""
        later = self._connection.execute(
            "SELECT old FROM received_change WHERE record = ? AND field = ? AND ver > ? ORDER BY ver LIMIT 1",
            (record, field, base),
        ).fetchone()
        if later is None or base < 0:
            # In another window an own change may have come between: the first with the same base wrote over it.
            later = self._connection.execute(
                "SELECT old FROM change WHERE record = ? AND field = ? AND base = ? AND seq <= ? ORDER BY seq LIMIT 1",
                (record, field, base, seq),
            ).fetchone()
        return later[0]

    # Answers

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
                self._let_go(one.dseq)
            if one.final and (one.code == Code.RETURNED or cursors.get(one.place, one.pos) >= one.pos):
                done.append((one.dseq, one.code, one.fields))
        self._settle_all(done)

    def _let_go(self, seq: int) -> None:
        """The record stands where this desk does not read: it goes, unless a feed brings it back.

        One that a feed has told of goes when that feed says so, or is read no more.
        """
        entity, record, field = self._connection.execute(
            "SELECT entity, record, field FROM change WHERE seq = ?", (seq,)
        ).fetchone()
        beneath = self.beneath(record, field) if field in (UNIT, MARKING) else None
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
        self._connection.execute(
            "INSERT OR REPLACE INTO leaving_record (record, entity, ver) SELECT t.id, ?, 1 "
            f'FROM "{shapes()[entity].table}" t LEFT JOIN stale_record s ON s.record = t.id '
            "WHERE t.id = ? AND coalesce(s.ver, t.ver) = 0",
            (entity, record),
        )

    def let_go_untold(self, place: bytes, pos: int) -> None:
        """Let go what was made here and came to a feed by `pos`, but was not told there: it has gone on to where this
        desk does not read, or may be read no more, or another feed brings it back."""
        made = (
            "FROM sent_change s JOIN change c ON c.seq = s.seq WHERE s.place = ?1 AND s.pos <= ?2 "
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
            "SELECT s.seq, s.code, s.fields FROM sent_change s JOIN change c ON c.seq = s.seq "
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
            "SELECT seq, field, new FROM change WHERE record = ? AND field IN (0, ?) AND outcome IS NULL ORDER BY seq",
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
            _, number, new = waiting[-1]
            self.show(entity, record, {field: new if number else self._created(entity, new).get(field)})
        elif beneath is not None and not waiting:
            self.show(entity, record, {field: beneath[0]})
            connection.execute("DELETE FROM server_value WHERE record = ? AND field = ?", (record, field))

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

    def taken_after_all(self) -> None:
        """Take out of the Returned box what all desks read and somebody who may has made there meanwhile."""
        connection = self._connection
        for seq, entity, record in connection.execute(
            "SELECT r.seq, c.entity, c.record FROM returned_change r JOIN change c ON c.seq = r.seq WHERE c.field = 0"
        ).fetchall():
            table = shapes()[entity].table
            if (
                table in EVERYWHERE
                and connection.execute(f'SELECT 1 FROM "{table}" WHERE id = ? AND ver > 0', (record,)).fetchone()
            ):
                connection.execute("DELETE FROM returned_change WHERE seq = ?", (seq,))

    # What is beneath

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


def _undone(code: int, fields: tuple[FieldOutcome, ...]) -> bool:
    """Whether an answer says that something of a change was not taken as it was."""
    return code not in (Code.ACCEPTED, Code.MERGED) or any(one.code in _UNDONE for one in fields)


def new_tag(randomness: bytes) -> str:
    """A tag for the numbers of a folder from three random bytes."""
    return "".join(migrations.TAG_LETTERS[byte % 32] for byte in randomness[:3])


def random_identity() -> tuple[bytes, str]:
    """A new device id and tag."""
    return os.urandom(16), new_tag(os.urandom(3))
