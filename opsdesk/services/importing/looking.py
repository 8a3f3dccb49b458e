"""How the first rows of a file look under a plan, with what is to be said of it: read in one go on a reader thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from opsdesk.services.errors import Refused
from opsdesk.services.importing import questions as asking
from opsdesk.services.importing.plan import ANSWER, Plan
from opsdesk.services.importing.questions import NO_QUESTIONS, Questions
from opsdesk.services.importing.remarks import Remark, missing, remarks
from opsdesk.services.importing.survey import PreviewRow, Survey, preview
from opsdesk.store.work import Reader


@dataclass(frozen=True, slots=True)
class Look:
    """The first rows (none where the plan cannot be: `refusal` says why), a remark for each column that needs one, and
    what no column gives, under the questions that forms ask now."""

    questions: Questions
    rows: tuple[PreviewRow, ...]
    remarks: Mapping[str, Remark]
    missing: tuple[str, ...]
    refusal: Refused | None = None


def look(reader: Reader, found: Survey, plan: Plan, count: int) -> Look:
    """Look at the first `count` rows."""
    questions = asking.read(reader, plan)
    answered = any(target.startswith(ANSWER) for target in plan.columns.values())
    rows: tuple[PreviewRow, ...] = ()
    refusal = None
    try:
        rows = preview(found, plan, count, questions if answered else NO_QUESTIONS)
    except Refused as error:
        refusal = error
    return Look(questions, rows, remarks(found, plan, questions, rows), missing(plan, questions), refusal)
