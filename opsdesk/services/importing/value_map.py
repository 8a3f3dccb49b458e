"""What texts of a source stand for: the value map of a plan."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from opsdesk.services.importing.values import MISSING, RowProblem, number


class ValueMap:
    """Texts of the source → texts of ours: exact, by comparison of numbers (">=10"), "*" for any other."""

    def __init__(self, entries: Mapping[str, str]) -> None:
        self._exact: dict[str, str] = {}
        self._compared: list[tuple[str, float, str]] = []
        self._other: str | None = None
        for text, value in entries.items():
            found = re.fullmatch(r"\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*", text)
            if text.strip() == "*":
                self._other = value
            elif found:
                self._compared.append((found[1], float(found[2]), value))
            else:
                self._exact[text.strip().casefold()] = value

    def __call__(self, text: str) -> str:
        """The text that stands for `text`; itself when no entry fits."""
        exact = self._exact.get(text.casefold())
        if exact is not None:
            return exact
        if self._compared and text not in MISSING:
            try:
                value = number(text)
            except RowProblem:
                value = math.nan
            for sign, bound, meaning in self._compared:
                if {">=": value >= bound, "<=": value <= bound, ">": value > bound, "<": value < bound}[sign]:
                    return meaning
        if self._other is not None:
            return self._other
        return text
