"""Looks a file over before it is imported: how it is written, what its columns hold, what they probably mean."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from opsdesk.services.importing import detect, guess
from opsdesk.services.importing.dialect import (
    GEOJSON,
    JSON,
    KIND_NAMES,
    TEXT,
    XLSX,
    Dialect,
    Finding,
)
from opsdesk.services.importing.guess import Column
from opsdesk.services.importing.json_table import JsonTable
from opsdesk.services.importing.mapper import Mapped, Mapper
from opsdesk.services.importing.openers import ZIP_MAGIC, open_input, sample
from opsdesk.services.importing.plan import Plan, checked_dialect
from opsdesk.services.importing.problems import LIMITS, ImportCancelled, ImportProblem, Limits
from opsdesk.services.importing.questions import NO_QUESTIONS, Questions
from opsdesk.services.importing.tables import RawRow, Table
from opsdesk.services.importing.text_table import TextTable
from opsdesk.services.importing.values import RowProblem
from opsdesk.services.importing.xlsx_table import XlsxTable

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is."""
Cancelled = Callable[[], bool]

_FIRST: Final = 2_000
_FIRST_CHARS: Final = 8_000_000
_KEPT: Final = 50
_SAMPLES: Final = 200
_SHOWN: Final = 5
_EVERY: Final = 1_000


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found out about a file. `plan` is the guess, `first` are its first rows as they stand in it."""

    path: Path
    dialect: Dialect
    findings: tuple[Finding, ...]
    columns: tuple[Column, ...]
    rows: int
    first: tuple[RawRow, ...]
    plan: Plan
    sheets: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    def samples(self, name: str) -> tuple[str, ...]:
        """A few different texts of a column."""
        return next(column.samples[:_SHOWN] for column in self.columns if column.name == name)


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """How one row would be imported, or why not."""

    number: int
    cells: tuple[str, ...]
    mapped: Mapped | None
    problem: str | None


def survey(
    path: Path,
    wanted: Dialect | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    limits: Limits = LIMITS,
) -> Survey:
    """Read the whole file once and say what it is. `wanted` states what must not be found out.

    Raises ImportProblem when it cannot be read as a table at all, ImportCancelled when `cancelled` said so.
    """
    watch = _Watch(progress or (lambda done, size: None), cancelled or (lambda: False))
    wanted = checked_dialect(wanted or Dialect())
    head = sample(path, limits)
    dialect, findings, table = _open(path, head, wanted, limits, watch)
    try:
        return _read(path, dialect, findings, table, watch)
    finally:
        table.close()


def start_survey(path: Path, wanted: Dialect | None = None, **options: Any) -> Future[Survey]:
    """`survey` on a thread of its own, with the same options. Returns at once."""
    future: Future[Survey] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            found = survey(path, wanted, **options)
        except BaseException as error:  # noqa: BLE001  (it is handed to whoever asked)
            future.set_exception(error)
        else:
            future.set_result(found)

    threading.Thread(target=run, name="opsdesk-survey", daemon=True).start()
    return future


def preview(found: Survey, plan: Plan, count: int = 20, questions: Questions = NO_QUESTIONS) -> tuple[PreviewRow, ...]:
    """The first rows under a plan. Raises ImportProblem when the plan does not fit the columns.

    Without `questions` nothing is asked, so that columns with answers show as kept in the source's own words.
    """
    mapper = Mapper(plan, found.names(), plan.dialect.over(found.dialect), table_name(found.path), questions)
    rows = []
    for raw in found.first[:count]:
        try:
            mapped, problem = mapper.row(raw), None
        except RowProblem as error:
            mapped, problem = None, str(error)
        rows.append(PreviewRow(raw.number, tuple(raw.cells), mapped, problem))
    return tuple(rows)


def open_table(path: Path, dialect: Dialect, limits: Limits = LIMITS) -> Table:
    """The table of a file whose dialect is known in full."""
    if dialect.kind == XLSX:
        return XlsxTable(path, dialect, limits)
    if dialect.kind in (JSON, GEOJSON):
        return JsonTable(path, dialect, limits)
    return TextTable(path, dialect, limits)


def table_name(path: Path) -> str:
    """What the file is called without its endings: "cincinnati_burglary.csv.gz" → "cincinnati_burglary"."""
    return re.sub(r"(\.(csv|tsv|tab|txt|xlsx|xlsm|json|geojson|jsonl|ndjson|gz))+$", "", path.name, flags=re.IGNORECASE)


class _Watch:
    def __init__(self, progress: Progress, cancelled: Cancelled) -> None:
        self._progress = progress
        self._cancelled = cancelled

    def step(self, done: int, size: int) -> None:
        """Tell how far it is. Raises ImportCancelled when it is no longer wanted."""
        if self._cancelled():
            raise ImportCancelled
        self._progress(done, size)


def _open(
    path: Path, head: bytes, wanted: Dialect, limits: Limits, watch: _Watch
) -> tuple[Dialect, list[Finding], Table]:
    if head.startswith(ZIP_MAGIC):
        return _open_workbook(path, wanted, limits)
    findings = []
    if wanted.encoding is not None:
        encoding = wanted.encoding
    else:
        by_mark = detect.encoding_by_mark(head)
        if by_mark is None:
            encoding, _, finding = detect.encoding_by_bytes(_chunks(path, limits, watch))
            findings.append(finding)
        else:
            encoding, finding = by_mark
            findings.append(finding)
    text = head.decode(encoding, errors="replace").lstrip("\ufeff")
    if text.count("\x00") > len(text) / 100:
        raise ImportProblem("The file is no table: it holds bytes that no text has")
    kind = wanted.kind or _kind(text, path)
    dialect = replace(wanted, kind=kind, encoding=encoding)
    findings.insert(0, Finding("kind", KIND_NAMES.get(kind, kind), ""))
    if kind in (JSON, GEOJSON):
        return dialect, findings, JsonTable(path, dialect, limits)
    if dialect.delimiter is None:
        delimiter, finding = detect.delimiter_of(text[:100_000], path.name)
        dialect = replace(dialect, delimiter=delimiter)
        findings.append(finding)
    if dialect.header_row is None:
        look = TextTable(path, replace(dialect, header_row=-1), limits)
        try:
            first = look.raw(30)
        finally:
            look.close()
        row, finding = detect.header_of(first) if first else (0, Finding("header_row", "none", "no row can be read"))
        dialect = replace(dialect, header_row=row)
        findings.append(finding)
    return dialect, findings, TextTable(path, dialect, limits)


def _open_workbook(path: Path, wanted: Dialect, limits: Limits) -> tuple[Dialect, list[Finding], Table]:
    table = XlsxTable(path, wanted, limits)
    findings = [Finding("kind", KIND_NAMES[XLSX], "")]
    others = [name for name in table.sheets if name != table.sheet]
    findings.append(Finding("sheet", table.sheet, f"others: {', '.join(others)}" if others else "", sure=not others))
    dialect = replace(wanted, kind=XLSX, sheet=table.sheet)
    if dialect.header_row is None:
        row, finding = detect.header_of(table.raw(30))
        dialect = replace(dialect, header_row=row)
        findings.append(finding)
    table.header_row = dialect.header_row
    return dialect, findings, table


def _kind(text: str, path: Path) -> str:
    start = text.lstrip()[:1]
    if start and start in "{[" and not re.search(r"\.(csv|tsv|tab|txt)(\.gz)?$", path.name, re.IGNORECASE):
        features = re.search(r'"type"\s*:\s*"Feature(Collection)?"', text[:20_000])
        return GEOJSON if features else JSON
    return TEXT


def _chunks(path: Path, limits: Limits, watch: _Watch) -> Iterator[bytes]:
    opened = open_input(path, limits)
    try:
        while chunk := opened.stream.read(1 << 20):
            watch.step(opened.done() // 2, opened.size)
            yield chunk
    finally:
        opened.close()


class _ColumnSoFar:
    def __init__(self) -> None:
        self.filled = 0
        self.samples: dict[str, None] = {}

    def add(self, text: str) -> None:
        self.filled += 1
        if len(self.samples) < _SAMPLES:
            self.samples[text[:200]] = None

    def is_number(self) -> bool:
        return detect.looks_numeric(list(self.samples)[:_KEPT])

    def is_date(self) -> bool:
        evidence = detect.Dates()
        cells = list(self.samples)[:_KEPT]
        return sum(evidence.add(text) for text in cells) > len(cells) / 2


def _beginning(rows: Iterator[RawRow]) -> list[RawRow]:
    """The first rows, as many as can be kept."""
    kept: list[RawRow] = []
    size = 0
    for raw in rows:
        kept.append(raw)
        size += sum(map(len, raw.cells))
        if len(kept) >= _FIRST or size > _FIRST_CHARS:
            break
    return kept


def _read(path: Path, dialect: Dialect, findings: list[Finding], table: Table, watch: _Watch) -> Survey:
    rows = table.rows()
    first = _beginning(rows)
    if not table.columns:
        raise ImportProblem("The file has no rows")
    seen = [_ColumnSoFar() for _ in table.columns]
    for raw in first:
        if raw.problem is None:
            for column, cell in zip(seen, raw.cells, strict=False):
                if cell and not cell.isspace():
                    column.add(cell.strip())
    # Whole columns decide on signs and dates, but only those that hold such things are looked at.
    numbers, dates = detect.Numbers(), detect.Dates()
    looks: list[tuple[int, Callable[[str], object]]] = []
    for place, column in enumerate(seen):
        # A date with points between looks like a number too.
        if column.is_date():
            looks.append((place, dates.add))
        elif column.is_number():
            looks.append((place, numbers.add))
    count = broken = broken_row = 0
    for raw in itertools.chain(first, rows):
        count += 1
        if count % _EVERY == 0:
            watch.step((table.size + table.done()) // 2, table.size)
        if raw.problem is not None:
            continue
        cells = raw.cells
        for place, add in looks:
            if place < len(cells) and cells[place]:
                add(cells[place])
        if "\ufffd" in "".join(cells):
            broken += 1
            broken_row = broken_row or raw.number
    if broken:
        text = f"{broken:,} rows hold \ufffd in place of broken characters"
        findings.append(Finding("characters", text, f"the first is row {broken_row}", sure=False))
    if isinstance(table, JsonTable) and table.reference_system:
        text = "the file states a reference system that is not WGS 84"
        findings.append(Finding("positions", text, table.reference_system[:80], sure=False))
    dialect = _with_verdicts(dialect, numbers, dates, findings)
    seen += [_ColumnSoFar() for _ in table.columns[len(seen) :]]
    columns = tuple(
        Column(name, column.filled, tuple(column.samples), len(column.samples))
        for name, column in zip(table.columns, seen, strict=True)
    )
    plan = guess.guess(columns, dialect, path.name)
    sheets = tuple(table.sheets) if isinstance(table, XlsxTable) else ()
    return Survey(path, dialect, tuple(findings), columns, count, tuple(first[:_KEPT]), plan, sheets)


def _with_verdicts(dialect: Dialect, numbers: detect.Numbers, dates: detect.Dates, findings: list[Finding]) -> Dialect:
    if dialect.decimal is None:
        sign, finding = numbers.verdict()
        dialect = replace(dialect, decimal=sign)
        findings.append(finding)
    if dialect.date_order is None:
        order, finding = dates.verdict()
        dialect = replace(dialect, date_order=order)
        findings.append(finding)
    if dialect.zone is None:
        dialect = replace(dialect, zone="UTC")
        findings.append(Finding("zone", "UTC", "for times that name no zone"))
    return dialect
