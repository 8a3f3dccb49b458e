"""Reads delimited text row by row in bounded memory, whatever its lines and quotes look like.

The csv module does the parsing; this module decides which lines it gets. A line longer than the limit is cut and
rejected, the rest of it is skipped. A quote that is opened and not closed would swallow the rows after it: then only
its first line is rejected, and reading goes on with the next line as if nothing had been.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from opsdesk.services.importing.dialect import Dialect
from opsdesk.services.importing.openers import open_input
from opsdesk.services.importing.problems import ImportProblem, Limits
from opsdesk.services.importing.tables import Header, RawRow
from opsdesk.services.spreadsheet import fused

# Our own bound on records is smaller; the module's default (128 KiB) would refuse long reports.
csv.field_size_limit(2**31 - 1)

_EXCERPT: Final = 2_000
_LEAST_PATIENCE: Final = 20_000
_SEPARATOR_LINE = re.compile(r"sep=[,;\t|]\s*")

FOLLOWS_QUOTE: Final = "a quote is opened in it and not closed"


class _Unclosed(Exception):
    """The csv module asks for more lines than a record may have."""


class _TooLong(Exception):
    """The line that comes next is longer than a record may be."""


class _Lines:
    """Lines for the csv module, remembering those of the record that is being read so that they can be read again."""

    def __init__(self, text: io.TextIOWrapper, limit: int) -> None:
        self._text = text
        self._limit = limit
        self._patience = limit
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self._chars = 0
        self.number = 1
        """Number of the line where the record that is being read begins."""
        self.nul = False
        """True when a line of the record holds a NUL character."""
        self.apostrophe = False
        """True when a line of the record holds an apostrophe."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._text.readline(self._limit)
        if not line:
            if self._record:
                raise _Unclosed
            raise StopIteration
        too_long = len(line) >= self._limit and not line.endswith(("\n", "\r"))
        if too_long or self._chars + len(line) > self._patience:
            if self._record:
                self._again.appendleft(line)
                raise _Unclosed
            if too_long:
                self._record.append(line)
                raise _TooLong
        self._record.append(line)
        self._chars += len(line)
        if "\x00" in line:
            self.nul = True
        if "'" in line:
            self.apostrophe = True
        return line

    def lines(self) -> int:
        """How many lines the record has."""
        return len(self._record)

    def first(self) -> str:
        """The record's first line."""
        return self._record[0]

    def accept(self) -> None:
        """The record is good; the next line begins another."""
        self.number += len(self._record)
        self._forget()

    def reject_first(self) -> str:
        """Give up the record's first line and read the others again. Returns that line."""
        first, *others = self._record
        self._again.extendleft(reversed(others))
        self._forget()
        self.number += 1
        return first.rstrip("\r\n")

    def lose_patience(self) -> None:
        """Look less far for the end of a quote from now on, so that a file full of stray quotes stays quick."""
        self._patience = max(min(_LEAST_PATIENCE, self._limit), self._patience // 2)

    def skip_rest(self) -> str:
        """Read past the end of a line that is too long. Returns its beginning."""
        beginning = self._record[0][:_EXCERPT]
        self._forget()
        while (piece := self._text.readline(self._limit)) and not piece.endswith(("\n", "\r")):
            pass
        self.number += 1
        return beginning

    def _forget(self) -> None:
        self._record.clear()
        self._chars = 0
        self.nul = self.apostrophe = False


class TextTable:
    """Delimited text with the dialect's encoding, delimiter and header row."""

    def __init__(self, path: Path, dialect: Dialect, limits: Limits) -> None:
        assert dialect.encoding
        assert dialect.delimiter
        assert dialect.header_row is not None
        self._delimiter = dialect.delimiter
        self._header_row = dialect.header_row
        self._limits = limits
        self._opened = open_input(path, limits)
        encoding = dialect.encoding
        if encoding == "utf-8":
            encoding = "utf-8-sig"
        elif encoding.startswith("utf-16-") and self._opened.starts_with(codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            encoding = "utf-16"
        self._text = io.TextIOWrapper(self._opened.stream, encoding=encoding, errors="replace", newline="")
        self._lines = _Lines(self._text, limits.record_chars)
        self._records = self._read()
        self._header: Header | None = None
        self.columns: list[str] = []
        try:
            self._read_header()
        except ImportProblem:
            self.close()
            raise

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._opened.size

    def done(self) -> int:
        """Bytes of the file on disk read so far."""
        return self._opened.done()

    def close(self) -> None:
        """Close the file."""
        self._text.close()
        self._opened.close()

    def rows(self) -> Iterator[RawRow]:
        """All rows after the header; blank ones are left out."""
        header = self._header
        if header is None:
            return
        width = len(header.columns) + header.dropped
        lines = self._lines
        for number, cells, problem in self._records:
            if problem is not None:
                yield RawRow(number, cells, problem)
                continue
            few = len(cells) < width
            row = header.row(number, cells)
            if row is None:
                continue
            if lines.lines() > 1 and (few or row.problem):
                # Several lines with the wrong number of cells: a stray quote joined what are several rows.
                yield RawRow(number, [lines.reject_first()], FOLLOWS_QUOTE)
            elif lines.nul:
                yield RawRow(number, row.cells, "it holds a NUL character")
            else:
                yield row

    def raw(self, count: int) -> list[tuple[int, list[str]]]:
        """The first records with their line number, header or not, to look for the header in."""
        found = []
        for number, cells, problem in self._records:
            if problem is None and any(cell.strip() for cell in cells):
                found.append((number, cells))
            if len(found) >= count:
                break
        return found

    def _read_header(self) -> None:
        if self._header_row == 0:
            good = ((number, cells) for number, cells, problem in self._records if problem is None and cells)
            first = next(good, None)
            if first is None:
                return
            self._check_width(len(first[1]))
            self._header = Header([f"Column {position}" for position in range(1, len(first[1]) + 1)])
            self._records = _chained(first, self._records)
        elif self._header_row > 0:
            for number, cells, problem in self._records:
                if number >= self._header_row:
                    if problem is not None:
                        raise ImportProblem(f"the header cannot be read: {problem}", place=f"line {number}")
                    self._check_width(len(cells))
                    self._header = Header(cells)
                    break
        if self._header is not None:
            self.columns = self._header.columns

    def _check_width(self, width: int) -> None:
        if width > self._limits.columns:
            raise ImportProblem(f"The table has {width:,} columns; at most {self._limits.columns:,} are read")

    def _read(self) -> Iterator[tuple[int, list[str], str | None]]:
        lines = self._lines
        reader = self._reader()
        while True:
            number = lines.number
            try:
                cells = next(reader)
            except StopIteration:
                return
            except _TooLong:
                yield number, [lines.skip_rest()], f"the line is longer than {self._limits.record_chars:,} characters"
                reader = self._reader()
                continue
            except _Unclosed:
                lines.lose_patience()
                yield number, [lines.reject_first()], FOLLOWS_QUOTE
                reader = self._reader()
                continue
            except csv.Error:
                # Something follows a closing quote: sloppy on one line, a stray quote over several.
                if lines.lines() > 1:
                    yield number, [lines.reject_first()], FOLLOWS_QUOTE
                    reader = self._reader()
                    continue
                cells = next(csv.reader([lines.first()], delimiter=self._delimiter))
                reader = self._reader()
                if cells and cells[-1].endswith(("\n", "\r")):
                    yield number, [lines.reject_first()], FOLLOWS_QUOTE
                    continue
            if number == 1 and len(cells) <= 2 and _SEPARATOR_LINE.fullmatch(self._delimiter.join(cells)):
                lines.accept()
                continue
            if lines.apostrophe:
                cells = [fused(cell) for cell in cells]
            yield number, cells, None
            if lines.lines():
                lines.accept()
            else:  # whoever took the record gave its first line up
                reader = self._reader()

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._lines, delimiter=self._delimiter, strict=True)


def _chained(
    first: tuple[int, list[str]], rest: Iterator[tuple[int, list[str], str | None]]
) -> Iterator[tuple[int, list[str], str | None]]:
    yield first[0], first[1], None
    yield from rest
