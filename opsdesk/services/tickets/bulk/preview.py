"""What a bulk change would do, ticket by ticket, and the same list once it is done: rows for a table of any length."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.services import forms
from opsdesk.services.forms import FormField
from opsdesk.services.spreadsheet import defused
from opsdesk.services.tickets import commands, past
from opsdesk.services.tickets.answer_words import answer_text
from opsdesk.services.tickets.bulk.change import BulkChange, checked
from opsdesk.services.tickets.bulk.plan import Planned, Planner
from opsdesk.store.errors import StorageError
from opsdesk.store.work import Reader

PIECE: Final = 500
"""Tickets that are looked at in one go; between pieces a newer question may interrupt."""
_QUIET: Final = frozenset({"priority_reason", "state_reason", "waiting_until", "form"})
"""Columns that follow from others and say nothing of their own in a table."""
ANSWER: Final = "answer."
"""Begins the code of a column that is a question."""
CHANGES, STAYS, REFUSED = "changes", "stays", "refused"
"""What becomes of a ticket."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One row as a table shows it: for each column what was and what will be, `outcome` one of the three, and why."""

    key: int
    id: Id
    number: str
    title: str
    cells: tuple[tuple[str, str], ...]
    outcome: str
    reason: str


@dataclass(slots=True)
class Listing:
    """Tickets with what becomes of each. `columns` are codes of fields with the words over them."""

    change: BulkChange
    columns: tuple[tuple[str, str], ...]
    planned: list[Planned]
    done: bool = False
    """Whether it tells what was done, not what would be."""
    _places: tuple[int, ...] = ()
    _questions: Mapping[str, FormField] = field(default_factory=dict)
    _texts: dict[tuple[str, Any], str] = field(default_factory=dict)
    _counts: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        # Counted once, where the list is made: a window asks again and again, and must not wait.
        self._counts = Counter(self.outcome(at) for at in range(len(self.planned)))

    def outcome(self, at: int) -> str:
        """What becomes of the ticket at a place of the list."""
        one = self.planned[at]
        return REFUSED if one.refusal else STAYS if one.stays else CHANGES

    def count(self, outcome: str = "") -> int:
        """How many tickets there are, or how many of one outcome."""
        return self._counts[outcome] if outcome else len(self.planned)

    def places(self, outcome: str = "", order: Sequence[str] = ()) -> list[int]:
        """The places of the rows with an outcome (of all without), sorted by columns; `-` begins a falling one."""
        found = [at for at in range(len(self.planned)) if not outcome or self.outcome(at) == outcome]
        for name in reversed(order):
            found.sort(key=partial(self._sorted_by, name.lstrip("-")), reverse=name.startswith("-"))
        return found

    def _sorted_by(self, name: str, at: int) -> tuple[str, str]:
        one = self.planned[at]
        if name == "outcome":
            return self.outcome(at), one.refusal
        return (one.number if name == "number" else one.title.casefold()), ""

    def rows(self, reader: Reader, places: Sequence[int]) -> list[Shown]:
        """The rows at some places, in words."""
        return [self._row(reader, at) for at in places]

    def _row(self, reader: Reader, at: int) -> Shown:
        one = self.planned[at]
        cells = []
        for place, (name, _) in zip(self._places, self.columns, strict=False):
            cells.append((self._text(reader, name, one.was[place]), self._text(reader, name, one.will[place])))
        codes = tuple(self.change.answers)
        for name, _ in self.columns[len(self._places) :]:
            if name.startswith(ANSWER):
                place = codes.index(name.removeprefix(ANSWER))
                pair = [said[place] if said else None for said in (one.answers, one.answers_after)]
                cells.append((self._answer(reader, name, pair[0]), self._answer(reader, name, pair[1])))
                continue
            before, after = (
                (one.tags, one.tags_after) if name == "tags" else (one.watchers, one.watchers_after)
            )  # fmt: skip
            cells.append((self._several(reader, name, before), self._several(reader, name, after)))
        return Shown(at, one.id, one.number, one.title, tuple(cells), self.outcome(at), one.refusal)

    def _text(self, reader: Reader, name: str, value: Any) -> str:
        kept = self._texts.get((name, value))
        if kept is None:
            kept = " ".join(past.value_text(reader, name, value).split())
            self._texts[name, value] = kept
        return kept

    def _answer(self, reader: Reader, name: str, value: Any) -> str:
        field = self._questions.get(name.removeprefix(ANSWER))
        if value is None:
            return ""
        if field is None:
            return str(value)
        if field.type not in forms.RECORDS:
            return answer_text(reader, field, value)
        kept = self._texts.get((name, value))
        if kept is None:
            kept = self._texts[name, value] = answer_text(reader, field, value)
        return kept

    def _several(self, reader: Reader, name: str, values: Sequence[Any]) -> str:
        if name == "tags":
            return ", ".join(values)
        return ", ".join(sorted(self._text(reader, "assignee", person) for person in values))


