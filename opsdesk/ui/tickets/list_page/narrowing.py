"""What stands at the left of the list, views or facets; and the facets of what it shows, counted as it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from opsdesk.services.errors import QueryError, Superseded
from opsdesk.services.tickets import facets
from opsdesk.services.tickets.facets import Facet, FacetValue
from opsdesk.ui.tickets.facets_pane import FacetsPane
from opsdesk.ui.tickets.views_pane import ViewsPane
from opsdesk.ui.widgets.tabs import CountTabs

if TYPE_CHECKING:
    from opsdesk.ui.tickets.list_page.page import ListPage

VIEWS, NARROW = "views", "narrow"
_OPEN = ["state", "priority", "unit", "assignee"]
_COUNT_AFTER_MS = 400
"""After a change: what comes in at once is counted once."""


class LeftPane(QWidget):
    """Views and facets in one place, the one that was shown last first. Signals: `shown` when it comes on view."""

    shown = Signal()

    def __init__(self, views: ViewsPane, narrow: FacetsPane) -> None:
        super().__init__()
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(150)
        self.tabs = CountTabs(((VIEWS, "Views"), (NARROW, "Narrow")), "Views, or values to narrow the list")
        self._stack = QStackedWidget()
        self._parts = {VIEWS: views, NARROW: narrow}
        for part in self._parts.values():
            self._stack.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(0)
        row = QVBoxLayout()
        row.setContentsMargins(16, 0, 8, 0)
        row.addWidget(self.tabs)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        self.tabs.chosen.connect(lambda key: self._stack.setCurrentWidget(self._parts[key]))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()


class Narrowing(QObject):
    """The controller between the pane of facets, the page and the services."""

    def __init__(self, page: ListPage, pane: FacetsPane, left: LeftPane) -> None:
        super().__init__(page)
        self._page, self._pane, self._left = page, pane, left
        self._soon = QTimer(self, singleShot=True, interval=_COUNT_AFTER_MS)
        self._soon.timeout.connect(self.count)
        pane.toggled.connect(self._toggle)
        pane.cleared.connect(self._clear)
        pane.opened.connect(self._count)
        pane.arranged.connect(lambda: page.desk.settings.set("tickets.facets", sorted(pane.model.open)))
        pane.left.connect(page.focus_list)
        left.tabs.open(page.desk.settings.get("tickets.left", VIEWS))
        left.tabs.chosen.connect(self._chosen)
        left.shown.connect(self.count_soon)

    @staticmethod
    def make_pane(page: ListPage) -> FacetsPane:
        """Return the pane with those fields open that were so last."""
        found: list[Any] = page.desk.settings.get("tickets.facets", _OPEN)
        return FacetsPane([name for name in found if isinstance(name, str)])

    def focus(self) -> None:
        """Show the facets and give them the keyboard."""
        self._left.show()
        self._left.tabs.open(NARROW)
        self._pane.list.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_views(self) -> None:
        """Show the views and give them the keyboard."""
        self._left.show()
        self._left.tabs.open(VIEWS)
        self._page.pane.list.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def count_soon(self) -> None:
        """Something has changed that may change the numbers."""
        if self._is_shown and not self._soon.isActive():
            self._soon.start()

    def count(self) -> None:
        """Count the values of all fields that are open, after everything that a person waits for."""
        self._soon.stop()
        if self._is_shown:
            for name in sorted(self._pane.model.open):
                self._count(name)

    @property
    def _is_shown(self) -> bool:
        return self._left.isVisible() and self._left.tabs.current == NARROW

    def _chosen(self, key: str) -> None:
        self._page.desk.settings.set("tickets.left", key)
        self.count()

    def _count(self, name: str) -> None:
        page = self._page
        text = page.text

        def counted(facet: Facet) -> None:
            if text == page.text:
                self._pane.put(facet)

        def failed(error: Exception) -> None:
            # A query that cannot be read is told by the rows themselves; the numbers from before stay.
            if not isinstance(error, QueryError | Superseded):
                page.shell.operations.show_error(error)

        future = page.desk.ask(facets.facet, text, name, channel=f"tickets.facet.{name}", background=True)
        page.shell.bridge.then(future, counted, failed, owner=self)

    def _toggle(self, name: str, value: FacetValue) -> None:
        self._write(lambda text: facets.toggled(text, name, value))

    def _clear(self, name: str) -> None:
        self._write(lambda text: facets.cleared(text, name))

    def _write(self, make: Callable[[str], str]) -> None:
        """Narrow by another text at once: the next press goes on from it. Making it takes no reading."""
        page = self._page
        try:
            page.narrow(make(page.text))
        except QueryError as error:
            page.shell.operations.show_error(error)
