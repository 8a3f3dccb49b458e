"""Proves, streaming, that an Excel workbook can be held in memory before anything opens it.

A workbook is a ZIP of XML. Calamine reads a sheet whole and as a rectangle, so a small file can ask for any amount of
memory: by inflating (also to more than it declares), by one cell in the far corner, or by naming one long shared text
a million times. All are counted here from the bytes, in whichever part they hide.
"""

from __future__ import annotations

import itertools
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from opsdesk.services.importing.problems import ImportProblem, Limits

_CHUNK: Final = 1 << 18
_LONGEST_TAG: Final = 1 << 16
_NAME: Final = rb"<(?:\w{1,20}:)?"
_ROW = re.compile(_NAME + rb"row[\s>/]")
_CELL = re.compile(_NAME + rb"c[\s>/]")
_ROW_PLACE = re.compile(_NAME + rb"""row\b[^>]*?\sr\s*=\s*["'](\d{1,9})["']""")
_CELL_PLACE = re.compile(_NAME + rb"""c\b[^>]*?\sr\s*=\s*["']([A-Za-z]{1,3})(\d{1,9})["']""")
_USUAL_PLACE = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,9})"')
_SHARED_TEXT = re.compile(_NAME + rb"si[\s>/]")
_SHARED_USE = re.compile(_NAME + rb"""c\s[^>]*?t\s*=\s*["']s["'][^>]*>\s*""" + _NAME + rb"v[^>]*>\s*(\d{1,9})\s*<")


def check_workbook(path: Path, limits: Limits) -> None:
    """Raise ImportProblem unless the workbook inflates, spans and repeats texts within the limits."""
    try:
        with zipfile.ZipFile(path) as workbook:
            parts = workbook.infolist()
        _check_declared(parts, limits)
        _check_real(path, parts, limits)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError) as error:
        raise ImportProblem(f"The workbook cannot be opened: {error}") from error


