"""What a value alone does not say of a version: where on the ground it is, and who stands against a void or parent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from opsdesk.services import positions
from opsdesk.services.conflicts import subjects, writes
from opsdesk.services.conflicts.rows import Conflict, Version
from opsdesk.services.conflicts.subjects import Subject
from opsdesk.services.conflicts.writes import Identities, Write
from opsdesk.services.errors import NotFound
from opsdesk.services.tickets.commands import number_of
from opsdesk.store.work import Reader
from opsdesk.sync.core.messages import Candidate

_HALVES: Final = ("lat", "lon")
_DEPTH: Final = 64
"""So far up a chain of parents is looked for the one that closes it."""


def against_void(reader: Reader, here: Identities, about: Subject, void: Candidate) -> tuple[Write, str] | None:
    """The edit that a void stands against, where the record is still shown: the newest by anybody else, and what it
    changed in words. The server shows the record as it was, which nobody wrote for this."""
    own = here.mine(void.change)
    found = reader.rows(
        "SELECT field, hlc, 1 FROM change WHERE record = ?1 AND field > 0 UNION ALL "
        "SELECT field, hlc, 0 FROM received_change WHERE record = ?1 AND field > 0 ORDER BY 2 DESC",
        (about.id,),
    )
    for number, _hlc, is_own in found:
        spec = about.shape.fields.get(number)
        if spec is None or spec.name == subjects.VOIDED or (own and is_own):
            continue
        written = [
            one
            for one in writes.writes(reader, here, about, number)
            if one.own == bool(is_own) and (one.ref is None or one.ref.dev != void.change.dev)
        ]
        if written:
            return written[-1], f"changed {subjects.label(reader, about, spec).lower()}"
    return None


def against_parent(reader: Reader, here: Identities, about: Subject, parent: object) -> tuple[Write, str] | None:
    """The write that put the wanted parent below this very record, and which ticket it was, in words."""
    at: object = parent
    number = next(number for number, spec in about.shape.fields.items() if spec.name == "parent")
    for _ in range(_DEPTH):
        above = reader.value("SELECT parent FROM ticket WHERE id = ?", (at,))
        if above is None:
            return None
        if above == about.id:
            break
        at = above
    assert isinstance(at, bytes)
    try:
        child = subjects.subject(reader, subjects.TICKET, at)
    except NotFound:
        return None
    written = [one for one in writes.writes(reader, here, child, number) if one.new == about.id]
    return (written[-1], f"{number_of(reader, at)} stands below this one") if written else None


def placed(reader: Reader, about: Subject, conflicts: Sequence[Conflict]) -> tuple[Conflict, ...]:
    """The same conflicts, where each half of a position says in MGRS where it is together with the other half."""
    if about.shape.entity != subjects.TICKET:
        return tuple(conflicts)
    halves = {one.field: one for one in conflicts if one.field in _HALVES and one.settlement is None}
    if not halves:
        return tuple(conflicts)
    shown = reader.row("SELECT lat, lon FROM ticket WHERE id = ?", (about.id,)) or (None, None)

    def told(one: Conflict) -> Conflict:
        if halves.get(one.field) is not one:
            return one
        other = halves.get(_HALVES[one.field == "lat"])
        found = []
        for version in one.versions:
            with_it = shown[one.field == "lat"] if other is None else _beside(other, version)
            pair = (version.value, with_it) if one.field == "lat" else (with_it, version.value)
            found.append(replace(version, detail=_grid(*pair)))
        return replace(one, versions=tuple(found))

    return tuple(told(one) for one in conflicts)


def _beside(other: Conflict, version: Version) -> object:
    """The other half of the same side; of several by others, of the same person."""
    same = [one for one in other.versions if one.side == version.side]
    who = version.author.id if version.author else None
    by = [one for one in same if (one.author.id if one.author else None) == who] if len(same) > 1 else same
    return by[0].value if len(by) == 1 else None


def _grid(lat: object, lon: object) -> str:
    return positions.mgrs(lat, lon) if isinstance(lat, float) and isinstance(lon, float) else ""
