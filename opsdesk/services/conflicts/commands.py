"""Settling conflicts, and looking after them. Each command is one unit of work, and works without a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from opsdesk.models import rights
from opsdesk.models.base import Id, Kind, Synced
from opsdesk.models.threads import ConflictCare
from opsdesk.models.tickets import State, Ticket
from opsdesk.services import access, forms
from opsdesk.services.changes import Changes
from opsdesk.services.conflicts import reading, records, subjects
from opsdesk.services.conflicts.care import care_id
from opsdesk.services.conflicts.reading import Stored
from opsdesk.services.conflicts.rows import Conflict, Seen
from opsdesk.services.conflicts.subjects import Subject
from opsdesk.services.conflicts.writes import RESOLVE
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.tickets import commands as tickets
from opsdesk.services.times import EARLIEST, LATEST
from opsdesk.store.database import DriverError
from opsdesk.store.work import Reader, Work
from opsdesk.sync.core.messages import Ref

_RIGHTS: Final = {"state": rights.TRANSITION, "voided": rights.VOID, "unit": rights.HAND_OVER}
_GONE: Final = "was settled meanwhile"


class Overtaken(Refused):
    """The conflict is not any more what the person had before the eyes: it was settled, or another version came."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value for one conflict, with what the person had before the eyes."""

    seen: Seen
    value: object


def settle(work: Work, choices: Sequence[Choice], *, note: str = "", draft: str = "") -> Changes:
    """Settle conflicts of one record in one act, naming the versions that were seen. Offline as well as online.

    A conflict that is settled already gets another value: that is an edit like others. `note` says why; `draft` is the
    place of the draft that the choices were made in. Raises Overtaken when there is something that the person has not
    seen, Refused for a value that cannot be and for a missing right; then nothing was written.
    """
    if not choices:
        raise Refused("Choose a version first")
    touched: list[Id] = []
    labels: list[str] = []
    chosen: dict[int, object] = {}
    about: Subject | None = None
    for choice in choices:
        found = _stored(work, choice.seen.conflict)
        chosen[found.field] = choice.value
        about = subjects.subject(work, found.entity, found.record)
        labels.append(_settle_one(work, about, found, choice))
        touched.append(found.id)
        if note.strip():
            _write_care(work, about, found.id, {"note": tickets.text("note", note).strip()})
    assert about is not None
    _whole_position(work, about, chosen)
    if about.ticket is not None:
        tickets.touch(work, about.ticket)
    done = forms.drop_draft(work, draft) if draft else Changes()
    work.label = f"Settle {', '.join(labels).lower()} of {about.number or about.title}"
    return done | changes_of(about, touched)


def settle_side(work: Work, record: Id, side: str, seen: Sequence[Seen]) -> Changes:
    """Take one side (`mine`, `theirs`) for all open conflicts of a record that were seen, in one act.

    Raises Refused when a conflict has no version, or several, of that side.
    """
    made = records.record(work, record)
    known = {one.id: one for one in made.open}
    choices = []
    for one in seen:
        conflict = known.get(one.conflict)
        if conflict is None:
            raise Overtaken(f"One of these {_GONE}; nothing was changed")
        choices.append(Choice(one, take(conflict, side)))
    return settle(work, choices)


def take(conflict: Conflict, which: str) -> object:
    """The value of a version: `base`, `mine`, `theirs`, `both` (a text), or its number. Raises Refused."""
    said = which.strip().lower()
    if said == "both":
        if conflict.joined is None:
            raise Refused(f"{conflict.label}: the versions overlap and cannot be joined; write the text")
        return conflict.joined
    found = [one for one in conflict.versions if said in (one.side, str(one.number))]
    if len(found) == 1:
        return found[0].value
    if found:
        numbers = ", ".join(str(one.number) for one in found)
        raise Refused(f"{conflict.label}: there are several versions of others; take one by its number ({numbers})")
    if said == "mine":
        raise Refused(f"{conflict.label}: no version is yours; take one by its number")
    raise Refused(f"{conflict.label} has no version “{which}”")


def give(work: Work, conflicts: Sequence[Id], to: Id | None) -> Changes:
    """Ask a person to settle conflicts of one record; None gives them back to whoever the record says."""
    return _care(work, conflicts, {"owner": to}, "Give the conflict on" if to else "Give back the conflict on")