def _check_declared(parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    if not any(part.filename.lower() == "xl/workbook.xml" for part in parts):
        raise ImportProblem("The file is a ZIP archive but no Excel workbook (.xlsx); unpack it first")
    if len(parts) > limits.parts:
        raise ImportProblem(f"The workbook has {len(parts):,} parts; at most {limits.parts:,} are read")
    if any(part.flag_bits & 1 for part in parts):
        raise ImportProblem("The workbook is protected by a password; save it without")
    declared = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if declared > limits.sheet_bytes:
        raise ImportProblem(f"The workbook inflates to {declared:,} bytes; at most {limits.sheet_bytes:,} are read")
    if declared > limits.ratio_free_bytes and declared > packed * limits.ratio:
        raise ImportProblem(f"The workbook inflates to more than {limits.ratio} times its size; it is not opened")


def _check_real(path: Path, parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    left = limits.sheet_bytes
    longest_text = most_cells = 0
    with path.open("rb") as file:
        for part in parts:
            span, texts, size = _Span(), _Texts(), 0
            for piece in _whole_tags(_inflated(file, part), part.filename):
                size += len(piece)
                left -= len(piece)
                if left < 0 or size > part.file_size:
                    raise ImportProblem("The workbook inflates to more than it declares; it is not opened")
                span.add(piece)
                texts.add(piece)
            if span.area() > limits.sheet_cells:
                raise ImportProblem(
                    f"{part.filename} spans {span.rows():,} rows × {span.columns():,} columns; at most"
                    f" {limits.sheet_cells:,} cells are read from a workbook. Save it as CSV, which has no such limit"
                )
            longest_text = max(longest_text, texts.longest())
            most_cells = max(most_cells, span.cells)
        if longest_text * most_cells > limits.sheet_text_chars:
            _check_repeated_texts(file, parts, limits)


def _inflated(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """What really is in a part. `zipfile` itself stops at the declared size, the reader of sheets does not."""
    file.seek(part.header_offset)
    header = file.read(30)
    if len(header) < 30 or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ImportProblem(f'The part "{part.filename}" of the workbook is not packed as Excel does it')
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    left = part.compress_size
    inflate = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0 and (packed := file.read(min(_CHUNK, left))):
        left -= len(packed)
        if inflate is None:
            yield packed
            continue
        while packed and not inflate.eof:
            yield inflate.decompress(packed, _CHUNK)
            packed = inflate.unconsumed_tail
    if inflate is not None:
        while not inflate.eof and (rest := inflate.decompress(b"", _CHUNK)):
            yield rest


def _whole_tags(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """The same bytes, cut so that no piece ends inside a tag."""
    tail = b""
    first = True
    for chunk in chunks:
        piece = tail + chunk
        if first and name.endswith((".xml", ".rels")) and (b"\x00" in piece[:64] or b"<!DOCTYPE" in piece[:4096]):
            raise ImportProblem(f'The part "{name}" of the workbook is not written as Excel does it')
        first = False
        cut = piece.rfind(b"<")
        if cut < 0 or piece.find(b">", cut) >= 0 or len(piece) - cut > _LONGEST_TAG:
            cut = len(piece)
        tail = piece[cut:]
        yield piece[:cut]
    yield tail


class _Span:
    """The rectangle around all cells of a sheet: exact when each row and cell says where it is, else an upper bound."""

    def __init__(self) -> None:
        self.cells = 0
        self._rows = self._lowest = self._widest = self._longest_row = self._open_row = 0
        self._strange = False

    def add(self, piece: bytes) -> None:
        """Take a piece of XML into account."""
        cells = len(_CELL.findall(piece))
        rows = len(_ROW.findall(piece))
        if not cells and not rows:
            return
        self.cells += cells
        self._rows += rows
        row_places = _ROW_PLACE.findall(piece)
        places = _USUAL_PLACE.findall(piece) if piece.count(b'<c r="') == cells else _CELL_PLACE.findall(piece)
        self._lowest = max(self._lowest, *map(int, row_places), *(int(row) for _, row in places), 0)
        self._widest = max(self._widest, *map(_column, {letters for letters, _ in places}), 0)
        if len(row_places) < rows or len(places) < cells or b"<!" in piece:
            self._strange = True
            first, *others = _ROW.split(piece)
            for position, row in enumerate((first, *others)):
                self._open_row = len(_CELL.findall(row)) + (0 if position else self._open_row)
                self._longest_row = max(self._longest_row, self._open_row)

    def rows(self) -> int:
        """Number of the lowest row."""
        return self._lowest + (self._rows if self._strange else 0)

    def columns(self) -> int:
        """Number of the rightmost column."""
        return self._widest + self._longest_row

    def area(self) -> int:
        """Cells of the rectangle."""
        return max(self.rows() * self.columns(), self.cells)


class _Texts:
    """Lengths of the shared texts in a part."""

    def __init__(self) -> None:
        self._longest = 0
        self._open = 0
        self._any = False

    def add(self, piece: bytes) -> None:
        """Take a piece of XML into account."""
        starts = [found.start() for found in _SHARED_TEXT.finditer(piece)]
        self._any = self._any or bool(starts)
        edges = [-self._open, *starts, len(piece)]
        self._longest = max(self._longest, *(b - a for a, b in itertools.pairwise(edges)))
        self._open = len(piece) - starts[-1] if starts else self._open + len(piece)

    def longest(self) -> int:
        """Bytes of the longest text, tags included; 0 when the part has none."""
        return self._longest if self._any else 0


def _check_repeated_texts(file: BinaryIO, parts: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Add up the lengths of all uses of shared texts; called only when a rough bound is passed."""
    lengths: list[int] = []
    for part in parts:
        starts: list[int] = []
        offset = 0
        for piece in _whole_tags(_inflated(file, part), part.filename):
            starts += [offset + found.start() for found in _SHARED_TEXT.finditer(piece)]
            offset += len(piece)
        if starts:
            lengths = [b - a for a, b in itertools.pairwise([*starts, offset])]
    for part in parts:
        total = 0
        kept = b""
        for piece in _whole_tags(_inflated(file, part), part.filename):
            text = kept + piece
            end = 0
            for found in _SHARED_USE.finditer(text):
                position = int(found[1])
                total += lengths[position] if position < len(lengths) else 0
                end = found.end()
            # A cell cut by the end of the piece is looked at again with the next one.
            kept = text[max(end, len(text) - 1024) :]
            if total > limits.sheet_text_chars:
                raise ImportProblem("The workbook repeats long texts beyond what can be held in memory")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
