"""The questions that forms ask, as targets of an import: which form a row is filled with, and what its cells answer.

A column whose target is `answer.CODE` answers that question. Which form asks it is known row by row, by the type of
the ticket that the row becomes; a row whose form does not ask keeps the cell in the source's own words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.services import forms
from opsdesk.services.forms import NO_FORM, Form, FormField
from opsdesk.services.importing.plan import ANSWER, Plan, unknown
from opsdesk.services.importing.problems import ImportProblem
from opsdesk.services.importing.values import RowProblem, excerpt, instant, number, parsed_position
from opsdesk.store.work import Reader

DEFAULT_TYPE: Final = "incident"
"""Code of the type of rows that name none."""
MOST_NAMES: Final = 50_000
"""Names of people, units and places each that answers are looked up in."""

_YES: Final = frozenset({"yes", "true", "1", "y", "x", "ja", "oui", "si", "sí", "sim"})
_NO: Final = frozenset({"no", "false", "0", "n", "nein", "non", "não", "nao"})
_NAMED: Final = {
    "person": "SELECT id, name FROM person WHERE voided IS NULL ORDER BY key LIMIT ?",
    "unit": "SELECT id, name FROM unit WHERE voided IS NULL ORDER BY key LIMIT ?",
    "place": "SELECT id, name FROM place WHERE voided IS NULL ORDER BY key LIMIT ?",
    "ticket": "SELECT id, number FROM ticket WHERE voided IS NULL ORDER BY key DESC LIMIT ?",
}
_HEX_ID: Final = re.compile(r"[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class Questions:
    """The forms of all types and categories as they are now: what an import may answer."""

    by_type: Mapping[str, Form] = field(default_factory=dict)
    """Form by the code of the ticket type."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Name or code of a type, in small letters → its code."""
    categories: Mapping[str, str] = field(default_factory=dict)
    """Name or code of a category, in small letters → the code of the type it belongs to."""
    type_names: Mapping[str, str] = field(default_factory=dict)
    """Code of a type → its name."""
    names: Mapping[str, Mapping[str, tuple[Id, ...]]] = field(default_factory=dict)
    """Kind of record → name in small letters → the records of that name."""

    @property
    def fields(self) -> dict[str, FormField]:
        """Every question that some form asks, by its code; the first form that asks it names it."""
        asked: dict[str, FormField] = {}
        for form in self.by_type.values():
            for question in form.fields:
                if not question.code.startswith("ticket."):
                    asked.setdefault(question.code, question)
        return asked

    def form(self, type_text: str, category: str) -> Form:
        """The form of the ticket that a row becomes, by the words for its type and category."""
        code = self.types.get(type_text.casefold()) if type_text else self.categories.get(category.casefold())
        return self.by_type.get(code or ("" if type_text else DEFAULT_TYPE), NO_FORM)

    def check(self, plan: Plan) -> None:
        """Raise ImportProblem when the plan names a question that no form asks."""
        known = self.fields
        for column, target in plan.columns.items():
            code = question_of(target)
            if code is not None and code not in known:
                raise ImportProblem(unknown("question", code, known) + f' (for the column "{column}")', field="columns")

    def unasked(self, plan: Plan) -> tuple[str, ...]:
        """The questions of a plan that no form asks, so that their columns are kept in the source's own words."""
        known = self.fields
        codes = (question_of(target) for target in plan.columns.values())
        return tuple(code for code in codes if code is not None and code not in known)


NO_QUESTIONS: Final = Questions()


def read(reader: Reader, plan: Plan | None = None) -> Questions:
    """The questions as they are now. With a plan, also the names that its answers may be looked up by."""
    kinds = reader.rows("SELECT id, code, name FROM ticket_type WHERE voided IS NULL ORDER BY key")
    types: dict[str, str] = {}
    for _, code, name in kinds:
        types[name.casefold()] = types[code.casefold()] = code
    categories: dict[str, str] = {}
    for code, name, of_type in reader.rows(
        "SELECT code, name, type_code FROM category WHERE voided IS NULL AND type_code IS NOT NULL ORDER BY key"
    ):
        for said in (name.casefold(), code.casefold()):
            categories.setdefault(said, of_type)
    named = {code: name for _, code, name in kinds}
    found = Questions({code: forms.form_for(reader, record) for record, code, _ in kinds}, types, categories, named)
    return replace(found, names=_names(reader, found, plan)) if plan is not None else found


def _names(reader: Reader, questions: Questions, plan: Plan) -> dict[str, dict[str, tuple[Id, ...]]]:
    codes = {question_of(target) for target in plan.columns.values()}
    wanted = {
        question.type
        for form in questions.by_type.values()
        for question in form.fields
        if question.code in codes and question.type in forms.RECORDS
    }
    return {kind: named(reader, kind) for kind in wanted}


