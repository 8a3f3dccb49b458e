"""Finds out how a text file is written: encoding, delimiter, header, decimal sign and the order of its dates."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from opsdesk.services.importing.dialect import DATE_ORDERS, DECIMAL_NAMES, DELIMITER_NAMES, ENCODINGS, Finding
from opsdesk.services.importing.values import MISSING, NUMERIC_DATE

# Encoding -------------------------------------------------------------------------------------------------------

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNDEFINED_IN_1252: Final = (0x81, 0x8D, 0x8F, 0x90, 0x9D)


def encoding_by_mark(head: bytes) -> tuple[str, Finding] | None:
    """The encoding that the first bytes give away: a byte order mark, or the zeros of UTF-16 without one."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, Finding("encoding", ENCODINGS[name], "byte order mark")
    start = head[:4096]
    if len(start) >= 8:
        even, odd = start[0::2].count(0) / len(start[0::2]), start[1::2].count(0) / len(start[1::2])
        for name, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
            if zeros > 0.4 and others < 0.05:
                return name, Finding("encoding", ENCODINGS[name], "every second byte is zero", sure=False)
    return None


def encoding_by_bytes(chunks: Iterable[bytes]) -> tuple[str, int, Finding]:
    """The encoding that fits all bytes, how many bytes do not fit it, and why it was taken.

    Text that is UTF-8 but for fewer broken places than it has good characters stays UTF-8.
    """
    broken = 0

    def replacement(error: UnicodeError) -> tuple[str, int]:
        nonlocal broken
        assert isinstance(error, UnicodeDecodeError)
        broken += error.end - error.start
        return "\ufffd", error.end

    codecs.register_error("opsdesk-count", replacement)
    decoder = codecs.getincrementaldecoder("utf-8")("opsdesk-count")
    histogram = np.zeros(256, dtype=np.int64)
    waiting = False
    characters = 0
    for chunk in chunks:
        if chunk.isascii() and not waiting:
            continue
        histogram += np.bincount(np.frombuffer(chunk, dtype=np.uint8), minlength=256)
        text = decoder.decode(chunk)
        waiting = bool(decoder.getstate()[0])
        characters += len(text.encode()) - len(text)
    decoder.decode(b"", True)
    high = int(histogram[128:].sum())
    if not high:
        return "utf-8", 0, Finding("encoding", "UTF-8", "plain ASCII")
    if not broken:
        return "utf-8", 0, Finding("encoding", "UTF-8", "all bytes fit")
    if high - broken > broken:
        return "utf-8", broken, Finding("encoding", "UTF-8", f"{broken:,} broken bytes become \ufffd", sure=False)
    undefined = int(histogram[list(_UNDEFINED_IN_1252)].sum())
    special = int(histogram[128:160].sum()) - undefined
    if undefined and undefined >= special:
        return "iso8859-1", 0, Finding("encoding", ENCODINGS["iso8859-1"], "not UTF-8, and not Windows", sure=False)
    note = "not UTF-8" + (f"; {undefined:,} broken bytes become \ufffd" if undefined else "")
    return "cp1252", undefined, Finding("encoding", ENCODINGS["cp1252"], note, sure=False)


# Delimiter and header -------------------------------------------------------------------------------------------

_SEPARATOR_LINE = re.compile(r"sep=([,;\t|])\s*")


def delimiter_of(text: str, name: str = "") -> tuple[str, Finding]:
    """The delimiter under which most of the first rows have as many cells as the first one; ties go to more cells."""
    lines = text.splitlines()[:200]
    stated = _SEPARATOR_LINE.fullmatch(lines[0]) if lines else None
    if stated:
        return stated[1], Finding("delimiter", DELIMITER_NAMES[stated[1]], "the first line says so")
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITER_NAMES:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        if not counts:
            continue
        width, same = Counter(counts).most_common(1)[0]
        if width > 1:
            score = (round(same / len(counts), 1), width + (100 if delimiter == "\t" and _is_tsv(name) else 0))
            if score > best_score:
                best, best_score = delimiter, score
    if best_score == (0.0, 0):
        return ",", Finding("delimiter", "none", "one column")
    share = best_score[0]
    return best, Finding("delimiter", DELIMITER_NAMES[best], f"{share:.0%} of the first rows agree", sure=share > 0.7)


def _is_tsv(name: str) -> bool:
    return any(part in name.lower().split(".") for part in ("tsv", "tab"))


_VALUE = re.compile(r"[+-]?[\d.,\s]+%?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|https?://.*|true|false", re.IGNORECASE)


