"""What can be said of a plan column by column: why a column does not become what it is mapped to, what is missing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from opsdesk.services.importing.plan import Plan, unknown
from opsdesk.services.importing.questions import DEFAULT_TYPE, Questions, question_of
from opsdesk.services.importing.survey import PreviewRow, Survey

WRONG: Final = "wrong"
DOUBT: Final = "doubt"
NOTE: Final = "note"

_NAMED_AT_MOST: Final = 6


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of one column. `kind` is `wrong` (it cannot be so), `doubt` (look at it) or `note`."""

    text: str
    kind: str = NOTE


def remarks(found: Survey, plan: Plan, questions: Questions, rows: Sequence[PreviewRow]) -> dict[str, Remark]:
    """Columns that need a word → that word; `rows` are the preview under the plan."""
    told: dict[str, Remark] = {}
    asked = questions.fields
    form = form_of(plan, questions)
    refused = _refused(plan, rows)
    for column, target in plan.columns.items():
        code = question_of(target)
        if column not in found.names():
            told[column] = Remark(unknown("column", column, found.names()), WRONG)
        elif code is not None and code not in asked:
            told[column] = Remark("No form asks this any more", WRONG)
        elif refused[column]:
            number = refused[column]
            told[column] = Remark(f"{number} of the first {len(rows)} rows cannot be read so", DOUBT)
        elif code is not None and form is not None and code not in form:
            told[column] = Remark("Not asked by the form of this type: kept as it is", DOUBT)
    return told


def missing(plan: Plan, questions: Questions) -> tuple[str, ...]:
    """What tickets need and no column gives, each as a sentence."""
    said = []
    targets = set(plan.columns.values())
    if "occurred" not in targets and "occurred" not in plan.constants:
        said.append("No column says when it happened: the time of the import will stand there.")
    if not targets & {"lat", "position", "grid", "location"}:
        said.append("No column says where.")
    form = form_of(plan, questions)
    if form is not None:
        needed = [label for code, (label, required) in form.items() if required and f"answer.{code}" not in targets]
        if needed:
            shown = ", ".join(needed[:_NAMED_AT_MOST]) + (" …" if len(needed) > _NAMED_AT_MOST else "")
            said.append(f"The form asks for these, and no column answers: {shown}.")
    return tuple(said)


def form_of(plan: Plan, questions: Questions) -> Mapping[str, tuple[str, bool]] | None:
    """The questions (code → label, whether needed) of the form that all rows get; None where rows differ in type."""
    if {"type", "category"} & set(plan.columns.values()) or "type" in plan.templates or not questions.by_type:
        return None
    form = questions.by_type.get(plan.constants.get("type", DEFAULT_TYPE))
    if form is None:
        return {}
    return {field.code: (field.label, field.required) for field in form.fields if not field.code.startswith("ticket.")}


def header_key(names: Sequence[str]) -> str:
    """A short name for the header of a table: the same columns in the same order."""
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()[:24]


def _refused(plan: Plan, rows: Sequence[PreviewRow]) -> Counter[str]:
    """How many of the first rows an answer refuses, by its column, which begins what is said of the row."""
    found: Counter[str] = Counter()
    for row in rows:
        for column in plan.columns:
            if row.problem is not None and row.problem.startswith(f"{column}: "):
                found[column] += 1
                break
    return found
