"""The views of the ticket list: loads and counts them, saves, renames, orders and deletes a person's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QTimer

from opsdesk.services import views
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.tickets import lists
from opsdesk.ui.tickets.views_pane import View
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.chooser import Chooser
from opsdesk.ui.widgets.pick_list import Pick

if TYPE_CHECKING:
    from opsdesk.ui.tickets.list_page.page import ListPage

_COUNT_AFTER_MS = 1200
_UPDATE = "update"
_FIRST = "open"
"""The view that a new folder opens on."""


class ListViews(QObject):
    """The controller between the pane, the page and the services."""

    def __init__(self, page: ListPage) -> None:
        super().__init__(page)
        self._page, self._pane = page, page.pane
        self._wanted: bytes | str = ""
        self._first = True
        self._recount = QTimer(self, singleShot=True, interval=_COUNT_AFTER_MS)
        self._recount.timeout.connect(self.count)
        pane = self._pane
        pane.chosen.connect(page.show_view)
        pane.left.connect(page.focus_list)
        pane.save_asked.connect(self.save)
        pane.rename_asked.connect(self._rename)
        pane.delete_asked.connect(self._delete)
        pane.order_asked.connect(self._reorder)
        pane.share_asked.connect(self._share)
        ticker.minute.connect(self.count)

    def begin(self) -> None:
        """Load the views and show the one that was shown last."""
        self._wanted = self._page.desk.settings.get("tickets.view", _FIRST)
        self._load()

    def changed(self, changes: Changes) -> None:
        """Something has changed: load the views anew, or count them soon."""
        if changes.views or changes.everything:
            self._load()
        elif changes.tickets and not self._recount.isActive():
            self._recount.start()

    def count(self) -> None:
        """Count the tickets of each view, after everything that a person waits for."""
        if not self._page.isVisible():
            return
        for view in self._pane.views:
            self._count(view)

    def save(self) -> None:
        """Ask for a name and save the query, its columns and its order as a view; or update the view that is shown."""
        page = self._page
        view = page.view
        items = []
        if view is not None and view.mine and view.query != page.text:
            items.append(Pick(_UPDATE, f"Update “{view.name}”", "", "floppy-disk"))
        chooser = Chooser(
            items, name="Save as a view", placeholder="Name of the new view", parent=page,
            new=lambda text: Pick((text,), f"Save as “{text}”", "", "bookmark-simple"),
        )  # fmt: skip

        def chosen(value: object) -> None:
            chooser.close_now()
            if value == _UPDATE:
                self.update()
            elif isinstance(value, tuple):
                self._save(None, str(value[0]))

        chooser.chosen.connect(chosen)
        bar = page.bar
        chooser.open(bar.mapToGlobal(QPoint(bar.width() - 290, 40)))

    def update(self) -> None:
        """Save the query, the columns and the order into the own view that is shown."""
        view = self._page.view
        if view is not None and view.mine:
            self._save(view, view.name)

    def _save(self, view: View | None, name: str) -> None:
        page = self._page
        arrangement = page.table.header.arrangement
        shown = [
            (column, arrangement.widths[column]) for column in arrangement.order if column not in arrangement.hidden
        ]

        def saved(outcome: Outcome) -> None:
            if view is None and isinstance(outcome.value, bytes):
                self._wanted = outcome.value
                self._load()

        page.shell.operations.run(
            views.save, id=view.id if view else None, name=name, query=page.text, columns=tuple(shown),
            order=tuple(page.table.rows.order), group=page.showing.group, said=f"Saved the view {name}",
            ok=saved, owner=page,
        )  # fmt: skip

    def _rename(self, view: View, name: str) -> None:
        assert view.id is not None
        self._page.shell.operations.run(views.rename, view.id, name, said=f"The view is now called {name}")

    def _delete(self, view: View) -> None:
        assert view.id is not None
        self._page.shell.operations.run(views.delete, view.id, said=f"Deleted the view {view.name}")

    def share(self) -> None:
        """Share the own view that is shown with the unit, or no longer."""
        view = self._page.view
        if view is not None and view.mine:
            self._share(view)
        else:
            self._page.shell.toasts.show_toast("Only an own view can be shared. Save this one under a name first.")

    def _share(self, view: View) -> None:
        assert view.id is not None
        shown = self._page.view is not None and self._page.view.code == view.code
        said = f"{view.name} is your own again" if view.shared else f"All of your unit see {view.name}"

        def done(outcome: Outcome) -> None:
            if shown and isinstance(outcome.value, bytes):
                self._wanted = outcome.value
                self._load()

        self._page.shell.operations.run(
            views.share, view.id, on=not view.shared, said=said, ok=done, owner=self._page
        )  # fmt: skip

    def _reorder(self, order: list[View]) -> None:
        ids = [view.id for view in order if view.id is not None]
        self._page.shell.operations.run(views.reorder, ids, said="Views reordered")

    def _load(self) -> None:
        page = self._page
        future = page.desk.ask(views.views, channel="tickets.views")
        page.shell.bridge.then(future, self._loaded, page.shell.operations.show_error, owner=self)

    def _loaded(self, found: tuple[View, ...]) -> None:
        page = self._page
        self._pane.show_views(found)
        shown = page.view
        wanted = next((view for view in found if self._wanted in (view.id, view.code)), None)
        same = next((view for view in found if shown is not None and view.code == shown.code), None)
        if self._first:
            self._first = False
            if page.table.rows.query is None:  # else somebody has asked for a query already
                page.show_view(wanted or found[0])
        elif self._wanted and wanted is not None:
            page.show_view(wanted)
        elif shown is not None:
            # A view that is gone gives way to the first.
            page.view_renamed(same) if same is not None else page.show_view(found[0])
        self._wanted = ""
        self.count()

    def _count(self, view: View) -> None:
        page = self._page
        future = page.desk.ask(
            lists.count, lists.ListQuery(view.query), channel=f"tickets.view.{view.code}", background=True
        )
        page.shell.bridge.then(
            future,
            lambda number: self._pane.set_count(view.code, number),
            lambda error: self._pane.set_problem(view.code, str(error)),
            owner=self,
        )
