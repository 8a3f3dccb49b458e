"""What a person can do with a ticket's fields: create, edit, assign, answer, void. Each is one unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from opsdesk.models import rights
from opsdesk.models.base import FieldSpec, Id, Kind, Marking, fields
from opsdesk.models.threads import Answer, Comment, ConflictCare, Link, Tag, Watcher
from opsdesk.models.tickets import Level, Priority, State, Ticket, priority_of
from opsdesk.services import access, forms
from opsdesk.services.changes import Changes
from opsdesk.services.errors import Invalid, NotFound, Problem, Refused
from opsdesk.services.filework import attaching
from opsdesk.services.filework.worker import Prepared
from opsdesk.services.positions import SOURCES
from opsdesk.services.tickets import answers_of_form, placing, rules
from opsdesk.services.tickets.rows import Base
from opsdesk.services.times import bounded
from opsdesk.store.work import Reader, Work

TITLE_LIMIT: Final = 300
TEXT_LIMIT: Final = 100_000
LINE_LIMIT: Final = 1_000

_RULED: Final = frozenset({"number", "created_at", "state", "voided", "waiting_reason", "waiting_until", "solution"})
"""Fields that only their own commands write: numbers are final, states move by transitions, voiding has a reason."""

_TIMES: Final = frozenset({"occurred_at", "due_at"})

_JUDGED_BY: Final = ("number", "urgency", "impact", "priority", "priority_reason", "type")
"""Columns of a ticket that decide what becomes of an edit."""


def create(
    work: Work,
    *,
    title: str,
    type: Id | None = None,
    category: Id | None = None,
    values: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    form: Id | None = None,
    files: Sequence[Prepared] = (),
    draft: str = "",
) -> Changes:
    """Write a new ticket and return it as the outcome's value.

    `values` are further fields by name, `answers` those of the form by question, `files` hang on it from the start.
    `draft` is the place of the draft that it was written from, which goes in the same transaction. Raises Invalid
    naming every wrong field at once.
    """
    access.require(work, rights.CREATE)
    if files:
        access.require(work, rights.EDIT)
    refuse_ruled(values or {})
    given = {"title": title, "type": type, "category": category, "form": form, **(values or {})}
    row = checked(work, given)
    if row.get("lat") is None and row.get("place") is not None:
        row |= placing.from_place(work, row["place"])
    counting = answers_of_form.counting(work, given, row, answers or {})
    number = work.next_number(_prefix(work, type))
    set_priority(row, {})
    row.setdefault("requester", work.person)
    row.setdefault("unit", work.unit)
    row.setdefault("occurred_at", work.now)
    row |= {"number": number, "state": int(State.NEW), "created_at": work.now, "updated_at": work.now}
    made = work.insert(Ticket, row)
    for question, value in counting.items():
        answers_of_form.put(work, made, row["unit"], question, value, empty=True)
    attaching.put(work, of(work, made), files)
    work.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (work.person, made, work.now))
    done = forms.drop_draft(work, draft) if draft else Changes()
    work.label = f"New {number}"
    work.value_out = made
    return done | Changes(tickets=frozenset({made}), files=frozenset({made} if files else ()))


def edit(work: Work, ticket: Id, values: Mapping[str, Any], *, seen: Base | None = None) -> Changes:
    """Set fields of a ticket. `seen` is the base token of the row that the editor showed.

    A changed urgency or impact moves the priority along, unless it was overridden with a reason.
    """
    access.require(work, rights.EDIT, ticket)
    refuse_ruled(values)
    row = checked(work, values)
    before = dict(zip(_JUDGED_BY, existing(work, ticket, ", ".join(_JUDGED_BY)), strict=True))
    for right in rights_for(work, row):
        access.require(work, right)
    problem = rules.broken(row, before, rules.kinds(work) if row.get("category") is not None else None)
    if problem is not None:
        raise Refused(problem.text, field=problem.field)
    set_priority(row, before)
    if "place" in row and "lat" not in row:
        row |= placing.from_place(work, row["place"], *existing(work, ticket, "lat, position_source"))
    write(work, ticket, row, seen)
    if "unit" in row or "marking" in row or "exercise" in row:
        carry(work, ticket, row)
    names = ", ".join(label_of(name).lower() for name in values)
    work.label = f"Change {names} of {before['number']}"
    return Changes(tickets=frozenset({ticket}))


def assign(work: Work, ticket: Id, to: Id | None, *, seen: Base | None = None) -> Changes:
    """Give a ticket to a person, or to nobody."""
    changes = edit(work, ticket, {"assignee": to}, seen=seen)
    work.label = f"{'Assign' if to else 'Unassign'} {number_of(work, ticket)}"
    return changes


def answer(work: Work, ticket: Id, question: str, value: Any, *, seen: Base | None = None) -> Changes:
    """Answer one question of the ticket's form; None takes the answer back. Raises Invalid for a wrong one.

    `seen` is the base of the answer that the editor showed (`TicketCard.answer_base`).
    """
    access.require(work, rights.EDIT, ticket)
    unit, form, number = existing(work, ticket, "unit, form, number")
    filled = False
    if form is not None:
        asked = forms.asked_of(work, ticket)
        answers_of_form.check(asked, question, value)
        filled = question in asked.form.filled_by_rules
    answers_of_form.put(work, ticket, unit, question, value, seen, empty=filled)
    if form is not None:
        answers_of_form.follow_rules(work, ticket, unit)
    touch(work, ticket)
    work.label = f"Answer on {number}"
    return Changes(tickets=frozenset({ticket}))


def void(work: Work, ticket: Id, reason: str, *, seen: Base | None = None) -> Changes:
    """Take a ticket out of all lists, for a reason. It stays in the file, and undo brings it back."""
    access.require(work, rights.VOID, ticket)
    if not reason.strip():
        raise Refused("Give a reason", field="reason")
    write(work, ticket, {"voided": line("reason", reason)}, seen)
    work.label = f"Void {number_of(work, ticket)}"
    return Changes(tickets=frozenset({ticket}))


def restore(work: Work, ticket: Id, *, seen: Base | None = None) -> Changes:
    """Bring a voided ticket back into the lists; one that counts already stays as it is."""
    access.require(work, rights.VOID)
    write(work, ticket, {"voided": None}, seen)
    work.label = f"Bring back {number_of(work, ticket)}"
    return Changes(tickets=frozenset({ticket}))


def mark_seen(work: Work, ticket: Id) -> Changes:
    """Remember that the person has read the ticket as it is now, and with it what was notified of it."""
    work.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (work.person, ticket, work.now))
    told = work.execute(
        "UPDATE notification SET read_at = ? WHERE person = ? AND subject = ? AND read_at IS NULL",
        (work.now, work.person, ticket),
    )
    return Changes(tickets=frozenset({ticket}), notifications=told > 0)


def touch(work: Work, ticket: Id) -> None:
    """Note that something about the ticket changed now; the list sorts by it."""
    work.execute("UPDATE ticket SET updated_at = ? WHERE id = ?", (work.now, ticket))
    work.execute("UPDATE seen SET seen_at = ? WHERE subject = ? AND person = ?", (work.now, ticket, work.person))


def of(reader: Reader, ticket: Id) -> dict[str, Any]:
    """What a record that hangs on the ticket takes from it. Raises NotFound."""
    unit, marking, exercise = existing(reader, ticket, "unit, marking, exercise")
    return {"unit": unit, "marking": marking, "exercise": exercise, "subject": ticket}


def number_of(reader: Reader, ticket: Id) -> str:
    """The human number of a ticket. Raises NotFound."""
    return str(existing(reader, ticket, "number")[0])


def label_of(name: str) -> str:
    """The word on screens of a ticket field."""
    return _LABELS.get(name, name.replace("_", " ").capitalize())


_LABELS: Final = {
    "occurred_at": "Happened",
    "due_at": "Due",
    "created_at": "Created",
    "updated_at": "Updated",
    "lat": "Latitude",
    "lon": "Longitude",
    "accuracy_m": "Accuracy",
    "external": "Number at source",
    "priority_reason": "Reason for the priority",
    "state_reason": "Reason",
    "waiting_reason": "Waiting for",
    "waiting_until": "Waiting until",
    "reported_via": "Reported by way of",
    "voided": "Voided",
    "grid": "Grid reference",
    "position_doubt": "Doubt about the position",
    "position_source": "Source of the position",
}


def refuse_ruled(values: Mapping[str, Any]) -> None:
    """Raise Refused for a field that only its own command writes."""
    ruled = sorted(_RULED & values.keys())
    if ruled:
        raise Refused(f"{label_of(ruled[0])} cannot be written directly", field=ruled[0])


@cache
def _specs() -> dict[str, FieldSpec]:
    return {spec.name: spec for spec in fields(Ticket)}


@cache
def _nullable() -> dict[str, bool]:
    return {column.name: bool(column.nullable) for column in Ticket.__table__.columns}


def checked(reader: Reader, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the table stores them. Raises Invalid with one problem for each wrong field."""
    row: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        try:
            row[name] = _stored(reader, name, value)
        except Refused as refusal:
            problems.append(Problem(name, refusal.text))
    if ("lat" in row) != ("lon" in row) or (row.get("lat") is None) != (row.get("lon") is None):
        problems.append(Problem("position", "A position needs latitude and longitude"))
    if problems:
        raise Invalid(tuple(problems))
    return row


