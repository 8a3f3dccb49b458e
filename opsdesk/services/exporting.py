"""Exports what a ticket list shows to CSV, XLSX or JSON, as filtered and sorted, whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from opsdesk.models.base import Marking
from opsdesk.models.clocks import Clock, Clocks
from opsdesk.models.tickets import Level
from opsdesk.services import forms, saving, times
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.query.conditions import PLACED
from opsdesk.services.spreadsheet import defused
from opsdesk.services.tickets import lists
from opsdesk.services.tickets.answer_columns import AnswerColumn, answer_columns
from opsdesk.services.tickets.rows import Named, TicketRow
from opsdesk.services.tickets.table_columns import FIELDS, TIMES, USUAL, Field
from opsdesk.store.errors import StorageError
from opsdesk.store.work import Reader

Progress = Callable[[int, int], None]
"""Called on a reading thread with rows written and rows in all."""

PIECE: Final = 200
ANSWERED: Final = (".csv", ".xlsx")
"""Endings of tables, to which columns of answers can be added; the others have the answers of each ticket anyway."""
FORMATS: Final = {".csv": "CSV for spreadsheets", ".xlsx": "Excel workbook", ".json": "JSON with every field",
                   ".geojson": "GeoJSON for maps: tickets with a position, as points"}  # fmt: skip

_SHEET_ROWS: Final = 1_048_575
"""Rows that a sheet can hold under its header."""


class ExportCancelled(Refused):
    """The person stopped the export; the file was not made or is the one that was there before."""

    def __init__(self) -> None:
        super().__init__("The export was cancelled; no file was made")


def export(
    desk: Desk,
    query: lists.ListQuery,
    columns: Sequence[str] | None,
    path: Path,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    *,
    only: lists.Keys | None = None,
    answers: bool = False,
) -> Future[int]:
    """Write the tickets that a query finds to a file; its ending (one of `FORMATS`) says how. Returns at once.

    With `only` just those of these row keys are written, in the order of the query; with `answers` a table has a
    column for each question that a form asks and one of them answers, as far as the answer may be shown.
    `columns` are those of the list in their order, None for the usual ones; JSON has every field whatever they are.
    All rows are of one moment. The file takes its name when it is whole; until then, and when the export fails or is
    cancelled, what was there stays. The future gives the number of rows and raises Refused for an unknown ending or
    column, StorageError when the disk refuses, ExportCancelled.
    """
    refused: Future[int] = Future()
    try:
        shape = _shape(path, columns, answers=answers)
    except Refused as error:
        refused.set_exception(error)
        return refused
    return desk.ask(_export, query, shape, path, progress, cancelled, only)


def plain(row: TicketRow) -> dict[str, Any]:
    """A row as JSON holds it: ISO times in UTC, words for codes, ids as hexadecimal."""
    told: dict[str, Any] = {}
    for field in fields(row):
        name, value = field.name, getattr(row, field.name)
        if name in ("key", "base"):
            continue
        if name.endswith("_at"):
            told[name.removesuffix("_at")] = None if value is None else _iso(times.to_datetime(value))
        elif isinstance(value, Named):
            told[name] = {"id": value.id.hex(), "name": value.name}
        elif name in ("state", "priority"):
            told[name] = value.label
        elif isinstance(value, Clocks):
            told[name] = {clock: _clock(getattr(value, clock)) for clock in ("response", "resolution")}
        elif name == "marking":
            told[name] = Marking(value).label
        else:
            told[name] = value.hex() if isinstance(value, bytes) else value
    return told


class _Shape(Protocol):
    """Something that writes rows to a file."""

    more: bool
    """True when it wants the fields that a list does not show."""
    answers: bool
    """True when the columns of answers are to be told to it before it is opened."""

    def with_answers(self, columns: Sequence[AnswerColumn]) -> None:
        """Write answers too."""

    def open(self, path: Path) -> None:
        """Begin the file."""

    def add(self, row: TicketRow, more: Mapping[str, Any]) -> None:
        """Write one row."""

    def close(self) -> None:
        """End the file."""


def _shape(path: Path, columns: Sequence[str] | None, *, answers: bool) -> _Shape:
    chosen: list[Field] = []
    for name in columns if columns is not None else USUAL:
        if name not in FIELDS:
            raise Refused(f"There is no column “{name}” to export", field="columns")
        chosen += [field for field in FIELDS[name] if field not in chosen]
    match path.suffix.lower():
        case ".csv":
            return _Csv(chosen, answers=answers)
        case ".xlsx":
            return _Xlsx(chosen, answers=answers)
        case ".json":
            return _Json()
        case ".geojson":
            return _Points()
    raise Refused(f"An export ends in {', '.join(FORMATS)}, not “{path.suffix}”", field="file")


def _export(
    reader: Reader,
    query: lists.ListQuery,
    shape: _Shape,
    path: Path,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
    only: lists.Keys | None,
) -> int:
    pieces: list[lists.Keys] = []
    lists.keys(reader, query, pieces.append)
    keys = np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int32)
    if only is not None:
        keys = keys[np.isin(keys, only)]
    if isinstance(shape, _Points):
        placed = reader.rows(f"SELECT t.key FROM ticket t WHERE {PLACED}")
        keys = keys[np.isin(keys, [key for (key,) in placed])]
    if isinstance(shape, _Xlsx) and len(keys) > _SHEET_ROWS:
        raise Refused(f"A sheet holds {_SHEET_ROWS:,} rows, these are {len(keys):,}. Export to CSV, or filter the list")
    if shape.answers:
        shape.with_answers(answer_columns(reader, keys.tolist()))
    with saving.whole(path) as part:
        try:
            return _write(reader, keys, shape, part, progress, cancelled)
        except XlsxWriterException as error:
            raise StorageError(f"{path} could not be written: {error}. What was there before is unchanged") from error


def _write(
    reader: Reader,
    keys: lists.Keys,
    shape: _Shape,
    part: Path,
    progress: Progress | None,
    cancelled: Callable[[], bool] | None,
) -> int:
    shape.open(part)
    written = 0
    try:
        for start in range(0, len(keys), PIECE):
            if cancelled is not None and cancelled():
                raise ExportCancelled
            wanted = [int(key) for key in keys[start : start + PIECE]]
            more = _more(reader, wanted) if shape.more else {}
            for row in lists.rows(reader, wanted):
                shape.add(row, more.get(row.key, {}))
                written += 1
            if progress is not None:
                progress(written, len(keys))
    except BaseException:
        # The file is given up: that it cannot be ended either says nothing new.
        with suppress(OSError, XlsxWriterException):
            shape.close()
        raise
    shape.close()
    return written


_MORE: Final = (
    "description", "urgency", "impact", "priority_reason", "reported_via", "on_behalf_of", "contact", "location",
    "grid", "accuracy_m", "position_source", "position_doubt", "state_reason", "waiting_until", "solution", "voided",
)  # fmt: skip


def _more(reader: Reader, keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The fields that only a ticket's page shows, and the answers of its form, by row key."""
    marks = ", ".join("?" * len(keys))
    found: dict[int, dict[str, Any]] = {}
    columns = ", ".join(f"t.{name}" for name in _MORE)
    sql = f'SELECT t.key, u.name, {columns} FROM ticket t LEFT JOIN unit u ON u.id = t."group" WHERE t.key IN ({marks})'
    for key, group, *values in reader.rows(sql, keys):
        told = {"group": group, **dict(zip(_MORE, values, strict=True))}
        for level in ("urgency", "impact"):
            told[level] = Level(told[level]).label
        until = told["waiting_until"]
        told["waiting_until"] = None if until is None else _iso(times.to_datetime(until))
        found[key] = told | {"answers": {}}
    by_id = dict(reader.rows(f"SELECT id, key FROM ticket WHERE key IN ({marks})", keys))
    for ticket, answers in forms.shown_answers(reader, by_id).items():
        found[by_id[ticket]]["answers"] = answers
    return found


