"""What was typed for a new ticket, told on one that is there already, when both are about one thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.services import forms, positions
from opsdesk.services.changes import Changes
from opsdesk.services.filework.worker import Prepared
from opsdesk.services.tickets import threads
from opsdesk.services.tickets.answer_words import answer_text
from opsdesk.services.tickets.commands import label_of
from opsdesk.services.tickets.past import value_text
from opsdesk.store.work import Reader, Work

_TOLD: Final = ("place", "location", "occurred_at", "reported_via", "requester", "contact", "due_at")
"""Columns of a new ticket that say something of what is reported; the others say who works on it and how soon."""


def add_report(
    work: Work,
    ticket: Id,
    *,
    title: str = "",
    type: Id | None = None,
    category: Id | None = None,
    values: Mapping[str, Any] | None = None,
    answers: Mapping[str, Any] | None = None,
    form: Id | None = None,
    files: Sequence[Prepared] = (),
    draft: str = "",
) -> Changes:
    """Write what `tickets.create` would make a ticket of as an internal note on another one. Wrong answers are left
    out, as nothing can be asked any more. Raises Refused when there is nothing to tell."""
    said = dict(values or {})
    description = str(said.pop("description", "") or "").strip()
    facts = [f"- {label}: {text}" for label, text in _facts(work, said, type, category, answers or {}, form)]
    head = f"**{title.strip()}**" if title.strip() and (description or facts) else title.strip()
    body = "\n\n".join(part for part in (head, description, "\n".join(facts)) if part)
    return threads.comment(work, ticket, body, files=files, draft=draft)


def _facts(
    reader: Reader,
    values: Mapping[str, Any],
    kind: Id | None,
    category: Id | None,
    answers: Mapping[str, Any],
    form: Id | None,
) -> Iterator[tuple[str, str]]:
    for name in _TOLD:
        value = values.get(name)
        if value is not None and not (name == "requester" and value == reader.person):
            yield label_of(name), value_text(reader, name, value)
    if values.get("lat") is not None and values.get("lon") is not None:
        yield "Position", positions.show(values["lat"], values["lon"])
    if form is None:
        return
    asked = forms.version(reader, form)
    judged = forms.judge(asked, forms.facts_of_new(reader, kind, category, values), answers)
    for field in asked.asked:
        value = judged.answers.get(field.code)
        if value is not None and not forms.problems_of(field, value):
            yield field.label, answer_text(reader, field, value)
