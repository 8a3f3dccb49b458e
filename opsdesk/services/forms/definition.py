"""A form as data, and the check of a definition, which may come from a stranger: a refusal names the place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

import msgspec

from opsdesk.services.errors import Refused
from opsdesk.services.forms import logic, patterns
from opsdesk.services.forms.facts import FACTS

RECORDS: Final = frozenset({"person", "unit", "place", "ticket"})
"""Types of questions whose answer is a record, by its id in hex; each is called as the table of its records."""
TYPES: Final = frozenset(
    (
        *("text", "longtext", "integer", "decimal", "bool", "choice", "multi"),
        *("date", "time", "datetime", *RECORDS, "position"),
    )
)

SIZE_LIMIT: Final = 200_000
"""Characters of a form definition; definitions may come from strangers."""
FIELD_LIMIT: Final = 200
OPTION_LIMIT: Final = 300
RULE_LIMIT: Final = 200
_LINE: Final = 200
_LONG: Final = 2_000

SHOW, HIDE, REQUIRE, LOCK, SET, LIMIT, RELABEL, HELP = (
    "show", "hide", "require", "lock", "set", "limit", "relabel", "help",
)  # fmt: skip
EFFECTS: Final = (SHOW, HIDE, REQUIRE, LOCK, SET, LIMIT, RELABEL, HELP)
"""What a rule can do to a question: the seven effects, showing and hiding being two sides of one."""

DECIDING: Final = frozenset({SHOW, HIDE, SET, LOCK})
"""Effects that change what the answer is, and on which other conditions may therefore depend."""

_CODE: Final = re.compile(r"(ticket\.)?[a-z][a-z0-9_]{0,59}")
_ROOTS: Final = frozenset({"ticket", "user"})


class Option(msgspec.Struct, frozen=True):
    """One choice of a field."""

    value: str
    label: str
    help: str = ""


class Rule(msgspec.Struct, frozen=True):
    """While `when` (JSON-logic, see `logic`; true when left out) holds, `effect` happens to each question of `fields`.

    `value` is the answer that `set` gives, `options` are the values that `limit` leaves, `text` is the new label or
    help. A question with a `show` rule is asked only while one of them holds; `hide` is stronger than `show`. `set`
    fills a question that nobody answered or emptied; together with `lock` its value stands whatever was answered.
    """

    effect: str
    fields: tuple[str, ...]
    when: Any = True
    value: Any = None
    options: tuple[str, ...] = ()
    text: str = ""


class Need(msgspec.Struct, frozen=True):
    """Answers without which `event` (a step of the ticket, as "resolve") may not happen while `when` holds."""

    event: str
    fields: tuple[str, ...]
    when: Any = True


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
    needs: tuple[Need, ...] = ()
    id: bytes = b""

    @property
    def fields(self) -> tuple[FormField, ...]:
        """All questions in order."""
        return tuple(field for section in self.sections for field in section.fields)

    @property
    def asked(self) -> tuple[FormField, ...]:
        """The questions that are answered; the others are fields of the ticket itself."""
        return tuple(field for field in self.fields if not field.code.startswith("ticket."))

    @property
    def filled_by_rules(self) -> frozenset[str]:
        """Questions that a rule may answer. That a person emptied one must be kept, or it would be filled again."""
        return frozenset(code for rule in self.rules if rule.effect == SET for code in rule.fields)


NO_FORM: Final = Form("", "", 0, ())


def read(definition: str) -> Form:
    """Read a definition. Raises Refused saying what is wrong with it and where."""
    if len(definition) > SIZE_LIMIT:
        raise Refused(f"A form has at most {SIZE_LIMIT} characters, this one has {len(definition)}")
    try:
        form = msgspec.json.decode(definition, type=Form)
    except msgspec.DecodeError as error:  # a ValidationError is one too
        raise Refused(f"This is no form: {error}") from None
    except RecursionError:
        raise Refused("This is no form: it is nested too deeply") from None
    _check_fields(form)
    known = {field.code: field for field in form.asked}
    for number, rule in enumerate(form.rules, 1):
        _check_rule(rule, f"Rule {number}", known)
    for number, need in enumerate(form.needs, 1):
        _check_need(need, f"Need {number}", known)
    _refuse_cycles(form)
    _refuse_impossible(form)
    return form


def normal(form: Form) -> str:
    """The text by which two definitions are the same form, whatever version they carry."""
    plain = msgspec.to_builtins(msgspec.structs.replace(form, version=0, id=b""))
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


# -- questions ---------------------------------------------------------------------------------------------------------


def _check_fields(form: Form) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,59}", form.code):
        raise Refused(f"“{form.code[:60]}” is no code of a form: small letters, digits, - and _")
    _short("The title of the form", form.title, _LINE, needed=True)
    if len(form.fields) > FIELD_LIMIT:
        raise Refused(f"A form asks at most {FIELD_LIMIT} questions, this one asks {len(form.fields)}")
    for section in form.sections:
        _short("The title of a section", section.title, _LINE)
        _short("The note of a section", section.note, _LONG)
    codes: set[str] = set()
    for field in form.fields:
        _check_field(field)
        if field.code in codes:
            raise Refused(f"Two questions have the code “{field.code}”")
        codes.add(field.code)


def _check_field(field: FormField) -> None:
    if not _CODE.fullmatch(field.code) or field.code in _ROOTS:
        raise Refused(f"“{field.code[:60]}” is no code of a question: small letters, digits and _")
    _short(f"The label of “{field.code}”", field.label, _LINE, needed=True)
    for what, text in (("help", field.help), ("placeholder", field.placeholder), ("unit", field.unit)):
        _short(f"The {what} of “{field.code}”", text, _LONG)
    if field.type not in TYPES:
        raise Refused(f"“{field.label}” has the unknown type “{field.type[:40]}”")
    if field.type in ("choice", "multi") and not field.options:
        raise Refused(f"“{field.label}” has nothing to choose from")
    if len(field.options) > OPTION_LIMIT:
        raise Refused(f"“{field.label}” has {len(field.options)} choices, at most {OPTION_LIMIT} are possible")
    values = [option.value for option in field.options]
    for option in field.options:
        _short(f"A choice of “{field.code}”", option.value, _LINE, needed=True)
        _short(f"A choice of “{field.code}”", option.label, _LINE, needed=True)
        if values.count(option.value) > 1:
            raise Refused(f"“{field.label}” has the choice “{option.value}” twice")
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        raise Refused(f"“{field.label}” lies between {field.minimum:g} and {field.maximum:g}, which no number does")
    if field.max_length is not None and field.max_length < 1:
        raise Refused(f"“{field.label}” may have {field.max_length} characters, which no answer has")
    if field.pattern is not None:
        patterns.check(field.pattern, field.label, field.max_length)


def _short(what: str, text: str, limit: int, *, needed: bool = False) -> None:
    if needed and not text.strip():
        raise Refused(f"{what} is empty")
    if len(text) > limit:
        raise Refused(f"{what} has {len(text)} characters, at most {limit} are possible")


# -- rules -------------------------------------------------------------------------------------------------------------


def _check_rule(rule: Rule, place: str, known: dict[str, FormField]) -> None:
    if int(place.split()[1]) > RULE_LIMIT:
        raise Refused(f"A form has at most {RULE_LIMIT} rules")
    if rule.effect not in EFFECTS:
        raise Refused(f"{place} has the unknown effect “{rule.effect[:40]}”; there are {', '.join(EFFECTS)}")
    _check_names(place, rule.fields, known)
    _check_condition(place, rule.when, known)
    if rule.effect in (RELABEL, HELP):
        _short(f"The text of {place.lower()}", rule.text, _LINE if rule.effect == RELABEL else _LONG, needed=True)
    if rule.effect == LIMIT and not rule.options:
        raise Refused(f"{place} leaves nothing to choose from")
    for code in rule.fields:
        field = known[code]
        if rule.effect == LIMIT:
            missing = sorted(set(rule.options) - {option.value for option in field.options})
            if missing:
                raise Refused(f"{place} leaves the choice “{missing[0][:40]}”, which “{field.label}” does not have")
        if rule.effect == SET:
            from opsdesk.services.forms.checking import problems_of

            wrong = problems_of(field, rule.value) if rule.value is not None else ()
            if rule.value is None or wrong:
                why = wrong[0].text if wrong else "it has no value"
                raise Refused(f"{place} sets “{field.label}” to what is no answer to it: {why}")


def _check_need(need: Need, place: str, known: dict[str, FormField]) -> None:
    from opsdesk.models.tickets import TRANSITIONS

    events = sorted({row.event for row in TRANSITIONS if row.event not in ("merge", "unmerge")})
    if need.event not in events:
        raise Refused(f"{place} names the step “{need.event[:40]}”; there are {', '.join(events)}")
    _check_names(place, need.fields, known)
    _check_condition(place, need.when, known)


def _check_names(place: str, fields: Iterable[str], known: dict[str, FormField]) -> None:
    codes = tuple(fields)
    if not codes:
        raise Refused(f"{place} names no question")
    for code in codes:
        if code not in known:
            raise Refused(f"{place} names the question “{code[:60]}”, which the form does not ask")


def _check_condition(place: str, condition: Any, known: dict[str, FormField]) -> None:
    try:
        names = logic.check(condition)
    except Refused as refusal:
        raise Refused(f"{place}: {refusal.text}") from None
    for name in sorted(names):
        if name not in known and name not in FACTS:
            raise Refused(f"{place} reads “{name[:60]}”, which is neither a question of the form nor known of a ticket")


def deciding_order(form: Form) -> tuple[str, ...]:
    """The codes of the questions so that whatever decides about a question comes before it. Raises CycleError."""
    below: TopologicalSorter[str] = TopologicalSorter()
    known = {field.code for field in form.asked}
    for field in form.asked:
        below.add(field.code)
    for rule in form.rules:
        if rule.effect in DECIDING:
            for code in rule.fields:
                below.add(code, *sorted(logic.check(rule.when) & known))
    return tuple(below.static_order())


def _refuse_cycles(form: Form) -> None:
    labels = {field.code: field.label for field in form.asked}
    try:
        deciding_order(form)
    except CycleError as error:
        round_ = list(reversed(error.args[1]))
        raise Refused(f"The rules go in a circle: {' → '.join(f'“{labels[code]}”' for code in round_)}") from None
    for number, rule in enumerate(form.rules, 1):
        if rule.effect in DECIDING:
            own = sorted(logic.check(rule.when) & set(rule.fields))
            if own:
                raise Refused(f"The rules go in a circle: rule {number} lets “{labels[own[0]]}” decide about itself")


def _refuse_impossible(form: Form) -> None:
    """A question cannot be needed exactly while it is not asked."""
    labels = {field.code: field.label for field in form.asked}
    always = {field.code for field in form.asked if field.required}
    hidden: dict[str, dict[str, int]] = {}
    for number, rule in enumerate(form.rules, 1):
        if rule.effect == HIDE:
            for code in rule.fields:
                hidden.setdefault(code, {})[_said(rule.when)] = number
        if rule.effect == SHOW:
            for code in rule.fields:
                others = [other for other in form.rules if other.effect == SHOW and code in other.fields]
                if len(others) == 1:
                    hidden.setdefault(code, {})[_said({"!": [rule.when]})] = number
    for code, conditions in hidden.items():
        if "true" in conditions:
            why = "needed and never asked" if code in always else "never asked"
            raise Refused(f"“{labels[code]}” is {why}: rule {conditions['true']} always hides it")
    for number, rule in enumerate(form.rules, 1):
        if rule.effect == REQUIRE:
            for code in rule.fields:
                other = hidden.get(code, {}).get(_said(rule.when))
                if other is not None:
                    raise Refused(
                        f"“{labels[code]}” is needed and not asked at once: rules {min(number, other)} and "
                        f"{max(number, other)}"
                    )
    for number, need in enumerate(form.needs, 1):
        for code in need.fields:
            other = hidden.get(code, {}).get(_said(need.when))
            if other is not None and need.when is not True:
                raise Refused(f"“{labels[code]}” is needed and not asked at once: need {number} and rule {other}")


def _said(condition: Any) -> str:
    """One spelling of a condition: `{"!": x}` is `{"!": [x]}`, and twice "not" is none."""

    def plain(part: Any) -> Any:
        if isinstance(part, list):
            return [plain(one) for one in part]
        if not isinstance(part, dict):
            return part
        ((operator, arguments),) = part.items()
        listed = [plain(one) for one in (arguments if isinstance(arguments, list) else [arguments])]
        if operator in ("!", "!!") and len(listed) == 1:
            inner = listed[0]
            if isinstance(inner, dict) and "!" in inner:
                return inner["!"][0] if operator == "!" else inner
            if operator == "!!":
                return inner
        return {operator: listed}

    return json.dumps(plain(condition), sort_keys=True)