def checked_one(reader: Reader, name: str, value: Any) -> Any:
    """The value of one field as the table stores it. Raises Refused."""
    return _stored(reader, name, value)


def _stored(reader: Reader, name: str, value: Any) -> Any:
    spec = _specs().get(name)
    if spec is None:
        raise Refused(f"There is no field “{name}”", field=name)
    if name == "title":
        title = line(name, value or "")
        if not title:
            raise Refused("Give it a title", field=name)
        return title
    if value is None:
        if not _nullable()[name]:
            raise Refused(f"{label_of(name)} is needed", field=name)
        return None
    if spec.kind is Kind.REFERENCE:
        return _reference(reader, spec, value)
    try:
        return _scalar(name, value)
    except (ValueError, TypeError, OverflowError):
        raise Refused(f"{label_of(name)} cannot be read", field=name) from None


def _scalar(name: str, value: Any) -> Any:
    ranges: dict[str, type[Level] | type[Priority] | type[Marking]] = {
        "urgency": Level,
        "impact": Level,
        "priority": Priority,
        "marking": Marking,
    }
    if name in ranges:
        try:
            return int(ranges[name](value))
        except ValueError:
            words = ", ".join(member.label for member in ranges[name])
            raise Refused(f"{label_of(name)} is one of {words}", field=name) from None
    if name in _TIMES:
        return bounded(int(value), name)
    limits = {"lat": (-90.0, 90.0), "lon": (-180.0, 180.0), "accuracy_m": (0.0, 1e7)}
    if name in limits:
        low, high = limits[name]
        # A NaN fails this comparison as well.
        if not low <= float(value) <= high:
            raise Refused(f"{label_of(name)} lies between {low:g} and {high:g}", field=name)
        return float(value)
    if name in ("major", "exercise"):
        if value not in (0, 1):
            raise Refused(f"{label_of(name)} is yes or no", field=name)
        return bool(value)
    if name == "source_hash":
        return bytes(value)
    if name == "position_source" and value not in SOURCES:
        raise Refused(f"{label_of(name)} is one of {', '.join(SOURCES.values())}", field=name)
    if name == "description":
        return text(name, value)
    return line(name, value) or None


