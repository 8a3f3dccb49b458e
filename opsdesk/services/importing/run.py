"""Imports a file: reads, maps and writes it piece by piece, so that a person's own commands go first.

Each row ends as exactly one of imported, rejected or duplicate, so that the three always add up to what was read.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from opsdesk.models.base import Id
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.desk import Desk
from opsdesk.services.errors import OpsDeskError
from opsdesk.services.importing.dialect import Dialect
from opsdesk.services.importing.mapper import Mapped, Mapper
from opsdesk.services.importing.plan import Plan, read_plan
from opsdesk.services.importing.problems import LIMITS, ImportCancelled, ImportProblem, Limits
from opsdesk.services.importing.questions import NO_QUESTIONS, Questions, question_of
from opsdesk.services.importing.questions import read as read_questions
from opsdesk.services.importing.rejects import Rejects
from opsdesk.services.importing.survey import Survey, open_table, survey, table_name
from opsdesk.services.importing.tables import RawRow
from opsdesk.services.importing.values import RowProblem
from opsdesk.services.importing.writer import Piece, Writer, known_digests
from opsdesk.store.errors import RuleBroken, StorageError
from opsdesk.store.work import Work

PIECE_MS: Final = 35
"""How long one piece should hold the writer, in milliseconds; the rest of 50 is for its commit."""
_FIRST_PIECE: Final = 50
_MOST: Final = 2_000
_EVERY: Final = 500
_REASONS: Final = 50

Progress = Callable[[int, int], None]
"""Called on the importing thread with rows done and rows in all."""
Change = Callable[[Mapped], Mapped]
"""Alters a mapped row before it is written; its digest stays that of the file's row."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows were rejected: how many, and the number of the first."""

    text: str
    count: int
    first_row: int


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file's rows. `read` is the sum of the three others."""

    read: int
    imported: int
    rejected: int
    duplicates: int
    rejects: Path | None = None
    """The file with the rejected rows and their reasons; None when there are none, or nothing was to be written."""
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()
    cancelled: bool = False
    act: Id | None = None
    """What undo takes back; None when nothing was imported."""


@dataclass(slots=True)
class _Tally:
    read: int = 0
    imported: int = 0
    duplicates: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first_rows: dict[str, int] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        return self.reasons.total()

    def reject(self, number: int, reason: str) -> None:
        if reason not in self.first_rows and len(self.first_rows) >= _REASONS:
            reason = "other reasons"
        self.reasons[reason] += 1
        self.first_rows.setdefault(reason, number)


def run(
    desk: Desk,
    path: Path,
    *,
    mapping: Path | Plan | None = None,
    found: Survey | None = None,
    dry_run: bool = False,
    exercise: bool = False,
    change: Change | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    limits: Limits = LIMITS,
) -> Future[Report]:
    """Import a file as tickets, on a thread of its own. Returns at once.

    `mapping` is a plan or its TOML file, by default the guess; `found` saves a second survey. A dry run writes
    nothing. The future raises ImportProblem when the file cannot be read, StorageError when the disk fails. What was
    imported before a cancel or a failure stays, and running again goes on with the rest.
    """
    job = _Job(desk, path, mapping, found, dry_run, exercise, change, progress, cancelled, limits)
    threading.Thread(target=job.settle, name="opsdesk-import", daemon=True).start()
    return job.future


