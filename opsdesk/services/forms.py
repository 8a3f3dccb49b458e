"""Forms: what a ticket type asks for, the check of the answers, and drafts of what was typed.

A form's definition is data (JSON, versioned, synced): {"code", "title", "version", "sections": [{"title", "note",
"fields": [...]}]}. From a field's definition follows a JSON Schema, and the `jsonschema` library judges the answers.
Codes that begin with `ticket.` are fields of the ticket itself; all others are answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec

from opsdesk.models import ids
from opsdesk.models.base import Id
from opsdesk.services.changes import Changes
from opsdesk.services.errors import NotFound, Problem, Refused
from opsdesk.store.work import Reader, Work

TYPES: Final = frozenset(
    (
        *("text", "longtext", "integer", "decimal", "bool", "choice", "multi"),
        *("date", "time", "datetime", "person", "unit", "place", "ticket", "position"),
    )
)

SIZE_LIMIT: Final = 200_000
"""Characters of a form definition; definitions may come from strangers."""


class Option(msgspec.Struct, frozen=True):
    """One choice of a field."""

    value: str
    label: str
    help: str = ""


class Rule(msgspec.Struct, frozen=True):
    """A rule among fields: when the answer to `field` is one of `equals`, `effect` happens to `target`.

    Rules are checked for cycles already; they take effect with a later version of the program.
    """

    field: str
    target: str
    effect: str
    equals: tuple[str, ...] = ()


class FormField(msgspec.Struct, frozen=True):
    """One question of a form. Numbers are in `unit`; `half_width` lets two share a row."""

    code: str
    label: str
    type: str
    required: bool = False
    help: str = ""
    placeholder: str = ""
    options: tuple[Option, ...] = ()
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    max_length: int | None = None
    half_width: bool = False


class Section(msgspec.Struct, frozen=True):
    """Some questions under a title."""

    fields: tuple[FormField, ...]
    title: str = ""
    note: str = ""


class Form(msgspec.Struct, frozen=True):
    """One immutable version of a form. `id` is that of its FormVersion record; empty for no form."""

    code: str
    title: str
    version: int
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...] = ()
    id: bytes = b""

    @property
    def fields(self) -> tuple[FormField, ...]:
        """All questions in order."""
        return tuple(field for section in self.sections for field in section.fields)


COMMENT: Final = "comment/"
"""The place of a comment's draft begins so; the ticket's id follows, in hexadecimal."""

NO_FORM: Final = Form("", "", 0, ())


def read(definition: str) -> Form:
    """Read a definition. Raises Refused saying what is wrong with it and where."""
    if len(definition) > SIZE_LIMIT:
        raise Refused(f"A form has at most {SIZE_LIMIT} characters, this one has {len(definition)}")
    try:
        form = msgspec.json.decode(definition, type=Form)
    except msgspec.DecodeError as error:  # a ValidationError is one too
        raise Refused(f"This is no form: {error}") from None
    codes: set[str] = set()
    for field in form.fields:
        if field.code in codes:
            raise Refused(f"Two questions have the code “{field.code}”")
        codes.add(field.code)
        if field.type not in TYPES:
            raise Refused(f"“{field.label}” has the unknown type “{field.type}”")
        if field.type in ("choice", "multi") and not field.options:
            raise Refused(f"“{field.label}” has nothing to choose from")
    _refuse_cycles(form, codes)
    return form


def _refuse_cycles(form: Form, codes: set[str]) -> None:
    below: dict[str, set[str]] = {}
    for rule in form.rules:
        for code in (rule.field, rule.target):
            if code not in codes:
                raise Refused(f"A rule names the question “{code}”, which the form does not ask")
        below.setdefault(rule.field, set()).add(rule.target)
    for start in below:
        todo, seen = list(below[start]), set()
        while todo:
            code = todo.pop()
            if code == start:
                raise Refused(f"The rules of “{start}” go in a circle")
            if code not in seen:
                seen.add(code)
                todo += below.get(code, ())


@lru_cache(maxsize=64)
def _read_cached(record: Id, definition: str) -> Form:
    return msgspec.structs.replace(read(definition), id=record)


def form_for(reader: Reader, kind: Id | None, category: Id | None = None) -> Form:
    """The newest version of the form of a ticket type; NO_FORM when it has none.

    `category` is taken for forms that will differ by category.
    """
    if kind is None:
        return NO_FORM
    row = reader.row(
        "SELECT v.id, v.definition FROM ticket_type t JOIN form_version v ON v.form = t.form "
        "WHERE t.id = ? AND v.voided IS NULL ORDER BY v.version DESC LIMIT 1",
        (kind,),
    )
    return _read_cached(*row) if row else NO_FORM


def version(reader: Reader, form: Id) -> Form:
    """The version of a form that a ticket was filled with. Raises NotFound."""
    row = reader.row("SELECT id, definition FROM form_version WHERE id = ?", (form,))
    if row is None:
        raise NotFound("The form of this ticket has not arrived here yet")
    return _read_cached(*row)


def validate(form: Form, answers: Mapping[str, Any]) -> tuple[Problem, ...]:
    """What is wrong with a set of answers, in the order of the form; empty when all is well."""
    found = []
    for field in form.fields:
        if field.code.startswith("ticket."):
            continue
        value = answers.get(field.code)
        if value in (None, "", [], ()):
            if field.required:
                found.append(Problem(field.code, f"{field.label} is needed"))
        else:
            found += _judge(field, value)
    return tuple(found)


def validate_field(form: Form, code: str, value: Any) -> tuple[Problem, ...]:
    """What is wrong with one answer. A question that the form does not ask is not judged."""
    return tuple(problem for field in form.fields if field.code == code for problem in _judge(field, value))


def schema(field: FormField) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one answer."""
    choices = [option.value for option in field.options]
    rules: dict[str, dict[str, Any]] = {
        "integer": {"type": "integer"},
        "decimal": {"type": "number"},
        "bool": {"type": "boolean"},
        "choice": {"enum": choices},
        "multi": {"type": "array", "items": {"enum": choices}, "uniqueItems": True},
        "datetime": {"type": "integer"},
        "position": {"type": "object", "required": ["lat", "lon"]},
    }
    rule = rules.get(field.type, {"type": "string"})
    if field.minimum is not None:
        rule["minimum"] = field.minimum
    if field.maximum is not None:
        rule["maximum"] = field.maximum
    if rule.get("type") == "string":
        rule["maxLength"] = field.max_length or 20_000
        if field.pattern:
            rule["pattern"] = f"^(?:{field.pattern})$"
    return rule


