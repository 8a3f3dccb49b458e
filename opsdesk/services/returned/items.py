"""Which returned changes make one thing: a creation with all that hangs on it, else what one act did to one record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from opsdesk.models.base import Id
from opsdesk.models.tickets import State, Ticket, transition
from opsdesk.services import change_words, conflicts
from opsdesk.services.change_words import Told
from opsdesk.services.conflicts import editors
from opsdesk.services.errors import NotFound
from opsdesk.services.forms import FormField
from opsdesk.services.returned import reasons
from opsdesk.services.tickets import label_of, past
from opsdesk.store.queue.shapes import shapes, values_of
from opsdesk.store.work import Reader

LISTED: Final = 500
"""Changes of the box that are read at most, the newest settled ones among them."""

_OPEN: Final = "FROM returned_change r INDEXED BY ix_returned_change_open CROSS JOIN change c ON c.seq = r.seq "
_OTHER: Final = "SELECT 1 FROM change p CROSS JOIN returned_change q ON q.seq = p.seq WHERE q.settled_at IS NULL AND "
_HEAD: Final = (
    # No creation of the record, or of what it hangs on, lies in the box as well, and nothing else of the same act.
    f"NOT EXISTS ({_OTHER} p.record = c.subject AND p.field = 0 AND p.seq < c.seq) "
    f"AND NOT EXISTS ({_OTHER} p.record = c.record AND (p.field = 0 OR p.act = c.act) AND p.seq < c.seq)"
)
_ROWS: Final = (
    "SELECT c.seq, c.entity, c.record, c.subject, c.field, c.new, c.old, i.kind, c.act, c.hlc >> 16, p.name, "
    "r.reason, r.returned_at, r.settled_at, r.how, r.said, c.event "
    "FROM returned_change r CROSS JOIN change c ON c.seq = r.seq LEFT JOIN sync_intent i ON i.seq = c.seq "
    "LEFT JOIN person p ON p.id = c.actor WHERE "
)


def heads(reader: Reader) -> int:
    """How many things are in the box and not settled."""
    return int(reader.value(f"SELECT count(*) {_OPEN} WHERE r.settled_at IS NULL AND {_HEAD}"))


@dataclass(frozen=True, slots=True)
class Part:
    """One returned change as it is stored."""

    told: Told
    act: Id | None
    at: int
    by: str
    reason: str
    returned_at: int
    settled_at: int | None
    how: str | None
    said: str | None
    event: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a returned thing: before, as it was sent, and as it stands there now."""

    seq: int
    label: str
    before: str
    sent: str
    now: str
    editor: FormField | None
    """How another value is asked for; None where the value can only be sent as it was."""
    answer: Any
    """What was sent, as the editor takes it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in the Returned box. `key` is the sequence of its first change; times are UTC milliseconds."""

    key: int
    seqs: tuple[int, ...]
    ticket: Id | None
    """The ticket it is about, where that is here."""
    number: str
    title: str
    words: str
    creation: bool
    """Whether the record itself came back, with all that hangs on it."""
    by: str
    made_at: int
    returned_at: int
    reason: str
    """In two or three words."""
    sentence: str
    differences: tuple[Difference, ...]
    parts: tuple[str, ...]
    """What else came back with it, in words."""
    can_send: bool
    settled_at: int | None
    how: str
    said: str


def items(reader: Reader) -> tuple[Item, ...]:
    """Everything in the box that is not settled, the newest first."""
    return _items(reader, read(reader, "r.settled_at IS NULL ORDER BY c.seq LIMIT ?", (LISTED,)))


def settled(reader: Reader, limit: int = 50) -> tuple[Item, ...]:
    """What was settled, the latest first."""
    found = read(reader, "r.settled_at IS NOT NULL ORDER BY r.settled_at DESC, c.seq LIMIT ?", (LISTED,))
    made = _items(reader, sorted(found, key=lambda part: part.told.seq))
    return tuple(sorted(made, key=lambda item: -(item.settled_at or 0)))[:limit]


def item(reader: Reader, key: int) -> tuple[Item, list[Part]]:
    """One thing that is not settled, with its changes. Raises NotFound."""
    parts = next(
        (group for group in groups(read(reader, "r.settled_at IS NULL ORDER BY c.seq")) if _is(group, key)), None
    )
    if parts is None:
        raise NotFound("This is not in the Returned box any more")
    return _item(reader, parts), parts


def read(reader: Reader, where: str, values: Sequence[Any] = ()) -> list[Part]:
    """Returned changes."""
    return [Part(Told(*row[:8]), *row[8:]) for row in reader.rows(_ROWS + where, values)]


def groups(parts: Sequence[Part]) -> list[list[Part]]:
    """The changes of each thing together, in the order of their sequence."""
    made: dict[object, list[Part]] = {}
    creations = {part.told.record for part in parts if part.told.field == 0 and part.told.record == part.told.subject}
    for part in parts:
        told = part.told
        root: object = (part.act or told.seq, told.record)
        if told.subject in creations:
            root = told.subject
        elif told.field and any(one.told.field == 0 and one.told.record == told.record for one in parts):
            root = next((one.act or one.told.seq, told.record) for one in parts
                        if one.told.field == 0 and one.told.record == told.record)  # fmt: skip
        # What was settled apart stays apart.
        made.setdefault((root, part.settled_at), []).append(part)
    # Fields that were written at once stand in the order in which the record has them.
    return [sorted(group, key=_in_order) for group in made.values()]


def _in_order(part: Part) -> tuple[object, ...]:
    told = part.told
    return (part.at, told.record != (told.subject or told.record), told.field, told.seq)


def _is(parts: list[Part], key: int) -> bool:
    return any(part.told.seq == key for part in parts)


