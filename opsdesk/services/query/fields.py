"""The fields that a query knows: their names, signs, values and what they mean.

The table `FIELDS` is the whole language; the parser, the completion, the compiler and the help read it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from opsdesk.models.base import Marking
from opsdesk.models.tickets import REPORTED_VIA, Priority, State
from opsdesk.services import pasting
from opsdesk.services.errors import QueryError
from opsdesk.services.query import moments, nearby
from opsdesk.services.query.nodes import Term, Value


class Sort(enum.Enum):
    """What kind of values a field has; the compiler has one function for each."""

    LEVEL = "level"
    """A word of an ordered list: states, priorities, markings."""
    WORD = "word"
    """A word of a short list without order."""
    NAME = "name"
    """The name of a record: a person, a unit, a place, a type, a category."""
    TIME = "time"
    TEXT = "text"
    """Words in one text of the ticket."""
    EXACT = "exact"
    """A text that is compared as a whole."""
    NUMBER = "number"
    NEAR = "near"
    WITHIN = "within"
    """The name of a drawing that it lies in."""
    CALENDAR = "calendar"
    """A part of the calendar in which it happened, by local time."""
    HAS = "has"
    IS = "is"
    SYNC = "sync"
    CLOCK = "clock"
    """A word for how a clock stands, or a time until it reaches its target."""


_LIST: Final = (":", "=")
_ORDER: Final = (":", "=", ">", ">=", "<", "<=")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the language. `column` is that of `ticket`, or the table it hangs in for what hangs on a ticket."""

    name: str
    label: str
    sort: Sort
    help: str
    example: str
    column: str = ""
    aliases: tuple[str, ...] = ()
    table: str = ""
    """For names: the table they are looked up in."""
    tree: bool = False
    """True where `:` includes what lies below in the tree."""
    words: Mapping[str, int] | Mapping[str, str] | None = None
    """For levels and words: what may be said → the stored value (for `is` and `has`: what it means)."""
    operators: tuple[str, ...] = _LIST

    def check(self, term: Term) -> None:
        """Raise QueryError when a value can never be right, whatever the database holds."""
        if self.words is not None and self.sort is not Sort.CLOCK:
            for value in term.values:
                self.word(value)
        if self.sort is Sort.LEVEL and term.operator not in _LIST and len(term.values) > 1:
            raise QueryError("Only one value can be compared", term.values[1].start, term.values[-1].end)
        checker = _CHECKS.get(self.sort)
        if checker is not None:
            checker(term)

    def word(self, value: Value) -> str:
        """The word of the list that is meant; its beginning is enough when no other begins so."""
        assert self.words is not None
        said = plain(value.text)
        if said in self.words:
            return said
        begun = [word for word in self.words if word.startswith(said)] if said else []
        if len(begun) == 1:
            return begun[0]
        known = ", ".join(self.words)
        hint = suggest(said, self.words) or f" Known are {known}"
        raise QueryError(f"Unknown {self.label.lower()} “{value.text}”.{hint}", value.start, value.end)


def plain(text: str) -> str:
    """A word without differences that do not matter: case, spaces, hyphens, underscores, signs that nobody sees."""
    return " ".join(pasting.clean(text).casefold().replace("_", " ").replace("-", " ").split())


def suggest(said: str, known: Iterable[str]) -> str:
    """A hint for a likely slip of the keyboard (` Did you mean open?`), else an empty text."""
    from rapidfuzz import process

    found = process.extractOne(said, list(known), score_cutoff=60)
    return "" if found is None else f" Did you mean {found[0]}?"


def _check_times(term: Term) -> None:
    if len(term.values) > 1 and term.operator not in _LIST:
        raise QueryError("Only one time can be compared", term.values[1].start, term.values[-1].end)
    for value in term.values:
        moments.check(value, term.operator)


def stands(value: Value) -> str | None:
    """The word for how a clock stands that a value is; None when it is a time."""
    said = plain(value.text)
    begun = [word for word in CLOCK if word.startswith(said)] if said else []
    return said if said in CLOCK else begun[0] if len(begun) == 1 and said.isalpha() else None


def _check_clocks(term: Term) -> None:
    timed = [value for value in term.values if stands(value) is None]
    if term.operator not in _LIST and len(timed) < len(term.values):
        raise QueryError(f"Write {term.name}:{term.values[0].text}", term.values[0].start, term.values[0].end)
    if timed:
        try:
            _check_times(Term(term.name, term.operator, tuple(timed)))
        except QueryError as error:
            known = ", ".join(CLOCK)
            raise QueryError(f"{error}; or one of {known}", error.start, error.end) from None


