"""The answers of tickets as columns of a table: one for each question that is answered, whichever form asks it."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.services import forms, times
from opsdesk.services.errors import NotFound
from opsdesk.services.forms import FormField
from opsdesk.services.tickets.answer_words import answer_text, written_answer
from opsdesk.store.work import Reader

LEFT_OUT: Final = frozenset({"imported"})
"""Questions under which something else than an answer stands: the columns of an imported row in their own words."""
_PIECE: Final = 500
_NUMBERS: Final = frozenset({"integer", "decimal"})


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """A column of answers: its head and the question. `field` is None for a question that no form here asks."""

    head: str
    code: str
    field: FormField | None
    width: int = 20
    names: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)
    """What the records are called that answer it."""

    def beside(self, heads: Collection[str]) -> AnswerColumn:
        """The column under a head that none of the others has."""
        return replace(self, head=f"{self.head} (answer)") if self.head in heads else self

    def of(self, _row: object, more: Mapping[str, Any]) -> object:
        """What stands in a row; None for none. What the form does not ask now is not among its `answers`."""
        value = more.get("answers", {}).get(self.code)
        if value is None or (self.field is None and isinstance(value, dict)):
            return None
        if self.field is None:
            return ", ".join(map(str, value)) if isinstance(value, list) else value
        if self.field.type in _NUMBERS and isinstance(value, int | float):
            return value  # its unit stands in the head
        if self.field.type == "datetime" and isinstance(value, int):
            return times.to_datetime(value)
        if self.field.type in forms.RECORDS:
            return self.names.get(str(value), value)
        return written_answer(self.field, value)


def answer_columns(reader: Reader, keys: Sequence[int]) -> tuple[AnswerColumn, ...]:
    """The columns of the tickets with these keys: the questions of the most frequent form first, in its order."""
    answered: set[str] = set()
    for piece, marks in _pieces(keys):
        rows = reader.rows(
            f"SELECT DISTINCT a.question FROM ticket t CROSS JOIN answer a ON a.subject = t.id "
            f"WHERE t.key IN ({marks}) AND a.voided IS NULL AND a.value IS NOT NULL",
            piece,
        )
        answered |= {question for (question,) in rows}
    fields: dict[str, FormField] = {}
    for field in asked_fields(reader, keys):
        fields.setdefault(field.code, field)
    codes = [code for code in fields if code in answered] + sorted(answered - set(fields) - LEFT_OUT)
    called = Counter(_head(code, fields.get(code)) for code in codes)
    return tuple(
        AnswerColumn(
            head if called[head] == 1 else f"{head} [{code}]", code, fields.get(code),
            names=_names(reader, keys, fields.get(code)),
        )
        for code in codes
        for head in (_head(code, fields.get(code)),)
    )  # fmt: skip


def _names(reader: Reader, keys: Sequence[int], asked: FormField | None) -> dict[str, str]:
    """What the records are called that answer a question on these tickets; nothing for a question of another type."""
    if asked is None or asked.type not in forms.RECORDS:
        return {}
    found: dict[str, str] = {}
    for piece, marks in _pieces(keys):
        for (said,) in reader.rows(
            f"SELECT DISTINCT a.value FROM ticket t CROSS JOIN answer a ON a.subject = t.id "
            f"WHERE t.key IN ({marks}) AND a.question = ? AND a.voided IS NULL AND a.value IS NOT NULL",
            (*piece, asked.code),
        ):
            value = json.loads(said)
            if isinstance(value, str) and value not in found:
                found[value] = answer_text(reader, asked, value)
    return found


def asked_fields(reader: Reader, keys: Sequence[int]) -> Iterator[FormField]:
    """What the forms of the tickets with these keys ask, that of the most frequent form first; a question comes once
    for each form. Of a form that has not arrived here nothing is known."""
    used: Counter[Id] = Counter()
    for piece, marks in _pieces(keys):
        counted = f"SELECT form, count(*) FROM ticket WHERE key IN ({marks}) AND form IS NOT NULL GROUP BY form"
        for form, number in reader.rows(counted, piece):
            used[form] += number
    for form, _ in used.most_common():
        with suppress(NotFound):
            yield from forms.version(reader, form).asked


def _pieces(keys: Sequence[int]) -> Iterator[tuple[list[int], str]]:
    """Keys by some hundred, each piece with the marks for it in SQL."""
    for start in range(0, len(keys), _PIECE):
        piece = [int(key) for key in keys[start : start + _PIECE]]
        yield piece, ", ".join("?" * len(piece))


def _head(code: str, field: FormField | None) -> str:
    if field is None:
        return code
    if field.type == "datetime":
        return f"{field.label} (UTC)"
    return f"{field.label} ({field.unit})" if field.unit and field.type in _NUMBERS else field.label
