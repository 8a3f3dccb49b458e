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
from opsdesk.services.importing.plan import ANSWER, FIELDS, JOINED, Plan, area_of, read_plan, write_plan
from opsdesk.services.importing.problems import ImportCancelled, ImportProblem, Limits
from opsdesk.services.importing.questions import NO_QUESTIONS, Questions
from opsdesk.services.importing.questions import read as read_questions
from opsdesk.services.importing.survey import PreviewRow, Survey, preview, start_survey, survey

__all__ = [
    "ANSWER",
    "DATE_ORDERS",
    "DECIMAL_NAMES",
    "DELIMITER_NAMES",
    "ENCODINGS",
    "FIELDS",
    "JOINED",
    "KIND_NAMES",
    "NO_QUESTIONS",
    "TEXT",
    "XLSX",
    "Dialect",
    "Finding",
    "ImportCancelled",
    "ImportProblem",
    "Limits",
    "Plan",
    "PreviewRow",
    "Questions",
    "Survey",
    "area_of",
    "preview",
    "read_plan",
    "read_questions",
    "start_survey",
    "survey",
    "write_plan",
]
