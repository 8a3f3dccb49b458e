"""Another value than the versions offer: read as typed, and checked as an edit of the field would be."""

from __future__ import annotations

import json
from typing import Any, Final

from opsdesk.models.base import FieldSpec, Id, Kind, Marking
from opsdesk.models.threads import Answer
from opsdesk.models.tickets import SOLUTIONS, WAITING_REASONS, Level, Priority, State
from opsdesk.services import times
from opsdesk.services.conflicts import reading, subjects
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.tickets import commands as tickets
from opsdesk.services.tickets.bulk.questions import read_answer
from opsdesk.store.work import Reader

_WORDS: Final[dict[str, dict[str, int]]] = {
    "priority": {one.label.lower(): int(one) for one in Priority},
    "urgency": {one.label.lower(): int(one) for one in Level},
    "impact": {one.label.lower(): int(one) for one in Level},
    "marking": {one.label.lower(): int(one) for one in Marking},
    "state": {one.label.lower(): int(one) for one in State if one is not State.MERGED},
    "major": {"yes": 1, "no": 0},
    "exercise": {"yes": 1, "no": 0},
}
_CODES: Final = {"waiting_reason": WAITING_REASONS, "solution": SOLUTIONS}
_NAME_COLUMNS: Final = {
    "person": "name", "unit": "name", "place": "name", "ticket_type": "name", "category": "name", "ticket": "number",
}  # fmt: skip


def parse(reader: Reader, conflict: Id, text: str) -> object:
    """The value of a conflict's field for a text as a person types it; an empty one is none. Raises Refused."""
    row = reader.row(reading.SELECT + "WHERE c.id = ?", (conflict,))
    if row is None:
        raise NotFound("This conflict is not here any more")
    found = reading.stored(row)
    about = subjects.subject(reader, found.entity, found.record)
    spec = subjects.field_of(about.shape, found.field)
    if spec is None:
        raise Refused("This field is known to a newer version of the program only")
    return _checked(reader, about, spec, text)


def _checked(reader: Reader, about: subjects.Subject, spec: FieldSpec, text: str) -> object:
    if spec.kind is Kind.TEXT:
        return tickets.text(spec.name, text) or None
    said = tickets.line(spec.name, text)
    if spec.name == "voided":
        return said or None
    if not said:
        return None
    if about.shape.entity == Answer.entity and spec.name == "value":
        return _answered(reader, about, said)
    if spec.name in _WORDS:
        return _one_of(spec.name, said, _WORDS[spec.name])
    if spec.name in _CODES:
        codes = {word.lower(): code for code, word in _CODES[spec.name].items()}
        return said if said in _CODES[spec.name] else _one_of(spec.name, said, codes)
    if spec.name.endswith("_at") or spec.name == "waiting_until":
        return times.parse_when(said, reader.now)
    if spec.kind is Kind.REFERENCE:
        return _named(reader, spec, said)
    if about.shape.entity == subjects.TICKET:
        return tickets.checked_one(reader, spec.name, said)
    return said


def _one_of(name: str, said: str, words: dict[str, Any]) -> Any:
    if said.lower() not in words:
        raise Refused(f"{tickets.label_of(name)} is one of {', '.join(words)}", field=name)
    return words[said.lower()]


def _named(reader: Reader, spec: FieldSpec, said: str) -> Id:
    column = _NAME_COLUMNS.get(spec.target or "")
    if column is None:
        raise Refused(f"{tickets.label_of(spec.name)} cannot be typed; take one of the versions", field=spec.name)
    code = " OR code = ?1 COLLATE NOCASE" if spec.target in ("unit", "category", "ticket_type") else ""
    rows = reader.rows(
        f'SELECT id FROM "{spec.target}" WHERE voided IS NULL AND ("{column}" = ?1 COLLATE NOCASE{code}) LIMIT 2',
        (said,),
    )
    if len(rows) != 1:
        many = "Several are" if rows else "Nothing here is"
        raise Refused(f"{many} called “{said}”", field=spec.name)
    found: Id = rows[0][0]
    return found


def _answered(reader: Reader, about: subjects.Subject, said: str) -> str:
    """An answer as its question wants it; where the form that asked it is not here, the words themselves."""
    answer: object = said
    if about.question is not None:
        answer, wrong = read_answer(reader, about.question, said)
        if wrong:
            raise Refused(f"{about.question.label}: {wrong}")
    return json.dumps(answer, ensure_ascii=False)
