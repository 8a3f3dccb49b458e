"""The questions that can be answered on many tickets at once, and what somebody typed as an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from opsdesk.services import forms
from opsdesk.services.forms import FormField
from opsdesk.services.importing.questions import NO_QUESTIONS, Answering, named
from opsdesk.services.importing.values import RowProblem, excerpt, zone_of
from opsdesk.services.tickets.answer_columns import asked_fields
from opsdesk.services.tickets.cards import by_number
from opsdesk.store.work import Reader

KINDS: Final = frozenset(
    {"text", "longtext", "integer", "decimal", "bool", "choice", "multi", "date", "time", "datetime", *forms.RECORDS}
)
"""Kinds of questions that are answered in bulk: those whose answer can be chosen or typed in a line."""


def questions(reader: Reader, keys: Sequence[int]) -> tuple[FormField, ...]:
    """The questions that the forms of these tickets ask, each once, those of the most frequent form first."""
    found: dict[str, FormField] = {}
    for field in asked_fields(reader, keys):
        if field.type in KINDS:
            found.setdefault(field.code, field)
    return tuple(found.values())


def read_answer(reader: Reader, field: FormField, text: str) -> tuple[Any, str]:
    """(answer, problem): what was typed as the question wants it, or what is wrong with it in words."""
    if field.type == "ticket":
        ticket = by_number(reader, text)
        return (None, f'no ticket here is called "{excerpt(text)}"') if ticket is None else (ticket.hex(), "")
    names = {field.type: named(reader, field.type)} if field.type in forms.RECORDS else {}
    try:
        answering = Answering(replace(NO_QUESTIONS, names=names), ".", "dmy", zone_of("UTC"))
        value = answering.answer(forms.NO_FORM, field, field.label, text)
    except RowProblem as error:
        return None, str(error).removeprefix(f"{field.label}: ")
    return value, ""