_CHECKS: Final[dict[Sort, Callable[[Term], None]]] = {
    Sort.TIME: _check_times,
    Sort.NEAR: nearby.check,
    Sort.CLOCK: _check_clocks,
}

STATES: Final = {plain(state.label): int(state) for state in State}
PRIORITIES: Final = {plain(priority.label): int(priority) for priority in Priority}
MARKINGS: Final = {plain(marking.label): int(marking) for marking in Marking}

WEEKDAYS: Final = {
    "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 0,
}  # fmt: skip
HOURS: Final = {f"{hour:02}": hour for hour in range(24)}
CLOSED: Final = "closed"
"""Stands for a column: the time is in the change records."""

HAS: Final = {
    "attachment": "a file is attached",
    "comment": "somebody wrote a comment",
    "position": "it has a position",
    "place": "it names a place",
    "due": "it is due at some time",
    "link": "it is linked with another record",
    "tag": "it has a tag",
    "answer": "its form is filled in",
    "watcher": "somebody watches it",
    "description": "it has a description",
    "parent": "it is part of another ticket",
}
IS: Final = {
    "open": "work may still be needed",
    "closed": "resolved, closed, cancelled or merged",
    "overdue": "open and past its due time or its target",
    "unread": "something happened that you have not seen",
    "mine": "assigned to you",
    "watched": "watched by you",
    "unassigned": "assigned to nobody",
    "waiting": "it waits for something",
    "major": "marked as major",
    "exercise": "training or made-up",
    "timely": "resolved or closed by its due time and its target",
    "late": "resolved or closed after its due time or its target",
    "voided": "taken out of all lists (shows these too)",
    "queued": "holds changes made here that wait for the server",
}

SYNC: Final = {
    "queued": "holds changes made here that wait for the server",
    "conflict": "was changed in two places",
    "returned": "something of it was sent back with a reason",
    "draft": "a comment is written and not sent",
    "new": "something came in that you have not seen",
    "in step": "the same on all stations",
}

CLOCK: Final = {
    "late": "runs on past its target",
    "running": "runs",
    "paused": "stands still while the ticket waits",
    "met": "ended within its target",
    "missed": "ended after its target",
    "none": "has no target",
}

