"""Cuts a JSON text into complete values, read piece by piece: it knows only quotes and brackets, and keeps no more than
one value."""

from __future__ import annotations

import io
import json
import re
from typing import Any, Final

from opsdesk.services.importing.json_values import DECODER
from opsdesk.services.importing.problems import ImportProblem, Limits

_CHUNK: Final = 1 << 18
EXCERPT: Final = 2_000
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+("?)|[\[{]|[\]}]', re.DOTALL)
_FLAT = re.compile(r'(?:\s*+\[[^\[\]{}"]*+\]\s*+,?+)++')
"""Lists of numbers and the like, one after the other: positions of a shape come by thousands."""
_STRING_END = re.compile(r'(?:[^"\\]++|\\.)*+("?)', re.DOTALL)
_SCALAR = re.compile(r"[^\s,\]}]*")
_SPACE = re.compile(r"[\s\ufeff]*")


class BadValue(Exception):
    """A complete value was read past, but it cannot be used; the text says why. `beginning` is how it starts."""

    def __init__(self, text: str, beginning: str) -> None:
        super().__init__(text)
        self.beginning = beginning


class Scanner:
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
        """Decode the next value. Raises BadValue when it cannot be used, ImportProblem when the text ends in it."""
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
            raise BadValue(f"it is no JSON: {error.msg} at character {error.pos + 1}", text[:EXCERPT]) from error
        except (ValueError, RecursionError) as error:
            raise BadValue(f"it is no JSON that can be read ({error})", text[:EXCERPT]) from error

    def _brackets(self, start: int, end: int) -> int:
        return self._buffer.count("{", start, end) + self._buffer.count("[", start, end)

    def value(self) -> str:
        """The text of the next value, which is stepped over. Raises BadValue when it is too long or too deep."""
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
                    if flat := _FLAT.match(self._buffer, scanned):
                        scanned, deepest = flat.end(), max(depth + 1, deepest)
                elif found[0] in "}]":
                    depth -= 1
                if depth <= 0:
                    return self._checked(scanned, deepest)
            else:
                scanned = len(self._buffer)
            if found is None:
                if len(self._buffer) - self._at > self._limits.record_chars:
                    beginning = self._buffer[self._at : self._at + EXCERPT]
                    self._skip(scanned, depth)
                    raise BadValue(f"it is longer than {self._limits.record_chars:,} characters", beginning)
                behind = scanned - self._at
                if not self._fill():
                    raise ImportProblem("the JSON ends in the middle; the file is cut off")
                scanned = self._at + behind

    def _checked(self, end: int, deepest: int) -> str:
        text = self._buffer[self._at : end]
        self._at = end
        if len(text) > self._limits.record_chars:
            raise BadValue(f"it is longer than {self._limits.record_chars:,} characters", text[:EXCERPT])
        if deepest > self._limits.depth:
            raise BadValue(f"it is nested deeper than {self._limits.depth} levels", text[:EXCERPT])
        return text

    def _scalar(self) -> str:
        while True:
            end = _SCALAR.match(self._buffer, self._at).end()  # type: ignore[union-attr]  # matches the empty text
            if end < len(self._buffer) or end - self._at > EXCERPT or not self._fill():
                text = self._buffer[self._at : end]
                self._at = end
                if not text or len(text) > EXCERPT:
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