def listing(
    change: BulkChange,
    columns: Sequence[str],
    planned: list[Planned],
    *,
    done: bool,
    questions: Mapping[str, FormField] | None = None,
) -> Listing:
    """The list of what was planned for an order with these columns."""
    told = [(at, name) for at, name in enumerate(columns) if name not in _QUIET and _moves(planned, at, name, change)]
    heads = [(name, commands.label_of(name)) for _, name in told]
    if change.tags or change.untags:
        heads.append(("tags", "Tags"))
    if change.watchers or change.unwatchers:
        heads.append(("watchers", "Watchers"))
    asked = questions or {}
    heads += [(f"{ANSWER}{code}", asked[code].label if code in asked else code) for code in change.answers]
    return Listing(change, tuple(heads), planned, done, tuple(at for at, _ in told), asked)


def _moves(planned: Sequence[Planned], at: int, name: str, change: BulkChange) -> bool:
    """What was not asked for is told only where it follows on some ticket."""
    if name in change.values or (name == "state" and change.event):
        return True
    return any(one.was[at] != one.will[at] for one in planned)


def preview(
    reader: Reader, keys: Sequence[int], change: BulkChange, progress: Callable[[int, int], None] | None = None
) -> Listing:
    """What the change would do to the tickets with these row keys. Raises what `checked` raises.

    `progress` is called with tickets looked at and tickets in all. A newer question on the channel interrupts it.
    """
    planner = Planner(reader, checked(reader, change))
    planned: list[Planned] = []
    for start in range(0, len(keys), PIECE):
        planned += planner.plan(reader, [int(key) for key in keys[start : start + PIECE]])
        if progress is not None:
            progress(min(start + PIECE, len(keys)), len(keys))
    return listing(change, planner.columns, planned, done=False, questions=planner.questions)


def write_csv(reader: Reader, told: Listing, path: Path) -> int:
    """Write the list to a CSV file that takes its name when it is whole; the number of rows. Raises StorageError."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            heads = [words for _, label in told.columns for words in (f"{label} before", f"{label} after")]
            writer.writerow(["Number", "Title", *heads, "Outcome", "Reason"])
            for start in range(0, len(told.planned), PIECE):
                for row in told.rows(reader, range(start, min(start + PIECE, len(told.planned)))):
                    texts = [text for pair in row.cells for text in pair]
                    outcome = word(row.outcome, done=told.done)
                    writer.writerow([defused(text) for text in (row.number, row.title, *texts, outcome, row.reason)])
        part.replace(path)
    except OSError as error:
        raise StorageError(f"{path} could not be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return len(told.planned)


def word(outcome: str, *, done: bool) -> str:
    """An outcome in words, before and after the act."""
    return {
        CHANGES: "Changed" if done else "Will change",
        STAYS: "As it was" if done else "Is so already",
        REFUSED: "Left as it is" if done else "Will be refused",
    }[outcome]