def _items(reader: Reader, parts: Sequence[Part]) -> tuple[Item, ...]:
    made = [_item(reader, group) for group in groups(parts)]
    return tuple(sorted(made, key=lambda item: (-item.returned_at, item.key)))


def _item(reader: Reader, parts: list[Part]) -> Item:
    first = parts[0]
    told = first.told
    creation = told.field == 0 and told.entity == Ticket.entity
    number, title = _named(reader, parts)
    said = list(dict.fromkeys(filter(None, (change_words.words(reader, part.told) for part in parts))))
    differences = tuple(one for part in (parts[:1] if creation else parts) for one in _differences(reader, part, parts))
    return Item(
        key=min(part.told.seq for part in parts),
        seqs=tuple(part.told.seq for part in parts),
        ticket=reader.value("SELECT id FROM ticket WHERE id = ?", (told.subject,)) if told.subject else None,
        number=number,
        title=title,
        words=", ".join(said) or "changed",
        creation=creation,
        by=first.by or "",
        made_at=first.at,
        returned_at=max(part.returned_at for part in parts),
        reason=reasons.short(first.reason),
        sentence=reasons.sentence(first.reason),
        differences=differences,
        parts=tuple(said[1:]) if creation else (),
        can_send=creation or all(_can_send(reader, part) for part in parts),
        settled_at=first.settled_at,
        how=first.how or "",
        said=first.said or "",
    )


def _named(reader: Reader, parts: list[Part]) -> tuple[str, str]:
    told = parts[0].told
    if told.field == 0 and told.entity == Ticket.entity:
        values = values_of(told.entity, told.new)
        return str(values.get("number", "")), str(values.get("title", ""))
    row = reader.row("SELECT number, title FROM ticket WHERE id = ?", (told.subject,))
    if row is not None:
        return row[0], row[1]
    shape = shapes().get(told.entity)
    return "", shape.table.replace("_", " ").capitalize() if shape else "A record of a newer version"


_SHOWN: Final = ("title", "description", "type", "category", "priority", "place", "location", "assignee", "due_at")
"""Fields of a returned creation that are told."""


def _differences(reader: Reader, part: Part, parts: list[Part]) -> list[Difference]:
    told = part.told
    if told.field == 0 and told.entity == Ticket.entity:
        return _of_creation(reader, parts)
    if told.field == 0:
        return _of_hanging(reader, part)
    try:
        about = conflicts.subject(reader, told.entity, told.record)
    except NotFound:
        return []
    spec = about.shape.fields.get(told.field)
    if spec is None or spec.name in ("priority_reason",):
        return []
    (now,) = reader.row(f'SELECT "{spec.name}" FROM "{about.shape.table}" WHERE id = ?', (told.record,)) or (None,)
    label = conflicts.label(reader, about, spec)
    required = told.field not in about.shape.optional
    asked = None if spec.name == "state" else editors.editor(reader, about, spec, label, required)
    text = conflicts.value_text
    return [
        Difference(
            told.seq,
            label,
            text(reader, about, spec, told.old) or "none",
            text(reader, about, spec, told.new) or "none",
            text(reader, about, spec, now) or "none",
            None if asked is None else _coded(asked, told.seq),
            editors.as_answer(told.new, editors.coding(about, spec), asked),
        )
    ]


def _of_creation(reader: Reader, parts: list[Part]) -> list[Difference]:
    """The fields that a returned ticket had, with the edits of it that came back too."""
    told = parts[0].told
    values = values_of(told.entity, told.new)
    shape = shapes()[told.entity]
    numbers = {spec.name: number for number, spec in shape.fields.items()}
    for part in parts[1:]:
        if part.told.record == told.record and part.told.field in shape.fields:
            values[shape.fields[part.told.field].name] = part.told.new
    found = []
    for name in _SHOWN:
        value = values.get(name)
        if value is None:
            continue
        spec = shape.fields[numbers[name]]
        text = past.value_text(reader, name, value)
        asked = FormField(name, label_of(name), "longtext" if name == "description" else "text", required=True)
        editable = name in ("title", "description", "location")
        label = label_of(spec.name)
        found.append(
            Difference(told.seq, label, "", text, "", asked if editable else None, value if editable else None)
        )
    return found


def _of_hanging(reader: Reader, part: Part) -> list[Difference]:
    """What a comment, a tag or another thing that hangs on a ticket said."""
    told = part.told
    values = values_of(told.entity, told.new)
    table = shapes()[told.entity].table
    name = {"comment": "body", "tag": "word", "answer": "value"}.get(table)
    text = str(values.get(name or "", "")) or change_words.words(reader, told)
    asked = None
    if name in ("body", "word"):
        asked = FormField(str(told.seq), table.capitalize(), "longtext" if name == "body" else "text", required=True)
    return [Difference(told.seq, table.capitalize(), "", text, "", asked, text if asked else None)]


def _coded(asked: FormField, seq: int) -> FormField:
    """The question under the number of the change, so that two fields of one name do not meet."""
    return replace(asked, code=str(seq))


def _can_send(reader: Reader, part: Part) -> bool:
    """Whether it can be written again: its record is here, and a step is one that can be made now."""
    told = part.told
    shape = shapes().get(told.entity)
    if shape is None:
        return False
    anchor = told.record if told.field else told.subject
    table = shape.table if told.field else "ticket"
    if anchor is None or reader.value(f'SELECT 1 FROM "{table}" WHERE id = ?', (anchor,)) is None:
        return False
    if told.entity == Ticket.entity and told.field and shape.fields[told.field].name == "state":
        (now,) = reader.row("SELECT state FROM ticket WHERE id = ?", (told.record,)) or (None,)
        row = transition(State(now), part.event or "")
        return row is not None and row.to == told.new
    return True
