"""What a conflict is about: the record's kind, number and title, the ticket it hangs on, and its fields in words."""

from __future__ import annotations

import json
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
from opsdesk.services.tickets import cards, commands, past
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
        asked = _question(reader, ticket, record) if entity == ANSWER else None
        return replace(Subject(record, shape, ticket, *row), question=asked)
    names = [name for name in ("name", "word", "title") if any(spec.name == name for spec in shape.fields.values())]
    title = reader.value(f'SELECT "{names[0]}" FROM "{shape.table}" WHERE id = ?', (record,)) if names else None
    unit = reader.value(f'SELECT unit FROM "{shape.table}" WHERE id = ?', (record,))
    return Subject(record, shape, None, "", str(title or shape.table), None, unit, int(Priority.NORMAL))


def _question(reader: Reader, ticket: Id | None, answer: Id) -> FormField | None:
    form, code = reader.row(
        "SELECT t.form, a.question FROM answer a JOIN ticket t ON t.id = ?1 WHERE a.id = ?2", (ticket, answer)
    ) or (None, "")
    if form is None:
        return None
    try:
        asked = forms.version(reader, form).fields
    except NotFound:
        return None  # the answers can be shown without it
    return next((field for field in asked if field.code == code), None)


def field_of(shape: Shape, number: int) -> FieldSpec | None:
    """The field of a number; None for one of a newer version of the program."""
    return shape.fields.get(number)


def label(reader: Reader, about: Subject, spec: FieldSpec) -> str:
    """The word of a field on screens: of an answer its question, of a comment that it is one."""
    if spec.name == VOIDED:
        return "Voided"
    if about.shape.entity == ANSWER and spec.name == "value":
        if about.question is not None:
            return about.question.label
        question = reader.value("SELECT question FROM answer WHERE id = ?", (about.id,))
        return str(question).replace("_", " ").capitalize()
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
        return _answer_text(reader, about.question, value)
    if spec.name in ("lat", "lon") and isinstance(value, float):
        return half(spec.name, value)
    if about.shape.entity == TICKET or (spec.name in ("unit", "marking", "exercise")):
        return past.value_text(reader, spec.name, value)
    if about.shape.entity == Drawing.entity and (said := drawn.value_text(spec.name, value)) is not None:
        return said
    if isinstance(value, bytes) and spec.target:
        return past.target_name(reader, spec.target, value)
    return str(value)


def half(name: str, value: float) -> str:
    """One half of a position as a person reads it: `5.50000° N`."""
    at = ("lat", "lon").index(name)
    return positions.latlon(*((value, 0.0) if at == 0 else (0.0, value))).split(", ")[at]


def _answer_text(reader: Reader, question: FormField | None, value: str) -> str:
    try:
        said = json.loads(value)
    except ValueError:
        return value
    if question is not None and said is not None:
        return cards.answer_text(reader, question, said)
    if isinstance(said, bool):
        return "Yes" if said else "No"
    if isinstance(said, list):
        return ", ".join(map(str, said))
    return str(said)
