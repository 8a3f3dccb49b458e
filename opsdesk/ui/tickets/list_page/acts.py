"""What a person does with the tickets of the list: one at its row, or all that are marked, in one act with one undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from opsdesk.services import tickets
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.errors import OpsDeskError
from opsdesk.services.tickets import TicketRow, bulk, lists
from opsdesk.ui.tickets.bulk_bar import BulkBar
from opsdesk.ui.tickets.choosing import Choice, Choosing, Place
from opsdesk.ui.tickets.copying import COPY_LIMIT, Copied, copy_table, to_clipboard
from opsdesk.ui.tickets.list_page.relating import Relating
from opsdesk.ui.widgets.row_table import RowTable
from opsdesk.ui.widgets.row_table.editing import CellEditing, Done, Failed

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

COLUMN_OF = {
    "assign": "assignee",
    "state": "state",
    "priority": "priority",
    "tag": "tags",
    "due": "due",
    "snooze": "snooze",
    "unit": "unit",
    "category": "category",
}
_TWICE_MS = 900
_SHOW_PROGRESS = 200


class ListActs(QObject):
    """Acts on the marked rows, else on the row where the keyboard is."""

    def __init__(self, desk: Desk, shell: Shell, table: RowTable, bar: BulkBar) -> None:
        super().__init__(table)
        self._desk, self._shell, self._table, self._bar = desk, shell, table, bar
        self.choosing = Choosing(desk, shell.bridge)
        self.editing = CellEditing(
            table,
            texts={"title": lambda row: row.title},
            choose=self._choose_in_cell,
            commit=self._commit,
            hints={"title": "A title is needed"},
        )
        self._relating = Relating(desk, shell, self)
        self._cancelled = False
        self._copied_number = ""
        self._twice = QTimer(self, singleShot=True, interval=_TWICE_MS)
        bar.act.connect(self._act_of_bar)
        bar.cancelled.connect(self.cancel)

    @property
    def _shown(self) -> set[str]:
        """Names of the columns that are on view; what has no column is asked below the row."""
        table = self._table
        return {one.name for number, one in enumerate(table.rows.columns) if not table.isColumnHidden(number)}

    @property
    def row(self) -> TicketRow | None:
        """The ticket where the keyboard is."""
        return self._table.current_row

    # -- choosing ----------------------------------------------------------------------------------------
    def choose(self, what: str) -> None:
        """Ask for the new value of a column (`assign`, `state`, …) of the chosen tickets."""
        if self._table.marked_count:
            button = self._bar.buttons.get(f"list.{what}")
            self._choose_for_marked(what, button)
        elif self.row is not None:
            column = COLUMN_OF[what]
            row = self.row
            if column not in self._shown:
                self._open(column, self._below_row(), row, [row.key], lambda choice: self._one(row, column, choice))
            else:
                self.editing.begin(self._table.current_number, column)

    def edit(self) -> None:
        """Edit the cell where the keyboard is, the title when that one cannot be edited."""
        name = self._table.current_column
        columns = self._table.rows.columns
        editable = bool(name) and columns[self._table.rows.column_number(name)].editable
        if self.row is not None:
            self.editing.begin(self._table.current_number, name if editable and name != "priority" else "title")

    def take(self) -> None:
        """Assign the chosen tickets to the person at this desk."""
        choice = Choice("Assigned to you", {"assignee": self._desk.person})
        if self._table.marked_count:
            self.apply_to_marked(choice)
        elif self.row is not None:
            self._one(self.row, "assignee", choice)

    def relate(self) -> None:
        """Link the ticket where the keyboard is to another."""
        if self.row is not None:
            self._relating.begin(self.row, self._below_row())

    def watch(self) -> None:
        """Begin to watch the ticket where the keyboard is, or stop."""
        row = self.row
        if row is None:
            return

        def answered(card: tickets.TicketCard) -> None:
            command = tickets.unwatch if card.watching else tickets.watch
            said = f"You no longer watch {row.number}" if card.watching else f"You watch {row.number}"
            self._shell.operations.run(command, row.id, said=said)

        self._shell.bridge.then(self._desk.ask(tickets.card, row.id), answered, owner=self)

    def _choose_in_cell(self, row: TicketRow, column: str, below: QPoint, take: Callable[[Any], None]) -> None:
        self._open(column, Place(self._table, below), row, [row.key], take)

    def _choose_for_marked(self, what: str, button: QWidget | None) -> None:
        corner = button.mapToGlobal(QPoint(0, -8)) if button is not None else self._bar.mapToGlobal(QPoint(160, 0))
        keys = self._table.chosen_keys()
        place = Place(self._table, corner, above=True)
        self._open(COLUMN_OF[what], place, None, keys.tolist()[:200], self.apply_to_marked)

    def _open(
        self, column: str, place: Place, row: TicketRow | None, keys: list[int], take: Callable[[Choice], None]
    ) -> None:
        if column == "state":
            self.choosing.state(place, keys, take)
            return
        lists_of = {
            "assignee": self.choosing.assignee,
            "unit": self.choosing.unit,
            "category": self.choosing.category,
            "priority": self.choosing.priority,
            "due": self.choosing.due,
            "snooze": self.choosing.snooze,
            "tags": self.choosing.tags,
        }
        lists_of[column](place, row, take)

    def _below_row(self) -> Place:
        return Place(self._table, self._table.point_below(self._table.current_number, "title"))

    def _act_of_bar(self, name: str, _button: object) -> None:
        self._shell.actions.run(name)

    # -- one ticket --------------------------------------------------------------------------------------
    def _one(self, row: TicketRow, column: str, choice: Choice) -> None:
        """Do it, and show what is refused at the cell if that is on view, else as a toast."""

        def failed(words: str) -> None:
            self._shell.toasts.show_toast(words, tone="danger")

        self._commit(row, column, choice, lambda: None, failed)

    def _commit(self, row: TicketRow, column: str, value: Any, done: Done, failed: Failed) -> None:
        choice = Choice("", {"title": value}) if column == "title" else value
        command, arguments = _command(row, choice)

        def refused(error: Exception) -> None:
            if not isinstance(error, OpsDeskError):
                failed("This could not be saved. What was there is safe.")
                self._shell.operations.show_error(error)
                return
            failed(str(error))

        self._table.acted(self._table.current_keys())
        self._shell.operations.run(
            command, row.id, **arguments, ok=lambda _outcome: done(), failed=refused, owner=self._table
        )

    # -- many tickets ------------------------------------------------------------------------------------
    def apply_to_marked(self, choice: Choice) -> None:
        """Do it with all marked tickets; what is refused is told with its reason, the rest is done."""
        keys = self._table.chosen_keys()
        total = len(keys)
        if self._bar.is_running or not total:
            return
        self._cancelled = False
        words = f"{choice.words}: {total:,} ticket{'s' if total > 1 else ''}"
        change = bulk.BulkChange(
            words, dict(choice.values), choice.event or None, dict(choice.inputs), choice.tags, choice.untags
        )
        self._table.acted(keys)
        later = self._shell.bridge.later

        def show(done: int, of: int) -> None:
            if self._bar.is_running:
                self._bar.show_progress(choice.words, done, of)

        def progress(done: int, of: int) -> None:
            later(lambda: show(done, of))

        def finished(report: bulk.BulkReport) -> None:
            self._bar.end_progress()
            self._bar.show_count(self._table.marked_count, self._table.rows.total)
            self._report(choice, report)

        def failed(error: Exception) -> None:
            self._bar.end_progress()
            self._bar.show_count(self._table.marked_count, self._table.rows.total)
            self._shell.operations.show_error(error)

        if total > _SHOW_PROGRESS:
            self._bar.show_progress(choice.words, 0, total)
        future = bulk.run(self._desk, keys.tolist(), change, progress=progress, cancelled=lambda: self._cancelled)
        self._shell.bridge.then(future, finished, failed, owner=self)

    def cancel(self) -> None:
        """Stop what is under way; what was done so far stays and can be undone."""
        self._cancelled = True

    def _report(self, choice: Choice, report: bulk.BulkReport) -> None:
        said = f"{choice.words}: {report.done:,} ticket{'' if report.done == 1 else 's'}"
        if report.cancelled:
            said += ", then cancelled"
        if report.refused:
            number, reason = report.refused[0]
            said += f" · {len(report.refused):,} left as they are ({number}: {reason})"
        if report.done:
            self._shell.operations.tell_done(Outcome(Changes(), report.act, said))
        else:
            self._shell.toasts.show_toast(said, tone="danger")

    # -- copying -----------------------------------------------------------------------------------------
    def copy_number(self) -> None:
        """Copy the number of the ticket; pressed twice, with its title."""
        row = self.row
        if row is None:
            return
        twice = self._twice.isActive() and self._copied_number == row.number
        self._copied_number = row.number
        text = f"{row.number} {row.title}" if twice else row.number
        QGuiApplication.clipboard().setText(text)
        self._shell.toasts.show_toast(f"Copied {text}", tone="neutral", seconds=2)
        self._twice.start()

    def copy_rows(self) -> None:
        """Copy the chosen rows as a table, as text with tabs and as HTML, with the columns that are shown."""
        keys = self._table.chosen_keys()[:COPY_LIMIT].tolist()
        header = self._table.header
        shown = [header.logicalIndex(n) for n in range(header.count())]
        columns = [self._table.rows.columns[n] for n in shown if not header.isSectionHidden(n)]

        def answered(copied: Copied) -> None:
            to_clipboard(copied)
            of = f" (of {self._table.marked_count:,})" if self._table.marked_count > copied.rows else ""
            said = f"Copied {copied.rows:,} row{'' if copied.rows == 1 else 's'}{of}"
            self._shell.toasts.show_toast(said, tone="neutral", seconds=3)

        if keys:
            future = self._desk.ask(copy_table, lists.rows, keys, columns, channel="tickets.copy")
            self._shell.bridge.then(future, answered, self._shell.operations.show_error, owner=self)


def _command(row: TicketRow, choice: Choice) -> tuple[Callable[..., Changes], dict[str, Any]]:
    """Return the command for one ticket and its arguments, with what the person had seen."""
    if choice.event:
        return tickets.transition, {"event": choice.event, "seen": row.base, **choice.inputs}
    if choice.tags or choice.untags:
        return (tickets.tag if choice.tags else tickets.untag), {"word": (choice.tags or choice.untags)[0]}
    if set(choice.values) == {"assignee"}:
        return tickets.assign, {"to": choice.values["assignee"], "seen": row.base}
    return tickets.edit, {"values": dict(choice.values), "seen": row.base}
