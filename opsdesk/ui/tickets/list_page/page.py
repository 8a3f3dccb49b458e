"""The ticket list: views at the left, query bar over the table, preview at the right, bulk bar below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import forms, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.errors import OpsDeskError, QueryError
from opsdesk.services.tickets import TicketRow, lists
from opsdesk.ui.tickets import actions
from opsdesk.ui.tickets.bulk import BulkPanel
from opsdesk.ui.tickets.bulk_bar import BulkBar
from opsdesk.ui.tickets.list_page.acts import ListActs
from opsdesk.ui.tickets.list_page.going import Going
from opsdesk.ui.tickets.list_page.head import ListHead
from opsdesk.ui.tickets.list_page.narrowing import LeftPane, Narrowing
from opsdesk.ui.tickets.list_page.questions import as_saved, place_of, place_of_number
from opsdesk.ui.tickets.list_page.showing import ListShowing
from opsdesk.ui.tickets.list_page.sides import Sides
from opsdesk.ui.tickets.list_page.telling import ListTelling
from opsdesk.ui.tickets.list_page.views import ListViews
from opsdesk.ui.tickets.list_page.words import order_words
from opsdesk.ui.tickets.preview import Preview
from opsdesk.ui.tickets.table import TICKET_COLUMNS, survey
from opsdesk.ui.tickets.views_pane import View, ViewsPane
from opsdesk.ui.widgets.query_bar import QueryBar
from opsdesk.ui.widgets.query_words import FIELDS, QueryWords
from opsdesk.ui.widgets.row_table import Arrangement, RowSource, RowTable
from opsdesk.ui.widgets.row_table.busy import BusyLine
from opsdesk.ui.widgets.row_table.footer import RowFooter

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_TWICE_MS = 800
_VIEWS_WIDTH, _PREVIEW_WIDTH = 180, 248
_LEAST_WITH_VIEWS = 760


class ListPage(QWidget):
    """Signals: `open_ticket` and `reply_ticket` with a ticket's id, `stepped` with the id of a ticket that `step` went
    to before it was here, `new_ticket`.
    """

    open_ticket = Signal(object)
    reply_ticket = Signal(object)
    stepped = Signal(object)
    new_ticket = Signal()

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self.desk, self.shell = desk, shell
        self.text = ""
        self.order: tuple[str, ...] = ()
        self.view: View | None = None
        self._stepping = False
        self._going = Going(self)
        source = RowSource(
            "tickets", TICKET_COLUMNS, lists.first_page, lists.count, lists.keys, lists.rows, 80, lists.groups
        )
        self.table = RowTable(source, desk, shell.bridge, mark_column="sync")
        self.table.setAccessibleName("Tickets")
        self.table.survey = survey
        self._words = QueryWords(desk, shell.bridge, "tickets", self)
        self.bar = QueryBar(self._words.chips, self._words.complete, FIELDS)
        self.bulk = BulkBar()
        self.acts = ListActs(desk, shell, self.table, self.bulk)
        self.editor = BulkPanel(desk, shell, self.table)
        self.footer = RowFooter(self.table)
        self.preview = Preview(desk, shell)
        self.pane = ViewsPane()
        self.facets = Narrowing.make_pane(self)
        self.left = LeftPane(self.pane, self.facets)
        self.head = ListHead()
        self._middle = QWidget()
        self.telling = ListTelling(self, self._middle)
        self.news, self.empty = self.telling.news, self.telling.empty
        self.busy = BusyLine(self.table.viewport())
        self.showing = ListShowing(self)
        self.narrowing = Narrowing(self, self.facets, self.left)
        self.views = ListViews(self)
        self._escaped = QTimer(self, singleShot=True, interval=_TWICE_MS)
        self._build()
        self._connect()
        shell.actions.add(*actions.list_actions(self), owner=self.table)
        shell.actions.add(*actions.page_actions(self), owner=self)
        self.bar.history = desk.settings.get("tickets.history", [])
        self.sides.show_as_remembered()
        self.views.begin()

    def _build(self) -> None:
        over = QVBoxLayout()
        over.setContentsMargins(8, 12, 8, 8)
        over.setSpacing(12)
        over.addWidget(self.head)
        over.addWidget(self.bar)
        middle = self._middle
        middle.setProperty("surface", "panel")
        middle.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(over)
        column.addWidget(self.table, 2)
        column.addWidget(self.footer)
        column.addWidget(self.editor, 3)
        column.addWidget(self.bulk)
        middle.setMinimumWidth(420)
        self.sides = Sides(self, middle)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.sides)

    def _connect(self) -> None:
        table, rows, settings = self.table, self.table.rows, self.desk.settings
        table.opened.connect(self.open)
        table.current_changed.connect(self._follow)
        table.marks_changed.connect(lambda count: self.bulk.show_count(count, rows.total))
        table.menu_asked.connect(self._show_menu)
        table.resized.connect(self.telling.place)
        table.news.connect(self.telling.whats_new)
        table.surveyed.connect(lambda seen: self.head.exercise.setVisible(seen.all_exercise))
        table.copy_asked.connect(self.acts.copy_rows)
        table.header.order_chosen.connect(self.sort)
        rows.arrived.connect(self._arrived)
        rows.total_changed.connect(self.telling.total)
        rows.busy_changed.connect(self.busy.set_busy)
        rows.failed.connect(self._failed)
        self.bar.changed.connect(self._query_changed)
        self.bar.left.connect(self.focus_list)
        self.bar.escaped.connect(self._escaped.start)
        self.bar.split.connect(self.telling.emptiness)
        self.bar.save_asked.connect(self.views.save)
        self.bar.history_changed.connect(lambda texts: settings.set("tickets.history", texts))
        self.footer.jump.connect(self.jump)
        self.footer.left.connect(self.focus_list)
        self.bulk.all_asked.connect(table.mark_all)
        self.bulk.cleared.connect(self._unmark)
        self.editor.open_asked.connect(self.open_ticket)
        self.editor.closed.connect(self.focus_list)
        self.preview.open_asked.connect(self.open)
        self.preview.reply_asked.connect(lambda row: self.open(row, reply=True))
        self.preview.take_asked.connect(self.acts.take)
        self.preview.left.connect(self.focus_list)
        self.preview.closed.connect(lambda: self.sides.show_preview(False))
        self.head.peek.clicked.connect(lambda: self.sides.show_preview(self.head.peek.isChecked()))
        self.head.keep.clicked.connect(self.views.update)
        self.news.clicked.connect(self.refresh)
        self.shell.bridge.changed.connect(self._changed)

    # -- what the list shows -----------------------------------------------------------------------------
    @property
    def title(self) -> str:
        """The name of the view that is shown."""
        return self.view.name if self.view is not None else "Tickets"

    def show_view(self, view: View) -> None:
        """Show a saved view with the order and columns last used with it."""
        self.view = view
        settings = self.desk.settings
        kept = tuple(settings.get(f"tickets.order.{view.code}", list(view.order)))
        columns = settings.get(f"tickets.columns.{view.code}", None) or as_saved(view)
        self.table.header.arrange(Arrangement.from_saved(TICKET_COLUMNS, columns))
        self.showing.group_as_kept(view)
        settings.set("tickets.view", view.code)
        self.pane.set_current(view.code)
        self.bar.set_text(view.query)
        self._show(view.query, kept)

    def view_renamed(self, view: View) -> None:
        """The view that is shown is called otherwise now, or was saved with another query."""
        self.view = view
        self.telling.name()

    def show_query(self, text: str) -> None:
        """Show what matches a query; where a view asks for just that, the view."""
        view = next((view for view in self.pane.views if view.query == text), None)
        if view is not None:
            self.show_view(view)
            return
        self.view = None
        self.showing.group_as_kept(None)
        self.pane.set_current("")
        self.bar.set_text(text)
        self._show(text, ())

    def sort(self, order: tuple[str, ...]) -> None:
        """Show the same tickets in another order, remembered with the view."""
        self._show(self.text, order, same_rows=True)
        if self.view is not None:
            self.desk.settings.set(f"tickets.order.{self.view.code}", list(order))

    def refresh(self) -> None:
        """Show what has come since; where nothing is known to have come, ask again."""
        if self.table.waiting is not None:
            self.table.take_news()
        else:
            self._show(self.text, self.order, same_rows=True)
        self.focus_list()

    def _show(self, text: str, order: tuple[str, ...], *, same_rows: bool = False) -> None:
        self.text, self.order = text, order
        if not same_rows:
            self.footer.say_problem("")  # which was about the list before
            self.narrowing.count_soon()
        self.table.show_query(self.query, same_rows=same_rows)
        self.telling.name()

    def narrow(self, text: str) -> None:
        """Show another query in the same order and groups, as if it had been written into the bar."""
        self.bar.set_text(text)
        self._show(text, self.order)

    def _query_changed(self, text: str) -> None:
        self._show(text, self.order if not text or self.text else ())

    def _arrived(self) -> None:
        rows = self.table.rows
        self.bar.clear_error()
        self.table.header.set_order(self.order or rows.order[:1])
        self.footer.say_order(order_words(rows.order))
        self.telling.emptiness()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, QueryError):
            self.bar.show_error(error.text, error.start, error.end)
        elif isinstance(error, OpsDeskError) and not self.table.rows.total:
            self.telling.failure(str(error))
        else:
            self.shell.operations.show_error(error)

    def _changed(self, changes: Changes) -> None:
        if changes.tickets or changes.everything or changes.people or changes.units or changes.places:
            named = changes.people or changes.units or changes.places
            self._words.forget()
            self.telling.changed()
            self.table.rows.changed(changes.tickets, everything=bool(named) or changes.everything)
        if changes.queue or changes.conflicts or any(place.startswith(forms.COMMENT) for place in changes.drafts):
            if self._asks_for_marks():
                self.table.rows.changed((), everything=True)
            else:
                self.table.rows.refetch()
        self.views.changed(changes)
        if changes.tickets or changes.everything:
            self.narrowing.count_soon()

    def _asks_for_marks(self) -> bool:
        """Whether query or order depend on how tickets stand with other stations."""
        return any(word in self.text for word in ("sync:", "is:queued")) or any("sync" in name for name in self.order)

    # -- moving about ------------------------------------------------------------------------------------
    def focus_list(self) -> None:
        """Give the keyboard to the table."""
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_query(self) -> None:
        """Give the keyboard to the query bar."""
        self.bar.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.line.selectAll()

    def focus_views(self) -> None:
        """Give the keyboard to the views."""
        self.narrowing.focus_views()

    def focus_jump(self) -> None:
        """Give the keyboard to the box for a row or number."""
        self.footer.box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.footer.box.selectAll()

    def open_current(self) -> None:
        """Open the ticket where the keyboard is."""
        if (row := self.table.current_row) is not None:
            self.open(row)

    def open(self, row: TicketRow, *, reply: bool = False) -> None:
        """Open a ticket; it counts as read from now on."""
        self.desk.do(tickets.mark_seen, row.id)
        (self.reply_ticket if reply else self.open_ticket).emit(row.id)

    def step(self, by: int) -> bytes | None:
        """Go to the previous or next ticket of the list and return its id; None at the ends.

        None, too, for a ticket that is not here yet: then `stepped` is emitted with its id as soon as it is.
        """
        before = self.table.current_number
        self.table.step_row(by)
        if self.table.current_number == before:
            return None
        row = self.table.current_row
        self._stepping = row is None
        return None if row is None else row.id

    def show_ticket(self, ticket: bytes) -> None:
        """Put the keyboard on a ticket if it is in the list."""
        query = self.query
        self._going.go(lambda reader: place_of(reader, query, ticket), lambda: None, focus=False)

    def jump(self, text: str) -> None:
        """Go to a row by its number, or to a ticket by its own."""
        self.footer.say_problem("")
        said = text.replace(",", "").replace(" ", "")
        if said.isdigit() and not said.startswith("0") and int(said) <= self.table.rows.total:
            self.table.go_to_place(int(said) - 1)
            self.focus_list()
        elif said:
            query = self.query
            self._going.go(
                lambda reader: place_of_number(reader, query, text),
                lambda: self.footer.say_problem(f"{text} is not in this list"),
            )

    @property
    def query(self) -> lists.ListQuery:
        """What the list shows, in which order and in which groups."""
        return lists.ListQuery(self.text, self.order, self.showing.group)

    def _follow(self, row: TicketRow | None) -> None:
        if row is not None and self._stepping:
            self._stepping = False
            self.stepped.emit(row.id)
        # A row that is only on its way does not empty the preview.
        if self.preview.isVisible() and (row is not None or not self.table.rows.total):
            self.preview.show_row(row)

    def escape(self) -> None:
        """Leave one thing after another: what is under way, the error at a cell, the marks, twice the filters."""
        if self.editor.isVisible():
            self.editor.leave()
        elif self.bulk.is_running:
            self.acts.cancel()
        elif self.acts.editing.error:
            self.acts.editing.cancel()
        elif self.table.marked_count:
            self.table.unmark()
        elif self._escaped.isActive():
            self._escaped.stop()
            self.bar.clear()
        else:
            self._escaped.start()

    def _show_menu(self, at: QPoint) -> None:
        self.shell.actions.menu(list(actions.MENU), self).popup(at)

    def _unmark(self) -> None:
        self.table.unmark()
        self.focus_list()

    def toggle_mode(self) -> None:
        """Show the query as text instead of chips, or the other way round."""
        self.bar.set_mode("text" if self.bar.as_chips else "chips")

    # -- Qt ----------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.sides.fit()
