"""The tree of units, as the administrator's commands make and change it. Rights reach down it: whoever works in a unit
tree reads all below their own unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsdesk.models.base import Id
from opsdesk.server import foundation, writes
from opsdesk.server.accounts import Note, audit
from opsdesk.server.database import Database
from opsdesk.server.writes import NotAccepted, Write
from opsdesk.services.errors import Refused


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit in the order of the tree. `depth` is 0 for those with nothing above."""

    name: str
    above: str | None
    depth: int
    accounts: int


async def tree(db: Database) -> tuple[UnitLine, ...]:
    """All units, each below the one that it belongs to."""
    async with db.merging() as connection:
        rows = await connection.fetch("SELECT id, name, parent FROM unit WHERE voided IS NULL ORDER BY name, id")
    async with db.accounts() as connection:
        counted = await connection.fetch(
            "SELECT unit, count(*) AS people FROM (SELECT DISTINCT ON (person) unit FROM permission "
            "ORDER BY person, epoch DESC) p GROUP BY unit"
        )
    people = {row["unit"]: row["people"] for row in counted}
    names = {row["id"]: row["name"] for row in rows}
    below: dict[Id | None, list[Any]] = {}
    for row in rows:
        # What lies below a unit that is not there any more is shown, too.
        below.setdefault(row["parent"] if row["parent"] in names else None, []).append(row)
    found: list[UnitLine] = []

    def walk(above: Id | None, depth: int) -> None:
        for row in below.get(above, ()):
            found.append(UnitLine(row["name"], names.get(above), depth, people.get(row["id"], 0)))
            walk(row["id"], depth + 1)

    walk(None, 0)
    return tuple(found)


async def add(db: Database, name: str, below: str | None, *, note: Note, now: int) -> None:
    """Make a unit below another, or below the top one. Raises Refused."""
    if not name.strip():
        raise Refused("A unit needs a name")
    above = await foundation.top_unit(db) if below is None else await named(db, below)
    await foundation.add_unit(db, name.strip(), above, note=note, now=now)
    await _note(db, "unit made", name, note, now)


async def change(db: Database, name: str, *, to: str | None, below: str | None, note: Note, now: int) -> None:
    """Give a unit another name, or another unit above it, with all below. Raises Refused."""
    unit = await named(db, name)
    values: dict[str, Any] = {}
    if to is not None:
        if not to.strip() or await foundation.unit_named(db, to.strip()) not in (None, unit):
            raise Refused(f"There is a unit “{to}” already" if to.strip() else "A unit needs a name")
        values |= {"name": to.strip(), "code": to.strip()}
    if below is not None:
        values["parent"] = await named(db, below)
    if not values:
        raise Refused("Say what is to change: --name or --below")
    async with db.merging() as connection:
        row = await connection.fetchrow("SELECT * FROM unit WHERE id = $1", unit)
    changed = {field: value for field, value in values.items() if row[field] != value}
    if not changed:
        return
    try:
        await writes.submit(
            db, [Write("unit", unit, changed, row["ver"])], writes.allow_all, person=note.person, now=now
        )
    except NotAccepted as error:
        raise Refused(f"“{name}” cannot stand there: {error.reason}") from error
    await _note(
        db, "unit changed", name, note, now, **{part: said for part, said in (("name", to), ("below", below)) if said}
    )


async def named(db: Database, name: str) -> Id:
    """The unit of that name. Raises Refused."""
    found = await foundation.unit_named(db, name)
    if found is None:
        raise Refused(f"There is no unit “{name}”; `opsdesk server unit list` shows them")
    return found


async def _note(db: Database, act: str, unit: str, note: Note, now: int, **detail: str) -> None:
    async with db.accounts() as connection:
        await audit(connection, act, note, now, subject=unit, **detail)
