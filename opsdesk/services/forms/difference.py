"""What is different between two versions of a form, in lines that a person reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from opsdesk.services.forms.definition import Form, FormField

_WORDS = {
    "label": "label", "type": "type", "required": "needed", "help": "help", "placeholder": "example", "unit": "unit",
    "minimum": "least", "maximum": "most", "pattern": "pattern", "max_length": "characters",
    "half_width": "half width",
}  # fmt: skip


def differences(old: Form | None, new: Form) -> tuple[str, ...]:
    """Lines that begin with + (new), - (gone) or ~ (changed), in the order of the new form. A form that is all new has
    one line for each question, rule and need."""
    return tuple(_lines(old, new))


def _lines(old: Form | None, new: Form) -> Iterator[str]:
    before = {field.code: field for field in old.fields} if old else {}
    after = {field.code: field for field in new.fields}
    if old is not None and old.title != new.title:
        yield f"~ title: {old.title} → {new.title}"
    for code, field in after.items():
        if code in before:
            yield from _changes(before[code], field)
        else:
            yield f"+ question “{field.label}” ({code}, {field.type}{', needed' if field.required else ''})"
    yield from (f"- question “{field.label}” ({code})" for code, field in before.items() if code not in after)
    common = [code for code in before if code in after]
    if old and (common != [code for code in after if code in before] or _sections(old) != _sections(new)):
        yield "~ sections or the order of the questions"
    for word, had, has in (
        ("rule", old.rules if old else (), new.rules),
        ("need", old.needs if old else (), new.needs),
    ):
        told_before, told_after = ([_told(one) for one in many] for many in (had, has))
        yield from (f"+ {word} {text}" for text in told_after if text not in told_before)
        yield from (f"- {word} {text}" for text in told_before if text not in told_after)
        if set(told_before) == set(told_after) and told_before != told_after:
            yield f"~ the order of the {word}s"


def _changes(old: FormField, new: FormField) -> Iterator[str]:
    for name, word in _WORDS.items():
        was, is_ = getattr(old, name), getattr(new, name)
        if was != is_:
            yield f"~ “{new.label}”: {word} {_plain(was)} → {_plain(is_)}"
    had, has = ({option.value: option for option in field.options} for field in (old, new))
    yield from (f"+ “{new.label}”: choice {value}" for value in has if value not in had)
    yield from (f"- “{new.label}”: choice {value}" for value in had if value not in has)
    if any(had[value] != has[value] for value in had if value in has):
        yield f"~ “{new.label}”: words of the choices"
    if had.keys() == has.keys() and list(had) != list(has):
        yield f"~ “{new.label}”: order of the choices"


def _sections(form: Form) -> list[tuple[str, str, tuple[str, ...]]]:
    known = [(section.title, section.note, tuple(field.code for field in section.fields)) for section in form.sections]
    return known if len(known) > 1 or any(part[0] or part[1] for part in known) else []


def _told(one: Any) -> str:
    plain = msgspec.to_builtins(one)
    what = plain.get("effect") or f"before “{plain['event']}”"
    said = ", ".join(plain["fields"])
    extra = plain.get("text") or (", ".join(plain.get("options", ())) or "")
    if plain.get("value") is not None:
        extra = _plain(plain["value"])
    condition = "always" if plain["when"] is True else f"when {json.dumps(plain['when'], ensure_ascii=False)}"
    return f"{what} {said}{f' “{extra}”' if extra else ''} {condition}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value in (None, "") else str(value)
