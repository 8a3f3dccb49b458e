"""At rest every desk holds what it may read, as the server does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.invariants.evidence import Evidence, Problem
from opsdesk.simulator.reading import readable
from opsdesk.sync.core.messages import Conflict
from opsdesk.sync.core.rules import MARKING, UNIT

PLACE_FIELDS: Final = (UNIT, MARKING, 3)
"""What a record that hangs on another takes from it: unit, marking, exercise."""
_NULL: Final = msgspec.msgpack.encode(None)


class Rest(Evidence):
    """I5, I6 and I15."""

    def _unknown_kept(self) -> Iterator[Problem]:
        """I15: what this version does not know is the same everywhere, byte for byte."""
        for desk in self.world.desks:
            kept = {(row[0], row[1]): row[2] for row in desk.rows("SELECT record, field, value FROM unknown_value")}
            for record in self.held.records.values():
                if not readable(self.held, desk.reader, record):
                    continue
                shape = desk.shapes().get(record.entity)
                for number, value in record.values.items():
                    told = kept.get((record.id, number))
                    known = shape is not None and number in shape.fields
                    # Nothing and null are the same.
                    if not known and (told or _NULL) != msgspec.msgpack.encode(value):
                        yield Problem("diverged", f"I15: {desk.name} lacks unknown field {number}")

    def _converged(self) -> Iterator[Problem]:
        for desk in self.world.desks:
            cursors = desk.session.inbox.cursors()
            for place, pos in cursors.items():
                if pos != len(self.held.feeds.get(place, ())):
                    yield Problem("diverged", f"I6: {desk.name} is at {pos} of {len(self.held.feeds[place])}")
            yield from self._same_rows(desk)
            yield from self._same_conflicts(desk)
            for table in ("server_value", "leaving_record"):
                (count,) = desk.rows(f"SELECT count(*) FROM {table}")[0]
                if count:
                    yield Problem("diverged", f"{desk.name} keeps {count} rows in {table}")

    def _same_rows(self, desk: SimDesk) -> Iterator[Problem]:
        for shape in desk.shapes().values():
            names = ", ".join(f'"{spec.name}"' for spec in shape.fields.values())
            there = {row[0]: row[1:] for row in desk.rows(f'SELECT id, ver, {names} FROM "{shape.table}"')}
            for record in self.held.records.values():
                if record.entity != shape.entity:
                    continue
                row = there.pop(record.id, None)
                if not readable(self.held, desk.reader, record):
                    if row is not None and not self._untold(row):
                        yield Problem("diverged", f"I5: {desk.name} has {shape.table} that it may not read")
                    continue
                if row is None:
                    yield Problem("diverged", f"I5: {desk.name} lacks {shape.table} {record.id.hex()[-6:]}")
                    continue
                taken = PLACE_FIELDS if self.world.server.takes_place and shape.hangs_by is not None else ()
                for number, value in zip(shape.fields, row[1:], strict=True):
                    if number in taken:
                        continue
                    if value != record.values.get(number) and (number in record.values or number in shape.optional):
                        yield Problem(
                            "diverged",
                            f"I5: {desk.name} {shape.table} {record.id.hex()[-6:]} {shape.fields[number].name}: "
                            f"{value!r}, the server has {record.values.get(number)!r}",
                        )
            for record_id, row in there.items():
                if row[0] > 0 and not self._untold(row):
                    yield Problem("diverged", f"I5: {desk.name} has {shape.table} {record_id.hex()} of nobody")

    def _untold(self, row: tuple[Any, ...]) -> bool:
        """What a restored server has never told a desk of is kept there: it may be the last that has it."""
        return any(row[0] in lost for lost in self.held.lost)

    def _kept(self, desk: SimDesk, conflict: Conflict) -> bool:
        """Whether its record is kept though the desk may not read it any more: what is asked about that stays too."""
        record, shape = self.held.records.get(conflict.record), desk.shapes().get(conflict.entity)
        if shape is None or (record is not None and readable(self.held, desk.reader, record)):
            return False
        rows = desk.rows(f'SELECT ver FROM "{shape.table}" WHERE id = ?', conflict.record)
        return any(self._untold(row) for row in rows)

    def _same_conflicts(self, desk: SimDesk) -> Iterator[Problem]:
        mine = {
            found.id: found
            for (packed,) in desk.rows("SELECT packed FROM conflict WHERE open = 1")
            for found in [msgspec.msgpack.decode(packed, type=Conflict)]
        }
        theirs = {
            found.id: found
            for found in self.held.conflicts.values()
            if found.open and readable(self.held, desk.reader, self.held.records[found.record])
        }
        for found in list(mine.values()):
            if found.id not in theirs and self._kept(desk, found):
                del mine[found.id]
        if mine != theirs:
            yield Problem("diverged", f"I5: {desk.name} has {len(mine)} open conflicts, the server {len(theirs)}")
