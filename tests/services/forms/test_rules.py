"""What rules do to a form, and what must hold of any form and any answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk import RESOURCES
from opsdesk.services import forms
from opsdesk.services.forms import Facts
from opsdesk.services.forms.judging import is_empty
from tests.support import made_forms
from tests.support.made_forms import form, rule, when

FACTS = Facts("vehicle", ("vehicle", "vehicle.breakdown"), role="watch officer")


def judged(made: forms.Form, facts: Facts = FACTS, **answers: Any) -> forms.Judged:
    return forms.judge(made, facts, answers)


def asked(result: forms.Judged) -> list[str]:
    return [field.code for field in result.fields]


def test_each_of_the_seven_effects_happens_while_its_condition_holds() -> None:
    no = when("runs", "no")
    made = form(
        rule("show", "recovery", when=no),
        rule("hide", "cause", when=no),
        rule("require", "secret", when=no),
        rule("set", "weight", value=7_500, when=no),
        rule("lock", "weight", when=no),
        rule("limit", "parts", options=["axle"], when=no),
        rule("relabel", "secret", text="Cargo", when=no),
        rule("help", "parts", text="Only what lies beside it", when=no),
    )
    before, after = judged(made, runs="yes", weight=3), judged(made, runs="no", weight=3)
    assert asked(before) == ["runs", "weight", "secret", "parts", "cause"]
    assert asked(after) == ["runs", "recovery", "weight", "secret", "parts"]
    assert (before.answers["weight"], after.answers["weight"]) == (3, 7_500)
    assert (set(before.locked), set(after.locked)) == (set(), {"weight"})
    secret, parts = after.field("secret"), after.field("parts")
    assert secret is not None
    assert parts is not None
    assert (secret.required, secret.label) == (True, "Cargo")
    assert ([option.value for option in parts.options], parts.help) == (["axle"], "Only what lies beside it")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"==": [{"var": "ticket.type"}, "vehicle"]}, True),
        ({"in": ["vehicle.breakdown", {"var": "ticket.categories"}]}, True),
        ({"==": [{"var": "ticket.category"}, "vehicle"]}, False),
        ({"==": [{"var": "ticket.state"}, "new"]}, True),
        ({"in": [{"var": "user.role"}, ["commander", "watch officer"]]}, True),
        ({"==": [{"var": "ticket.urgency"}, "high"]}, False),
        ({"missing": ["recovery"]}, True),
        ({"in": ["axle", {"var": "parts"}]}, True),
        # Where plain JSON-logic would surprise: what nobody answered is neither no, nor nothing, nor less than one.
        ({"==": [{"var": "recovery"}, False]}, False),
        ({"==": [{"var": "weight"}, 0]}, False),
        ({"<": [{"var": "weight"}, 1]}, False),
        ({">": [{"var": "runs"}, 1]}, False),
    ],
)
def test_a_rule_asks_type_category_role_state_and_other_answers(condition: Any, holds: bool) -> None:
    made = form(rule("relabel", "cause", text="Otherwise", when=condition))
    field = judged(made, runs="no", parts=["axle"]).field("cause")
    assert field is not None
    assert (field.label == "Otherwise") is holds


def test_what_is_hidden_answers_no_other_rule() -> None:
    made = form(rule("hide", "recovery", when=when("runs", "yes")), rule("show", "cause", when=when("recovery", "tow")))
    assert "cause" in asked(judged(made, runs="no", recovery="tow"))
    assert "cause" not in asked(judged(made, runs="yes", recovery="tow"))


def test_a_value_set_by_a_rule_never_overwrites_what_was_typed_or_emptied() -> None:
    made = form(rule("set", "weight", value=7_500, when=when("runs", "no")))
    assert judged(made, runs="no").answers["weight"] == 7_500
    assert judged(made, runs="no", weight=1).answers["weight"] == 1
    assert "weight" not in judged(made, runs="no", weight=None).answers


def test_what_a_step_of_the_ticket_needs_is_known_before_it() -> None:
    made = form(needs=[{"event": "resolve", "fields": ["cause"], "when": when("runs", "no")}])
    assert [field.label for field in judged(made, runs="no").needed_for("resolve")] == ["Cause"]
    assert judged(made, runs="no", cause="Axle").needed_for("resolve") == ()
    assert judged(made, runs="yes").needed_for("resolve") == ()
    assert judged(made, runs="no").needed_for("start") == ()


@given(made_forms.ruled(), made_forms.answers)
@settings(max_examples=120)
def test_what_is_hidden_counts_nowhere_and_nothing_hidden_is_needed(made: forms.Form, answers: dict[str, Any]) -> None:
    result = forms.judge(made, FACTS, answers)
    codes = {field.code for field in result.fields}
    assert not codes & result.hidden
    assert codes | result.hidden == {field.code for field in made.fields}
    assert result.answers.keys() <= codes
    assert not any(is_empty(value) for value in result.answers.values())
    assert {problem.field for problem in forms.validate(made, answers, FACTS)} <= codes
    assert not any(field.required for field in result.fields if field.code in result.locked)


@given(made_forms.ruled(), made_forms.answers, st.randoms())
@settings(max_examples=120)
def test_judging_again_what_was_judged_changes_nothing_in_whatever_order_it_was_typed(
    made: forms.Form, answers: dict[str, Any], order: Any
) -> None:
    """On load the stored answers are judged, on submit the typed ones: both come to the same."""
    result = forms.judge(made, FACTS, answers)
    typed = list(answers.items())
    order.shuffle(typed)
    assert forms.judge(made, FACTS, dict(typed)) == result
    emptied = {code: None for code, value in answers.items() if value is None}
    again = forms.judge(made, FACTS, {**emptied, **result.answers})
    assert (again.answers, again.fields, again.hidden) == (result.answers, result.fields, result.hidden)


@pytest.mark.parametrize("path", sorted((RESOURCES / "forms").glob("*.json")), ids=lambda path: path.stem)
def test_a_form_that_ships_can_be_read_and_asks_something(path: Path) -> None:
    said = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(said, dict):
        assert forms.read(json.dumps(said)).fields
