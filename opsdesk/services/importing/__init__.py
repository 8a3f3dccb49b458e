"""Importing tickets from files: find out how a file is written, map its columns, and write its rows as tickets.

`run.run` does the import; `survey` and `preview` show beforehand what it will do.
"""

from opsdesk.services.importing.dialect import (
    DATE_ORDERS,
    DECIMAL_NAMES,
    DELIMITER_NAMES,
    ENCODINGS,
    KIND_NAMES,
    TEXT,
    XLSX,
    Dialect,
    Finding,
)
from opsdesk.services.importing.looking import Look, look
from opsdesk.services.importing.plan import (
    ANSWER,
    FIELDS,
    JOINED,
    Plan,
    area_of,
    content_of,
    plan_of,
    read_plan,
    write_plan,
)
from opsdesk.services.importing.problems import ImportCancelled, ImportProblem, Limits
from opsdesk.services.importing.questions import DEFAULT_TYPE, NO_QUESTIONS, Questions
from opsdesk.services.importing.questions import read as read_questions
from opsdesk.services.importing.remarks import DOUBT, NOTE, WRONG, Remark, header_key, missing, remarks
from opsdesk.services.importing.survey import PreviewRow, Survey, preview, start_survey, survey

__all__ = [
    "ANSWER",
    "DATE_ORDERS",
    "DECIMAL_NAMES",
    "DEFAULT_TYPE",
    "DELIMITER_NAMES",
    "DOUBT",
    "ENCODINGS",
    "FIELDS",
    "JOINED",
    "KIND_NAMES",
    "NOTE",
    "NO_QUESTIONS",
    "TEXT",
    "WRONG",
    "XLSX",
    "Dialect",
    "Finding",
    "ImportCancelled",
    "ImportProblem",
    "Limits",
    "Look",
    "Plan",
    "PreviewRow",
    "Questions",
    "Remark",
    "Survey",
    "area_of",
    "content_of",
    "header_key",
    "look",
    "missing",
    "plan_of",
    "preview",
    "read_plan",
    "read_questions",
    "remarks",
    "start_survey",
    "survey",
    "write_plan",
]
