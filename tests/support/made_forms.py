"""A form with every effect, written as data, and random ones."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from opsdesk.services import forms
from opsdesk.services.errors import Refused

QUESTIONS: tuple[dict[str, Any], ...] = (
    {"code": "runs", "label": "Can it drive?", "type": "choice", "required": True,
     "options": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]},
    {"code": "recovery", "label": "Recovery", "type": "choice",
     "options": [{"value": "tow", "label": "Tow"}, {"value": "lift", "label": "Lift"}]},
    {"code": "weight", "label": "Weight", "type": "integer", "minimum": 0, "maximum": 90_000, "unit": "kg"},
    {"code": "secret", "label": "Load", "type": "text", "max_length": 80},
    {"code": "parts", "label": "Parts", "type": "multi",
     "options": [{"value": "axle", "label": "Axle"}, {"value": "tyre", "label": "Tyre"}]},
    {"code": "cause", "label": "Cause", "type": "text"},
)  # fmt: skip


def definition(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A form of QUESTIONS with these rules."""
    return {
        "code": "made", "title": "Made", "version": 1, "sections": [{"fields": list(QUESTIONS)}],
        "rules": list(rules), **changes,
    }  # fmt: skip


def form(*rules: dict[str, Any], **changes: Any) -> forms.Form:
    """The same, read."""
    return forms.read(json.dumps(definition(*rules, **changes)))


def rule(effect: str, *fields: str, when: Any = True, **more: Any) -> dict[str, Any]:
    """One rule as data."""
    return {"effect": effect, "fields": list(fields), "when": when, **more}


def when(code: str, value: Any) -> dict[str, Any]:
    """The condition that a question has this answer."""
    return {"==": [{"var": code}, value]}


_VALUES: dict[str, tuple[Any, ...]] = {
    "runs": ("yes", "no"),
    "recovery": ("tow", "lift"),
    "weight": (0, 7_500),
    "secret": ("SECRET-LOAD-7781", "nothing"),
    "parts": (["axle"], ["axle", "tyre"]),
    "cause": ("wear", "SECRET-CAUSE-99"),
}

answers = st.fixed_dictionaries({}, optional={code: st.sampled_from((*all_, None)) for code, all_ in _VALUES.items()})
"""Answers that are right or emptied."""

_CODES = tuple(_VALUES)


@st.composite
def ruled(draw: st.DrawFn) -> forms.Form:
    """A form whose rules decide about later questions by earlier ones, so that they never go in a circle."""
    made: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(0, 7))):
        effect = draw(st.sampled_from(("show", "hide", "require", "lock", "set", "limit", "relabel", "help")))
        target = draw(st.integers(1, len(_CODES) - 1))
        code = _CODES[target]
        by = _CODES[draw(st.integers(0, target - 1))]
        condition: Any = when(by, draw(st.sampled_from(_VALUES[by])))
        if draw(st.booleans()):
            condition = {"!": [condition]}
        more: dict[str, Any] = {"text": "Otherwise"} if effect in ("relabel", "help") else {}
        if effect == "set":
            more["value"] = draw(st.sampled_from(_VALUES[code]))
        if effect == "limit":
            if code not in ("recovery", "parts"):
                continue
            more["options"] = ["tow"] if code == "recovery" else ["axle"]
        if effect == "require" and condition in [one["when"] for one in made if code in one["fields"]]:
            continue
        made.append(rule(effect, code, when=condition, **more))
    try:
        return form(*made)
    except Refused:  # needed and hidden by one condition
        return form()
