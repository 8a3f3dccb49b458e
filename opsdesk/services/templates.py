"""Templates: what a new ticket can begin with. They belong to a unit and travel; they never overwrite what was typed.

The content of a template comes from other desks, so only what is known of it is taken, and only in the form in which an
editor of a new ticket holds it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models import rights
from opsdesk.models.base import Id
from opsdesk.models.forms import TicketTemplate
from opsdesk.models.tickets import Level
from opsdesk.services import access, forms
from opsdesk.services.changes import Changes
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.forms import is_empty
from opsdesk.store.work import Reader, Work

NAME_LIMIT: Final = 60
CONTENT_LIMIT: Final = 50_000
"""Characters of the content of one template."""
MOST: Final = 100
"""Templates that are offered."""

KEYS: Final = {
    "type": "Type", "category": "Category", "title": "Title", "via": "How it came in", "assignee": "Assignee",
    "due": "Due", "description": "Description", "urgency": "Urgency", "form": "Answers",
}  # fmt: skip
"""What a template holds, by the keys of a draft, with the words for a person. Who reported, when it happened and where
are of one ticket and in no template."""

_RECORDS: Final = frozenset({"type", "category", "assignee"})
_HEX: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One template. `shortcut` is the letter or digit that chooses it, in capitals; empty for none."""

    id: Id
    name: str
    shortcut: str
    type: str
    content: Mapping[str, Any]


def templates(reader: Reader) -> tuple[TemplateRow, ...]:
    """The templates that this desk holds, by their names."""
    rows = reader.rows(
        "SELECT id, name, shortcut, content FROM ticket_template WHERE voided IS NULL "
        "ORDER BY lower(name), key LIMIT ?",
        (MOST,),
    )
    types = {record.hex(): name for record, name in reader.rows("SELECT id, name FROM ticket_type")}
    found = []
    for record, name, shortcut, said in rows:
        content = _fitting(reader, _read(said), types)
        kind = types.get(content.get("type", ""), "")
        found.append(TemplateRow(record, name, (shortcut or "")[:1].upper(), kind, content))
    return tuple(found)


