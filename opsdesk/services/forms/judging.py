"""What the rules of a form make of a set of answers: one pure function, the same on load, at each change, when a ticket
is made, and wherever its answers are shown or leave the program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from opsdesk.services.forms.definition import (
    DECIDING,
    HELP,
    HIDE,
    LIMIT,
    LOCK,
    RELABEL,
    REQUIRE,
    SET,
    SHOW,
    Form,
    FormField,
    Need,
    Rule,
    deciding_order,
)
from opsdesk.services.forms.facts import Facts
from opsdesk.services.forms.logic import Condition


@dataclass(frozen=True, slots=True)
class Judged:
    """A form as it stands with certain answers.

    `fields` are the questions that are asked now, in the order of the form, each as it is asked now: with its label and
    help, whether it is needed, and what can be chosen. `answers` are those that count: of questions that are asked,
    with what rules set; unanswered ones are not in it. `hidden` are the questions that are not asked, `locked` those
    that a person cannot answer, `by_rule` those whose answer a rule gave.
    """

    fields: tuple[FormField, ...]
    answers: Mapping[str, Any]
    hidden: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()
    by_rule: frozenset[str] = frozenset()
    unmet: tuple[tuple[str, str], ...] = ()
    """(event, code) of the questions that must be answered before a step of the ticket, and are not."""

    def field(self, code: str) -> FormField | None:
        """A question as it is asked now; None when it is not."""
        return next((field for field in self.fields if field.code == code), None)

    def needed_for(self, event: str) -> tuple[FormField, ...]:
        """The questions without whose answer a step cannot happen, in the order of the form."""
        codes = {code for name, code in self.unmet if name == event}
        return tuple(field for field in self.fields if field.code in codes)


class _Plan:
    """A form prepared for judging: its conditions compiled, and the order in which questions are decided."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.order = deciding_order(form)
        self.codes = frozenset(self.order)
        rules = [(rule, Condition(rule.when)) for rule in form.rules]
        self.deciding = _by_field(rules, deciding=True)
        self.dressing = _by_field(rules, deciding=False)
        self.needs: tuple[tuple[Need, Condition], ...] = tuple((need, Condition(need.when)) for need in form.needs)
        self.by_code = {field.code: field for field in form.asked}


_Ruled = Sequence[tuple[Rule, Condition]]


def _by_field(rules: Iterable[tuple[Rule, Condition]], *, deciding: bool) -> dict[str, list[tuple[Rule, Condition]]]:
    found: dict[str, list[tuple[Rule, Condition]]] = {}
    for rule, condition in rules:
        if (rule.effect in DECIDING) == deciding:
            for code in rule.fields:
                found.setdefault(code, []).append((rule, condition))
    return found


_PLANS: Final[dict[int, _Plan]] = {}
_MOST_PLANS: Final = 64


def _plan(form: Form) -> _Plan:
    found = _PLANS.get(id(form))
    if found is None or found.form is not form:
        if len(_PLANS) >= _MOST_PLANS:
            _PLANS.clear()
        found = _PLANS[id(form)] = _Plan(form)
    return found


def is_empty(value: Any) -> bool:
    """Whether an answer says nothing."""
    return value is None or value in ("", [], ())


def judge(form: Form, facts: Facts, answers: Mapping[str, Any]) -> Judged:
    """What the rules make of these answers. An answer of None is one that a person emptied: no rule fills it again.

    Answers to what the form does not ask (imported columns) are none of its business and are not in the result.
    """
    if not form.rules and not form.needs:
        asked = form.asked
        told = {field.code: answers.get(field.code) for field in asked}
        return Judged(asked, {code: value for code, value in told.items() if not is_empty(value)})
    plan = _plan(form)
    data: dict[str, Any] = facts.data()
    hidden, locked, by_rule = set(), set(), set()
    for code in plan.order:
        rules = plan.deciding.get(code, ())
        holding = [rule for rule, condition in rules if condition.holds(data)]
        effects = {rule.effect for rule in holding}
        if HIDE in effects or (SHOW not in effects and any(rule.effect == SHOW for rule, _ in rules)):
            hidden.add(code)
            continue
        value = answers.get(code)
        given = [rule.value for rule in holding if rule.effect == SET]
        if given and (LOCK in effects or code not in answers):
            value = given[-1]
            by_rule.add(code)
        if LOCK in effects:
            locked.add(code)
        if not is_empty(value):
            data[code] = value
    said = {field.code: data[field.code] for field in form.asked if field.code in data}
    fields = tuple(
        _dressed(field, plan.dressing.get(field.code, ()), data, locked=field.code in locked)
        for field in form.asked
        if field.code not in hidden
    )
    unmet = tuple(
        (need.event, code)
        for need, condition in plan.needs
        for code in need.fields
        if code not in hidden and code not in said and condition.holds(data)
    )
    return Judged(fields, said, frozenset(hidden), frozenset(locked), frozenset(by_rule), unmet)


def _dressed(field: FormField, rules: _Ruled, data: Mapping[str, Any], *, locked: bool) -> FormField:
    """The question as it is asked now. What a person cannot answer is not needed of them."""
    changes: dict[str, Any] = {}
    for rule, condition in rules:
        if not condition.holds(data):
            continue
        if rule.effect == REQUIRE:
            changes["required"] = True
        elif rule.effect == RELABEL:
            changes["label"] = rule.text
        elif rule.effect == HELP:
            changes["help"] = rule.text
        elif rule.effect == LIMIT:
            left = changes.get("options", field.options)
            changes["options"] = tuple(option for option in left if option.value in rule.options)
    if locked:
        changes["required"] = False
    return msgspec.structs.replace(field, **changes) if changes else field
