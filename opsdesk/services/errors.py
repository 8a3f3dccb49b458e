"""What can go wrong, in two families: the world's fault (shown to a person at its place) and ours (a bug)."""

from __future__ import annotations

from dataclasses import dataclass

from opsdesk.store.errors import FolderInUse, OpsDeskError, RuleBroken, StorageError


class Refused(OpsDeskError):
    """A command that the rules do not allow. `field` names the input it is about, when there is one."""

    def __init__(self, text: str, *, field: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.field = field


class Invalid(Refused):
    """Several inputs are wrong at once; `problems` has one entry for each, in the order of the form."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(problem.text for problem in problems), field=problems[0].field)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong input: the code of the field and what to do about it."""

    field: str
    text: str


class NotFound(Refused):
    """The record does not exist here (it may not have arrived yet)."""


class QueryError(Refused):
    """A query that cannot be read. `start` and `end` are positions in its text, 0-based, end exclusive."""

    def __init__(self, text: str, start: int, end: int) -> None:
        super().__init__(text)
        self.start = start
        self.end = end


class Superseded(OpsDeskError):
    """A newer question on the same channel made this answer worthless; it was interrupted."""


__all__ = [
    "FolderInUse",
    "Invalid",
    "NotFound",
    "OpsDeskError",
    "Problem",
    "QueryError",
    "Refused",
    "RuleBroken",
    "StorageError",
    "Superseded",
]
