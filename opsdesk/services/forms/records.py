"""Forms and answers as the database holds them: the form of a type and of a ticket, and which answers may be shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec

from opsdesk.models.base import Id
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.forms.definition import NO_FORM, Form, FormField, read
from opsdesk.services.forms.facts import Facts, facts_of, facts_of_all
from opsdesk.services.forms.judging import Judged, judge
from opsdesk.store.work import Reader

_PIECE: Final = 500


@lru_cache(maxsize=64)
def _read_cached(record: Id, definition: str) -> Form:
    return msgspec.structs.replace(read(definition), id=record)


def form_for(reader: Reader, kind: Id | None, category: Id | None = None) -> Form:
    """The newest version of the form of a ticket type; NO_FORM when it has none.

    A version that cannot be read, as one of a newer program, is passed over. `category` is taken for forms that will
    differ by category; what differs by category within a form is a matter of its rules.
    """
    if kind is None:
        return NO_FORM
    rows = reader.rows(
        "SELECT v.id, v.definition FROM ticket_type t JOIN form_version v ON v.form = t.form "
        "WHERE t.id = ? AND v.voided IS NULL ORDER BY v.version DESC, v.id DESC LIMIT 5",
        (kind,),
    )
    for row in rows:
        try:
            return _read_cached(*row)
        except Refused:
            continue
    return NO_FORM


def version(reader: Reader, form: Id) -> Form:
    """The version of a form that a ticket was filled with. Raises NotFound, also when it cannot be read here."""
    row = reader.row("SELECT id, definition FROM form_version WHERE id = ?", (form,))
    if row is None:
        raise NotFound("The form of this ticket has not arrived here yet")
    try:
        return _read_cached(*row)
    except Refused as refusal:
        raise NotFound(f"The form of this ticket cannot be read by this program: {refusal.text}") from None


@dataclass(frozen=True, slots=True)
class Asked:
    """A ticket's form, what its rules know of the ticket, and what they make of its answers.

    `given` are all answers as they are stored, with None for those that were taken back.
    """

    form: Form
    facts: Facts
    given: Mapping[str, Any]
    judged: Judged

    @property
    def shown(self) -> dict[str, Any]:
        """The answers that may be shown: those that count, then those to what the form never asked (imported)."""
        codes = {field.code for field in self.form.fields}
        others = {code: value for code, value in self.given.items() if code not in codes and value is not None}
        return {**self.judged.answers, **others}


def asked_of(reader: Reader, ticket: Id) -> Asked:
    """What the form of a ticket asks and what of its answers counts. Raises NotFound for a ticket that is not here."""
    found = asked_of_all(reader, (ticket,)).get(ticket)
    if found is None:
        raise NotFound("This ticket is not here")
    return found


def asked_of_all(reader: Reader, tickets: Iterable[Id]) -> dict[Id, Asked]:
    """What `asked_of` says of each of these tickets, in their order; each form is read once. Those that are not here
    are left out."""
    found: dict[Id, Asked] = {}
    read: dict[Id | None, Form] = {}
    wanted = list(dict.fromkeys(tickets))
    for start in range(0, len(wanted), _PIECE):
        piece = wanted[start : start + _PIECE]
        marks = ", ".join("?" * len(piece))
        form_of = dict(reader.rows(f"SELECT id, form FROM ticket WHERE id IN ({marks})", piece))
        for form in form_of.values():
            if form not in read:
                read[form] = _version_or_none(reader, form)
        given = _given(reader, piece)
        facts = facts_of_all(reader, [one for one in form_of if _has_rules(read[form_of[one]])])
        for ticket in piece:
            if ticket in form_of:
                form, known = read[form_of[ticket]], facts.get(ticket, Facts())
                said = given.get(ticket, {})
                found[ticket] = Asked(form, known, said, judge(form, known, said))
    return found


def asked_if(asked: Asked, answers: Mapping[str, Any]) -> Asked:
    """What the form would ask if these answers were given too."""
    given = {**asked.given, **answers}
    return Asked(asked.form, asked.facts, given, judge(asked.form, asked.facts, given))


def asked_by(reader: Reader, ticket: Id, form: Form) -> Asked:
    """What another form than its own would ask of a ticket, and what of its answers would count."""
    facts = facts_of(reader, ticket) if _has_rules(form) else Facts()
    given = _given(reader, [ticket]).get(ticket, {})
    return Asked(form, facts, given, judge(form, facts, given))


def _version_or_none(reader: Reader, form: Id | None) -> Form:
    """The form of a ticket; none where it is not here, since the answers can be shown without it."""
    if form is not None:
        with suppress(NotFound):
            return version(reader, form)
    return NO_FORM


def _has_rules(form: Form) -> bool:
    """Whether anything of the form depends on the ticket."""
    return bool(form.rules or form.needs)


def needed_for(reader: Reader, tickets: Iterable[Id], event: str) -> dict[Id, tuple[FormField, ...]]:
    """The questions whose answers these tickets lack for a step; tickets that lack none are left out."""
    found: dict[Id, tuple[FormField, ...]] = {}
    wanted = list(dict.fromkeys(tickets))
    for start in range(0, len(wanted), _PIECE):
        piece = wanted[start : start + _PIECE]
        marks = ", ".join("?" * len(piece))
        needing: dict[Id, bool] = {}
        asking = []
        for ticket, form in reader.rows(
            f"SELECT id, form FROM ticket WHERE id IN ({marks}) AND form IS NOT NULL", piece
        ):
            if form not in needing:
                needing[form] = any(need.event == event for need in _version_or_none(reader, form).needs)
            if needing[form]:
                asking.append(ticket)
        for ticket, asked in asked_of_all(reader, asking).items():
            if fields := asked.judged.needed_for(event):
                found[ticket] = fields
    return found


def is_hidden(reader: Reader, answer: Id) -> bool:
    """Whether an answer (its record) is one to a question that is not asked now: its value is told nowhere."""
    row = reader.row("SELECT subject, question FROM answer WHERE id = ?", (answer,))
    if row is None:
        return False
    try:
        return row[1] in asked_of(reader, row[0]).judged.hidden
    except NotFound:
        return False  # its ticket has not arrived


def shown_answers(reader: Reader, tickets: Iterable[Id]) -> dict[Id, dict[str, Any]]:
    """The answers of these tickets that may leave the program or stand on a screen, by ticket and question.

    Whatever shows, prints, exports or tells answers takes them from here: what a form does not ask now is in no one.
    """
    asked = asked_of_all(reader, tickets)
    return {ticket: one.shown for ticket, one in asked.items() if one.given or one.form is not NO_FORM}


def _given(reader: Reader, tickets: list[Id]) -> dict[Id, dict[str, Any]]:
    marks = ", ".join("?" * len(tickets))
    found: dict[Id, dict[str, Any]] = {}
    for ticket, question, value in reader.rows(
        f"SELECT subject, question, value FROM answer WHERE subject IN ({marks}) AND voided IS NULL ORDER BY key",
        tickets,
    ):
        found.setdefault(ticket, {})[question] = None if value is None else json.loads(value)
    return found
