"""What the list says of itself: its name and number, what has come since, and why it is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QWidget

from opsdesk.ui.tickets.list_page.questions import is_there_any
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.row_table import Comparison

if TYPE_CHECKING:
    from opsdesk.ui.tickets.list_page.page import ListPage


class ListTelling:
    """`news` and `empty` lie over the rows, but are no children of the table: its keys (Space, Return) must not act
    on their buttons.
    """

    def __init__(self, page: ListPage, over: QWidget) -> None:
        self._page, self._over = page, over
        self._any: bool | None = None
        """Whether there is any ticket at all; None until it is known."""
        self.news = Button("", "arrow-up", kind="primary", parent=over)
        self.empty = EmptyState("", parent=over)
        self.news.hide()
        self.empty.hide()

    def name(self) -> None:
        """Say which view is shown, and whether it was changed."""
        page = self._page
        changed = page.view is not None and page.view.query != page.text
        page.head.tell(page.title, changed=changed, own=page.view is not None and page.view.mine)

    def total(self, total: int) -> None:
        """Say how many tickets there are."""
        page = self._page
        page.head.tell_number(total)
        if page.view is not None and page.view.query == page.text:
            page.pane.set_count(page.view.code, total)
        page.bulk.show_count(page.table.marked_count, total)
        self.emptiness()

    def whats_new(self, news: Comparison | None) -> None:
        """Offer what has come since the rows were read."""
        new = len(news.added) if news is not None else 0
        self.news.setText(f"{new:,} new · Show")
        self.news.adjustSize()
        over = self._over_rows()
        self.news.move(over.center().x() - self.news.width() // 2, over.top() + 8)
        self.news.raise_()
        self.news.setVisible(bool(new))
        self._page.footer.moved.setVisible(news is not None and not new)

    def changed(self) -> None:
        """Tickets have changed: where there was none, there may be one now."""
        if not self._any:
            self._ask_any()

    def _ask_any(self) -> None:
        def answered(found: bool) -> None:
            self._any = self._any or found
            self.emptiness()

        page = self._page
        page.shell.bridge.then(page.desk.ask(is_there_any, channel="tickets.any"), answered, owner=page)

    def failure(self, words: str) -> None:
        """Say in place of the rows why there are none."""
        self.empty.show_error(words, "What is saved is safe.", run=self._page.refresh)
        self._place(True)

    def emptiness(self) -> None:
        """Say why there are no rows, or nothing where there are some."""
        page, rows = self._page, self._page.table.rows
        empty = rows.total == 0 and not rows.is_busy and rows.query is not None
        if rows.total:
            self._any = True
        number = page.bar.filters
        if empty and number and self._any is None:
            self._ask_any()
            empty = False
        elif empty and number and self._any:
            self.empty.show_words(
                "No tickets match", icon="magnifying-glass", button="Clear", key="Esc Esc", run=page.bar.clear,
                detail="1 filter is on" if number == 1 else f"{number} filters are on",
            )  # fmt: skip
        elif empty:
            self.empty.show_words(
                "There are no tickets yet", icon="ticket", button="New ticket", key="C", run=page.new_ticket.emit,
                detail="Write the first one, or import a file.",
                other="Import", run_other=lambda: page.shell.go("import"),
            )  # fmt: skip
        self._place(empty)

    def place(self) -> None:
        """The rows lie elsewhere now; so does what lies over them."""
        self._place(self.empty.isVisibleTo(self._over))
        self.whats_new(self._page.table.waiting)

    def _place(self, shown: bool) -> None:
        self.empty.setVisible(shown)
        self.empty.setGeometry(self._over_rows())
        self.empty.raise_()

    def _over_rows(self) -> QRect:
        rows = self._page.table.viewport()
        return QRect(rows.mapTo(self._over, QPoint(0, 0)), rows.size())
