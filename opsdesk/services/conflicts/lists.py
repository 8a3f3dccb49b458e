"""The lists of conflicts: mine to settle, those that wait for others, those that were settled; and which tickets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.services.conflicts import reading, records, subjects
from opsdesk.services.conflicts.care import care
from opsdesk.services.conflicts.reading import Stored
from opsdesk.services.conflicts.rows import POSITION, Conflict, Line, Lists
from opsdesk.services.conflicts.writes import WAITING_SETTLEMENT, Identities
from opsdesk.services.errors import NotFound
from opsdesk.services.tickets.rows import Named
from opsdesk.store.queue.shapes import shapes
from opsdesk.store.work import Reader

LIMIT: Final = 500
"""Open conflicts, and settled ones, that the lists show; `more` says what was left out."""


def lists(reader: Reader, limit: int = LIMIT) -> Lists:
    """The conflicts by record: mine by due time, the others' likewise, the settled ones newest first."""
    lines, total = _open(reader, limit)
    return Lists(
        mine=tuple(line for line in lines if line.mine),
        others=tuple(line for line in lines if not line.mine),
        settled=settled(reader, limit=100),
        settled_count=_count_settled(reader),
        more=max(0, total - limit),
        as_of=reader.now,
    )


def settled(reader: Reader, limit: int = 100) -> tuple[Line, ...]:
    """What was settled, newest first: what waits to be shared, then what the server knows."""
    here = Identities(reader)
    waiting = reader.rows(reading.SELECT + f"WHERE c.open = 1 AND ({WAITING_SETTLEMENT}) IS NOT NULL LIMIT ?", (limit,))
    known = reader.rows(
        reading.SELECT + "WHERE c.settled_at IS NOT NULL ORDER BY c.settled_at DESC LIMIT ?", (limit - len(waiting),)
    )
    lines = _lines(reader, here, map(reading.stored, (*waiting, *known)))
    return tuple(sorted(lines, key=lambda line: -(line.settled.at if line.settled else 0)))


def forked(reader: Reader, tickets: Iterable[Id]) -> frozenset[Id]:
    """Which of these tickets have an open conflict, their own or of what hangs on them. Two index look-ups each."""
    found = set()
    for ticket in tickets:
        if reader.value(_FORKED, (ticket,)):
            found.add(ticket)
    return frozenset(found)


def all_forked(reader: Reader) -> frozenset[Id]:
    """All tickets with an open conflict: by the index of what is open, whatever the number of tickets."""
    found = set()
    for entity, record in reader.rows(
        f"SELECT c.entity, c.record FROM conflict c WHERE c.open = 1 AND ({WAITING_SETTLEMENT}) IS NULL"
    ):
        shape = shapes().get(entity)
        if entity == subjects.TICKET:
            found.add(record)
        elif shape is not None and any(spec.name == "subject" for spec in shape.fields.values()):
            above = reader.value(f'SELECT subject FROM "{shape.table}" WHERE id = ?', (record,))
            found |= {above} if above is not None else set()
    return frozenset(found)


def need_me(reader: Reader) -> int:
    """How many records wait for this person to settle them: the badge."""
    return sum(line.mine for line in _open(reader, LIMIT)[0])


def by_id(reader: Reader, text: str) -> tuple[Id, Id]:
    """The conflict and the record of an id as typed: its hexadecimal digits, or as many as tell it apart."""
    said = text.strip().lower()
    rows = [
        row
        for row in reader.rows("SELECT id, record FROM conflict WHERE lower(hex(id)) LIKE ? LIMIT 2", (f"{said}%",))
        if said and all(letter in "0123456789abcdef" for letter in said)
    ]
    if not rows:
        raise NotFound(f"No conflict here is called “{text}”")
    if len(rows) > 1:
        raise NotFound(f"Several conflicts begin with “{text}”; give more of the id")
    return rows[0][0], rows[0][1]


