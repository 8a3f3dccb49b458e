"""One own change in words, as the queue and the Returned box tell it: "priority to Urgent", "comment “Leaks”"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.mentions import plain
from opsdesk.models.threads import LINK_KINDS, Answer, Comment, Link, Tag, Watcher
from opsdesk.models.tickets import State, Ticket
from opsdesk.services import conflicts
from opsdesk.services.errors import NotFound
from opsdesk.services.tickets import answer_words, label_of, past
from opsdesk.store.queue.shapes import shapes, values_of
from opsdesk.store.work import Reader
from opsdesk.sync.core.messages import ChangeKind

_LONG: Final = 60
_CARRIED: Final = frozenset({"unit", "marking", "exercise"})
"""Fields that what hangs on a ticket takes from it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A change as it stands in the table `change`, with what `sync_intent` says of it."""

    seq: int
    entity: int
    record: Id
    subject: Id | None
    field: int
    new: Any
    old: Any
    intent: int | None = None


def words(reader: Reader, change: Told) -> str:
    """What the change does, in a few words; empty for what follows from another change of the same act."""
    shape = shapes().get(change.entity)
    if shape is None:
        return "a change of a newer version"
    if change.field == 0:
        return _made(reader, change)
    spec = shape.fields.get(change.field)
    if spec is None:
        return "a field of a newer version"
    ticket = change.entity == Ticket.entity
    if not ticket and change.subject is not None and spec.name in _CARRIED:
        return ""
    if spec.name == "priority_reason":
        return ""
    if spec.name == "voided" and change.intent is None:
        return _voided(reader, change, ticket)
    if ticket and spec.name == "state" and change.intent is None:
        return f"state {State(change.new).label}"
    try:
        about = conflicts.subject(reader, change.entity, change.record)
    except NotFound:
        # Its creation came back, and the record went.
        return _set(label_of(spec.name), past.value_text(reader, spec.name, change.new)) if ticket else ""
    label = conflicts.label(reader, about, spec)
    if change.intent == ChangeKind.WITHDRAW:
        return f"{label.lower()} taken back"
    value = short(plain(conflicts.value_text(reader, about, spec, change.new)))
    if change.intent == ChangeKind.RESOLVE:
        return f"conflict on {label.lower()} settled: {value or 'empty'}"
    if change.entity == Comment.entity:
        return f"comment changed: {value}"
    return _set(label, value)


def _set(label: str, value: str) -> str:
    return f"{label.lower()} to {short(value)}" if value else f"{label.lower()} cleared"


def short(text: str) -> str:
    """One line of at most a few words."""
    line = " ".join(text.split())
    return line if len(line) <= _LONG else line[: _LONG - 1] + "…"


def name_of(reader: Reader, table: str, column: str, record: Id) -> str:
    """The name of a record, or that it has not arrived."""
    found = reader.value(f'SELECT "{column}" FROM "{table}" WHERE id = ?', (record,))
    return "not yet received" if found is None else str(found)


def _made(reader: Reader, change: Told) -> str:
    values = values_of(change.entity, change.new)
    match change.entity:
        case Ticket.entity:
            return "new ticket"
        case Comment.entity:
            return f"comment “{short(plain(str(values.get('body', ''))))}”"
        case Tag.entity:
            return f"tag {values.get('word', '')}"
        case Watcher.entity:
            return f"watched by {name_of(reader, 'person', 'name', values['person'])}"
        case Answer.entity:
            code = str(values.get("question", ""))
            asked = answer_words.Answers(reader, values.get("subject"))
            label, said = asked.label(code), short(asked.text(code, values.get("value")))
            return f"{label}: {said}" if said else f"{label} left open"
        case Link.entity:
            how = LINK_KINDS.get(str(values.get("kind")), ("linked to", ""))[0]
            return f"{how} {name_of(reader, 'ticket', 'number', values['target'])}"
    kind = shapes()[change.entity].table.replace("_", " ")
    name = values.get("name") or values.get("title") or ""
    return f"new {kind} {short(str(name))}".rstrip()


def _voided(reader: Reader, change: Told, ticket: bool) -> str:
    if ticket:
        return f"voided: {short(str(change.new))}" if change.new is not None else "brought back"
    word = _HANGING.get(change.entity, shapes()[change.entity].table.replace("_", " "))
    if change.entity == Tag.entity:
        word = f"tag {name_of(reader, 'tag', 'word', change.record)}"
    return f"{word} removed" if change.new is not None else f"{word} back"


_HANGING: Final = {
    Comment.entity: "comment",
    Link.entity: "link",
    Watcher.entity: "watcher",
    Answer.entity: "answer",
}