def _clock(clock: Clock) -> dict[str, Any]:
    """A clock with its times in seconds; without a target it allows 0."""
    return {
        "standing": clock.standing.name.lower(),
        "target_s": clock.target // 1000,
        "spent_s": clock.spent // 1000,
    }


def _iso(when: dt.datetime) -> str:
    """ISO 8601 in UTC, with milliseconds where there are any."""
    return when.isoformat(timespec="milliseconds" if when.microsecond else "seconds").replace("+00:00", "Z")


class _Table:
    """What CSV and workbook share: their columns, those of answers after those of the list."""

    def __init__(self, columns: Sequence[Field], *, answers: bool) -> None:
        self._columns: list[Field | AnswerColumn] = [*columns]
        self.answers = answers
        self.more = answers or any(field.more for field in columns)

    def with_answers(self, columns: Sequence[AnswerColumn]) -> None:
        self._columns += [one.beside({field.head for field in self._columns}) for one in columns]


class _Csv(_Table):
    """CSV as spreadsheets open it: UTF-8 with its mark, and no text that runs as a formula."""

    def open(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([defused(field.head) for field in self._columns])

    def add(self, row: TicketRow, more: Mapping[str, Any]) -> None:
        self._writer.writerow([self._cell(field.of(row, more)) for field in self._columns])

    def close(self) -> None:
        self._file.close()

    @staticmethod
    def _cell(value: object) -> object:
        if isinstance(value, str):
            return defused(value)
        return _iso(value) if isinstance(value, dt.datetime) else value


class _Xlsx(_Table):
    """A workbook with one sheet: real dates and numbers, texts never as formulas or links, a header that stays."""

    def __init__(self, columns: Sequence[Field], *, answers: bool) -> None:
        super().__init__(columns, answers=answers)
        self._row = 0

    def open(self, path: Path) -> None:
        self._book = xlsxwriter.Workbook(
            path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._sheet = self._book.add_worksheet("Tickets")
        head = self._book.add_format({"bold": True, "bottom": 1})
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for position, field in enumerate(self._columns):
            times_told = isinstance(field, Field) and field.value in TIMES
            self._sheet.set_column(position, position, field.width)
            self._sheet.write_string(0, position, f"{field.head} (UTC)" if times_told else field.head, head)
        self._sheet.freeze_panes(1, 0)

    def add(self, row: TicketRow, more: Mapping[str, Any]) -> None:
        self._row += 1
        for position, field in enumerate(self._columns):
            value = field.of(row, more)
            if isinstance(value, dt.datetime):
                self._sheet.write_datetime(self._row, position, value.replace(tzinfo=None), self._time)
            elif isinstance(value, (int, float)):
                self._sheet.write_number(self._row, position, value)
            elif value:
                self._sheet.write_string(self._row, position, str(value)[:32_767])

    def close(self) -> None:
        self._sheet.autofilter(0, 0, max(1, self._row), len(self._columns) - 1)
        self._book.close()


class _Json:
    """A list of objects with every field of the tickets, one a line."""

    more = True
    answers = False  # each ticket has its own

    def with_answers(self, columns: Sequence[AnswerColumn]) -> None:
        """Nothing: they are there."""

    def open(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._file.write("[")
        self._before = "\n"

    def add(self, row: TicketRow, more: Mapping[str, Any]) -> None:
        self._file.write(self._before + json.dumps({**plain(row), **more}, ensure_ascii=False))
        self._before = ",\n"

    def close(self) -> None:
        self._file.write("\n]\n")
        self._file.close()


class _Points(_Json):
    """A collection of GeoJSON (RFC 7946) with a point for each ticket, every field among its properties."""

    def open(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._file.write('{"type":"FeatureCollection","features":[')
        self._before = "\n"

    def add(self, row: TicketRow, more: Mapping[str, Any]) -> None:
        told = {**plain(row), **more}
        point = {"type": "Point", "coordinates": [told.pop("lon"), told.pop("lat")]}
        feature = {"type": "Feature", "id": told.pop("id"), "geometry": point, "properties": told}
        self._file.write(self._before + json.dumps(feature, ensure_ascii=False))
        self._before = ",\n"

    def close(self) -> None:
        self._file.write("\n]}\n")
        self._file.close()
