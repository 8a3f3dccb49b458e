"""What can be wrong with a file to import as a whole, and how much of one the program is willing to read."""

from __future__ import annotations

from dataclasses import dataclass

from opsdesk.services.errors import Refused


class ImportProblem(Refused):
    """The file cannot be read as a table. `place` says where ("line 17", "sheet Data"); nothing is half done.

    A wrong row is no ImportProblem: it is rejected with its reason and the others go on.
    """

    def __init__(self, text: str, *, place: str = "", field: str | None = None) -> None:
        super().__init__(f"{place}: {text}" if place else text, field=field)
        self.place = place


class ImportCancelled(Refused):
    """The person stopped the reading before anything was written."""

    def __init__(self) -> None:
        super().__init__("The import was cancelled")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep memory flat whatever the file holds. Tests set small ones.

    Sizes are in characters of text or in bytes, as named.
    """

    record_chars: int = 1_000_000
    """Longest row of a text file, or longest object of a JSON file."""
    columns: int = 2_000
    depth: int = 64
    """Deepest nesting of a JSON object."""
    inflated_bytes: int = 8 << 30
    """Most that a compressed file may inflate to."""
    ratio: int = 400
    """Most that a compressed file may inflate by, once it has passed `ratio_free_bytes`."""
    ratio_free_bytes: int = 32 << 20
    sheet_bytes: int = 1 << 30
    """Most that a workbook's parts may inflate to together: a sheet has to be held in memory."""
    sheet_cells: int = 20_000_000
    """Most cells in the rectangle around all used cells of a sheet."""
    sheet_text_chars: int = 500_000_000
    """Most characters in a sheet's cells, each use of a shared text counted."""
    parts: int = 5_000
    """Most files inside a workbook."""
    new_categories: int = 200
    """Most categories that one import makes; further values stay in the row's own columns."""


LIMITS = Limits()