def line(name: str, value: Any) -> str:
    """One line of text without surplus spaces. Raises Refused when it is too long."""
    said = " ".join(text(name, value).split())
    limit = TITLE_LIMIT if name == "title" else LINE_LIMIT
    if len(said) > limit:
        raise Refused(f"At most {limit} characters, these are {len(said)}", field=name)
    return said


def text(name: str, value: Any) -> str:
    """A text as it can be stored. Raises Refused when it is too long."""
    # SQLite ends a text at NUL in some of its functions, and a lone surrogate cannot be stored at all.
    said = str(value).replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if len(said) > TEXT_LIMIT:
        raise Refused(f"At most {TEXT_LIMIT} characters, these are {len(said)}", field=name)
    return said.rstrip()


def _reference(reader: Reader, spec: FieldSpec, value: Any) -> Id:
    if not isinstance(value, bytes) or len(value) != 16:
        raise Refused(f"{label_of(spec.name)} must be chosen from the list", field=spec.name)
    if spec.target != "*" and reader.value(f'SELECT 1 FROM "{spec.target}" WHERE id = ?', (value,)) is None:
        raise Refused(f"This {label_of(spec.name).lower()} is not here", field=spec.name)
    return value


def rights_for(reader: Reader, row: Mapping[str, Any]) -> tuple[str, ...]:
    """The rights, beside editing, that setting these columns needs."""
    needed = []
    if row.get("assignee", reader.person) != reader.person:
        needed.append(rights.ASSIGN)
    if "unit" in row:
        needed.append(rights.HAND_OVER)
    if row.get("major"):
        needed.append(rights.MAJOR)
    return tuple(needed)