def set_due(work: Work, conflicts: Sequence[Id], at: int | None) -> Changes:
    """Say until when conflicts of one record are to be settled (UTC milliseconds); None: as the priority says."""
    if at is not None and not EARLIEST <= at < LATEST:
        raise Refused("The year must lie between 1800 and 2199", field="due_at")
    return _care(work, conflicts, {"due_at": at}, "Set the due time of the conflict on")


def take_back(work: Work, seq: int) -> bool:
    """Undo an own settlement: what has not been sent yet is taken back and the conflict is open again; else the field
    gets back what it showed before, and the versions stay in the list of what was settled. False when others have
    changed the field since."""
    entity, record, number, new, old = (
        work.row("SELECT entity, record, field, new, old FROM change WHERE seq = ?", (seq,)) or (None,) * 5
    )
    assert entity is not None
    about = subjects.subject(work, entity, record)
    spec = about.shape.fields[number]
    current = work.value(f'SELECT "{spec.name}" FROM "{about.shape.table}" WHERE id = ?', (record,))
    if current != new:
        return False
    if work.value("SELECT 1 FROM sent_change WHERE seq = ?", (seq,)) is None:
        work.outbox.reopen(seq)
    elif new != old:
        event = "undo" if spec.kind is Kind.STATE else None
        work.update(_entity(entity), record, {spec.name: old}, event=event)
    return True


def is_settlement(reader: Reader, seq: int) -> Id | None:
    """The conflict that an own change settled; None for any other change."""
    found: Id | None = reader.value("SELECT conflict FROM sync_intent WHERE seq = ? AND kind = ?", (seq, RESOLVE))
    return found


def changes_of(about: Subject, conflicts: Sequence[Id]) -> Changes:
    """What screens must look at after conflicts of a record came, changed or went."""
    tickets_too = frozenset({about.ticket}) if about.ticket is not None else frozenset()
    return Changes(conflicts=frozenset(conflicts), tickets=tickets_too)


def arrived(reader: Reader, conflicts: Sequence[Id]) -> Changes:
    """The announcement of conflicts that came in, changed or went by sync."""
    found = Changes()
    for conflict in conflicts:
        row = reader.row("SELECT entity, record FROM conflict WHERE id = ?", (conflict,))
        try:
            found |= changes_of(subjects.subject(reader, *row), [conflict]) if row else Changes()
        except NotFound:
            found |= Changes(conflicts=frozenset({conflict}))
    return found


def _stored(work: Work, conflict: Id) -> Stored:
    row = work.row(reading.SELECT + "WHERE c.id = ?", (conflict,))
    if row is None:
        raise NotFound("This conflict is not here any more")
    return reading.stored(row)


def _settle_one(work: Work, about: Subject, found: Stored, choice: Choice) -> str:
    """Settle one conflict; the word of its field."""
    seen = choice.seen
    spec = subjects.field_of(about.shape, found.field)
    if spec is None:
        raise Refused("This field is known to a newer version of the program only")
    word = subjects.label(work, about, spec)
    _require(work, about, spec.name, choice.value)
    if choice.value is None and found.field not in about.shape.optional:
        raise Refused(f"{word} is needed", field=spec.name)
    named = {Ref(*change) for change in seen.changes}
    now = [one.change for one in found.now.candidates]
    if not found.open:
        if seen.changes and not found.now.open:
            raise Overtaken(f"{word} {_GONE}; what you chose is kept here", field=spec.name)
        work.update(_entity(found.entity), about.id, {spec.name: choice.value}, seen=_base(seen))
        return word
    if not named.issuperset(now):
        raise Overtaken(f"{word}: another version has come in; look again", field=spec.name)
    asked = replace(found.now, candidates=tuple(one for one in found.now.candidates if one.change in named))
    try:
        work.outbox.resolve(found.entity, about.id, asked, choice.value, seen=_base(seen))
    except DriverError as error:
        if "below itself" in str(error):
            raise Refused(f"{word}: a record cannot be below itself; choose another", field=spec.name) from error
        raise
    if about.shape.entity == Ticket.entity and spec.name == "state":
        _tidy_after_state(work, about.id, State(int(choice.value)))  # type: ignore[call-overload]
    return word


def _base(seen: Seen) -> tuple[int, int, int]:
    return seen.ver, seen.seq, seen.settled


