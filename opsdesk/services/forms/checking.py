"""The check of answers. From a question's definition follows a JSON Schema, and the `jsonschema` library judges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsdesk.services.errors import Problem
from opsdesk.services.forms.definition import Form, FormField
from opsdesk.services.forms.facts import NO_FACTS, Facts
from opsdesk.services.forms.judging import Judged, is_empty, judge


def validate(
    form: Form, answers: Mapping[str, Any], facts: Facts = NO_FACTS, *, judged: Judged | None = None
) -> tuple[Problem, ...]:
    """What is wrong with a set of answers, in the order of the form; empty when all is well. What is not asked is not
    judged. `judged` is the judgement of these answers where it is known already."""
    found: list[Problem] = []
    known = judged or judge(form, facts, answers)
    for field in known.fields:
        value = known.answers.get(field.code)
        if is_empty(value):
            if field.required:
                found.append(Problem(field.code, f"{field.label} is needed"))
        else:
            found += problems_of(field, value)
    return tuple(found)


def validate_field(form: Form, code: str, value: Any) -> tuple[Problem, ...]:
    """What is wrong with one answer, whatever the rules say. A question that the form does not ask is not judged."""
    return tuple(problem for field in form.fields if field.code == code for problem in problems_of(field, value))


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


def problems_of(field: FormField, value: Any) -> list[Problem]:
    """What is wrong with an answer to a question as it is asked now."""
    from jsonschema import Draft202012Validator

    unit = f" {field.unit}" if field.unit else ""
    rule = schema(field)
    words = {
        "type": {"integer": "Write a whole number", "number": "Write a number"}.get(
            rule.get("type", ""), f"{field.label} cannot be read"
        ),
        "enum": f"Choose one of the list for {field.label}",
        "minimum": f"At least {field.minimum:g}{unit}" if field.minimum is not None else "",
        "maximum": f"At most {field.maximum:g}{unit}" if field.maximum is not None else "",
        "maxLength": f"At most {field.max_length or 20_000} characters",
        "pattern": field.help or f"{field.label} is not written as it should be",
    }
    if "pattern" in rule and isinstance(value, str) and len(value) > rule["maxLength"]:
        return [Problem(field.code, words["maxLength"])]  # a pattern is tried on short texts only
    errors = Draft202012Validator(rule).iter_errors(value)
    return [Problem(field.code, words.get(str(error.validator), error.message)) for error in errors]
