"""The edits that are measured: one field each, of as many records, as people would make them while they are cut off.

The mix: priority 30 of a hundred, assignee 20, time due 15, title (18 letters) 15, location (10) 10, how it was
reported 10.
"""

from __future__ import annotations

import random
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.tickets import Ticket
from opsdesk.store.database import Database
from opsdesk.store.work import Work

MIX: Final = (("priority", 30), ("assignee", 20), ("due_at", 15), ("title", 15), ("location", 10), ("reported_via", 10))
_APART_MS: Final = 20_000
"""Time between two edits."""


def edit(database: Database, person: Id, unit: Id, count: int, *, seed: int, now: int) -> None:
    """Edit so many tickets, each by an act of its own; then nothing but these edits waits."""
    chance = random.Random(seed)
    with database.transaction(now=now) as connection:
        # What the folder brought along by itself is not measured.
        connection.execute("UPDATE change SET outcome = 0, settled = seq WHERE outcome IS NULL")
    keys = [key for (key,) in database.connection.execute("SELECT key FROM ticket WHERE voided IS NULL").fetchall()]
    people = [row[0] for row in database.connection.execute("SELECT id FROM person").fetchall()]
    fields = chance.choices([name for name, _ in MIX], [weight for _, weight in MIX], k=count)
    with database.transaction(now=now, actor=person) as connection:
        work = Work(database, person=person, unit=unit, now=now, act=chance.randbytes(16))
        for number, (key, field) in enumerate(zip(chance.sample(keys, count), fields, strict=True)):
            connection.execute("UPDATE capture SET act = ?, hlc = hlc + ?", (chance.randbytes(16), _APART_MS << 16))
            record, ver, before = connection.execute(
                f'SELECT id, ver, "{field}" FROM ticket WHERE key = ?', (key,)
            ).fetchone()
            values = {field: _another(field, before, number, people, chance), "updated_at": now + number * _APART_MS}
            work.update(Ticket, record, values, seen=(ver, number, 2**62))


def _another(field: str, before: Any, number: int, people: list[Id], chance: random.Random) -> Any:
    """A value that is not the one that stands there."""
    if field == "priority":
        return 1 + before % 4
    if field == "assignee":
        return chance.choice([person for person in people[:200] if person != before])
    if field == "due_at":
        return (before or 1_800_000_000_000) + 3_600_000
    if field == "reported_via":
        return "radio" if before != "radio" else "phone"
    return f"Quay {number:05d}" if field == "location" else f"Pump at quay {number:05d}"
