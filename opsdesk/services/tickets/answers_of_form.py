"""The answers of a ticket as its form wants them: which count, which may be given now, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from opsdesk.models import ids
from opsdesk.models.base import Id
from opsdesk.models.threads import Answer
from opsdesk.services import forms
from opsdesk.services.errors import Invalid, Problem
from opsdesk.services.tickets.rows import Base
from opsdesk.store.work import Work


def counting(
    work: Work, given: Mapping[str, Any], row: Mapping[str, Any], answers: Mapping[str, Any]
) -> dict[str, Any]:
    """The answers of a new ticket that count by the rules of its form, and those to what the form does not know.
    Raises Invalid."""
    if given["form"] is None:
        return {code: value for code, value in answers.items() if value is not None}
    form = forms.version(work, given["form"])
    judged = forms.judge(form, forms.facts_of_new(work, given["type"], given["category"], row), answers)
    problems = forms.validate(form, answers, judged=judged)
    if problems:
        raise Invalid(problems)
    known = {field.code for field in form.fields}
    asked = {field.code for field in judged.fields} & form.filled_by_rules
    emptied = {code: None for code in answers if code in asked and code not in judged.answers}
    return {
        **emptied,
        **judged.answers,
        **{code: value for code, value in answers.items() if code not in known and value is not None},
    }


def check(asked: forms.Asked, question: str, value: Any) -> None:
    """Raises Invalid when a question may not be answered now, or not so."""
    field = next((field for field in asked.form.asked if field.code == question), None)
    if field is None:
        return
    if question in asked.judged.hidden:
        raise Invalid((Problem(question, f"{field.label} is not asked now"),))
    if question in asked.judged.locked:
        raise Invalid((Problem(question, f"{field.label} cannot be changed now"),))
    problems = forms.problems_of(asked.judged.field(question) or field, value) if value is not None else ()
    if problems:
        raise Invalid(tuple(problems))


def follow_rules(work: Work, ticket: Id, unit: Id | None) -> None:
    """Write what rules set because of an answer. What is not asked any more stays as it is and is shown nowhere."""
    asked = forms.asked_of(work, ticket)
    for code in asked.judged.by_rule:
        if asked.given.get(code) != asked.judged.answers.get(code):
            put(work, ticket, unit, code, asked.judged.answers.get(code))


def put(
    work: Work,
    ticket: Id,
    unit: Id | None,
    question: str,
    value: Any,
    seen: Base | None = None,
    *,
    empty: bool = False,
) -> None:
    """Write an answer. With `empty` one that says nothing is written also where there was none, so that no rule fills
    it."""
    record = ids.derived(ticket, question)
    said = None if value is None else json.dumps(value, ensure_ascii=False)
    if not work.update(Answer, record, {"value": said}, seen=seen) and (empty or said is not None):
        work.insert(Answer, {"unit": unit, "subject": ticket, "question": question, "value": said}, record=record)