def _judge(field: FormField, value: Any) -> list[Problem]:
    from jsonschema import Draft202012Validator

    unit = f" {field.unit}" if field.unit else ""
    words = {
        "type": {"integer": "Write a whole number", "number": "Write a number"}.get(
            schema(field).get("type", ""), f"{field.label} cannot be read"
        ),
        "enum": f"Choose one of the list for {field.label}",
        "minimum": f"At least {field.minimum:g}{unit}" if field.minimum is not None else "",
        "maximum": f"At most {field.maximum:g}{unit}" if field.maximum is not None else "",
        "maxLength": f"At most {field.max_length} characters",
        "pattern": field.help or f"{field.label} is not written as it should be",
    }
    errors = Draft202012Validator(schema(field)).iter_errors(value)
    return [Problem(field.code, words.get(str(error.validator), error.message)) for error in errors]


@dataclass(frozen=True, slots=True)
class DraftRow:
    """Something typed and not yet sent. `place` names its editor ("new-ticket/<id>", COMMENT and a ticket)."""

    place: str
    content: dict[str, Any]
    saved_at: int


def save_draft(work: Work, place: str, content: Mapping[str, Any]) -> Changes:
    """Keep what was typed; it replaces the earlier draft of the same place."""
    said = json.dumps(dict(content), ensure_ascii=False)
    row = work.row("SELECT id FROM draft WHERE place = ?", (place,))
    record = row[0] if row else ids.new_id(work.now)
    work.execute(
        "INSERT OR REPLACE INTO draft (id, place, content, saved_at) VALUES (?, ?, ?, ?)",
        (record, place, said, work.now),
    )
    return Changes(drafts=frozenset({place}))


def drop_draft(work: Work, place: str) -> Changes:
    """Forget a draft, because it was sent or given up."""
    work.execute("DELETE FROM draft WHERE place = ?", (place,))
    return Changes(drafts=frozenset({place}))


def drafts(reader: Reader, prefix: str = "") -> tuple[DraftRow, ...]:
    """The drafts whose place begins with `prefix`, newest first."""
    rows = reader.rows(
        "SELECT place, content, saved_at FROM draft WHERE substr(place, 1, length(?)) = ? ORDER BY saved_at DESC",
        (prefix, prefix),
    )
    return tuple(DraftRow(place, json.loads(content), saved_at) for place, content, saved_at in rows)
