"""Answers to the questions of forms, in the words of the form that asks them."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.services import forms, times
from opsdesk.services.errors import NotFound
from opsdesk.services.tickets.names import target_name
from opsdesk.store.work import Reader

NOT_ASKED: Final = "not asked now"
"""Instead of an answer to a question that the rules of the form do not ask any more."""


class Answers:
    """What the form of a ticket asks now, looked up when the first answer is told."""

    def __init__(self, reader: Reader, ticket: Id | None) -> None:
        self._reader, self._ticket = reader, ticket

    @cached_property
    def _asked(self) -> forms.Asked | None:
        try:
            return None if self._ticket is None else forms.asked_of(self._reader, self._ticket)
        except NotFound:
            return None  # the ticket has not arrived

    def label(self, code: str) -> str:
        """A question in words."""
        return label_of(self._field(code), code)

    def text(self, code: str, kept: str | None) -> str:
        """An answer in words; of a question that is not asked now only that."""
        if kept is not None and self._asked is not None and code in self._asked.judged.hidden:
            return NOT_ASKED
        return said(self._reader, self._field(code), kept)

    def _field(self, code: str) -> forms.FormField | None:
        asked = self._asked.form.fields if self._asked is not None else ()
        return next((field for field in asked if field.code == code), None)


def question_of(reader: Reader, ticket: Id | None, code: str) -> forms.FormField | None:
    """A question as the form of a ticket asks it; None where the form is not here, or never asked it."""
    form = reader.value("SELECT form FROM ticket WHERE id = ?", (ticket,))
    try:
        asked = forms.version(reader, form).fields if form is not None else ()
    except NotFound:
        return None  # the answers can be shown without it
    return next((field for field in asked if field.code == code), None)


def label_of(field: forms.FormField | None, code: str) -> str:
    """The words of a question; of one that no form asks here, its code made readable."""
    return field.label if field is not None else code.replace("_", " ").capitalize()


def said(reader: Reader, field: forms.FormField | None, kept: str | None) -> str:
    """An answer as it is kept (JSON), as people read it; empty for none."""
    if kept is None:
        return ""
    try:
        value = json.loads(kept)
    except ValueError:
        return kept
    if value is None:
        return ""
    if field is not None:
        return answer_text(reader, field, value)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return ", ".join(map(str, value)) if isinstance(value, list) else plain(value)


def answer_text(reader: Reader, field: forms.FormField, value: Any) -> str:
    """An answer as people read it: the label of a choice, the name of a record, yes or no, a number with its unit."""
    if field.type not in forms.RECORDS:
        return written_answer(field, value)
    try:
        return target_name(reader, field.type, bytes.fromhex(value))
    except (TypeError, ValueError):
        return plain(value)  # no id: it came so from elsewhere


def written_answer(field: forms.FormField, value: Any) -> str:
    """An answer that names no record, as `answer_text` has it."""
    labels = {option.value: option.label for option in field.options}
    if field.type == "datetime" and isinstance(value, int):
        return times.dtg(value)
    if field.type == "bool":
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(labels.get(str(part), str(part)) for part in value)
    text = labels.get(str(value), plain(value))
    return f"{text} {field.unit}" if field.unit else text


def plain(value: Any) -> str:
    """An answer to a question that no form asks here, or of a kind that it does not expect."""
    if isinstance(value, dict):
        return "\n".join(f"{name}: {part}" for name, part in value.items())
    return str(value)
