"""What every reader gives: columns, and rows with their number; and how one is chosen for a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as it stands in the file: its number there, its cells as text, and what is wrong with it, if anything.

    Cells may be fewer than the columns (the rest is empty). A row with a problem holds what could be read of it.
    """

    number: int
    cells: Sequence[str]
    problem: str | None = None


class Table(Protocol):
    """An open table. Columns may still grow while the rows of a JSON file are read."""

    columns: list[str]

    def rows(self) -> Iterator[RawRow]:
        """All rows in order, from the first; blank ones are left out."""

    def done(self) -> int:
        """How much has been read, in the measure of `size`."""

    @property
    def size(self) -> int:
        """How much there is to read."""

    def close(self) -> None:
        """Close the file."""


REJECT_COLUMNS: Final = ("rejected row", "rejected because")
"""The two columns that a file of rejected rows has before the others; reading one again leaves them out."""


def distinct_names(cells: Sequence[str]) -> list[str]:
    """Column names without blanks and doubles: "Column 3", "Name (2)"."""
    names: list[str] = []
    taken: set[str] = set()
    for position, cell in enumerate(cells, 1):
        name = base = " ".join(cell.split()) or f"Column {position}"
        count = 1
        while name in taken:
            count += 1
            name = f"{base} ({count})"
        taken.add(name)
        names.append(name)
    return names


class Header:
    """The columns of a table whose first rows are given, and how to cut a row to them."""

    def __init__(self, cells: Sequence[str]) -> None:
        self.dropped = len(REJECT_COLUMNS) if tuple(cells[:2]) == REJECT_COLUMNS else 0
        kept = list(cells[self.dropped :])
        while kept and not kept[-1].strip():
            kept.pop()
        self.columns = distinct_names(kept)

    def row(self, number: int, cells: list[str]) -> RawRow | None:
        """The row under these columns; None when it is blank."""
        if self.dropped:
            cells = cells[self.dropped :]
        if len(cells) > len(self.columns):
            extra = cells[len(self.columns) :]
            if any(cell.strip() for cell in extra):
                filled = len(cells) - next(i for i, cell in enumerate(reversed(cells)) if cell.strip())
                return RawRow(number, cells, f"it has {filled:,} cells, the header has {len(self.columns):,}")
            del cells[len(self.columns) :]
        if not any(cells) or not any(cell.strip() for cell in cells):
            return None
        return RawRow(number, cells)
