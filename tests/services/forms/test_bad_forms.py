"""Bad definitions and bad answers, each with the exact words that a person gets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from opsdesk.services import forms
from opsdesk.services.errors import Refused
from opsdesk.services.forms import logic
from tests.support.made_forms import QUESTIONS, definition, form, rule, when

KNOWN = ", ".join(logic.OPERATORS)
RUNS = when("runs", "no")


def asking(**question: Any) -> str:
    """A form with one question."""
    field = {"code": "x", "label": "X", "type": "text", **question}
    return json.dumps(definition(sections=[{"fields": [field]}]))


def ruled(*rules: dict[str, Any], **changes: Any) -> str:
    """A form with these rules."""
    return json.dumps(definition(*rules, **changes))


def nested(levels: int) -> Any:
    condition: Any = RUNS
    for _ in range(levels):
        condition = {"!": [condition]}
    return condition


BAD_FORMS: dict[str, tuple[str, str]] = {
    "no JSON": ("{oops", "This is no form: JSON is malformed: object keys must be strings (byte 1)"),
    "a list": ("[]", "This is no form: Expected `object`, got `array`"),
    "half a file": ('{"code": "a"', "This is no form: Input data was truncated"),
    "deep as a well": ('{"rules":[{"when":' + "[" * 90_000, "This is no form: it is nested too deeply"),
    "too long": (" " * 200_001, "A form has at most 200000 characters, this one has 200001"),
    "path as code": (
        ruled(code="../../etc/passwd"), "“../../etc/passwd” is no code of a form: small letters, digits, - and _",
    ),
    "no title": (ruled(title="  "), "The title of the form is empty"),
    "endless title": (ruled(title="t" * 999), "The title of the form has 999 characters, at most 200 are possible"),
    "two questions of one code": (
        ruled(sections=[{"fields": [QUESTIONS[0], QUESTIONS[0]]}]), "Two questions have the code “runs”",
    ),
    "question with the name of a root": (
        asking(code="user"), "“user” is no code of a question: small letters, digits and _",
    ),
    "question with a dotted code": (
        asking(code="a.b"), "“a.b” is no code of a question: small letters, digits and _",
    ),
    "no label": (asking(label=""), "The label of “x” is empty"),
    "unknown type": (asking(type="rocket"), "“X” has the unknown type “rocket”"),
    "nothing to choose": (asking(type="choice"), "“X” has nothing to choose from"),
    "the same choice twice": (
        asking(type="choice", options=[{"value": "a", "label": "A"}] * 2), "“X” has the choice “a” twice",
    ),
    "empty range": (
        asking(type="integer", minimum=9, maximum=1), "“X” lies between 9 and 1, which no number does",
    ),
    "no characters": (asking(max_length=0), "“X” may have 0 characters, which no answer has"),
    "broken pattern": (
        asking(pattern="(", max_length=9),
        "The pattern of “X” cannot be read: missing ), unterminated subpattern at position 0",
    ),
    "endless pattern": (
        asking(pattern="(a+)+$", max_length=100),
        "The pattern of “X” could take endless to judge: it repeats what repeats already",
    ),
    "pattern of alternatives repeated": (
        asking(pattern="(a|aa)+b", max_length=100),
        "The pattern of “X” could take endless to judge: it repeats what repeats already",
    ),
    "pattern for long texts": (
        asking(pattern="a+"), "“X” has a pattern, so its max_length must be given and at most 200",
    ),
    "questions without end": (
        ruled(sections=[{"fields": [{**QUESTIONS[5], "code": f"q{n}"} for n in range(201)]}]),
        "A form asks at most 200 questions, this one asks 201",
    ),
    "rules without end": (ruled(*[rule("hide", "cause", when=RUNS)] * 201), "A form has at most 200 rules"),
    "unknown effect": (
        ruled(rule("explode", "cause")),
        "Rule 1 has the unknown effect “explode”; there are show, hide, require, lock, set, limit, relabel, help",
    ),
    "rule for nobody": (ruled(rule("hide", when=RUNS)), "Rule 1 names no question"),
    "rule for a question that is not there": (
        ruled(rule("hide", "nowhere", when=RUNS)), "Rule 1 names the question “nowhere”, which the form does not ask",
    ),
    "condition on what is not there": (
        ruled(rule("hide", "cause", when=when("nowhere", 1))),
        "Rule 1 reads “nowhere”, which is neither a question of the form nor known of a ticket",
    ),
    "condition on what no rule may know": (
        ruled(rule("hide", "cause", when=when("user.password", 1))),
        "Rule 1 reads “user.password”, which is neither a question of the form nor known of a ticket",
    ),
    "unknown operator": (
        ruled(rule("hide", "cause", when={"exec": ["ls"]})),
        f"Rule 1: its condition uses “exec”, but only {KNOWN} are known",
    ),
    "a loop": (
        ruled(rule("hide", "cause", when={"reduce": [{"var": "parts"}, 1, 2]})),
        f"Rule 1: its condition uses “reduce”, but only {KNOWN} are known",
    ),
    "two operators in one part": (
        ruled(rule("hide", "cause", when={"==": [1, 1], "!": [1]})),
        "Rule 1: a part of its condition has 2 operators, not one",
    ),
    "too few arguments": (
        ruled(rule("hide", "cause", when={"==": [{"var": "runs"}]})), "Rule 1: “==” takes 2 arguments, here it has 1",
    ),
    "var without a name": (
        ruled(rule("hide", "cause", when={"var": [{"var": "runs"}]})),
        "Rule 1: “var” names a question by its code, as a text",
    ),
    "condition too deep": (
        ruled(rule("hide", "cause", when=nested(30))), "Rule 1: its condition goes deeper than 24 levels",
    ),
    "condition too wide": (
        ruled(rule("hide", "cause", when={"or": [RUNS] * 60})), "Rule 1: its condition has more than 200 parts",
    ),
    "a rule about itself": (
        ruled(rule("hide", "cause", when=when("cause", "x"))),
        "The rules go in a circle: “Cause” → “Cause”",
    ),
    "two rules in a circle": (
        ruled(rule("hide", "cause", when=when("secret", "x")), rule("set", "secret", value="x", when={"var": "cause"})),
        "The rules go in a circle: “Load” → “Cause” → “Load”",
    ),
    "set to what is no answer": (
        ruled(rule("set", "weight", value="heavy", when=RUNS)),
        "Rule 1 sets “Weight” to what is no answer to it: Write a whole number",
    ),
    "set to nothing": (
        ruled(rule("set", "weight", when=RUNS)),
        "Rule 1 sets “Weight” to what is no answer to it: it has no value",
    ),
    "limit to nothing": (ruled(rule("limit", "recovery", when=RUNS)), "Rule 1 leaves nothing to choose from"),
    "limit to what there is not": (
        ruled(rule("limit", "recovery", options=["fly"], when=RUNS)),
        "Rule 1 leaves the choice “fly”, which “Recovery” does not have",
    ),
    "relabel without a word": (ruled(rule("relabel", "cause", when=RUNS)), "The text of rule 1 is empty"),
    "never asked": (ruled(rule("hide", "cause")), "“Cause” is never asked: rule 1 always hides it"),
    "needed and never asked": (
        ruled(rule("hide", "runs")), "“Can it drive?” is needed and never asked: rule 1 always hides it",
    ),
    "needed and hidden at once": (
        ruled(rule("require", "cause", when=RUNS), rule("hide", "cause", when=RUNS)),
        "“Cause” is needed and not asked at once: rules 1 and 2",
    ),
    "needed exactly when not shown": (
        ruled(rule("show", "cause", when=RUNS), rule("require", "cause", when={"!": RUNS})),
        "“Cause” is needed and not asked at once: rules 1 and 2",
    ),
    "need of an unknown step": (
        ruled(needs=[{"event": "fly", "fields": ["cause"]}]),
        "Need 1 names the step “fly”; there are accept, cancel, confirm, decline, reopen, resolve, resume, start, wait",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FORMS)
def test_a_bad_form_is_refused_with_what_is_wrong_and_where(name: str) -> None:
    text, told = BAD_FORMS[name]
    with pytest.raises(Refused) as refusal:
        forms.read(text)
    assert refusal.value.text == told


BAD_ANSWERS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "needed and missing": ({}, [("runs", "Can it drive? is needed")]),
    "not in the list": ({"runs": "maybe"}, [("runs", "Choose one of the list for Can it drive?")]),
    "text for a number": ({"runs": "no", "weight": "heavy"}, [("weight", "Write a whole number")]),
    "half a kilogram": ({"runs": "no", "weight": 0.5}, [("weight", "Write a whole number")]),
    "too heavy": ({"runs": "yes", "secret": "x", "weight": 10**9}, [("weight", "At most 90000 kg")]),
    "less than nothing": ({"runs": "no", "weight": -1}, [("weight", "At least 0 kg")]),
    "too long": ({"runs": "no", "secret": "x" * 81}, [("secret", "At most 80 characters")]),
    "a boat part": ({"runs": "no", "parts": ["keel"]}, [("parts", "Choose one of the list for Parts")]),
    "one word for a list": ({"runs": "no", "parts": "axle"}, [("parts", "Parts cannot be read")]),
    "a choice that a rule took away": (
        {"runs": "no", "recovery": "lift"}, [("recovery", "Choose one of the list for Recovery")],
    ),
    "needed by a rule": ({"runs": "no", "weight": 9_000}, [("secret", "Cargo is needed")]),
}  # fmt: skip

JUDGING = (
    rule("limit", "recovery", options=["tow"], when=RUNS),
    rule("require", "secret", when={">": [{"var": "weight"}, 7_500]}),
    rule("relabel", "secret", text="Cargo", when={"<": [7_500, {"var": "weight"}, 50_000]}),
)


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_a_bad_answer_is_told_at_its_question(name: str) -> None:
    given, told = BAD_ANSWERS[name]
    assert [(one.field, one.text) for one in forms.validate(form(*JUDGING), given)] == told


def test_a_pattern_is_judged_at_once_whatever_is_typed() -> None:
    made = forms.read(asking(pattern="[A-Z]{2}-?[0-9]+[a-z]*", max_length=200, help="Two letters and a number"))
    assert forms.validate(made, {"x": "AB-12"}) == ()
    assert [one.text for one in forms.validate(made, {"x": "1" * 200})] == ["Two letters and a number"]
    assert [one.text for one in forms.validate(made, {"x": "A" * 100_000})] == ["At most 200 characters"]
