"""What a conflict is about: the record's kind, number and title, the ticket it hangs on, and its fields in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from opsdesk.models.base import FieldSpec, Id
from opsdesk.models.drawings import Drawing
from opsdesk.models.threads import Answer, Comment
from opsdesk.models.tickets import Priority, Ticket
from opsdesk.services import forms, positions
from opsdesk.services.drawings import words as drawn
from opsdesk.services.errors import NotFound
from opsdesk.services.forms import FormField
from opsdesk.services.tickets import answer_words, commands, past
from opsdesk.services.tickets.names import target_name
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.store.work import Reader

TICKET: Final = Ticket.entity
ANSWER: Final = Answer.entity
VOIDED: Final = "voided"


@dataclass(frozen=True, slots=True)
class Subject:
    """A record and the ticket it belongs to, as far as conflicts need them."""

    id: Id
    shape: Shape
    ticket: Id | None
    number: str
    title: str
    assignee: Id | None
    unit: Id | None
    priority: int
    question: FormField | None = None
    """Of an answer its question, as the form of the ticket asks it; None where that is not here, or never asked it."""

    @property
    def kind(self) -> str:
        """`ticket`, `comment`, `answer`, or the word of another table."""
        return self.shape.table.replace("_", " ")

    @property
    def anchor(self) -> Id:
        """What care for its conflicts hangs on."""
        return self.ticket or self.id


def subject(reader: Reader, entity: int, record: Id) -> Subject:
    """The record of a conflict. Raises NotFound where it has not arrived, or is of a newer version of the program."""
    shape = shapes().get(entity)
    if shape is None or reader.value(f'SELECT 1 FROM "{shape.table}" WHERE id = ?', (record,)) is None:
        raise NotFound("What this conflict is about is not here")
    ticket: Id | None = record if entity == TICKET else None
    if ticket is None and any(spec.name == "subject" for spec in shape.fields.values()):
        ticket = reader.value(f'SELECT subject FROM "{shape.table}" WHERE id = ?', (record,))
    row = reader.row("SELECT number, title, assignee, unit, priority FROM ticket WHERE id = ?", (ticket,))
    if row is not None:
        about = Subject(record, shape, ticket, *row)
        if entity != ANSWER:
            return about
        code = reader.value("SELECT question FROM answer WHERE id = ?", (record,))
        return replace(about, question=answer_words.question_of(reader, ticket, code))
    names = [name for name in ("name", "word", "title") if any(spec.name == name for spec in shape.fields.values())]
    title = reader.value(f'SELECT "{names[0]}" FROM "{shape.table}" WHERE id = ?', (record,)) if names else None
    unit = reader.value(f'SELECT unit FROM "{shape.table}" WHERE id = ?', (record,))
    return Subject(record, shape, None, "", str(title or shape.table), None, unit, int(Priority.NORMAL))


def field_of(shape: Shape, number: int) -> FieldSpec | None:
    """The field of a number; None for one of a newer version of the program."""
    return shape.fields.get(number)


def label(reader: Reader, about: Subject, spec: FieldSpec) -> str:
    """The word of a field on screens: of an answer its question, of a comment that it is one."""
    if spec.name == VOIDED:
        return "Voided"
    if about.shape.entity == ANSWER and spec.name == "value":
        code = reader.value("SELECT question FROM answer WHERE id = ?", (about.id,))
        question = answer_words.label_of(about.question, str(code))
        # Both values must be seen by whoever settles it, though neither stands on the ticket now.
        return f"{question} ({answer_words.NOT_ASKED})" if forms.is_hidden(reader, about.id) else question
    if about.shape.entity == Comment.entity and spec.name == "body":
        return "Comment"
    if about.shape.entity == Drawing.entity and spec.name in drawn.LABELS:
        return drawn.LABELS[spec.name]
    return commands.label_of(spec.name)


def value_text(reader: Reader, about: Subject, spec: FieldSpec, value: Any) -> str:
    """A value as a person reads it; empty for none."""
    if spec.name == VOIDED:
        return "Keep it" if value is None else f"Void it: {value}"
    if value is None:
        return ""
    if about.shape.entity == ANSWER and spec.name == "value":
        return answer_words.said(reader, about.question, value)
    if spec.name in ("lat", "lon") and isinstance(value, float):
        return half(spec.name, value)
    if about.shape.entity == TICKET or (spec.name in ("unit", "marking", "exercise")):
        return past.value_text(reader, spec.name, value)
    if about.shape.entity == Drawing.entity and (said := drawn.value_text(spec.name, value)) is not None:
        return said
    if isinstance(value, bytes) and spec.target:
        return target_name(reader, spec.target, value)
    return str(value)


def half(name: str, value: float) -> str:
    """One half of a position as a person reads it: `5.50000° N`."""
    at = ("lat", "lon").index(name)
    return positions.latlon(*((value, 0.0) if at == 0 else (0.0, value))).split(", ")[at]
