"""Keeps a spreadsheet from taking text for a formula, and takes the mark off again when such a file is read."""

from __future__ import annotations

import re
from typing import Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n]")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")


def defused(text: str) -> str:
    """The text with an apostrophe before it if a spreadsheet could run it; plain numbers stay as they are."""
    if text[:1] in _FIRST and _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def fused(text: str) -> str:
    """The text as it was before `defused`."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text


_FIRST: Final = frozenset("'=+-@\t\r\n")
