"""What a chart shows, as plain values."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.Enum):
    """How counts are drawn."""

    PAIRS = "pairs"
    """The series of a slot side by side."""
    STACKED = "stacked"
    """The series of a slot on top of each other."""
    LYING = "lying"
    """Stacked bars from left to right, the names of the slots at the left."""
    HEAT = "heat"
    """A field for each slot (row) and series (column), the stronger the more."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One place on the axis: its name in full and in short, a count for each series, and what each of them opens."""

    name: str
    short: str
    values: tuple[int, ...]
    opens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChartData:
    """A chart's content. `head` names what the slots are, `tones` are those of the series (one for all in a heat)."""

    kind: Kind
    head: str
    series: tuple[str, ...]
    tones: tuple[str, ...]
    slots: tuple[Slot, ...]
    noun: str = "ticket"

    @property
    def total(self) -> int:
        """The sum of all counts."""
        return sum(sum(slot.values) for slot in self.slots)

    def words(self, slot: int, series: int) -> str:
        """One count in words: "22 NOV 26: 14 opened"."""
        place = self.slots[slot]
        value = place.values[series]
        if self.kind is Kind.HEAT:
            name = f"{place.name} {self.series[series]} to {int(self.series[series]) + 1:02}"
            return f"{name}: {value:,} {self.noun}{'' if value == 1 else 's'}"
        return f"{place.name}: {value:,} {self.series[series].lower()}"

    def rows(self) -> list[list[str]]:
        """All of it as a table, the head first."""
        return [
            [self.head, *self.series],
            *([slot.name, *(str(value) for value in slot.values)] for slot in self.slots),
        ]
