"""Reads one sheet of an Excel workbook that `xlsx_check` has proved safe to hold in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import python_calamine

from opsdesk.services.importing.dialect import Dialect
from opsdesk.services.importing.problems import ImportProblem, Limits
from opsdesk.services.importing.tables import Header, RawRow
from opsdesk.services.importing.xlsx_check import check_workbook


def open_workbook(path: Path, limits: Limits) -> python_calamine.CalamineWorkbook:
    """The workbook, checked. Raises ImportProblem."""
    check_workbook(path, limits)
    try:
        return python_calamine.load_workbook(path)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise ImportProblem(f"The workbook cannot be read: {error}") from error


def sheet_names(workbook: python_calamine.CalamineWorkbook) -> list[str]:
    """Names of the visible sheets that have cells."""
    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        and sheet.visible == python_calamine.SheetVisibleEnum.Visible
    ]


class XlsxTable:
    """One sheet of a workbook; rows are numbered as in the sheet."""

    def __init__(self, path: Path, dialect: Dialect, limits: Limits) -> None:
        workbook = open_workbook(path, limits)
        self.sheets = sheet_names(workbook)
        self._sheet = self._choose(workbook, dialect.sheet)
        self.header_row = dialect.header_row
        self._first = (self._sheet.start or (0, 0))[0] + 1
        self._at = self._first - 1
        self._header: Header | None = None
        self.columns: list[str] = []
        if self._sheet.width > limits.columns:
            raise ImportProblem(f"The sheet has {self._sheet.width:,} columns; at most {limits.columns:,} are read")

    @property
    def size(self) -> int:
        """Rows of the sheet."""
        return self._sheet.height

    @property
    def sheet(self) -> str:
        """Name of the sheet that is read."""
        return self._sheet.name

    def done(self) -> int:
        """Rows read so far."""
        return self._at - self._first + 1

    def close(self) -> None:
        """Nothing stays open."""

    def raw(self, count: int) -> list[tuple[int, list[str]]]:
        """The first rows that are not blank with their number, to look for the header in."""
        found = []
        for number, cells in enumerate(self._sheet.iter_rows(), self._first):
            texts = [cell_text(cell) for cell in cells]
            if any(text.strip() for text in texts):
                found.append((number, texts))
            if len(found) >= count:
                break
        return found

    def rows(self) -> Iterator[RawRow]:
        """All rows under the header; blank ones are left out."""
        assert self.header_row is not None
        if self.header_row == 0:
            self._header = Header([f"Column {position}" for position in range(1, self._sheet.width + 1)])
            self.columns = self._header.columns
        for number, cells in enumerate(self._sheet.iter_rows(), self._first):
            self._at = number
            if number < self.header_row:
                continue
            texts = [cell_text(cell) for cell in cells]
            if self._header is None:
                self._header = Header(texts)
                self.columns = self._header.columns
                continue
            row = self._header.row(number, texts)
            if row is not None:
                yield RawRow(number, row.cells, "it holds a NUL character") if _has_nul(row) else row

    def _choose(self, workbook: python_calamine.CalamineWorkbook, name: str | None) -> python_calamine.CalamineSheet:
        try:
            if name is not None:
                if name not in workbook.sheet_names:
                    text = f'The workbook has no sheet "{name}" but {", ".join(self.sheets)}'
                    raise ImportProblem(text, field="sheet")
                return workbook.get_sheet_by_name(name)
            for candidate in self.sheets:
                sheet = workbook.get_sheet_by_name(candidate)
                if sheet.height:
                    return sheet
        except (python_calamine.CalamineError, ValueError, OSError) as error:
            raise ImportProblem(f"The sheet cannot be read: {error}") from error
        raise ImportProblem("The workbook has no sheet with anything in it")


def _has_nul(row: RawRow) -> bool:
    return any("\x00" in cell for cell in row.cells)


def cell_text(value: Any) -> str:
    """A cell as text: whole numbers without decimals, times in ISO form without a zone."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        if (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
            return value.date().isoformat()
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)