def named(reader: Reader, kind: str) -> dict[str, tuple[Id, ...]]:
    """The records of one of `forms.RECORDS` by their names, as `Questions.names` has them."""
    known: dict[str, tuple[Id, ...]] = {}
    for record, name in reader.rows(_NAMED[kind], (MOST_NAMES,)):
        said = " ".join(str(name).casefold().split())
        known[said] = (*known.get(said, ()), record)
    return known


def question_of(target: str) -> str | None:
    """The code of the question that a target of a plan names; None for a field of the ticket."""
    return target.removeprefix(ANSWER) if target.startswith(ANSWER) else None


class Answering:
    """Turns cells into answers as the form of a row wants them: typed as the form's editors would give them."""

    def __init__(self, questions: Questions, decimal: str, order: str, zone: Any) -> None:
        self._questions = questions
        self._decimal, self._order, self._zone = decimal, order, zone
        self._asked: dict[int, dict[str, FormField]] = {}
        self._readers: dict[str, Callable[[FormField, str], Any]] = {
            "integer": self._integer,
            "decimal": lambda _field, text: number(text, self._decimal),
            "bool": _bool,
            "choice": _choice,
            "multi": _multi,
            "datetime": lambda _field, text: instant(text, self._order, self._zone),
            "date": self._date,
            "time": _time,
            "position": _position,
            **dict.fromkeys(forms.RECORDS, self._record),
        }

    def form(self, type_text: str, category: str) -> Form:
        """The form of a row."""
        return self._questions.form(type_text, category)

    def asked(self, form: Form, code: str) -> FormField | None:
        """The question of that code in a form."""
        known = self._asked.get(id(form))
        if known is None:
            known = {question.code: question for question in form.fields if not question.code.startswith("ticket.")}
            self._asked[id(form)] = known
        return known.get(code)

    def answer(self, form: Form, question: FormField, column: str, text: str) -> Any:
        """The answer that a cell gives. Raises RowProblem, which names the column."""
        try:
            read = self._readers.get(question.type)
            value = read(question, text) if read is not None else text
        except RowProblem as error:
            raise RowProblem(f"{column}: {error}") from None
        problems = forms.validate_field(form, question.code, value)
        if problems:
            raise RowProblem(f'{column}: "{excerpt(text)}" is no answer ({problems[0].text})')
        return value

    def _integer(self, _field: FormField, text: str) -> int:
        value = number(text, self._decimal)
        if value != int(value):
            raise RowProblem(f'"{excerpt(text)}" is no whole number')
        return int(value)

    def _date(self, _field: FormField, text: str) -> str:
        import datetime as dt

        at = instant(text, self._order, self._zone)
        return dt.datetime.fromtimestamp(at / 1000, self._zone).date().isoformat()

    def _record(self, field: FormField, text: str) -> str:
        known = self._questions.names.get(field.type, {})
        said = " ".join(text.casefold().split())
        found = known.get(said, ())
        if not found and _HEX_ID.fullmatch(text):
            wanted = bytes.fromhex(text)
            found = (wanted,) if any(wanted in ids for ids in known.values()) else ()
        if not found:
            raise RowProblem(f'no {field.type} here is called "{excerpt(text)}"')
        if len(found) > 1:
            raise RowProblem(f'{len(found)} of kind {field.type} are called "{excerpt(text)}"')
        return found[0].hex()


def _bool(_field: FormField, text: str) -> bool:
    said = text.casefold()
    if said in _YES or said in _NO:
        return said in _YES
    raise RowProblem(f'"{excerpt(text)}" is neither yes nor no')


def _choice(field: FormField, text: str) -> str:
    said = text.casefold()
    for option in field.options:
        if said in (option.value.casefold(), option.label.casefold()):
            return option.value
    raise RowProblem(f'"{excerpt(text)}" is none of {", ".join(option.label for option in field.options)}')


def _multi(field: FormField, text: str) -> list[str]:
    if text.startswith("["):
        try:
            said = json.loads(text)
        except ValueError:
            said = None
        if isinstance(said, list) and all(isinstance(part, str) for part in said):
            return list(dict.fromkeys(_choice(field, part) for part in said))
    try:
        return [_choice(field, text)]
    except RowProblem:
        parts = [part.strip() for part in re.split(r"[;|\n]" if re.search(r"[;|\n]", text) else ",", text)]
        return list(dict.fromkeys(_choice(field, part) for part in parts if part))


def _time(_field: FormField, text: str) -> str:
    found = re.fullmatch(r"(\d{1,2}):?(\d{2})(?::\d{2})?", text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise RowProblem(f'"{excerpt(text)}" is no time of day')
    return f"{int(found[1]):02}:{found[2]}"


def _position(_field: FormField, text: str) -> dict[str, Any]:
    if text.startswith("{"):
        try:
            said = json.loads(text)
            text = f"{float(said['lat'])}, {float(said['lon'])}"
        except (ValueError, KeyError, TypeError):
            raise RowProblem(f'"{excerpt(text)}" is no position') from None
    at = parsed_position(text)
    return {"lat": at.lat, "lon": at.lon, "accuracy_m": at.accuracy_m, "grid": at.grid}
