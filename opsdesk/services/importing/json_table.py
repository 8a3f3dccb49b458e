"""Reads records out of JSON, GeoJSON or JSON lines one at a time, in bounded memory.

The text is cut into complete values by a scanner that knows only quotes and brackets; each record is then decoded on
its own. So a list of any length needs the memory of one record, and one wrong record is rejected alone.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from opsdesk.services.importing.dialect import GEOJSON, Dialect
from opsdesk.services.importing.json_scanner import EXCERPT, BadValue, Scanner
from opsdesk.services.importing.json_values import flatten, flatten_feature
from opsdesk.services.importing.openers import open_input
from opsdesk.services.importing.problems import ImportProblem, Limits
from opsdesk.services.importing.tables import RawRow

# How deep a list of records may be hidden in objects.
_LIST_DEPTH: Final = 3


class JsonTable:
    """The records of a JSON file. `columns` grows as records bring members that none had before."""

    def __init__(self, path: Path, dialect: Dialect, limits: Limits) -> None:
        assert dialect.encoding
        self._limits = limits
        self._features = dialect.kind == GEOJSON
        self._wanted = dialect.records
        self._opened = open_input(path, limits)
        encoding = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
        self._text = io.TextIOWrapper(self._opened.stream, encoding=encoding, errors="replace", newline="")
        self._scanner = Scanner(self._text, limits)
        self._number = 0
        self._index: dict[str, int] = {}
        self.columns: list[str] = []
        self.lists: list[str] = []
        """Names of the lists of records found so far."""
        self.reference_system = ""
        """What a GeoJSON file says of its coordinates, "" for the standard WGS 84."""

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
        """All records in order."""
        try:
            yield from self._rows()
        except BadValue as error:
            raise ImportProblem(str(error), place=f"after record {self._number}") from error
        except ImportProblem as error:
            if error.place:
                raise
            raise ImportProblem(error.text, place=f"after record {self._number}") from error

    def _rows(self) -> Iterator[RawRow]:
        scanner = self._scanner
        if scanner.peek() == "[":
            yield from self._list()
        elif self._is_lines():
            while scanner.peek():
                yield from self._element()
        elif scanner.peek() == "{":
            yield from self._members("", 0)
            if not self.lists:
                what = f'no list "{self._wanted}" of records' if self._wanted else "no list of records"
                raise ImportProblem(f"The JSON holds {what}")
        else:
            raise ImportProblem("The file is no JSON: it begins with neither { nor [")
        if scanner.peek():
            raise ImportProblem("something follows after the end of the JSON")

    def _is_lines(self) -> bool:
        """True for one object a line: the first line is complete in itself and the next begins another."""
        scanner = self._scanner
        if scanner.peek() != "{":
            return False
        first, _, rest = scanner.ahead().partition("\n")
        try:
            return rest.lstrip()[:1] == "{" and isinstance(json.loads(first), dict)
        except (ValueError, RecursionError):
            return False

    def _members(self, path: str, depth: int) -> Iterator[RawRow]:
        """Walk through an object to the list of records in it."""
        scanner = self._scanner
        scanner.take("{")
        if scanner.take("}"):
            return
        while True:
            if scanner.peek() != '"':
                raise ImportProblem("a name in quotes was expected")
            name = path + str(json.loads(scanner.value(), strict=False))
            if not scanner.take(":"):
                raise ImportProblem(f'a colon was expected after "{name}"')
            yield from self._member(name, depth)
            if scanner.take("}"):
                return
            if not scanner.take(","):
                raise ImportProblem(f'a comma was expected after the value of "{name}"')

    def _member(self, name: str, depth: int) -> Iterator[RawRow]:
        scanner = self._scanner
        begins = scanner.peek()
        wanted = self._wanted or ("features" if self._features else name)
        if begins == "[" and scanner.peek(1) == "{" and name == wanted:
            self.lists.append(name)
            if len(self.lists) > 1:
                text = f"The JSON holds several lists ({', '.join(self.lists)}); say which"
                raise ImportProblem(text, field="records")
            yield from self._list()
        elif begins == "{" and depth < _LIST_DEPTH and name != "crs":
            yield from self._members(f"{name}.", depth + 1)
        else:
            try:
                text = scanner.value()
            except BadValue:
                return  # too long or too deep to keep, and not wanted
            if name == "crs" and not re.search(r"CRS84|EPSG:+4326\b|null", text):
                self.reference_system = text[:200]

    def _list(self) -> Iterator[RawRow]:
        scanner = self._scanner
        scanner.take("[")
        if scanner.take("]"):
            return
        while True:
            yield from self._element()
            if scanner.take("]"):
                return
            if not scanner.take(","):
                raise ImportProblem("a comma was expected between two records")

    def _element(self) -> Iterator[RawRow]:
        self._number += 1
        try:
            record = self._scanner.record()
        except BadValue as error:
            yield RawRow(self._number, [error.beginning], str(error))
            return
        if not isinstance(record, dict):
            text = json.dumps(record, ensure_ascii=False)
            yield RawRow(self._number, [text[:EXCERPT]], "it is no object with named values")
            return
        values: dict[str, str] = {}
        if self._features:
            flatten_feature(record, values)
        else:
            flatten(record, values)
        yield self._row(values)

    def _row(self, values: dict[str, str]) -> RawRow:
        index = self._index
        for name in values:
            if name not in index:
                if len(index) >= self._limits.columns:
                    raise ImportProblem(f"The records have more than {self._limits.columns:,} different names")
                index[name] = len(index)
                self.columns.append(name)
        cells = [""] * len(index)
        problem = None
        for name, value in values.items():
            cells[index[name]] = value
            if "\x00" in value:
                problem = "it holds a NUL character"
        return RawRow(self._number, cells, problem)