def header_of(rows: Sequence[tuple[int, Sequence[str]]]) -> tuple[int, Finding]:
    """The number of the row that names the columns, 0 when there is none. `rows` are the first ones with their number.

    Lines before the header (a title, a date of printing) have fewer cells than the table under them.
    """
    widths = Counter(sum(1 for cell in cells if cell.strip()) for _, cells in rows[1:] or rows)
    usual = max(width for width, count in widths.items() if count >= max(widths.values()) / 2)
    for number, cells in rows[:20]:
        filled = [cell.strip() for cell in cells if cell.strip()]
        if len(filled) < max(1, usual / 2) or (len(filled) == 1 and usual > 1):
            continue
        values = sum(1 for cell in filled if _VALUE.fullmatch(cell))
        if values == 0 and len(set(filled)) == len(filled):
            return number, Finding("header_row", f"row {number}", "it holds only names")
        if values <= len(filled) / 4 and len(rows) > 1:
            return number, Finding("header_row", f"row {number}", "it holds mostly names", sure=False)
        break
    return 0, Finding("header_row", "none", "the first row holds values", sure=False)


# Numbers and dates ----------------------------------------------------------------------------------------------

_COMMA_DECIMAL = re.compile(r"[+-]?\d+,\d+|[+-]?\d{1,3}(?:[. ]\d{3})+,\d+")
_POINT_DECIMAL = re.compile(r"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?|[+-]?\d{1,3}(?:,\d{3})+\.\d+")


class Numbers:
    """Evidence on the decimal sign, gathered over whole columns."""

    def __init__(self) -> None:
        self.commas = 0
        self.points = 0

    def add(self, text: str) -> None:
        """Take one cell into account."""
        text = text.strip()
        if _COMMA_DECIMAL.fullmatch(text):
            self.commas += 1
        elif _POINT_DECIMAL.fullmatch(text):
            self.points += 1

    def verdict(self) -> tuple[str, Finding]:
        """The decimal sign and why."""
        sign = "," if self.commas > self.points else "."
        most, least = max(self.commas, self.points), min(self.commas, self.points)
        if not most:
            return ".", Finding("decimal", DECIMAL_NAMES["."], "no number has decimals")
        reason = f"{most:,} numbers" + (f", {least:,} the other way" if least else "")
        return sign, Finding("decimal", DECIMAL_NAMES[sign], reason, sure=not least)


class Dates:
    """Evidence on the order of day and month, gathered over whole columns."""

    def __init__(self) -> None:
        self.year_first = 0
        self.day_first = 0
        self.month_first = 0
        self.open = 0
        self.dots = 0
        self.half_days = 0

    @property
    def seen(self) -> int:
        """How many numeric dates were seen."""
        return self.year_first + self.day_first + self.month_first + self.open

    def add(self, text: str) -> bool:
        """Take one cell into account; true when it is a numeric date."""
        found = NUMERIC_DATE.match(text)
        if not found:
            return False
        if len(found[1]) == 4:
            self.year_first += 1
            return True
        first, second = int(found[1]), int(found[3])
        if first > 31 and len(found[4]) <= 2:
            self.year_first += 1
        elif first > 12 >= second:
            self.day_first += 1
        elif second > 12 >= first:
            self.month_first += 1
        else:
            self.open += 1
            self.dots += found[2] == "."
            self.half_days += text.rstrip()[-1:] in "mM."
        return True

    def verdict(self) -> tuple[str, Finding]:
        """The order and why; unsure when no date of the file can settle it."""
        day, month = self.day_first, self.month_first
        if day and month:
            order = "dmy" if day >= month else "mdy"
            reason = f"{max(day, month):,} dates need it, {min(day, month):,} need the other and will be rejected"
            return order, Finding("date_order", DATE_ORDERS[order], reason, sure=False)
        if day or month:
            order = "dmy" if day else "mdy"
            return order, Finding("date_order", DATE_ORDERS[order], f"{day + month:,} dates can be read only so")
        if self.open and self.open == self.dots:
            return "dmy", Finding("date_order", DATE_ORDERS["dmy"], "usual with points between")
        if self.open and self.open == self.half_days:
            return "mdy", Finding("date_order", DATE_ORDERS["mdy"], "usual with am and pm", sure=False)
        if self.open:
            reason = f"no date tells day from month in {self.open:,} dates; please check"
            return "dmy", Finding("date_order", DATE_ORDERS["dmy"], reason, sure=False)
        if self.year_first:
            return "ymd", Finding("date_order", DATE_ORDERS["ymd"], "the year stands first")
        return "dmy", Finding("date_order", DATE_ORDERS["dmy"], "no date in figures was found")


def looks_numeric(cells: Iterable[str]) -> bool:
    """True when all cells that hold something are numbers with either decimal sign."""
    filled = [cell.strip() for cell in cells if cell.strip() not in MISSING]
    return bool(filled) and all(_NUMERIC.fullmatch(cell) for cell in filled)


_NUMERIC = re.compile(r"[+-]?(?:\d[\d ,.'\u00a0]*|[.,]\d+)(?:[eE][+-]?\d+)?")