def _fitting(reader: Reader, content: dict[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """What of a content fits what is here: a type that is here, and answers that its form takes."""
    if content.get("type") not in types:
        return {name: value for name, value in content.items() if name not in ("type", "category", "form")}
    form = forms.form_for(reader, bytes.fromhex(content["type"]))
    answers = content.get("form", {}).get("answers", {})
    fits = {field.code: answers[field.code] for field in form.asked if _fits(field, answers.get(field.code))}
    return {**content, "form": {"answers": fits}}


_MOMENTS: Final = {"date": re.compile(r"\d{4}-\d{2}-\d{2}"), "time": re.compile(r"\d{2}:\d{2}(:\d{2})?")}


def _fits(field: forms.FormField, answer: Any) -> bool:
    if is_empty(answer) or forms.problems_of(field, answer):
        return False
    if field.type in forms.RECORDS:
        return _HEX.fullmatch(answer) is not None
    pattern = _MOMENTS.get(field.type)
    return pattern is None or pattern.fullmatch(answer) is not None


def save(work: Work, *, name: str, content: Mapping[str, Any], shortcut: str = "") -> Changes:
    """Keep the content of a draft as a template of the own unit. The outcome's value is its id.

    Raises Refused for a name that is missing, too long or taken, and for a key that is none or taken.
    """
    access.require(work, rights.EDIT)
    called = " ".join(name.split())
    if not called:
        raise Refused("Give it a name", field="name")
    if len(called) > NAME_LIMIT:
        raise Refused(f"At most {NAME_LIMIT} characters, these are {len(called)}", field="name")
    key = shortcut.strip().upper()
    if key and not (len(key) == 1 and key.isascii() and key.isalnum()):
        raise Refused("A key is one letter or digit", field="shortcut")
    for row in templates(work):
        if row.name.casefold() == called.casefold():
            raise Refused(f"There is a template “{row.name}” already", field="name")
        if key and row.shortcut == key:
            raise Refused(f"“{row.name}” has this key", field="shortcut")
    kept = _read(json.dumps({name: content[name] for name in KEYS if name in content}))
    if not any(not is_empty(value) for name, value in kept.items() if name != "urgency"):
        raise Refused("There is nothing to keep yet: choose a type or write something", field="name")
    said = json.dumps(kept, ensure_ascii=False)
    if len(said) > CONTENT_LIMIT:
        raise Refused(f"A template has at most {CONTENT_LIMIT} characters, this one {len(said)}", field="name")
    values = {"unit": work.unit, "name": called, "shortcut": key or None, "content": said}
    work.value_out = work.insert(TicketTemplate, values)
    work.label = f"Save the template “{called}”"
    return Changes(forms=frozenset({work.value_out}))


def remove(work: Work, template: Id) -> Changes:
    """Offer a template no longer."""
    access.require(work, rights.EDIT)
    row = work.row("SELECT name FROM ticket_template WHERE id = ? AND voided IS NULL", (template,))
    if row is None:
        raise NotFound("This template is not here")
    work.update(TicketTemplate, template, {"voided": "removed"})
    work.label = f"Remove the template “{row[0]}”"
    return Changes(forms=frozenset({template}))


def fill(content: Mapping[str, Any], template: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The content of a draft with what a template adds where nothing was typed, and the words for what stayed as typed.

    The category of a template is taken only with its type.
    """
    filled, stayed = dict(content), []
    for name, word in KEYS.items():
        if name not in template or (name == "category" and filled.get("type") != template.get("type")):
            continue
        if name == "form":
            filled["form"], more = _filled_form(content.get("form") or {}, template["form"])
            stayed += ["Answers"] if more else []
        elif name == "urgency":
            if _is_usual(content.get("urgency") or {}):
                filled[name] = {**(content.get("urgency") or {}), **template[name]}
            elif not _same_levels(content["urgency"], template[name]):
                stayed.append(word)
        elif is_empty(content.get(name)):
            filled[name] = template[name]
        elif content[name] != template[name]:
            stayed.append(word)
    return filled, tuple(stayed)


def _filled_form(said: Mapping[str, Any], answers: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    own = dict(said.get("answers") or {})
    typed = {code for code, text in (said.get("typed") or {}).items() if text} | set(said.get("emptied") or ())
    new = {code: value for code, value in answers.get("answers", {}).items() if code not in own and code not in typed}
    other = any(code in typed or own.get(code, value) != value for code, value in answers.get("answers", {}).items())
    return {**said, "answers": {**own, **new}}, other


def _is_usual(urgency: Mapping[str, Any]) -> bool:
    usual = int(Level.MEDIUM)
    return (urgency.get("urgency") or usual, urgency.get("impact") or usual, urgency.get("priority")) == (
        usual, usual, None,
    )  # fmt: skip


def _same_levels(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(name) == other.get(name) for name in ("urgency", "impact"))


def _read(said: str) -> dict[str, Any]:
    """What is known of a content, in the form that editors take. It may come from a stranger."""
    try:
        told = json.loads(said) if len(said) <= 2 * CONTENT_LIMIT else {}
    except (ValueError, RecursionError):
        told = {}
    if not isinstance(told, dict):
        return {}
    found: dict[str, Any] = {}
    for name in KEYS:
        value = told.get(name)
        if name in _RECORDS:
            value = value if isinstance(value, str) and _HEX.fullmatch(value) else None
        elif name == "form":
            value = {"answers": _answers(value)} if _answers(value) else None
        elif name == "urgency":
            value = _levels(value)
        elif not isinstance(value, str) or not value.strip():
            value = None
        if value is not None:
            found[name] = value
    return found


def _answers(value: Any) -> dict[str, Any]:
    """The answers of a form's content: texts, numbers, yes or no, and lists of texts. Editors take any of them."""
    said = value.get("answers") if isinstance(value, dict) else None
    if not isinstance(said, dict):
        return {}
    return {
        code: answer
        for code, answer in said.items()
        if isinstance(answer, str | int | float | bool)
        or (isinstance(answer, list) and all(isinstance(part, str) for part in answer))
    }


def _levels(value: Any) -> dict[str, int] | None:
    if not isinstance(value, dict):
        return None
    levels: dict[str, Any] = {name: value.get(name) for name in ("urgency", "impact")}
    return levels if all(level in tuple(Level) and not isinstance(level, bool) for level in levels.values()) else None
