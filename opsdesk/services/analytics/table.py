"""A table of counts behind a chart, each with the query of the tickets that it counts."""

from __future__ import annotations

from dataclasses import dataclass

from opsdesk.services.query import Or, parse, to_text


@dataclass(frozen=True, slots=True)
class Line:
    """One place of a chart: its name in full, a short one for the axis (may be empty), and a count for each series."""

    name: str
    short: str
    values: tuple[int, ...]
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What a chart shows. `head` names what the lines are, `series` the counts of each."""

    head: str
    series: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        """The sum of all counts."""
        return sum(sum(line.values) for line in self.lines)


def narrowed(text: str, *further: str) -> str:
    """A query and further conditions, all of which must hold."""
    query = parse(text)
    own = f"({to_text(query)})" if isinstance(query.root, Or) else to_text(query)
    return " ".join(part for part in (own, *further) if part)
