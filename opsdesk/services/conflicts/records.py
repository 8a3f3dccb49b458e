"""A record with all its conflicts, and what else was changed since the split and came together without help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from opsdesk.models.base import Id
from opsdesk.models.threads import Tag
from opsdesk.services.conflicts import reading, sides, subjects
from opsdesk.services.conflicts.care import care
from opsdesk.services.conflicts.rows import Care, Conflict, JoinedField, Record
from opsdesk.services.conflicts.subjects import Subject
from opsdesk.services.conflicts.writes import Identities, person
from opsdesk.services.errors import NotFound
from opsdesk.store.queue.shapes import shapes
from opsdesk.store.work import Reader

_SETTLED_LIMIT: Final = 20
"""Settled conflicts of one record that are shown beside its open ones."""
_JOINED_LIMIT: Final = 12
_UNTOLD: Final = frozenset({"unit", "marking", "exercise", "voided", "source_hash"})


def record(reader: Reader, record_id: Id) -> Record:
    """A record with its conflicts, the open ones first. Raises NotFound when it has none or is not here."""
    found = [
        reading.stored(row)
        for row in reader.rows(
            reading.SELECT + "WHERE c.record = ? ORDER BY c.open DESC, c.found_at, c.field", (record_id,)
        )
    ]
    if not found:
        raise NotFound("Nothing is in conflict here")
    here = Identities(reader)
    about = subjects.subject(reader, found[0].entity, record_id)
    opened = [one for one in found if one.open]
    settled = sorted((one for one in found if not one.open), key=lambda one: -(one.settled_at or 2**62))
    wanted = (*opened, *settled[:_SETTLED_LIMIT])
    conflicts = tuple(one for known in wanted if (one := reading.read(reader, here, about, known)) is not None)
    if not conflicts:
        raise NotFound("What is in conflict here is known to a newer version of the program only")
    conflicts = sides.placed(reader, about, conflicts)
    since = opened or found
    tended = care(reader, about, tuple(one.id for one in since), min(one.found_at for one in since))
    return Record(
        id=record_id,
        ticket=about.ticket,
        kind=about.kind,
        number=about.number,
        title=about.title,
        conflicts=conflicts,
        joined=_joined(reader, here, about, [one for one in conflicts if one.settlement is None] or conflicts),
        care=tended,
        mine=is_mine(reader, tended, conflicts),
        found_at=min(one.found_at for one in since),
    )


def is_mine(reader: Reader, tended: Care, conflicts: Sequence[Conflict]) -> bool:
    """Whether this person should settle them: as their owner; where a unit owns them, as one who wrote a version."""
    if tended.person is not None:
        return tended.person.id == reader.person
    return any(version.side == "mine" for one in conflicts for version in one.versions)


def of_ticket(reader: Reader, ticket: Id) -> tuple[Record, ...]:
    """The open conflicts of a ticket and of what hangs on it, each record apart, the ticket itself first."""
    found = []
    tables = [shape for shape in shapes().values() if any(spec.name == "subject" for spec in shape.fields.values())]
    hanging = " UNION ALL ".join(f'SELECT id FROM "{shape.table}" WHERE subject = ?1' for shape in tables)
    for (record_id,) in reader.rows(
        f"SELECT DISTINCT record FROM conflict WHERE open = 1 AND (record = ?1 OR record IN ({hanging})) "
        "ORDER BY record <> ?1, record",
        (ticket,),
    ):
        try:
            made = record(reader, record_id)
        except NotFound:
            continue  # of a newer version of the program
        if made.open:
            found.append(made)
    return tuple(found)


def _joined(reader: Reader, here: Identities, about: Subject, conflicts: Sequence[Conflict]) -> tuple[JoinedField, ...]:
    """The other fields of the record that were written between the split and the finding of the conflicts."""
    written = [v.at for one in conflicts for v in one.versions if v.side != "base" and v.at is not None]
    if not written:
        return ()
    until = max(*(one.found_at for one in conflicts), *written)
    asked = {one.field for one in conflicts}
    rows = reader.rows(
        "SELECT 1, field, new, old, hlc, actor FROM change WHERE record = ?1 AND field > 0 "
        "AND coalesce(outcome, 0) <> 5 AND hlc BETWEEN ?2 AND ?3 UNION ALL "
        "SELECT 0, field, new, old, hlc, actor FROM received_change WHERE record = ?1 AND field > 0 "
        "AND hlc BETWEEN ?2 AND ?3 ORDER BY 5",
        (about.id, min(written) << 16, (until + 1) << 16),
    )
    fields: dict[int, list[tuple[int, object, object, Id | None]]] = {}
    for own, number, new, old, _hlc, actor in rows:
        spec = about.shape.fields.get(number)
        if spec is not None and spec.name not in asked and spec.name not in _UNTOLD:
            fields.setdefault(number, []).append((own, new, old, actor))
    found = [_one(reader, about, number, writes) for number, writes in fields.items()]
    tags = _tags(reader, about, min(written), until)
    return tuple([*found, *([tags] if tags else [])][:_JOINED_LIMIT])


def _one(
    reader: Reader, about: Subject, number: int, writes: list[tuple[int, object, object, Id | None]]
) -> JoinedField:
    spec = about.shape.fields[number]
    base = writes[0][2]
    mine = next((new for own, new, _, _ in reversed(writes) if own), base)
    theirs = next((new for own, new, _, _ in reversed(writes) if not own), base)
    before, here, there = (subjects.value_text(reader, about, spec, value) for value in (base, mine, theirs))
    last = person(reader, writes[-1][3])
    return JoinedField(
        subjects.label(reader, about, spec),
        before,
        here,
        there,
        mine_changed=any(own for own, *_ in writes),
        theirs_changed=any(not own for own, *_ in writes),
        who=last.name if last else "",
    )


def _tags(reader: Reader, about: Subject, since: int, until: int) -> JoinedField | None:
    """Words that were put on the record meanwhile: a set never conflicts."""
    added: dict[str, tuple[bool, Id | None]] = {}
    before: list[str] = []
    for tag, word in reader.rows("SELECT id, word FROM tag WHERE subject = ? AND voided IS NULL", (about.id,)):
        made = reader.row(
            "SELECT 1, hlc >> 16, actor FROM change WHERE record = ?1 AND field = 0 UNION ALL "
            "SELECT 0, hlc >> 16, actor FROM received_change WHERE record = ?1 AND field = 0",
            (tag,),
        )
        if made is not None and since <= made[1] <= until and about.shape.entity != Tag.entity:
            added[word] = (bool(made[0]), made[2])
        else:
            before.append(word)
    if not added:
        return None
    kept = sorted(set(before))
    mine = sorted({*kept, *(word for word, (own, _) in added.items() if own)})
    theirs = sorted({*kept, *(word for word, (own, _) in added.items() if not own)})
    last = person(reader, list(added.values())[-1][1])
    return JoinedField(
        "Tags", ", ".join(kept), ", ".join(mine), ", ".join(theirs), mine != kept, theirs != kept,
        last.name if last else "",
    )  # fmt: skip