def _tidy_after_state(work: Work, ticket: Id, state: State) -> None:
    """What a ticket waits for and how it was solved belong to states; those of the version not taken go with it."""
    values: dict[str, Any] = {}
    if state is not State.WAITING:
        values |= {"waiting_reason": None, "waiting_until": None}
    if state not in (State.RESOLVED, State.CLOSED):
        values["solution"] = None
    row = work.row(f"SELECT {', '.join(values)} FROM ticket WHERE id = ?", (ticket,)) if values else None
    if row is not None and any(value is not None for value in row):
        work.update(Ticket, ticket, values)


def _whole_position(work: Work, about: Subject, chosen: Mapping[int, object]) -> None:
    """Leave both of a position, or neither: who moved it along a meridian wrote one field of the two, and another who
    took it away wrote both. What is missing becomes what it was before it was taken; where it was chosen that there is
    none, there is none. `chosen` are values by field number. Raises Refused where the other one is open, too, or where
    nobody here knows what it was."""
    numbers = {spec.name: number for number, spec in about.shape.fields.items() if spec.name in ("lat", "lon")}
    if not chosen.keys() & numbers.values():
        return
    row = work.row(f'SELECT lat, lon FROM "{about.shape.table}" WHERE id = ?', (about.id,))
    assert row is not None  # it was just settled
    missing = [name for name, value in zip(("lat", "lon"), row, strict=True) if value is None]
    if len(missing) != 1:
        return
    (name,) = missing
    about_it = (about.id, numbers[name])
    if numbers[name] not in chosen and work.value(
        "SELECT 1 FROM conflict WHERE record = ? AND field = ? AND open", about_it
    ):
        raise Refused("A position has a latitude and a longitude; settle both", field=name)
    taken = "SELECT old, hlc FROM {0} WHERE record = ?1 AND field = ?2 AND new IS NULL AND old IS NOT NULL"
    was = work.value(
        f"SELECT old FROM ({taken.format('change')} UNION ALL {taken.format('received_change')}) "
        "ORDER BY hlc DESC LIMIT 1",
        about_it,
    )
    if numbers[name] in chosen:
        work.update(_entity(about.shape.entity), about.id, {"lat": None, "lon": None})
    elif was is not None:
        work.update(_entity(about.shape.entity), about.id, {name: was})
    else:
        raise Refused("The other half of this position is not known here; take the other version, and say it anew")


def _require(reader: Reader, about: Subject, field: str, value: object) -> None:
    access.require(reader, rights.EDIT)
    if about.shape.entity != Ticket.entity:
        return
    if field in _RIGHTS:
        access.require(reader, _RIGHTS[field])
        closed = reader.value("SELECT state FROM ticket WHERE id = ?", (about.id,)) == State.CLOSED
        if field == "state" and closed and value != State.CLOSED:
            access.require(reader, rights.REOPEN_CLOSED)
    elif field == "assignee" and value != reader.person:
        access.require(reader, rights.ASSIGN)
    elif field == "major" and value:
        access.require(reader, rights.MAJOR)


def _care(work: Work, conflicts: Sequence[Id], values: Mapping[str, Any], label: str) -> Changes:
    access.require(work, rights.EDIT)
    about: Subject | None = None
    for conflict in conflicts:
        found = _stored(work, conflict)
        about = subjects.subject(work, found.entity, found.record)
        _write_care(work, about, conflict, values)
    if about is None:
        raise Refused("Choose a conflict first")
    if about.ticket is not None:
        tickets.touch(work, about.ticket)
    work.label = f"{label} {about.number or about.title}"
    return changes_of(about, conflicts)


def _write_care(work: Work, about: Subject, conflict: Id, values: Mapping[str, Any]) -> None:
    record = care_id(conflict)
    if work.update(ConflictCare, record, dict(values)):
        return
    row = work.row(f'SELECT unit, marking, exercise FROM "{_table(about)}" WHERE id = ?', (about.anchor,))
    assert row is not None  # it hangs on a record that was found
    hangs = dict(zip(("unit", "marking", "exercise"), row, strict=True))
    work.insert(ConflictCare, hangs | {"subject": about.anchor, "conflict": conflict, **values}, record=record)


def _table(about: Subject) -> str:
    return Ticket.__tablename__ if about.ticket is not None else about.shape.table


def _entity(number: int) -> type[Synced]:
    return Synced.registry_of_entities[number]
