"""What comes in: frames of a feed into rows, each frame and its cursor in one transaction of the caller."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from opsdesk.models.base import Id
from opsdesk.store.database import Connection, Database
from opsdesk.store.queue import scope
from opsdesk.store.queue.applied import Applied
from opsdesk.store.queue.bulk import HISTORY, Bulk, creation, history_row, unheard
from opsdesk.store.queue.leaving import Leaving
from opsdesk.store.queue.outbox import Outbox
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.sync.core.messages import Answer, Conflict, Entry, EntryKind, Frame, Page, Walk
from opsdesk.sync.core.state import PARTITION, PERSON

_walk: Final = msgspec.msgpack.Decoder(Walk).decode


class Inbox:
    """Applies frames. Its methods run inside a transaction of the caller, of origin `received`."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox
        self._bulk = Bulk(database, outbox)
        self.leaving = Leaving(database, outbox)

    @property
    def _connection(self) -> Connection:
        return self._database.connection

    def cursors(self) -> dict[bytes, int]:
        """The partitions that this desk reads, and how far it has."""
        return dict(self._connection.execute("SELECT place, pos FROM feed_cursor ORDER BY place").fetchall())

    def read(self, place: bytes) -> None:
        """Read a partition from now on."""
        self._connection.execute("INSERT OR IGNORE INTO feed_cursor (place) VALUES (?)", (place,))

    def apply(self, frames: Sequence[Frame]) -> tuple[Applied, list[Frame]]:
        """Apply frames of different partitions together and move the cursors; what that changed, and those frames that
        began where this desk is. The others are ignored."""
        standing, fit, told = self._standing(), [], []
        for frame in frames:
            cursor, walk = standing.get(frame.place, (-1, None))
            if cursor != frame.start:
                continue
            if walk is not None and walk.pos > 0:
                # Begun on the walk, it goes on there. A frame with nothing in it says that the server has no more.
                fit += [] if frame.entries else [frame]
                continue
            fit.append(frame)
            told.append(frame)
        entries = [entry for frame in told for entry in frame.entries]
        applied = self._entries(entries)
        self._passed([(frame.place, frame.end) for frame in told])
        if entries:
            applied.queue |= self._outbox.taken_after_all()
        return applied, fit

    def _standing(self) -> dict[bytes, tuple[int, Walk | None]]:
        """How far each feed has been read, and how far the walk through its partition has come, where there is one."""
        rows = self._connection.execute("SELECT place, pos, walk FROM feed_cursor").fetchall()
        return {place: (pos, None if packed is None else _walk(packed)) for place, pos, packed in rows}

    def standing(self) -> tuple[dict[bytes, int], dict[bytes, Walk]]:
        """How far each feed has been read (`cursors`), and how far this desk has come in its walk through partitions;
        those without one are read by their feeds."""
        found = self._standing()
        walks = {place: walk for place, (_, walk) in found.items() if walk is not None}
        return {place: found[place][0] for place in sorted(found)}, walks

    def take_pages(self, pages: Sequence[Page]) -> tuple[Applied, list[Page]]:
        """Apply pages of different partitions together and note where the next ones begin; what that changed, and those
        pages that began where this desk is."""
        standing = self._standing()
        fit = [page for page in pages if _goes_on(page, *standing.get(page.place, (-1, None)))]
        entries = [entry for page in fit for entry in page.entries]
        applied = self._entries(entries)
        self._connection.executemany(
            "UPDATE feed_cursor SET walk = ? WHERE place = ?",
            [(msgspec.msgpack.encode(page.next), page.place) for page in fit if page.next is not None],
        )
        self._passed([(page.place, page.walk.pos) for page in fit if page.next is None])
        return applied, fit

    def _passed(self, ends: Sequence[tuple[bytes, int]]) -> None:
        """Move the cursors of feeds, and settle what waits for one of them."""
        self._connection.executemany(
            "UPDATE feed_cursor SET pos = ?, walk = NULL WHERE place = ?", [(pos, place) for place, pos in ends]
        )
        if self._outbox.any_waits():
            for place, pos in ends:
                self._outbox.let_go_untold(place, pos)
                self._outbox.settle_up_to(place, pos)

    def _entries(self, entries: Sequence[Entry]) -> Applied:
        applied = Applied()
        for entry in self._bulk.apply(entries, applied):
            self._entry(entry, applied)
        return applied

    def restart(self, answer: Answer) -> None:
        """The server was restored from a backup: read all feeds again from the begin.

        Rows that show what it lost are marked. They keep their version until they are read anew: who edits them till
        then had seen just that. What waits stays.
        """
        connection = self._connection
        start = answer.lost[-1][0]
        # What was held before may have left meanwhile.
        connection.execute(
            "UPDATE feed_cursor SET pos = 0, walk = ?, quiet = 0", (msgspec.msgpack.encode(Walk(again=True)),)
        )
        connection.execute("INSERT OR REPLACE INTO sync_state VALUES ('epoch', ?)", (answer.epoch,))
        for shape in shapes().values():
            connection.execute(
                f'INSERT OR REPLACE INTO stale_record (record, ver) SELECT id, 0 FROM "{shape.table}" WHERE ver >= ?',
                (start,),
            )
        connection.execute("DELETE FROM conflict WHERE ver >= ?", (start,))
        connection.execute("DELETE FROM leaving_record WHERE ver >= ?", (start,))
        connection.execute("UPDATE unknown_value SET ver = 0 WHERE ver >= ?", (start,))

    def epoch(self) -> int:
        """The server's epoch as this desk knows it."""
        return self._state("epoch")

    def _state(self, name: str) -> int:
        row = self._connection.execute("SELECT value FROM sync_state WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def permissions(self) -> int:
        """Epoch of the rights under which this desk reads, as far as it was told."""
        return self._state("permissions")

    def _entry(self, entry: Entry, applied: Applied) -> None:
        if entry.kind == EntryKind.CONFLICT and entry.conflict is not None:
            self._conflict(entry.conflict, applied)
        elif entry.kind == EntryKind.LEAVE:
            self.leaving.leave(shapes().get(entry.entity), entry)
        elif entry.kind in (EntryKind.CREATE, EntryKind.CHANGE, EntryKind.ENTER):
            shape = shapes().get(entry.entity)
            known = {number: value for number, value in entry.values.items() if shape and number in shape.fields}
            self._keep_unknown(entry, known)
            if shape is None and entry.kind == EntryKind.ENTER:
                self._forget_conflicts(entry)
            elif shape is not None and self._row(shape, entry, known):
                applied.touch(entry.entity, entry.record)

    def _keep_unknown(self, entry: Entry, known: dict[int, Any]) -> None:
        for number in entry.values.keys() - known.keys():
            self._connection.execute(
                "INSERT INTO unknown_value (record, field, entity, ver, value) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (record, field) DO UPDATE SET ver = excluded.ver, value = excluded.value "
                "WHERE excluded.ver > ver",
                (entry.record, number, entry.entity, entry.ver, msgspec.msgpack.encode(entry.values[number])),
            )

    def _row(self, shape: Shape, entry: Entry, values: dict[int, Any]) -> bool:
        names = ", ".join(f'"{spec.name}"' for spec in shape.fields.values())
        row = self._connection.execute(
            f'SELECT ver, {names} FROM "{shape.table}" WHERE id = ?', (entry.record,)
        ).fetchone()
        self.leaving.stays(entry.record)
        if row is None:
            return entry.kind != EntryKind.CHANGE and self._insert(shape, entry, values)
        newer, met = entry.ver > row[0], self.leaving.told(entry.record)
        if entry.ver <= (row[0] if met is None else met):
            return False
        if entry.kind == EntryKind.ENTER:
            self._forget_conflicts(entry)
        lost = self._shows_lost(row[0])
        if not newer and not lost:
            # A feed that is read anew: that it tells of the record counts, but the row shows what came after this.
            self.leaving.tell(entry)
            return False
        if entry.kind != EntryKind.CHANGE:
            # A whole record: what it does not name is null.
            values = {number: values.get(number) for number in shape.fields}
        shown = dict(zip(shape.fields, row[1:], strict=True))
        if lost:
            self._note_lost(row[0], entry.record, values, shown)
        if newer:
            self._note(shape, entry, values, shown)
            if entry.kind == EntryKind.ENTER and met is None:
                # What the server lost is no change of another.
                self._note_texts(shape, entry, values, shown)
        pending = self._outbox.pending(entry.record)
        own = 0 in pending and entry.kind == EntryKind.CREATE and self._outbox.made_as_shown(entry.change)
        free = {}
        for number, value in values.items():
            if number not in pending and 0 not in pending:
                free[number] = value
            else:
                self._outbox.put_beneath(shape.entity, entry.record, number, value, only_if_there=own)
        more = {"ver": entry.ver} | ({"updated_at": _touched(entry)} if shape.touched else {})
        if shape.touched:
            (before,) = self._connection.execute(
                f'SELECT updated_at FROM "{shape.table}" WHERE id = ?', (entry.record,)
            ).fetchone()
            more["updated_at"] = max(before, more["updated_at"])
        self._outbox.show(shape.entity, entry.record, free, **more)
        self.leaving.tell(entry)
        return True

    def _shows_lost(self, ver: int) -> bool:
        """Whether a row with this version shows what a restored server lost: what is told anew takes its place."""
        lost = "SELECT 1 FROM lost_version WHERE start <= ?1 AND ?1 < stop"
        return self._connection.execute(lost, (ver,)).fetchone() is not None

    def _insert(self, shape: Shape, entry: Entry, values: dict[int, Any]) -> bool:
        given = {number: value for number, value in values.items() if value is not None}
        if shape.required - given.keys():
            return False  # a record that ships with the program, seen only in part
        columns = {shape.fields[number].name: value for number, value in given.items()}
        columns |= {"id": entry.record, "ver": entry.ver}
        if shape.touched:
            columns["updated_at"] = _touched(entry)
        names = ", ".join(f'"{name}"' for name in columns)
        self._connection.execute(
            f'INSERT INTO "{shape.table}" ({names}) VALUES ({", ".join("?" * len(columns))})', tuple(columns.values())
        )
        pending = self._outbox.pending(entry.record)
        for number in shape.fields.keys() & pending:
            # It was here before and had gone: what waits of it again wrote over an older value.
            self._outbox.put_beneath(shape.entity, entry.record, number, given.get(number))
        if entry.kind == EntryKind.CREATE:
            self._history(shape, entry, 0, creation(given), None)
        return True

    def _forget_conflicts(self, entry: Entry) -> None:
        """Of a record that enters: those that are open are told behind it, others were settled elsewhere meanwhile."""
        self._connection.execute("DELETE FROM conflict WHERE record = ? AND ver <= ?", (entry.record, entry.ver))

    def _note(self, shape: Shape, entry: Entry, values: dict[int, Any], shown: dict[int, Any]) -> None:
        """Write the history of a change that others made, or that was merged with what others wrote."""
        if entry.kind != EntryKind.CHANGE:
            return
        for number, value in values.items():
            if entry.change is None or not self._outbox.wrote(entry.change, number, value):
                beneath = self._outbox.beneath(entry.record, number)
                self._history(shape, entry, number, value, beneath[0] if beneath else shown[number])

    def _note_texts(self, shape: Shape, entry: Entry, values: dict[int, Any], shown: dict[int, Any]) -> None:
        """Note that a text came in otherwise: whoever saved a form that showed it before can still tell what it was."""
        made_here = 0 in self._outbox.pending(entry.record)
        for number in shape.texts:
            beneath = self._outbox.beneath(entry.record, number)
            if made_here and beneath == (None,):
                continue  # it is the own creation, which waits to be settled, that has come back whole
            old = beneath[0] if beneath else shown[number]
            if old != values[number]:
                (now,) = self._connection.execute("SELECT hlc FROM capture").fetchone()
                self._history(shape, replace(entry, hlc=entry.hlc or now), number, values[number], old)

    def _note_lost(self, ver: int, record: Id, values: dict[int, Any], shown: dict[int, Any]) -> None:
        """Note what a row showed at a version that the server lost, before what is told anew takes its place: a form
        that showed it may still be open."""
        made_here = 0 in self._outbox.pending(record)
        for number, value in values.items():
            beneath = self._outbox.beneath(record, number)
            if made_here and beneath == (None,):
                # Where the own creation waits again, nothing stood beneath it; the row shows what it and others wrote,
                # and what was written here since.
                beneath = self._outbox.before_new(record, number)
            old = shown[number] if beneath is None else beneath[0]
            if old != value:
                self._connection.execute(
                    "INSERT OR IGNORE INTO lost_value (record, field, ver, value) VALUES (?, ?, ?, ?)",
                    (record, number, ver, old),
                )

    def _history(self, shape: Shape, entry: Entry, number: int, new: Any, old: Any) -> None:
        row = history_row(shape, entry, number, new, old)
        self._connection.executemany(HISTORY, unheard(self._connection, [row]))

    def _conflict(self, told: Conflict, applied: Applied) -> None:
        cursor = self._connection.execute(
            "INSERT INTO conflict (id, kind, entity, record, field, ver, open, packed, found_at) "
            "SELECT ?, ?, ?, ?, ?, ?, ?, ?, hlc >> 16 FROM capture WHERE true "
            "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, ver = excluded.ver, open = excluded.open, "
            "packed = excluded.packed, asked = CASE WHEN open THEN packed ELSE asked END, "
            "settled_at = CASE WHEN excluded.open THEN NULL ELSE excluded.found_at END WHERE excluded.ver > ver",
            (
                told.id,
                told.kind,
                told.entity,
                told.record,
                told.field,
                told.ver,
                told.open,
                msgspec.msgpack.encode(told),
            ),
        )
        if cursor.rowcount:
            applied.conflicts.add(told.id)

    def keep_to(self, places: Set[bytes], permissions: int) -> None:
        """Read these feeds and no others, under rights of an epoch. What stands in none of them goes with the next
        purge, unless a person's feed tells of it."""
        connection, held = self._connection, self.cursors()
        for place in places - held.keys():
            self.read(place)
        lost = sorted(held.keys() - places)
        for place in lost:
            connection.execute("DELETE FROM feed_cursor WHERE place = ?", (place,))
            # What this feed was to show is asked once more, and shown by another.
            connection.execute("UPDATE sent_change SET code = NULL, place = NULL, pos = NULL WHERE place = ?", (place,))
        if lost or permissions != self.permissions():
            # A person's feed was silent about what was read elsewhere, and about what was marked too high.
            connection.execute("UPDATE feed_cursor SET pos = 0 WHERE length(place) = ?", (PERSON,))
            other_rights = permissions != self.permissions()
            scope.mark_outside(connection, [one for one in places if len(one) == PARTITION], other_rights=other_rights)
        connection.execute("INSERT OR REPLACE INTO sync_state VALUES ('permissions', ?)", (permissions,))


def _goes_on(page: Page, cursor: int, walk: Walk | None) -> bool:
    """Whether a page begins where the walk of a desk has come to."""
    walk = walk or Walk()
    return cursor == 0 and (page.walk == walk or (walk.pos == 0 and not page.walk.after))


def _touched(entry: Entry) -> int:
    return entry.hlc >> 16
