"""Importing tickets from files: find out how a file is written, map its columns, and write its rows as tickets."""

from opsdesk.services.importing.dialect import Dialect, Finding
from opsdesk.services.importing.plan import FIELDS, Plan, read_plan
from opsdesk.services.importing.problems import ImportCancelled, ImportProblem, Limits
from opsdesk.services.importing.survey import PreviewRow, Survey, preview, survey

__all__ = [
    "FIELDS",
    "Dialect",
    "Finding",
    "ImportCancelled",
    "ImportProblem",
    "Limits",
    "Plan",
    "PreviewRow",
    "Survey",
    "preview",
    "read_plan",
    "survey",
]