FIELDS: Final[tuple[Field, ...]] = (
    Field(
        "state", "State", Sort.LEVEL, "Where it stands; compared by progress", "open,waiting",
        column="state", words=STATES, operators=_ORDER,
    ),
    Field(
        "priority", "Priority", Sort.LEVEL, "How soon it must be worked on", "high",
        column="priority", aliases=("prio",), words=PRIORITIES, operators=_ORDER,
    ),
    Field("is", "Is", Sort.IS, "What it is", "overdue", words=IS),
    Field("has", "Has", Sort.HAS, "What it has", "attachment", words=HAS),
    Field("sync", "Sync", Sort.SYNC, "How it stands with the other stations", "queued", words=SYNC),
    Field(
        "assignee", "Assignee", Sort.NAME, "Who works on it: a name, me or none", "me",
        column="assignee", aliases=("owner",), table="person", operators=(":", ":=", "=", "~"),
    ),
    Field(
        "unit", "Unit", Sort.NAME, "The owning unit with those below; := for that one alone", '"B Coy"',
        column="unit", table="unit", tree=True, operators=(":", ":=", "=", "~"),
    ),
    Field(
        "group", "Group", Sort.NAME, "The unit in whose queue it is", '"Eng Sqn"',
        column="group", aliases=("queue",), table="unit", tree=True, operators=(":", ":=", "=", "~"),
    ),
    Field(
        "type", "Type", Sort.NAME, "Kind of ticket", "incident",
        column="type", table="ticket_type", operators=(":", ":=", "=", "~"),
    ),
    Field(
        "category", "Category", Sort.NAME, "Category with those below", "fire",
        column="category", aliases=("cat",), table="category", tree=True, operators=(":", ":=", "=", "~"),
    ),
    Field(
        "place", "Place", Sort.NAME, "Named place with those below", '"Kemp Bridge"',
        column="place", aliases=("location",), table="place", tree=True, operators=(":", ":=", "=", "~"),
    ),
    Field(
        "near", "Near", Sort.NEAR, "Within a distance of a position, a grid or a place", "(5.36,-4.01),10km",
        operators=(":",),
    ),
    Field(
        "in", "Inside", Sort.WITHIN, "Inside an area or a circle that is drawn on the map", '"Bria axis"',
        column="drawing", aliases=("inside", "within"), table="drawing", operators=(":", ":=", "=", "~"),
    ),
    Field(
        "updated", "Updated", Sort.TIME, "When it last changed: an age, a day or a time", "today",
        column="updated_at", aliases=("changed",), operators=_ORDER,
    ),
    Field(
        "created", "Created", Sort.TIME, "When it was recorded", "2026-11-22",
        column="created_at", aliases=("recorded",), operators=_ORDER,
    ),
    Field(
        "occurred", "Occurred", Sort.TIME, "When it happened", "yesterday",
        column="occurred_at", aliases=("happened", "age"), operators=_ORDER,
    ),
    Field(
        "closed", "Closed", Sort.TIME, "When it was closed, as far as that is known here", "yesterday",
        column=CLOSED, aliases=("resolved",), operators=_ORDER,
    ),
    Field(
        "weekday", "Weekday", Sort.CALENDAR, "Day of the week on which it happened", "monday",
        column="%w", words=WEEKDAYS,
    ),
    Field(
        "hour", "Hour", Sort.CALENDAR, "Hour of the day in which it happened, local time", "14",
        column="%H", words=HOURS,
    ),
    Field(
        "due", "Due", Sort.TIME, "When it must be done; due<2h is within the next two hours", "today",
        column="due", operators=_ORDER,
    ),
    Field(
        "sla", "Targets", Sort.CLOCK, "How its clocks stand; sla<2h reaches a target within the next two hours", "late",
        column="clock_due", aliases=("clock",), words=CLOCK, operators=_ORDER,
    ),
    Field(
        "response", "First answer", Sort.CLOCK, "How the clock of the first answer stands", "late",
        column="response_due", aliases=("answer",), words=CLOCK, operators=_ORDER,
    ),
    Field(
        "resolution", "Resolution", Sort.CLOCK, "How the clock of the solution stands", "met",
        column="resolution_due", words=CLOCK, operators=_ORDER,
    ),
    Field(
        "requester", "Requester", Sort.NAME, "Who asked for it", "me",
        column="requester", table="person", operators=(":", ":=", "=", "~"),
    ),
    Field(
        "watcher", "Watcher", Sort.NAME, "Who watches it", "me",
        column="watcher", table="person", operators=(":", ":=", "=", "~"),
    ),
    Field("tag", "Tag", Sort.EXACT, "A tag", "convoy", column="tag", aliases=("label",), operators=(":", "=", "~")),
    Field("number", "Number", Sort.NUMBER, "Its number or a part of it", "00042", column="number"),
    Field("title", "Title", Sort.TEXT, "Words in the title", "generator", column="title", operators=(":", "~")),
    Field(
        "text", "Text", Sort.TEXT, "Words anywhere; text~antena finds antenna too", "antenna",
        column="", operators=(":", "~"),
    ),
    Field(
        "description", "Description", Sort.TEXT, "Words in the description", "diesel",
        column="description", operators=(":", "~"),
    ),
    Field(
        "comment", "Comment", Sort.TEXT, "Words in the comments", "detour", column="comments", operators=(":", "~"),
    ),
    Field("contact", "Contact", Sort.EXACT, "Callsign or name of a reporter", '"ALPHA 21"', column="contact"),
    Field("via", "Reported via", Sort.WORD, "How it was reported", "radio", column="reported_via",
          words={plain(word): word for word in REPORTED_VIA}),
    Field("external", "External number", Sort.EXACT, "Its number in the source it came from", "2023-118",
          column="external"),
    Field("source", "Source", Sort.EXACT, "What it was imported from", '"reports.csv"', column="source"),
    Field("parent", "Part of", Sort.EXACT, "The number of the ticket it is part of", "T-CP1-00042", column="parent"),
    Field(
        "marking", "Marking", Sort.LEVEL, "Protective marking, least severe first", "restricted",
        column="marking", words=MARKINGS, operators=_ORDER,
    ),
)  # fmt: skip


@cache
def _by_name() -> dict[str, Field]:
    return {name: field for field in FIELDS for name in (field.name, *field.aliases)}


def find(name: str) -> Field | None:
    """The field of that name or alias, whatever its case."""
    return _by_name().get(name.lower())


def names() -> tuple[str, ...]:
    """All names that fields go by."""
    return tuple(_by_name())
