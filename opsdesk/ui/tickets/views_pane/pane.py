"""The pane of views at the left: built-in and own ones with icons and counters; own ones can be renamed and ordered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPoint, QRect, Signal
from PySide6.QtWidgets import QListWidgetItem, QVBoxLayout, QWidget

from opsdesk.ui.menus import passing_menu
from opsdesk.ui.resources import icon
from opsdesk.ui.tickets.views_pane.listing import ViewsList
from opsdesk.ui.tickets.views_pane.view import Counter, View
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.button import IconButton

OWN = "Own views"


class ViewsPane(QWidget):
    """Signals: `chosen` with a view, `save_asked`, `rename_asked` with a view and its new name, `delete_asked` with a
    view, `order_asked` with the own views in their new order, `left` when the keyboard goes on to the list.
    """

    chosen = Signal(object)
    save_asked = Signal()
    rename_asked = Signal(object, str)
    delete_asked = Signal(object)
    share_asked = Signal(object)
    order_asked = Signal(list)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counters: dict[str, Counter] = {}
        self._current = ""
        self.list = ViewsList(self.counter)
        self._plus = IconButton("plus", "Save this query as a view", size=24, parent=self.list.viewport())
        self._plus.clicked.connect(self.save_asked)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 8)
        column.addWidget(self.list)
        self.list.itemClicked.connect(self._clicked)
        self.list.renamed.connect(self.rename_asked)
        self.list.reordered.connect(self._reordered)
        self.list.menu_asked.connect(self._menu)
        self.list.entered_key.connect(self._enter)
        self.list.left.connect(self.left)
        self.list.delete_asked.connect(self.delete_asked)
        self.list.verticalScrollBar().valueChanged.connect(lambda _value: self._place_plus())
        ticker.minute.connect(self.list.viewport().update)

    def show_views(self, views: Sequence[View]) -> None:
        """Show these views in their sections; own ones have a section, with the plus, even while there are none."""
        self.list.clear()
        self.list.own_heading = None
        has_own = any(view.mine for view in views)
        section = views[0].section if views else ""
        if views:
            self.list.add_heading(section)
        for view in views:
            if view.section != section:
                if not has_own and self.list.own_heading is None:
                    self.list.add_heading(OWN, own=True)
                section = view.section
                self.list.add_heading(section, own=view.mine)
            self.list.add_view(view)
            self._counters.setdefault(view.code, Counter())
        self.set_current(self._current)
        self._place_plus()

    @property
    def views(self) -> list[View]:
        """The views in the order shown."""
        found = [self.list.view_of(self.list.item(n)) for n in range(self.list.count())]
        return [view for view in found if view is not None]

    def set_current(self, code: str) -> None:
        """Mark the view that the list shows; none for a query that is no view."""
        self._current = code
        self.list.current_code = code
        self.list.viewport().update()

    def set_count(self, code: str, number: int) -> None:
        """Show how many tickets a view has now."""
        counter = self._counters.setdefault(code, Counter())
        counter.number, counter.at, counter.problem = number, wall.now(), ""
        self.list.viewport().update()

    def set_problem(self, code: str, words: str) -> None:
        """Show that a view could not be counted, and why."""
        counter = self._counters.setdefault(code, Counter())
        counter.number, counter.problem = None, words
        self.list.viewport().update()

    def counter(self, code: str) -> Counter:
        """Return the counter of a view."""
        return self._counters.setdefault(code, Counter())

    def rename(self, view: View) -> None:
        """Open the editor of a view's name."""
        self.list.edit_view(view.code)

    def _clicked(self, item: QListWidgetItem) -> None:
        view = self.list.view_of(item)
        if view is not None:
            self.chosen.emit(view)

    def _enter(self) -> None:
        view = self.list.view_of(self.list.currentItem())
        if view is not None:
            self.chosen.emit(view)
            self.left.emit()

    def _reordered(self) -> None:
        self.order_asked.emit([view for view in self.views if view.mine])

    def _menu(self, view: View, at: QPoint) -> None:
        menu = passing_menu(self)
        menu.addAction(icon("pencil-simple"), "Rename\tF2").triggered.connect(lambda: self.rename(view))
        words = "Share no longer" if view.shared else "Share with the unit"
        menu.addAction(icon("users-three"), words).triggered.connect(lambda: self.share_asked.emit(view))
        menu.addAction(icon("trash"), "Delete\tDel").triggered.connect(lambda: self.delete_asked.emit(view))
        menu.popup(at)

    def _place_plus(self) -> None:
        item = self.list.own_heading
        rect = self.list.visualItemRect(item) if item is not None else QRect()
        self._plus.setVisible(item is not None)
        self._plus.move(rect.right() - 25, rect.bottom() - 28)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._place_plus()
