"""What desks would add to that which all of them read: categories, places, people, units made where nobody may.

It came back to its author with the reason, and is in use there. An administrator sees it here, and may make it for all:
under the same id, so that whatever names it finds it everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from opsdesk.models.base import Id
from opsdesk.server import writes
from opsdesk.server.accounts import Note, audit
from opsdesk.server.database import Database
from opsdesk.server.writes import Write
from opsdesk.services.errors import Refused
from opsdesk.store.queue.shapes import EVERYWHERE, Shape, shapes
from opsdesk.sync.core.messages import Change, ChangeKind

_decode: Final = msgspec.msgpack.Decoder(Change).decode
_NAMES: Final = ("name", "label", "form", "code")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A record that waits for an administrator. `by` is who made it, `tag` that of the desk, `at` when it came."""

    table: str
    record: Id
    name: str
    by: str
    tag: str
    at: int
    values: dict[str, Any]


async def waiting(db: Database) -> tuple[Proposal, ...]:
    """All that wait, those of which others depend first: units, people, then the rest."""
    shared = {shape.entity: shape for shape in shapes().values() if shape.table in EVERYWHERE}
    async with db.merging() as connection:
        rows = await connection.fetch(
            "SELECT r.entity, r.record, r.returned_at, r.body, p.name, d.tag FROM returned r "
            "LEFT JOIN person p ON p.id = r.person LEFT JOIN device d ON d.dev = r.dev "
            "WHERE r.entity = ANY ($1) AND r.settled IS NULL AND r.reason LIKE 'no right: %' "
            "ORDER BY r.entity, r.dev, r.dseq",
            list(shared),
        )
        there: set[Id] = set()
        for shape in shared.values():
            records = [row["record"] for row in rows if row["entity"] == shape.entity]
            found = await connection.fetch(f'SELECT id FROM "{shape.table}" WHERE id = ANY ($1)', records)
            there.update(row["id"] for row in found)
    made: dict[Id, Proposal] = {}
    for row in rows:
        change = _decode(row["body"])
        if change.kind == ChangeKind.CREATE and row["record"] not in there:
            values = _by_name(shared[row["entity"]], change)
            name = next((str(values[key]) for key in _NAMES if values.get(key)), "")
            made[row["record"]] = Proposal(
                shared[row["entity"]].table, row["record"], name, row["name"] or "", row["tag"] or "",
                row["returned_at"], values,
            )  # fmt: skip
    return tuple(made.values())


async def accept(db: Database, record: Id, *, note: Note, now: int) -> Proposal:
    """Make a proposed record for all desks. Raises Refused when it waits no more."""
    found = next((one for one in await waiting(db) if one.record == record), None)
    if found is None:
        raise Refused("This proposal is not waiting any more")
    await writes.submit(db, [Write(found.table, record, found.values)], writes.allow_all, person=note.person, now=now)
    async with db.accounts() as connection:
        await audit(connection, "proposal accepted", note, now, subject=record.hex(), name=found.name)
    return found


def _by_name(shape: Shape, change: Change) -> dict[str, Any]:
    return {shape.fields[number].name: value for number, value in change.values.items() if number in shape.fields}