class _Job:
    def __init__(
        self,
        desk: Desk,
        path: Path,
        mapping: Path | Plan | None,
        found: Survey | None,
        dry_run: bool,
        exercise: bool,
        change: Change | None,
        progress: Progress | None,
        cancelled: Callable[[], bool] | None,
        limits: Limits,
    ) -> None:
        self._desk = desk
        self._path = path
        self._mapping = mapping
        self._found = found
        self._dry_run = dry_run
        self._exercise = exercise
        self._change = change
        self._progress = progress or (lambda done, total: None)
        self._cancelled = cancelled or (lambda: False)
        self._limits = limits
        self._tally = _Tally()
        self._size = _FIRST_PIECE
        self._act = desk.new_act()
        self.future: Future[Report] = Future()
        self.future.set_running_or_notify_cancel()

    def settle(self) -> None:
        """Run to the end and settle the future."""
        try:
            report = self._run()
        except OSError as error:
            self.future.set_exception(StorageError(f"{error.filename or self._path}: {error.strerror or error}"))
        except BaseException as error:  # noqa: BLE001  (it is handed to whoever started the import)
            self.future.set_exception(error)
        else:
            self.future.set_result(report)

    def _run(self) -> Report:
        plan = read_plan(self._mapping) if isinstance(self._mapping, Path) else self._mapping
        try:
            found = self._found or survey(
                self._path, plan.dialect if plan else Dialect(), cancelled=self._cancelled, limits=self._limits
            )
        except ImportCancelled:
            return Report(0, 0, 0, 0, cancelled=True)
        plan = plan or found.plan
        name = table_name(self._path)
        questions = self._questions(plan)
        mapper = Mapper(plan, found.names(), plan.dialect.over(found.dialect), name, questions)
        rejects = None if self._dry_run else Rejects(self._path, name, found.names(), self._desk.folder)
        writer = Writer(
            source=plan.source or self._path.name,
            label=f"Import {self._path.name}",
            exercise=self._exercise,
            has_time=mapper.has_time,
            new_categories=self._limits.new_categories,
        )
        sink = _DrySink(self._desk) if self._dry_run else _Sink(self._desk, writer, self._act)
        try:
            stopped = self._feed(found, mapper, sink, rejects)
            kept = rejects.finish() if rejects is not None else None
        except BaseException as error:
            sink.settle(self._tally)
            if rejects is not None:
                rejects.drop()
            if isinstance(error, ImportProblem) and self._tally.imported:
                text = f"{error.text}. {self._tally.imported:,} rows before it were imported"
                raise ImportProblem(text, field=error.field) from error
            raise
        return self._report(found, kept, stopped, questions.unasked(plan))

    def _questions(self, plan: Plan) -> Questions:
        """What forms ask, if the plan answers any; a plan of a person's own may name only what is asked."""
        if not any(question_of(target) for target in plan.columns.values()):
            return NO_QUESTIONS
        questions = self._desk.ask(read_questions, plan, background=True).result()
        if self._mapping is not None:
            questions.check(plan)
        return questions

    def _feed(self, found: Survey, mapper: Mapper, sink: _Sink | _DrySink, rejects: Rejects | None) -> bool:
        """Read, map and hand on all rows; true when it was cancelled."""
        tally = self._tally
        piece: list[Mapped] = []
        raws: list[RawRow] = []
        stopped = False

        def reject(raw: RawRow, reason: str) -> None:
            tally.reject(raw.number, reason)
            if rejects is not None:
                rejects.add(raw.number, raw.cells, reason)

        with closing(open_table(self._path, found.dialect, self._limits)) as table:
            for raw in table.rows():
                if tally.read % _EVERY == 0:
                    self._progress(tally.read, found.rows)
                    if self._cancelled():
                        stopped = True
                        break
                tally.read += 1
                try:
                    mapped = mapper.row(raw)
                except RowProblem as error:
                    reject(raw, str(error))
                    continue
                piece.append(self._change(mapped) if self._change else mapped)
                raws.append(raw)
                if len(piece) >= sink.size:
                    sink.put(piece, raws, tally, reject)
                    piece, raws = [], []
        if piece:
            sink.put(piece, raws, tally, reject)
        sink.settle(tally)
        sink.finish()
        self._progress(tally.read, tally.read if stopped else found.rows)
        return stopped

    def _report(self, found: Survey, kept: Path | None, stopped: bool, unasked: Sequence[str]) -> Report:
        tally = self._tally
        return Report(
            read=tally.read,
            imported=tally.imported,
            rejected=tally.rejected,
            duplicates=tally.duplicates,
            rejects=kept,
            reasons=tuple(
                Reason(text, count, tally.first_rows[text]) for text, count in tally.reasons.most_common(_REASONS)
            ),
            notes=(
                *(str(finding) for finding in found.findings if not finding.sure),
                *(f"No form here asks “{code}”: its column is kept in the source's own words" for code in unasked),
            ),
            cancelled=stopped,
            act=self._act if tally.imported and not self._dry_run else None,
        )


Reject = Callable[[RawRow, str], None]


class _Sink:
    """Hands pieces to the writing thread, one ahead of the reading, sized so that each holds it briefly."""

    def __init__(self, desk: Desk, writer: Writer, act: Id) -> None:
        self._desk = desk
        self._writer = writer
        self._act = act
        self._waiting: tuple[Future[Outcome], Piece, list[Mapped], list[RawRow], Reject] | None = None
        self.size = _FIRST_PIECE

    def put(self, rows: list[Mapped], raws: list[RawRow], tally: _Tally, reject: Reject) -> None:
        """Write the rows after those given before."""
        self.settle(tally)
        piece = Piece()
        self._waiting = self._do(rows, piece), piece, rows, raws, reject

    def settle(self, tally: _Tally) -> None:
        """Wait for what was given and count it."""
        if self._waiting is None:
            return
        future, piece, rows, raws, reject = self._waiting
        self._waiting = None
        try:
            future.result()
        except RuleBroken as error:
            self._singly(rows, raws, tally, reject, error)
        else:
            tally.imported += piece.imported
            tally.duplicates += piece.duplicates

    def _do(self, rows: list[Mapped], piece: Piece) -> Future[Outcome]:
        return self._desk.do(self._write, rows, piece, background=True, act=self._act, durable=False)

    def finish(self) -> None:
        """Make all pieces safe against a power cut: one durable transaction takes those before it to the disk."""
        self._desk.do(lambda _work: Changes()).result()

    def _write(self, work: Work, rows: list[Mapped], piece: Piece) -> Changes:
        began = time.monotonic()
        changes = self._writer.write(work, rows, piece)
        took = max(0.001, (time.monotonic() - began) * 1000)
        if piece.imported:
            self.size = max(10, min(_MOST, 2 * len(rows), int(len(rows) * PIECE_MS / took)))
        return changes

    def _singly(
        self, rows: list[Mapped], raws: list[RawRow], tally: _Tally, reject: Reject, error: OpsDeskError
    ) -> None:
        """Find the row that the store refuses, so that it does not take the others with it."""
        if len(rows) == 1:
            reject(raws[0], f"it cannot be stored ({error})")
            return
        self._writer.forget()
        for row, raw in zip(rows, raws, strict=True):
            self.put([row], [raw], tally, reject)
            self.settle(tally)


class _DrySink:
    """Counts what would be imported. The rows met so far are kept in a temporary file, not in memory."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._met = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._met.execute("CREATE TABLE met (digest BLOB PRIMARY KEY) WITHOUT ROWID")
        self._met.execute("BEGIN")
        self.size = _EVERY

    def put(self, rows: list[Mapped], raws: list[RawRow], tally: _Tally, reject: Reject) -> None:
        """Count the rows."""
        known = self._desk.ask(known_digests, [row.digest for row in rows], background=True).result()
        for row in rows:
            new = self._met.execute("INSERT OR IGNORE INTO met VALUES (?)", (row.digest,)).rowcount
            if new and row.digest not in known:
                tally.imported += 1
            else:
                tally.duplicates += 1

    def settle(self, tally: _Tally) -> None:
        """Everything is counted already."""

    def finish(self) -> None:
        """Give the temporary file back."""
        self._met.close()
