"""What a person has chosen for a conflict and not saved yet: values, without widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsdesk.services.conflicts import Conflict, Version, from_editor

JOINED = "both"
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice: the number of a version, both joined, or another value as its editor gives it.

    `stale` says that something came in between: it is kept and shown, and is not saved until it is made again.
    """

    key: int | str
    value: object
    """As it is stored."""
    answer: Any = None
    """As the editor gives it."""
    text: str = ""
    stale: bool = False

    def content(self) -> dict[str, Any]:
        """What a draft keeps of it."""
        return {"key": self.key, "answer": self.answer, "text": self.text}


def of_version(version: Version) -> Chosen:
    """The choice of a version."""
    return Chosen(version.number, version.value, text=version.text)


def of_joined(conflict: Conflict) -> Chosen:
    """The choice of all versions in one."""
    return Chosen(JOINED, conflict.joined, text=conflict.joined or "")


def of_answer(conflict: Conflict, answer: Any, text: str) -> Chosen:
    """The choice of another value."""
    return Chosen(OTHER, from_editor(conflict, answer), answer, text)


def of_content(conflict: Conflict, content: Mapping[str, Any]) -> Chosen | None:
    """The choice that a draft kept, as far as it still makes sense."""
    key = content.get("key")
    if key == JOINED and conflict.joined is not None:
        return of_joined(conflict)
    if key == OTHER and conflict.editor is not None:
        try:
            return of_answer(conflict, content.get("answer"), str(content.get("text", "")))
        except (TypeError, ValueError):
            return None  # a draft of another version of the program
    version = next((one for one in conflict.versions if one.number == key), None)
    return of_version(version) if version is not None and version.text == content.get("text") else None


def followed(chosen: Chosen, before: Conflict, now: Conflict) -> Chosen:
    """The same choice after the conflict was read again: stale when it was settled, or another version came."""
    stale = now.settlement is not None and before.settlement is None
    stale = stale or {one.value for one in now.versions} != {one.value for one in before.versions}
    version = next((one for one in now.versions if isinstance(chosen.key, int) and one.value == chosen.value), None)
    key: int | str = chosen.key if not isinstance(chosen.key, int) else version.number if version else OTHER
    if key == JOINED and now.joined != chosen.value:
        key = OTHER
    return Chosen(key, chosen.value, chosen.answer, chosen.text, stale or chosen.stale)