def set_priority(row: dict[str, Any], current: Mapping[str, Any]) -> None:
    """Follow the matrix, unless the person set another priority and said why."""
    if not row.keys() & {"urgency", "impact", "priority", "priority_reason"} and current:
        return
    urgency = row.get("urgency", current.get("urgency", int(Level.MEDIUM)))
    impact = row.get("impact", current.get("impact", int(Level.MEDIUM)))
    by_matrix = int(priority_of(Level(urgency), Level(impact)))
    wanted = row.get("priority")
    if wanted is None:
        # An override stays as it is when urgency, impact or its reason change, and ends when its reason is taken away.
        if not row.get("priority_reason", current.get("priority_reason")):
            row["priority"] = by_matrix
            row["priority_reason"] = None
    elif wanted == by_matrix:
        row["priority_reason"] = None
    else:
        row["priority_reason"] = row.get("priority_reason") or "set by hand"


def _prefix(reader: Reader, kind: Id | None) -> str:
    prefix = reader.value("SELECT number_prefix FROM ticket_type WHERE id = ?", (kind,)) if kind else None
    return str(prefix or "T")


def existing(reader: Reader, ticket: Id, columns: str) -> tuple[Any, ...]:
    """Columns of a ticket. Raises NotFound."""
    row = reader.row(f"SELECT {columns} FROM ticket WHERE id = ?", (ticket,))
    if row is None:
        raise NotFound("This ticket is not here")
    return row


def write(work: Work, ticket: Id, row: Mapping[str, Any], seen: Base | None, *, event: str | None = None) -> None:
    """Set columns of a ticket as they are stored, with the base that the person saw. Raises NotFound."""
    if not work.update(Ticket, ticket, {**row, "updated_at": work.now}, seen=seen, event=event):
        raise NotFound("This ticket is not here")
    work.execute("UPDATE seen SET seen_at = ? WHERE subject = ? AND person = ?", (work.now, ticket, work.person))


def carry(work: Work, ticket: Id, row: Mapping[str, Any]) -> None:
    """What hangs on a ticket belongs where the ticket belongs."""
    moved = {name: row[name] for name in ("unit", "marking", "exercise") if name in row}
    columns = ", ".join(f'"{name}" = ?' for name in moved)
    for entity in (Comment, Link, Tag, Watcher, Answer, ConflictCare):
        work.execute(f'UPDATE "{entity.__tablename__}" SET {columns} WHERE subject = ?', (*moved.values(), ticket))
    work.execute(f"UPDATE attachment SET {columns} WHERE subject = ?", (*moved.values(), ticket))
