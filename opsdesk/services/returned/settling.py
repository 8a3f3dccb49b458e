"""Settling what came back: send it again, hand it to a person, discard it with a reason; and writing it to a file.

Settled things stay listed. What a person did with each is kept in `returned_change`: how, why, when and by which act.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from opsdesk.models import rights
from opsdesk.models.base import Id, Synced
from opsdesk.models.threads import Answer, Comment, Tag
from opsdesk.models.tickets import Ticket
from opsdesk.services import access, conflicts, tickets, times
from opsdesk.services.changes import Changes
from opsdesk.services.conflicts import editors
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.returned.items import Item, Part, item
from opsdesk.services.tickets import commands
from opsdesk.store.errors import StorageError
from opsdesk.store.queue.shapes import shapes, values_of
from opsdesk.store.work import Reader, Work

SENT: Final = "sent again"
HANDED: Final = "handed over"
DISCARDED: Final = "discarded"


def send_again(work: Work, key: int, answers: Mapping[str, Any] | None = None) -> Changes:
    """Write what came back once more, upon what stands there now, and settle it.

    `answers` are other values, as the editors of the differences give them: by the number of the change, of a ticket
    that is made anew by the name of the field. A ticket is made anew in the own unit, with its number and all that
    hung on it. Raises Refused when it is what stands there already, or cannot be written.
    """
    found, parts = item(work, key)
    before = work.newest_change()
    if found.creation:
        made = _make_anew(work, parts, answers or {})
        touched = {made}
        work.value_out = made
    else:
        touched = {ticket for part in parts if (ticket := _write(work, part, parts, answers or {})) is not None}
    if work.newest_change() == before:
        raise Refused("This is what stands there now; change it first, or discard it")
    _settle(work, found, SENT, "")
    work.label = f"Send again: {found.number or found.title}"
    return Changes(tickets=frozenset(touched), queue=True)


def hand_over(work: Work, key: int, person: Id, note: str = "") -> Changes:
    """Write a ticket for a person that says what came back and why, linked to the record, and settle it here."""
    found, _ = item(work, key)
    access.require(work, rights.CREATE)
    title = commands.line("title", f"Returned: {found.title or found.words}"[: commands.TITLE_LIMIT])
    said = [note.strip()] if note.strip() else []
    said.append(as_text(found))
    values = {"description": "\n\n".join(said), "assignee": person}
    if person != work.person:
        access.require(work, rights.ASSIGN)
    changes = tickets.create(work, title=title, values=values)
    made = work.value_out
    assert isinstance(made, bytes)
    if found.ticket is not None:
        changes |= tickets.link(work, made, "relates", found.ticket, even_voided=True)
    name = work.value("SELECT name FROM person WHERE id = ?", (person,))
    if name is None:
        raise NotFound("This person is not here")
    _settle(work, found, HANDED, str(name))
    work.label = f"Hand over: {found.number or found.title}"
    work.value_out = made
    return changes | Changes(queue=True)


def discard(work: Work, key: int, reason: str) -> Changes:
    """Settle it without sending it, for a reason. It stays listed, and in the history of its record."""
    said = commands.line("reason", reason)
    if not said:
        raise Refused("Give a reason", field="reason")
    found, _ = item(work, key)
    _settle(work, found, DISCARDED, said)
    work.label = f"Discard: {found.number or found.title}"
    work.value_out = found.key
    return Changes(tickets=frozenset({found.ticket}) if found.ticket else frozenset(), queue=True)


def reopen(work: Work, key: int) -> Changes:
    """Put what was discarded back into the box."""
    row = work.row("SELECT settled_by FROM returned_change WHERE seq = ? AND how = ?", (key, DISCARDED))
    if row is None:
        raise NotFound("This was not discarded")
    work.execute(
        "UPDATE returned_change SET settled_at = NULL, how = NULL, said = NULL, settled_by = NULL WHERE settled_by = ?",
        row,
    )
    return Changes(queue=True)


def _settle(work: Work, found: Item, how: str, said: str) -> None:
    marks = ", ".join("?" * len(found.seqs))
    work.execute(
        f"UPDATE returned_change SET settled_at = ?, how = ?, said = ?, settled_by = ? WHERE seq IN ({marks})",
        (work.now, how, said, work.act, *found.seqs),
    )


# Writing again


def _write(work: Work, part: Part, parts: list[Part], answers: Mapping[str, Any]) -> Id | None:
    """Write one of the changes again; the ticket that it is about."""
    told = part.told
    if told.field == 0:
        return _hang_again(work, part, answers.get(str(told.seq)))
    about = conflicts.subject(work, told.entity, told.record)
    spec = about.shape.fields[told.field]
    value = _value(work, part, answers)
    if told.entity == Ticket.entity:
        together = {_name(one): _value(work, one, answers) for one in parts if one.told.record == told.record}
        _write_ticket(work, part, spec.name, value, together)
    else:
        work.update(Synced.registry_of_entities[told.entity], told.record, {spec.name: value})
        if about.ticket is not None:
            commands.touch(work, about.ticket)
    return about.ticket


def _name(part: Part) -> str:
    told = part.told
    return shapes()[told.entity].fields[told.field].name if told.field else ""


def _value(work: Work, part: Part, answers: Mapping[str, Any]) -> Any:
    """What is to be written: what was sent, or what a person gave instead."""
    told, code = part.told, str(part.told.seq)
    if code not in answers or not told.field:
        return told.new
    about = conflicts.subject(work, told.entity, told.record)
    return editors.as_stored(answers[code], editors.coding(about, about.shape.fields[told.field]))


_OF_A_STEP: Final = {"state_reason": "reason", "waiting_reason": "waiting_reason", "waiting_until": "until",
                     "solution": "solution"}  # fmt: skip
"""Fields that a step of the state writes along → how the step is told of them."""


def _write_ticket(work: Work, part: Part, name: str, value: Any, together: Mapping[str, Any]) -> None:
    """Write a field of a ticket again. `together` are all fields of it that came back in this act."""
    ticket = part.told.record
    if name == "state":
        said = {word: together[field] for field, word in _OF_A_STEP.items() if together.get(field) is not None}
        tickets.transition(work, ticket, part.event or "", **said)
    elif name in _OF_A_STEP and "state" in together:
        return  # the step writes it
    elif name == "voided":
        if value is None:
            tickets.restore(work, ticket)
        else:
            tickets.void(work, ticket, str(value))
    elif name == "priority_reason" and "priority" in together:
        return  # it goes with the priority
    elif name == "priority":
        tickets.edit(work, ticket, {name: value, "priority_reason": together.get("priority_reason")})
    elif name in _OF_A_STEP or name == "priority_reason":
        commands.write(work, ticket, {name: value}, None)
    else:
        tickets.edit(work, ticket, {name: value})


def _hang_again(work: Work, part: Part, answer: Any) -> Id:
    """Hang a comment, tag or link on its ticket once more, as a new record."""
    told = part.told
    assert told.subject is not None
    entity = Synced.registry_of_entities[told.entity]
    values = values_of(told.entity, told.new)
    if answer is not None and entity in (Comment, Tag):
        values["body" if entity is Comment else "word"] = commands.text("body", answer).strip()
    values |= _place_of(work, told.subject)
    if entity is Answer:
        tickets.answer(work, told.subject, str(values["question"]), _json(values.get("value")))
    else:
        work.insert(entity, values)
        commands.touch(work, told.subject)
    return told.subject


def _place_of(work: Work, ticket: Id) -> dict[str, Any]:
    unit, marking, exercise = commands.existing(work, ticket, "unit, marking, exercise")
    return {"unit": unit, "marking": marking, "exercise": exercise, "subject": ticket}


def _make_anew(work: Work, parts: list[Part], answers: Mapping[str, Any]) -> Id:
    """Make a ticket once more in the own unit, with what was written on it and hung on it since."""
    access.require(work, rights.CREATE)
    root = parts[0].told
    values = values_of(root.entity, root.new)
    fields = shapes()[root.entity].fields
    for part in parts[1:]:
        if part.told.record == root.record and part.told.field:
            values[fields[part.told.field].name] = part.told.new
    given = {name: answers[name] for name in answers if name in ("title", "description", "location")}
    values |= commands.checked(work, given) | {"unit": work.unit, "updated_at": work.now}
    made = work.insert(Ticket, values)
    work.execute("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", (work.person, made, work.now))
    for part in parts[1:]:
        told = part.told
        if told.record != root.record and told.field == 0:
            entity = Synced.registry_of_entities[told.entity]
            hung = values_of(told.entity, told.new) | _place_of(work, made)
            if entity is Answer:
                tickets.answer(work, made, str(hung["question"]), _json(hung.get("value")))
            else:
                work.insert(entity, hung)
    return made


def _json(value: Any) -> Any:
    return None if value is None else json.loads(value)


# Telling it elsewhere


def as_text(found: Item) -> str:
    """A returned thing for people who do not have it: what was sent, why it came back, what stands there."""
    lines = [
        f"{found.number} {found.title}".strip(),
        f"Sent by {found.by or 'somebody'}, {times.dtg(found.made_at)}; came back {times.dtg(found.returned_at)}.",
        found.sentence,
    ]
    for one in found.differences:
        known = f" (before: {one.before}; now: {one.now})" if one.before or one.now else ""
        lines.append(f"- {one.label}: {one.sent}{known}")
    lines += [f"- {part}" for part in found.parts]
    return "\n".join(lines)


def export(reader: Reader, key: int, folder: Path, tag: str) -> Path:
    """Write a returned thing to a JSON file in `folder` and return its path. It stays in the box.

    Raises StorageError when the file cannot be written.
    """
    found, parts = item(reader, key)
    told = {
        "number": found.number,
        "title": found.title,
        "what": found.words,
        "by": found.by,
        "written_at": times.iso(found.made_at),
        "returned_at": times.iso(found.returned_at),
        "reason": found.sentence,
        "fields": [
            {"field": one.label, "before": one.before, "sent": one.sent, "now": one.now} for one in found.differences
        ],
        "changes": [_plainly(part) for part in parts],
    }
    path = folder / f"returned-{found.number or tag}-{found.key}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path} could not be written: {error.strerror}") from error
    return path


def _plainly(part: Part) -> dict[str, Any]:
    told, shape = part.told, shapes().get(part.told.entity)
    field = shape.fields[told.field].name if shape and told.field in shape.fields else str(told.field)
    return {
        "sequence": told.seq,
        "record": told.record.hex(),
        "table": shape.table if shape else str(told.entity),
        "field": field if told.field else "",
        "value": told.new.hex() if isinstance(told.new, bytes) else told.new,
        "reason": part.reason,
    }
