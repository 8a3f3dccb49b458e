"""How another value than the versions offer is asked for on a screen, and what of its answer is stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from opsdesk.models.base import FieldSpec, Kind, Marking
from opsdesk.models.threads import Answer
from opsdesk.models.tickets import SOLUTIONS, WAITING_REASONS, Level, Priority, State
from opsdesk.services import directory, positions
from opsdesk.services.conflicts import subjects
from opsdesk.services.forms import RECORDS, FormField, Option
from opsdesk.store.work import Reader

if TYPE_CHECKING:
    from opsdesk.services.conflicts.rows import Conflict

_LEVELS: Final[dict[str, type[Level] | type[Priority] | type[Marking] | type[State]]] = {
    "priority": Priority, "urgency": Level, "impact": Level, "marking": Marking, "state": State,
}  # fmt: skip
_CODES: Final = {"waiting_reason": WAITING_REASONS, "solution": SOLUTIONS, "position_source": positions.SOURCES}
_FLAGS: Final = frozenset({"major", "exercise"})
_NUMBERS: Final = frozenset({"lat", "lon", "accuracy_m"})


def editor(reader: Reader, about: subjects.Subject, spec: FieldSpec, label: str, required: bool) -> FormField | None:
    """The question for another value of a field; None where only the versions can be taken."""
    if about.question is not None and spec.name == "value":
        return replace(about.question, code=spec.name, label=label, required=required)
    kind, options = _kind(reader, about, spec)
    if kind is None:
        return None
    return FormField(spec.name, label, kind, required=required, options=options)


def coding(about: subjects.Subject, spec: FieldSpec) -> str:
    """How an answer is stored: `plain`, `int`, `id` or `json`."""
    if about.shape.entity == Answer.entity and spec.name == "value":
        return "json"
    if spec.binary:
        return "id"
    return "int" if spec.name in _LEVELS or spec.name in _FLAGS else "plain"


def from_editor(conflict: Conflict, answer: Any) -> object:
    """What is stored for the answer of an editor."""
    return as_stored(answer, conflict.coding)


def for_editor(conflict: Conflict, value: Any) -> Any:
    """A stored value as the editor takes it."""
    return as_answer(value, conflict.coding, conflict.editor)


def as_stored(answer: Any, coded: str) -> object:
    """What is stored for an answer, by its `coding`."""
    if answer is None:
        return None
    if coded == "int":
        return int(answer)
    if coded == "id":
        return bytes.fromhex(answer)
    return json.dumps(answer, ensure_ascii=False) if coded == "json" else answer


def as_answer(value: Any, coded: str, asked: FormField | None) -> Any:
    """A stored value as the editor that asks for it takes it, by its `coding`."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.hex()
    if coded == "json":
        try:
            said = json.loads(value)
        except ValueError:
            return value
        typed = asked is not None and asked.type != "text"
        return said if typed or isinstance(said, str) else value
    if coded == "int" and asked is not None:
        return bool(value) if asked.type == "bool" else str(value)
    return value


def _kind(reader: Reader, about: subjects.Subject, spec: FieldSpec) -> tuple[str | None, tuple[Option, ...]]:
    if spec.name == subjects.VOIDED:
        return None, ()
    if about.shape.entity == Answer.entity and spec.name == "value":
        return "text", ()
    if spec.name in _LEVELS:
        # A ticket is merged into another one, which a state alone does not name.
        levels: list[Any] = [one for one in reversed(_LEVELS[spec.name]) if one is not State.MERGED]
        return "choice", tuple(Option(str(int(one)), one.label) for one in levels)
    if spec.name in _CODES:
        return "choice", tuple(Option(code, word.capitalize()) for code, word in _CODES[spec.name].items())
    if spec.name in _FLAGS:
        return "bool", ()
    if spec.target == "ticket_type":
        return "choice", tuple(Option(one.id.hex(), one.name) for one in directory.types(reader))
    if spec.target == "category":
        return "choice", tuple(Option(one.id.hex(), one.path) for one in directory.categories(reader))
    if spec.kind is Kind.REFERENCE:
        return (spec.target, ()) if spec.target in RECORDS else (None, ())
    if spec.binary:
        return None, ()
    if spec.name.endswith("_at") or spec.name == "waiting_until":
        return "datetime", ()
    if spec.name in _NUMBERS:
        return "decimal", ()
    return ("longtext" if spec.kind is Kind.TEXT else "text"), ()
