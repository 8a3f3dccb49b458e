"""Fills the slots of made-up texts, repeatably."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache
from typing import TypeVar

from opsdesk.services.seeding import words

T = TypeVar("T")

_SLOT = re.compile(r"\{(\w+)\}")


@cache
def _pieces(template: str) -> tuple[tuple[str, str], ...]:
    """A template as (text, slot after it); the last slot is empty."""
    split = _SLOT.split(template)
    return tuple(zip(split[::2], [*split[1::2], ""], strict=True))


class Texts:
    """Draws words from one source of chance. `place`, `callsign` and `person` are of the ticket in work."""

    def __init__(self, chance: random.Random) -> None:
        self._random = chance.random
        self.place = ""
        self.callsign = ""
        self.person = ""

    def one(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self._random() * len(choices))]

    def filled(self, template: str) -> str:
        """The template with its slots filled."""
        parts = []
        for text, slot in _pieces(template):
            parts.append(text)
            if slot:
                parts.append(self._word(slot))
        return "".join(parts)

    def sentences(self, templates: Sequence[str], count: int) -> str:
        """So many sentences."""
        return " ".join([self.filled(self.one(templates)) for _ in range(count)])

    def _word(self, slot: str) -> str:
        known = words.SLOTS.get(slot)
        if known is not None:
            return self.one(known)
        if slot == "n":
            return str(1 + int(self._random() * 23))
        if slot == "km":
            return str(1 + int(self._random() * 240))
        return str(getattr(self, slot))