_HANGING: Final = " UNION ALL ".join(
    f'SELECT id FROM "{shape.table}" WHERE subject = ?1'
    for shape in shapes().values()
    if any(spec.name == "subject" for spec in shape.fields.values())
)
_FORKED: Final = (
    "SELECT EXISTS (SELECT 1 FROM conflict c WHERE c.record = ?1 AND c.open = 1 "
    f"AND ({WAITING_SETTLEMENT}) IS NULL) OR EXISTS (SELECT 1 FROM ({_HANGING}) h CROSS JOIN conflict c "
    f"WHERE c.record = h.id AND c.open = 1 AND ({WAITING_SETTLEMENT}) IS NULL)"
)


def _open(reader: Reader, limit: int) -> tuple[list[Line], int]:
    """The newest open conflicts by record, by due time, and how many there are in all."""
    opened = reader.rows(
        reading.SELECT + f"WHERE c.open = 1 AND ({WAITING_SETTLEMENT}) IS NULL ORDER BY c.found_at DESC LIMIT ?",
        (limit + 1,),
    )
    total = len(opened) if len(opened) <= limit else _count_open(reader)
    lines = _lines(reader, Identities(reader), map(reading.stored, opened[:limit]))
    return sorted(lines, key=lambda line: line.care.due_at), total


def _count_open(reader: Reader) -> int:
    return int(reader.value(f"SELECT count(*) FROM conflict c WHERE c.open = 1 AND ({WAITING_SETTLEMENT}) IS NULL"))


def _count_settled(reader: Reader) -> int:
    return int(
        reader.value(
            "SELECT (SELECT count(*) FROM conflict WHERE settled_at IS NOT NULL) + "
            f"(SELECT count(*) FROM conflict c WHERE c.open = 1 AND ({WAITING_SETTLEMENT}) IS NOT NULL)"
        )
    )


def _lines(reader: Reader, here: Identities, found: Iterable[Stored]) -> list[Line]:
    by_record = sorted(found, key=lambda one: (one.record, one.found_at, one.field))
    lines = []
    for _record, group in groupby(by_record, key=lambda one: one.record):
        lines += list(_line(reader, here, list(group)))
    return lines


def _line(reader: Reader, here: Identities, group: list[Stored]) -> Iterator[Line]:
    try:
        about = subjects.subject(reader, group[0].entity, group[0].record)
    except NotFound:
        return  # it has left, or a newer version of the program wrote it
    conflicts = [one for known in group if (one := reading.read(reader, here, about, known)) is not None]
    if not conflicts:
        return
    # What was settled is told one by one: each has its own time and choice.
    parts = [conflicts] if conflicts[0].settlement is None else [[one] for one in conflicts]
    for part in parts:
        tended = care(reader, about, tuple(one.id for one in part), min(one.found_at for one in part))
        versions = [version for one in part for version in one.versions if version.side != "base"]
        yield Line(
            record=about.id,
            ticket=about.ticket,
            kind=about.kind,
            number=about.number,
            title=about.title,
            conflicts=tuple(one.id for one in part),
            fields=_labels(part),
            who=_unlike(version.author for version in versions),
            places=tuple(dict.fromkeys(version.where for version in versions if version.where)),
            found_at=min(one.found_at for one in part),
            care=tended,
            mine=records.is_mine(reader, tended, part),
            involved=_involved(reader, part),
            settled=part[0].settlement,
        )


def _labels(part: list[Conflict]) -> tuple[str, ...]:
    """The names of the fields; those of one position are one."""
    several = sum(one.field in POSITION for one in part) > 1
    return tuple(dict.fromkeys("Position" if several and one.field in POSITION else one.label for one in part))


def _unlike(people: Iterable[Named | None]) -> tuple[Named, ...]:
    return tuple({person.id: person for person in people if person is not None}.values())


def _involved(reader: Reader, part: list[Conflict]) -> bool:
    by: Any = part[0].settlement.by if part[0].settlement else None
    return any(version.side == "mine" for one in part for version in one.versions) or (
        by is not None and by.id == reader.person
    )
