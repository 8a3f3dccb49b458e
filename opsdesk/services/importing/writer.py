"""Writes mapped rows as tickets, one unit of work for a piece of them; categories and types that are new are made."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models import ids, rights
from opsdesk.models.base import Id
from opsdesk.models.forms import Category, TicketType
from opsdesk.models.threads import Answer, Tag
from opsdesk.models.tickets import State, Ticket
from opsdesk.services import access
from opsdesk.services.changes import Changes
from opsdesk.services.importing.mapper import Mapped
from opsdesk.services.importing.plan import IMPORTED
from opsdesk.services.importing.questions import DEFAULT_TYPE
from opsdesk.store.work import Work

NO_TIME: Final = "time unknown"
"""Tag of tickets whose row has no time although its file has such a column."""
UNDONE: Final = "undone"
"""Why a ticket is voided whose import was undone: such a row may come again."""

_NAMESPACE: Final = b"opsdesk import"
_MOST_TYPES: Final = 20

_COLUMNS: Final = (
    "id", "unit", "number", "type", "category", "title", "description", "reported_via", "contact", "place", "location",
    "grid", "lat", "lon", "accuracy_m", "position_source", "position_doubt", "urgency", "impact", "priority",
    "priority_reason", "state", "solution", "due_at", "occurred_at", "created_at", "updated_at", "external", "source",
    "source_hash", "exercise", "form",
)  # fmt: skip


@dataclass(slots=True)
class Piece:
    """What became of some rows."""

    imported: int = 0
    duplicates: int = 0


class Writer:
    """Writes the rows of one import; knows the categories and types met so far. Used on the writing thread only."""

    def __init__(self, *, source: str, label: str, exercise: bool, has_time: bool, new_categories: int) -> None:
        self._source = source
        self._label = label
        self._exercise = exercise
        self._has_time = has_time
        self._categories_left = new_categories
        self._types_left = _MOST_TYPES
        self._types: dict[str, tuple[Id, str, str]] = {}
        self._categories: dict[tuple[str, str], tuple[Id, str | None]] = {}

    def write(self, work: Work, rows: Sequence[Mapped], piece: Piece) -> Changes:
        """Insert the rows that are not here yet. `piece` gets the counts."""
        access.require(work, rights.CREATE)
        work.label = self._label
        self._types = {}
        fresh = self._fresh(work, rows)
        piece.imported, piece.duplicates = len(fresh), len(rows) - len(fresh)
        if not fresh:
            return Changes()
        tickets: list[tuple[Any, ...]] = []
        answers: list[tuple[Any, ...]] = []
        tags: list[tuple[Any, ...]] = []
        for row in fresh:
            made = ids.new_id(work.now)
            rest = row.rest
            kind, category, prefix = self._kind(work, row)
            if row.category and category is None:
                rest = {**rest, "category": row.category}
            values = row.values
            given: dict[str, Any] = {
                "id": made,
                "unit": work.unit,
                "number": work.next_number(prefix),
                "type": kind,
                "category": category,
                "urgency": 2,
                "impact": 2,
                "state": int(State.NEW),
                "occurred_at": work.now,
                "created_at": work.now,
                "updated_at": work.now,
                "source": self._source,
                "source_hash": row.digest,
                "exercise": self._exercise,
                "form": row.form,
                **values,
            }
            tickets.append(tuple(given.get(column) for column in _COLUMNS))
            for question, value in (*row.answers.items(), *(((IMPORTED, rest),) if rest else ())):
                told = json.dumps(value, ensure_ascii=False)
                answers.append((ids.derived(made, question), given["unit"], self._exercise, made, question, told))
            words = row.tags if "occurred_at" in values or not self._has_time else (*row.tags, NO_TIME)
            tags += [(ids.new_id(work.now), given["unit"], self._exercise, made, word) for word in words]
        work.insert_many(Ticket, _COLUMNS, tickets)
        work.insert_many(Answer, ("id", "unit", "exercise", "subject", "question", "value"), answers)
        work.insert_many(Tag, ("id", "unit", "exercise", "subject", "word"), tags)
        work.connection.executemany(
            "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", [(work.person, row[0], work.now) for row in tickets]
        )
        return Changes(tickets=frozenset(row[0] for row in tickets))

    def forget(self) -> None:
        """Forget the categories met so far: the unit of work that made some of them was taken back."""
        self._categories.clear()

    @staticmethod
    def _fresh(work: Work, rows: Sequence[Mapped]) -> list[Mapped]:
        known = known_digests(work, [row.digest for row in rows])
        fresh = []
        for row in rows:
            if row.digest not in known:
                known.add(row.digest)
                fresh.append(row)
        return fresh

    def _kind(self, work: Work, row: Mapped) -> tuple[Id | None, Id | None, str]:
        """Type, category and number prefix of a row."""
        stated = self._type(work, row.type) if row.type else None
        category, of_type = self._category(work, row.category, stated[1] if stated else "")
        kind = stated or self._type(work, of_type or DEFAULT_TYPE)
        return (kind[0], category, kind[2]) if kind else (None, category, "T")

    def _type(self, work: Work, text: str) -> tuple[Id, str, str] | None:
        """Id, code and number prefix of the type of that code or name; made when there is none."""
        if not self._types:
            for record, code, name, prefix in work.rows(
                "SELECT id, code, name, number_prefix FROM ticket_type WHERE voided IS NULL"
            ):
                self._types[name.casefold()] = self._types[code.casefold()] = (record, code, prefix)
        wanted = text.casefold()
        if wanted not in self._types and self._types_left > 0 and wanted != DEFAULT_TYPE:
            self._types_left -= 1
            code = _code(text)
            record = ids.derived(_NAMESPACE, f"type/{code}")
            if work.value("SELECT 1 FROM ticket_type WHERE id = ?", (record,)):
                work.update(TicketType, record, {"voided": None})
            else:
                work.insert(TicketType, {"unit": None, "code": code, "name": text}, record=record)
            self._types[wanted] = (record, code, "T")
        return self._types.get(wanted)

    def _category(self, work: Work, name: str, type_code: str) -> tuple[Id | None, str | None]:
        """Id of the category of that name or code, and the code of the type it belongs to; made when there is none."""
        if not name:
            return None, None
        key = (name.casefold(), type_code)
        if key not in self._categories:
            found = self._find_category(work, name, type_code)
            if found is None:
                if self._categories_left <= 0:
                    return None, None
                self._categories_left -= 1
                found = self._make_category(work, name, type_code or DEFAULT_TYPE)
            self._categories[key] = found
        return self._categories[key]

    @staticmethod
    def _find_category(work: Work, name: str, type_code: str) -> tuple[Id, str | None] | None:
        rows = work.rows(
            "SELECT id, type_code FROM category WHERE voided IS NULL AND lower(?) IN (lower(name), code) "
            "AND (? = '' OR type_code IS NULL OR type_code = ?) ORDER BY key",
            (name, type_code, type_code),
        )
        return (rows[0][0], rows[0][1]) if rows else None

    @staticmethod
    def _make_category(work: Work, name: str, type_code: str) -> tuple[Id, str | None]:
        code = f"imported.{type_code}.{_code(name)}"
        # Derived, so that two desks that import the same file make the same category.
        record = ids.derived(_NAMESPACE, f"category/{code}")
        if work.value("SELECT 1 FROM category WHERE id = ?", (record,)):
            work.update(Category, record, {"voided": None})
        else:
            values = {"unit": None, "code": code, "name": name, "type_code": type_code}
            work.insert(Category, values, record=record)
        return record, type_code


def known_digests(reader: Any, digests: Sequence[bytes]) -> set[bytes]:
    """Which of these rows are tickets here already, those aside whose import was undone."""
    marks = ", ".join("?" * len(digests))
    rows = reader.rows(
        f"SELECT source_hash FROM ticket WHERE source_hash IN ({marks}) AND voided IS NOT '{UNDONE}'", digests
    )
    return {bytes(row[0]) for row in rows}


def _code(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text.casefold()).strip("-") or "other"
