"""The import page: drop or choose a file, see how it is read and what becomes of it, try it, bring it in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from opsdesk.services import undo
from opsdesk.services.errors import OpsDeskError, Refused, Superseded
from opsdesk.services.importing import (
    KIND_NAMES,
    NO_QUESTIONS,
    Dialect,
    Look,
    Plan,
    Survey,
    look,
    read_plan,
    run,
    start_survey,
    write_plan,
)
from opsdesk.ui.actions import Action
from opsdesk.ui.importing.columns_card import GUESSED, REMEMBERED
from opsdesk.ui.importing.drop_zone import DropZone, dropped_file
from opsdesk.ui.importing.foot import Foot
from opsdesk.ui.importing.remembering import Mappings
from opsdesk.ui.importing.work_area import WorkArea
from opsdesk.ui.shell.page import Shell, Target

FILES = "Tables (*.csv *.tsv *.tab *.txt *.xlsx *.xlsm *.json *.geojson *.jsonl *.ndjson *.gz);;All files (*)"
MAPPINGS = "Mapping files (*.toml)"
_ROWS = 30
"""Rows that are shown as they would be imported."""
_TICK_MS = 100


class ImportPage(QWidget):
    """One file at a time. Nothing on it is modal, and whatever runs can be cancelled."""

    def __init__(self, desk: Any, shell: Shell) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self._path: Path | None = None
        self._found: Survey | None = None
        self._wanted = Dialect()
        self._plan = Plan()
        self._plan_is_own = False
        self._grounds = GUESSED
        self._report: run.Report | None = None
        self._is_new = False
        """Whether the file was looked over and does not stand here yet."""
        self.is_looking = False
        self._stop: threading.Event | None = None
        self._done = (0, 0)
        self.setAcceptDrops(True)
        self._drop = DropZone()
        self._drop.dropped.connect(self.open_file)
        self._drop.asked.connect(self.choose_file)
        self._questions = NO_QUESTIONS
        self._work = work = WorkArea()
        self._dialect, self._columns, self._area, self._result = work.dialect, work.columns, work.area, work.result
        self._doubts, self._error, self._table = work.doubts, work.error, work.table
        self._name, self._kind = work.name, work.kind
        self._mappings = Mappings(desk.settings)
        self._connect()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._start())
        self._stack.addWidget(self._work)
        self._foot = Foot()
        self._foot.stop_asked.connect(self.stop)
        self._foot.dry_asked.connect(self.try_it)
        self._foot.import_asked.connect(self.bring_in)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._stack, 1)
        column.addWidget(self._foot)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._show_progress)
        shell.actions.add(
            Action("import.open", "Choose a file to import…", self.choose_file, "file-plus", "Ctrl+O", group="Import"),
            Action("import.dry", "Dry run", self.try_it, "flask", "Ctrl+D", enabled=self._may_run, group="Import"),
            Action("import.run", "Import", self.bring_in, "download-simple", "Ctrl+Return", self._may_run, "Import"),
            Action("import.stop", "Cancel", self.stop, "x", "Esc", enabled=self._is_busy, group="Import", listed=False),
            owner=self,
        )
        self._show_state()

    def _connect(self) -> None:
        self._work.other_asked.connect(self.choose_file)
        self._dialect.changed.connect(self._dialect_set)
        self._columns.changed.connect(self._plan_set)
        self._columns.load_asked.connect(self._load_mapping)
        self._columns.save_asked.connect(self._save_mapping)
        self._area.changed.connect(self._area_set)
        self._result.show_asked.connect(self._show_tickets)
        self._result.undo_asked.connect(self._undo)
        self._result.import_asked.connect(self.bring_in)
        self._result.other_asked.connect(self.choose_file)

    # -- what the window calls ---------------------------------------------------------------------------------------

    def activated(self) -> None:
        """Take the focus, so that the page's keys work."""
        self.setFocus()

    def leaving(self) -> None:
        """The window closes: stop what runs; what was imported stays."""
        self.stop()

    # -- what a person does ------------------------------------------------------------------------------------------

    def choose_file(self) -> None:
        """Let a person choose a file."""
        self._ask_for_file("Choose a file to import", FILES, self.open_file)

    def open_file(self, path: Path) -> None:
        """Look a file over."""
        if self._is_busy():
            return
        self._path = path
        self._found = None
        self._wanted = Dialect()
        self._plan_is_own = False
        self._result.hide()
        self._survey()

    def try_it(self) -> None:
        """Count what an import would do, writing nothing."""
        self._run(dry=True)

    def bring_in(self) -> None:
        """Import the file."""
        self._run(dry=False)

    def stop(self) -> None:
        """Cancel what runs."""
        if self._stop is not None:
            self._stop.set()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_file(event) is not None and not self._is_busy():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_file(event)
        if path is not None:
            event.acceptProposedAction()
            self.open_file(path)

    # -- looking over ------------------------------------------------------------------------------------------------

    def _survey(self) -> None:
        assert self._path is not None
        stop = self._begin()
        future = start_survey(self._path, self._wanted, progress=self._note_progress, cancelled=stop.is_set)
        self._shell.bridge.then(future, self._surveyed, self._refused, owner=self)
        self._show_state()

    def _surveyed(self, found: Survey) -> None:
        same = self._found is not None and self._found.names() == found.names()
        self._found = found
        if not (same and self._plan_is_own):
            remembered = self._mappings.plan(found.names())
            self._plan = replace(remembered, source=found.plan.source) if remembered is not None else found.plan
            self._plan_is_own = False
            self._grounds = REMEMBERED if remembered is not None else GUESSED
        self._dialect.show_survey(found, self._wanted)
        self._doubts.show_doubts([finding for finding in found.findings if not finding.sure])
        self._area.show_area(self._plan.area)
        self._is_new = True
        self._look()

    def _refused(self, error: Exception) -> None:
        """What was asked for cannot be done: say so where it was asked."""
        if isinstance(error, Superseded):
            return
        self._end()
        self.is_looking = False
        if not isinstance(error, OpsDeskError):
            self._shell.bridge.unhandled.emit(error)
        elif self._found is None:
            self._drop.refuse(str(error))
            self._stack.setCurrentIndex(0)
        else:
            self._error.say(str(error))
        self._show_state()

    def _dialect_set(self, wanted: Dialect) -> None:
        self._wanted = wanted
        self._survey()

    def _plan_set(self, plan: Plan) -> None:
        self._plan = plan
        self._plan_is_own = True
        self._look()

    def _area_set(self, area: Any) -> None:
        self._plan_set(replace(self._plan, area=area))

    def _look(self) -> None:
        """See on a reader thread how the first rows look under the plan; a newer plan takes the place of an older."""
        plan = self._plan
        self.is_looking = True
        asked = self._desk.ask(look, self._found, plan, _ROWS, channel="import.look")
        self._shell.bridge.then(asked, lambda told: self._looked(plan, told), self._refused, owner=self)

    def _looked(self, plan: Plan, told: Look) -> None:
        if plan is not self._plan or self._found is None:
            return
        self.is_looking = False
        self._questions = told.questions
        if self._is_new:
            # The file stands here as soon as all that is said of it is known, so that its rows are built once.
            self._is_new = False
            self._end()
            self._columns.show_plan(self._found, plan, told.questions, self._grounds)
            self._stack.setCurrentIndex(1)
            self._work.to_top()
        wrong = told.refusal
        self._error.say(str(wrong) if wrong is not None else "")
        self._columns.say_title(str(wrong) if wrong is not None and wrong.field == "templates" else "")
        if wrong is None:
            self._table.show_rows(told.rows)
        self._columns.tell(told.remarks, told.missing)
        self._show_state()

    # -- importing ---------------------------------------------------------------------------------------------------

    def _run(self, *, dry: bool) -> None:
        if not self._may_run():
            return
        assert self._path is not None
        assert self._found is not None
        self._mappings.remember(self._found.names(), self._plan)
        stop = self._begin()
        future: Future[run.Report] = run.run(
            self._desk,
            self._path,
            mapping=self._plan,
            found=self._found,
            dry_run=dry,
            progress=self._note_progress,
            cancelled=stop.is_set,
        )
        self._shell.bridge.then(future, lambda report: self._finished(report, dry), self._refused, owner=self)
        self._show_state()

    def _finished(self, report: run.Report, dry: bool) -> None:
        assert self._path is not None
        self._end()
        self._report = report
        self._result.show_report(report, dry=dry, name=self._path.name)
        self._result.show()
        self._work.to_top()
        self._show_state()

    def _undo(self) -> None:
        if self._report is not None and self._report.act is not None:
            self._result.setEnabled(False)
            self._shell.operations.run(
                undo.undo, self._report.act, said="The import was undone", ok=self._undone, undoable=False, owner=self
            )

    def _undone(self, _outcome: object) -> None:
        self._result.hide()
        self._result.setEnabled(True)

    def _show_tickets(self) -> None:
        source = self._plan.source or (self._path.name if self._path else "")
        self._shell.open(Target("tickets", query='source:"{}"'.format(source.replace('"', " "))))

    # -- mapping files -----------------------------------------------------------------------------------------------

    def _load_mapping(self) -> None:
        self._ask_for_file("Load a mapping", MAPPINGS, self.load_mapping)

    def load_mapping(self, path: Path) -> None:
        """Take the plan of a mapping file."""
        try:
            plan = read_plan(path)
        except Refused as error:
            self._error.say(str(error))
            return
        self._plan, self._plan_is_own = plan, True
        assert self._found is not None
        self._columns.show_plan(self._found, plan, self._questions)
        self._area.show_area(plan.area)
        if plan.dialect != Dialect():
            self._dialect_set(plan.dialect.over(self._wanted))
        else:
            self._look()

    def _save_mapping(self) -> None:
        assert self._path is not None
        name = self._path.name.split(".")[0] + ".toml"
        self._ask_for_file("Save the mapping", MAPPINGS, self.save_mapping, save_as=name)

    def save_mapping(self, path: Path) -> None:
        """Write the plan, with what was set of the dialect, as a mapping file."""
        try:
            write_plan(replace(self._plan, dialect=self._wanted.over(self._plan.dialect)), path)
        except Refused as error:
            self._error.say(str(error))
        else:
            self._shell.toasts.show_toast(f"The mapping is in {path.name}")

    def _ask_for_file(self, title: str, kinds: str, chosen: Callable[[Path], None], *, save_as: str = "") -> None:
        """Show a dialog for a file, an existing one or one to be made; `chosen` gets its path."""
        dialog = QFileDialog(self, title, str(self._path.parent) if self._path else "", kinds)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if save_as:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(Path(save_as).suffix[1:])
            dialog.selectFile(save_as)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: chosen(Path(name)))
        dialog.open()

    # -- state -------------------------------------------------------------------------------------------------------

    def _begin(self) -> threading.Event:
        self._stop = threading.Event()
        self._done = (0, 0)
        self._error.say("")
        self._tick.start()
        return self._stop

    def _end(self) -> None:
        self._stop = None
        self._tick.stop()

    def _is_busy(self) -> bool:
        return self._stop is not None

    def _may_run(self) -> bool:
        return self._found is not None and not self._is_busy() and self._error.isHidden()

    def _note_progress(self, done: int, total: int) -> None:
        """Called on the thread that works; the timer shows it."""
        self._done = (done, total)

    def _show_progress(self) -> None:
        done, total = self._done
        # A survey counts in bytes, which say nothing to a person.
        of_rows = self._found is not None and total == self._found.rows
        self._foot.show_progress(done, total, f"{done:,} of {total:,} rows" if of_rows else "")

    def _show_state(self) -> None:
        busy = self._is_busy()
        found = self._found
        self._foot.setVisible(busy or (found is not None and self._stack.currentIndex() == 1))
        self._work.set_enabled(not busy)
        name = self._path.name if self._path is not None else ""
        if busy:
            self._foot.show_busy(f"Reading {name} …")
        elif found is not None:
            words = f"{found.rows:,} rows, {len(found.columns):,} columns"
            self._foot.show_ready(words, f"Import {found.rows:,} rows", may_run=self._may_run())
        if found is not None:
            packed = ", packed" if name.endswith(".gz") else ""
            self._name.setText(name)
            self._kind.setText(f"{KIND_NAMES.get(found.dialect.kind or '', '')}{packed}")

    # -- widgets -----------------------------------------------------------------------------------------------------

    def _start(self) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(24, 24, 24, 24)
        column.addWidget(self._drop)
        return holder
