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
from typing import Any, Final

from opsdesk.services.importing.dialect import GEOJSON, Dialect
from opsdesk.services.importing.json_values import DECODER, flatten, flatten_feature
from opsdesk.services.importing.openers import open_input
from opsdesk.services.importing.problems import ImportProblem, Limits
from opsdesk.services.importing.tables import RawRow

_CHUNK: Final = 1 << 18
_EXCERPT: Final = 2_000
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+("?)|[\[{]|[\]}]', re.DOTALL)
_STRING_END = re.compile(r'(?:[^"\\]++|\\.)*+("?)', re.DOTALL)
_SCALAR = re.compile(r"[^\s,\]}]*")
_SPACE = re.compile(r"[\s\ufeff]*")
# How deep a list of records may be hidden in objects.
_LIST_DEPTH: Final = 3


class _BadValue(Exception):
    """A complete value was read past, but it cannot be used; the text says why. `beginning` is how it starts."""

    def __init__(self, text: str, beginning: str) -> None:
        super().__init__(text)
        self.beginning = beginning


class _Scanner:
    """A position in a text that is read piece by piece."""

    def __init__(self, text: io.TextIOBase, limits: Limits) -> None:
        self._text = text
        self._limits = limits
        self._buffer = ""
        self._at = 0
        self._ended = False

    def _fill(self) -> bool:
        if self._ended:
            return False
        more = self._text.read(max(_CHUNK, len(self._buffer) - self._at))
        if not more:
            self._ended = True
            return False
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return True

    def peek(self, ahead: int = 0) -> str:
        """The next character that is no space, "" at the end. `ahead` looks that many such characters further."""
        while True:
            at = self._at
            for left in range(ahead, -1, -1):
                at = _SPACE.match(self._buffer, at).end()  # type: ignore[union-attr]  # matches the empty text too
                if left:
                    at += 1
            if at < len(self._buffer):
                if not ahead:
                    self._at = at
                return self._buffer[at]
            if not self._fill():
                return ""

    def ahead(self) -> str:
        """What has been read of the text and not been stepped over."""
        return self._buffer[self._at :]

    def take(self, character: str) -> bool:
        """Step over `character` if it comes next."""
        if self.peek() == character:
            self._at += 1
            return True
        return False

    def record(self) -> Any:
        """Decode the next value. Raises _BadValue when it cannot be used, ImportProblem when the text ends in it."""
        if self.peek() == "{":
            try:
                value, end = DECODER.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError):
                pass  # it goes on in the next piece, or is wrong: the scanner finds out
            else:
                size, brackets = end - self._at, self._brackets(self._at, end)
                if size <= self._limits.record_chars and brackets <= self._limits.depth:
                    self._at = end
                    return value
        text = self.value()
        try:
            return DECODER.decode(text)
        except json.JSONDecodeError as error:
            raise _BadValue(f"it is no JSON: {error.msg} at character {error.pos + 1}", text[:_EXCERPT]) from error
        except (ValueError, RecursionError) as error:
            raise _BadValue(f"it is no JSON that can be read ({error})", text[:_EXCERPT]) from error

    def _brackets(self, start: int, end: int) -> int:
        return self._buffer.count("{", start, end) + self._buffer.count("[", start, end)

    def value(self) -> str:
        """The text of the next value, which is stepped over. Raises _BadValue when it is too long or too deep."""
        opening = self.peek()
        if opening not in '{["':
            return self._scalar()
        depth = deepest = 0
        scanned = self._at
        while True:
            found = _TOKEN.search(self._buffer, scanned)
            if found and found[0][0] == '"' and not found[1]:
                scanned, found = found.start(), None
            elif found:
                scanned = found.end()
                if found[0] in "{[":
                    depth += 1
                    deepest = max(depth, deepest)
                elif found[0] in "}]":
                    depth -= 1
                if depth <= 0:
                    return self._checked(scanned, deepest)
            else:
                scanned = len(self._buffer)
            if found is None:
                if len(self._buffer) - self._at > self._limits.record_chars:
                    beginning = self._buffer[self._at : self._at + _EXCERPT]
                    self._skip(scanned, depth)
                    raise _BadValue(f"it is longer than {self._limits.record_chars:,} characters", beginning)
                behind = scanned - self._at
                if not self._fill():
                    raise ImportProblem("the JSON ends in the middle; the file is cut off")
                scanned = self._at + behind

    def _checked(self, end: int, deepest: int) -> str:
        text = self._buffer[self._at : end]
        self._at = end
        if len(text) > self._limits.record_chars:
            raise _BadValue(f"it is longer than {self._limits.record_chars:,} characters", text[:_EXCERPT])
        if deepest > self._limits.depth:
            raise _BadValue(f"it is nested deeper than {self._limits.depth} levels", text[:_EXCERPT])
        return text

    def _scalar(self) -> str:
        while True:
            end = _SCALAR.match(self._buffer, self._at).end()  # type: ignore[union-attr]  # matches the empty text
            if end < len(self._buffer) or end - self._at > _EXCERPT or not self._fill():
                text = self._buffer[self._at : end]
                self._at = end
                if not text or len(text) > _EXCERPT:
                    raise ImportProblem("the text is no JSON here")
                return text

    def _skip(self, scanned: int, depth: int) -> None:
        """Read past a value whose beginning is not wanted any more, keeping nothing of it."""
        in_string = self._buffer[scanned : scanned + 1] == '"'
        self._at = scanned + in_string
        while True:
            found = (_STRING_END if in_string else _TOKEN).search(self._buffer, self._at)
            if in_string and found:
                self._at = found.end()
                in_string = not found[1]
                if not in_string and depth == 0:
                    return
            elif found and found[0][0] == '"':
                in_string = not found[1]
                self._at = found.end()
            elif found:
                self._at = found.end()
                depth += 1 if found[0] in "{[" else -1
                if depth == 0:
                    return
            else:
                self._at = len(self._buffer)
            if (found is None or in_string) and not self._fill():
                raise ImportProblem("the JSON ends in the middle; the file is cut off")


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
        self._scanner = _Scanner(self._text, limits)
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
        except _BadValue as error:
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
            except _BadValue:
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
        except _BadValue as error:
            yield RawRow(self._number, [error.beginning], str(error))
            return
        if not isinstance(record, dict):
            text = json.dumps(record, ensure_ascii=False)
            yield RawRow(self._number, [text[:_EXCERPT]], "it is no object with named values")
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
