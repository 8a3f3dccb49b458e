"""The panel in which many tickets are edited: what to change, what that does to each, and what became of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout

from opsdesk.services import times
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.errors import OpsDeskError, Superseded
from opsdesk.services.tickets import bulk
from opsdesk.ui.folders import documents
from opsdesk.ui.tickets.bulk.parts import Part, PartChoosing, joined
from opsdesk.ui.tickets.bulk.table import BulkTable
from opsdesk.ui.tickets.choosing import Place
from opsdesk.ui.tickets.copying import Copied, to_clipboard
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Button, IconButton, Segmented
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.query_bar.chips import ChipRow
from opsdesk.ui.widgets.row_table import RowTable
from opsdesk.ui.widgets.shortcuts import SUBMIT, on_keys

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_CHANNEL = "tickets.bulk"
_SOON_MS = 150
"""Marks that follow each other are looked at together."""
_OUTCOMES = (("", "All"), (bulk.CHANGES, "Will change"), (bulk.STAYS, "So already"), (bulk.REFUSED, "Refused"))
_DONE_WORDS = {bulk.CHANGES: "Changed", bulk.STAYS: "As they were", bulk.REFUSED: "Left"}


class BulkPanel(QFrame):
    """Stands under the list, which stays in use. Signals: `closed` when it goes, `open_asked` with a ticket's id."""

    closed = Signal()
    open_asked = Signal(bytes)

    def __init__(self, desk: Desk, shell: Shell, rows: RowTable) -> None:
        super().__init__()
        self._desk, self._shell, self._rows = desk, shell, rows
        self.choosing = PartChoosing(desk, shell.bridge)
        self.parts: list[Part] = []
        self.told: bulk.Listing | None = None
        self.report: bulk.BulkReport | None = None
        self._keys: Any = ()
        self._asked = 0
        """Number of the newest question: answers to older ones say nothing new."""
        self._cancelled = False
        self.is_running = False
        self.setProperty("surface", "panel")
        self.setAccessibleName("Edit many tickets")
        self.setMinimumHeight(300)
        self.title = Label("", "section")
        self.chips = ChipRow(self)
        self.add = Button("Change", "plus", key="Ctrl+B")
        self.which = Segmented(list(_OUTCOMES), "", "Tickets shown")
        self.problem = Label("", "quiet-strong", "danger", wrap=True)
        self.words = ElidedLabel("", "body", "quiet")
        self.progress = QProgressBar()
        self.copy = Button("Copy", "copy", kind="quiet")
        self.save = Button("Save as CSV", "export", kind="quiet")
        self.stop = Button("Cancel", key="Esc")
        self.undo = Button("", "arrow-counter-clockwise")
        self.apply = Button("Apply", kind="primary", key="Ctrl+Enter")
        self.table: BulkTable | None = None
        self._hint = Label("Choose what to change. Nothing is changed before you apply it.", "body", "quiet")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._build()
        self.hide()

    def _build(self) -> None:
        close = IconButton("x", "Close", key="Esc")
        head, filters, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row in (head, filters, foot):
            row.setSpacing(8)
            row.setContentsMargins(16, 0, 10, 0)
        self._head = head
        for part in (self.title, self.chips, self.add):
            head.addWidget(part)
        head.addStretch(1)
        head.addWidget(close)
        filters.addWidget(self.which)
        filters.addStretch(1)
        filters.addWidget(self.copy)
        filters.addWidget(self.save)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(140)
        for widget in (self.progress, self.words):
            foot.addWidget(widget, 1 if widget is self.words else 0)
        for button in (self.undo, self.stop, self.apply):
            foot.addWidget(button)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 10)
        column.setSpacing(8)
        column.addWidget(rule())
        column.addLayout(head)
        column.addWidget(self.problem)
        column.addLayout(filters)
        column.addWidget(self._hint, 1)
        column.addLayout(foot)
        self.problem.setContentsMargins(16, 0, 16, 0)
        close.clicked.connect(self.leave)
        self.add.clicked.connect(self.choose)
        self.chips.removed.connect(self._drop)
        self.chips.edited.connect(self._drop)
        self.which.chosen.connect(lambda value: self._show_outcome(str(value)))
        self.copy.clicked.connect(self.copy_rows)
        self.save.clicked.connect(self.write)
        self.stop.clicked.connect(self.leave)
        self.undo.clicked.connect(self._undo)
        self.apply.clicked.connect(self.run)
        self._soon.timeout.connect(self.look)
        self._rows.marks_changed.connect(self._marked)
        on_keys(self, SUBMIT, self.run)
        on_keys(self, ("Ctrl+B",), self.choose)

    # -- what to change ----------------------------------------------------------------------------------
    def open(self) -> None:
        """Begin with the tickets that are marked, and ask for the first field."""
        if not self._rows.marked_count or self.is_running:
            return
        self.parts = []
        self._begin_again()
        self.show()
        self.add.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.choose()

    def choose(self) -> None:
        """Ask for a field and its value."""
        if self.is_running:
            return
        place = Place(self, self.add.mapToGlobal(QPoint(0, self.add.height())))
        self.choosing.field(place, lambda name: self.choosing.part(name, place, self._some_keys(), self.take))

    def take(self, part: Part) -> None:
        """Add a part; one about the same gives way to it."""
        if self.report is not None:
            self.parts = []  # what was done is done, this is another edit of the same tickets
        self.parts = [one for one in self.parts if one.about != part.about] + [part]
        self._begin_again()

    def _drop(self, number: int) -> None:
        if not self.is_running and self.report is None:
            del self.parts[number]
            self._begin_again()
            self.add.setFocus(Qt.FocusReason.OtherFocusReason)

    def _some_keys(self) -> list[int]:
        return [int(key) for key in self._keys[:200]]

    def _marked(self, count: int) -> None:
        if self.isVisible() and self.report is None and not self.is_running:
            if count:
                self._soon.start()
            else:
                self.leave()

    def _begin_again(self) -> None:
        self.report = None
        self.told = None
        self.look()

    # -- what it would do --------------------------------------------------------------------------------
    def look(self) -> None:
        """Work out on a reader thread what the change would do to each of the marked tickets."""
        self._keys = self._rows.chosen_keys()
        self._asked += 1
        asked = self._asked
        self._tell_head()
        self._say_problem("")
        self._tell_counts()
        if not self.parts:
            self._interrupt()
            self._show_table(None)
            self._tell_foot("")
            return
        self._tell_foot(f"Looking at {len(self._keys):,} tickets…")
        later = self._shell.bridge.later

        def progress(done: int, of: int) -> None:
            later(lambda: self._looked(asked, done, of))

        def answered(told: bulk.Listing) -> None:
            if asked == self._asked:
                self._previewed(told)

        def refused(error: Exception) -> None:
            if asked == self._asked and not isinstance(error, Superseded):
                self._refused(error)

        future = self._desk.ask(bulk.preview, self._keys.tolist(), joined(self.parts), progress, channel=_CHANNEL)
        self._shell.bridge.then(future, answered, refused, owner=self)

    def _looked(self, asked: int, done: int, of: int) -> None:
        if asked == self._asked and self.told is None and self.parts and done < of:
            self._tell_foot(f"Looking at {done:,} of {of:,} tickets…")

    def _previewed(self, told: bulk.Listing) -> None:
        self.told = told
        self._show_table(told)
        self._tell_counts()
        self._tell_foot(_sum(told))

    def _refused(self, error: Exception) -> None:
        self._show_table(None)
        self._tell_foot("")
        if isinstance(error, OpsDeskError):
            self._say_problem(str(error))
        else:
            self._shell.operations.show_error(error)

    def _interrupt(self) -> None:
        self._asked += 1
        self._shell.bridge.then(self._desk.ask(_nothing, channel=_CHANNEL), lambda _answer: None, owner=self)

    # -- doing it ----------------------------------------------------------------------------------------
    def run(self) -> None:
        """Apply the change to the tickets that it was shown for."""
        told = self.told
        if told is None or self.is_running or self.report is not None or not told.count(bulk.CHANGES):
            return
        self.is_running, self._cancelled = True, False
        self._rows.acted(self._keys)
        later = self._shell.bridge.later

        def progress(done: int, of: int) -> None:
            later(lambda: self._progressed(done, of))

        self._progressed(0, len(self._keys))
        keys = self._keys.tolist()
        future = bulk.run(
            self._desk, keys, told.change, shown=told, progress=progress, cancelled=lambda: self._cancelled
        )
        self._shell.bridge.then(future, self._done, self._failed, owner=self)

    def _progressed(self, done: int, of: int) -> None:
        if self.is_running:
            self.progress.setRange(0, of)
            self.progress.setValue(done)
            self._tell_foot(f"{done:,} of {of:,} tickets")

    def _done(self, report: bulk.BulkReport) -> None:
        self.is_running = False
        self.report = report
        self.told = report.listing
        words = f"{report.done:,} ticket{'' if report.done == 1 else 's'} changed"
        if report.listing is not None:
            if report.cancelled:
                words += f", then cancelled: {len(self._keys) - report.listing.count():,} were not reached"
            self._show_table(report.listing)
            self._tell_counts()
        self._tell_foot(words)
        if report.done:
            label = report.listing.change.label if report.listing else ""
            self._shell.operations.tell_done(Outcome(Changes(), report.act, f"{label}: {words}"))
        (self.undo if report.act else self.stop).setFocus(Qt.FocusReason.OtherFocusReason)

    def _failed(self, error: Exception) -> None:
        self.is_running = False
        self._tell_foot("")
        if isinstance(error, OpsDeskError):
            self._say_problem(str(error))
        else:
            self._shell.operations.show_error(error)

    def _undo(self) -> None:
        if self.report is not None and self.report.act is not None:
            self._shell.operations.undo(self.report.act)
            self.undo.setEnabled(False)

    def leave(self) -> None:
        """Stop what is under way; else close the panel."""
        if self.is_running:
            self._cancelled = True
            return
        self._interrupt()
        self._soon.stop()
        self.hide()
        self._show_table(None)
        self.told = self.report = None
        self.closed.emit()

    # -- taking it along ---------------------------------------------------------------------------------
    def copy_rows(self) -> None:
        """Copy the rows that are shown as a table."""
        if self.table is None:
            return

        def answered(copied: Copied) -> None:
            to_clipboard(copied)
            self._shell.toasts.show_toast(f"Copied {copied.rows:,} rows", tone="neutral", seconds=3)

        future = self._desk.ask(self.table.copied(), channel="tickets.bulk.copy")
        self._shell.bridge.then(future, answered, self._shell.operations.show_error, owner=self)

    def write(self) -> None:
        """Write the whole list to a CSV file where exports go."""
        if self.told is None:
            return
        told, name = self.told, f"Bulk edit {times.dtg(wall.now())}.csv"
        folder, otherwise = self._desk.settings.get("tickets.export.folder", ""), documents()

        def write(reader: Any) -> str:
            path = Path(folder if folder and Path(folder).is_dir() else otherwise) / name
            return f"Wrote {bulk.write_csv(reader, told, path):,} rows to {path}"

        future = self._desk.ask(write, channel="tickets.bulk.write")
        show = self._shell.toasts.show_toast
        self._shell.bridge.then(future, show, self._shell.operations.show_error, owner=self)

    # -- telling -----------------------------------------------------------------------------------------
    def _show_table(self, told: bulk.Listing | None) -> None:
        table = self.table
        if table is not None and told is not None and table.told.columns == told.columns and not told.done:
            table.show_listing(told, str(self.which.value))
            return
        if table is not None:
            self._column.removeWidget(table)
            table.hide()
            table.deleteLater()
            self.table = None
        self._hint.setVisible(told is None)
        if told is None:
            return
        table = self.table = BulkTable(told, self._desk, self._shell.bridge)
        table.copy_asked.connect(self.copy_rows)
        table.opened.connect(lambda row: self.open_asked.emit(row.id))
        self._column.insertWidget(self._column.indexOf(self._hint), table, 1)
        table.show_listing(told, str(self.which.value))

    def _show_outcome(self, outcome: str) -> None:
        if self.table is not None:
            self.table.show_outcome(outcome)

    def _tell_head(self) -> None:
        count = len(self._keys)
        self.title.setText(f"Edit {count:,} ticket{'' if count == 1 else 's'}")
        self.chips.show_chips([(part.label, part.text) for part in self.parts])
        self._fit()

    def _tell_counts(self) -> None:
        told = self.told
        for outcome, word in _OUTCOMES:
            said = _DONE_WORDS.get(outcome, word) if told is not None and told.done else word
            self.which.set_text(outcome, f"{said} {told.count(outcome):,}" if told is not None else said)
        for widget in (self.which, self.copy, self.save):
            widget.setEnabled(told is not None)

    def _tell_foot(self, words: str) -> None:
        told, report = self.told, self.report
        changes = told.count(bulk.CHANGES) if told is not None and not told.done else 0
        self.words.setText(words)
        self.progress.setVisible(self.is_running)
        self.apply.setVisible(report is None)
        self.apply.setText(f"Apply to {changes:,}" if changes else "Apply")
        self.apply.setEnabled(bool(changes) and not self.is_running)
        self.undo.setVisible(report is not None and report.act is not None)
        if report is not None:
            self.undo.setText(f"Undo these {report.done:,}")
            self.undo.setEnabled(True)
        self.stop.setText("Close" if report is not None else "Cancel")

    def _say_problem(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _fit(self) -> None:
        around = self.title.sizeHint().width() + self.add.sizeHint().width() + 100
        self.chips.fit(max(120, self.width() - around))

    # -- Qt ----------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
            return
        super().keyPressEvent(event)


def _nothing(_reader: Any) -> None:
    """A question that only takes the place of another on its channel."""


def _sum(told: bulk.Listing) -> str:
    """What the change would do, in a line."""
    changes, refused = told.count(bulk.CHANGES), told.count(bulk.REFUSED)
    said = f"{changes:,} will change" if changes else "Nothing would change"
    return f"{said}, {refused:,} will be refused" if refused else said
