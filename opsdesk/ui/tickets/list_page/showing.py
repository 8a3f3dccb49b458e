"""How the list is shown beside its query: columns, density and groups; and what of it goes into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QWidget

from opsdesk.services.tickets.lists import GROUPINGS
from opsdesk.ui.tickets.export_panel import ExportPanel
from opsdesk.ui.tickets.table import TICKET_COLUMNS
from opsdesk.ui.tickets.views_pane import View
from opsdesk.ui.widgets.chooser import Chooser
from opsdesk.ui.widgets.pick_list import Pick
from opsdesk.ui.widgets.row_table.chooser import ColumnChooser

if TYPE_CHECKING:
    from opsdesk.ui.tickets.list_page.page import ListPage

_NONE = "none"
_ICONS = {
    "state": "path", "priority": "flag", "assignee": "user", "unit": "users-three", "type": "stack",
    "category": "folders", "place": "map-pin", "due": "timer", "group": "tray", "requester": "user-circle",
    "tags": "tag", "sync": "arrows-down-up", "occurred": "calendar", "created": "calendar-plus",
    "updated": "clock-clockwise",
}  # fmt: skip


class ListShowing(QObject):
    """`group` names what the rows stand in groups by, empty for none. Columns, groups and what is folded are kept with
    each view.
    """

    def __init__(self, page: ListPage) -> None:
        super().__init__(page)
        self._page = page
        self.group = ""
        head, table = page.head, page.table
        table.header.arranged.connect(self._keep_columns)
        table.header.chooser_asked.connect(self._choose_columns)
        table.folded.connect(self._keep_folded)
        head.columns.clicked.connect(self.choose_columns)
        head.dense.clicked.connect(self._set_density)
        head.group.clicked.connect(self.choose_group)

    # -- groups ------------------------------------------------------------------------------------------
    def choose_group(self) -> None:
        """Ask by what the rows are to stand in groups."""
        page = self._page
        items = [Pick(_NONE, "No groups", "", "list")]
        items += [Pick(one.name, one.label, "", _ICONS[one.name]) for one in GROUPINGS.values()]
        chooser = Chooser(
            items, name="Group by", placeholder="Type the name of a field", current=self.group or _NONE, parent=page
        )

        def chosen(value: object) -> None:
            chooser.close_now()
            self.set_group("" if value == _NONE else str(value))
            page.focus_list()

        chooser.chosen.connect(chosen)
        button = page.head.group
        chooser.open(button.mapToGlobal(QPoint(0, button.height())))

    def set_group(self, name: str) -> None:
        """Let the rows stand in groups by a column, in none when it is empty; kept with the view."""
        page = self._page
        self._use_group(name)
        if page.view is not None:
            page.desk.settings.set(f"tickets.group.{page.view.code}", name)
        page.sort(page.order)

    def group_as_kept(self, view: View | None) -> None:
        """Use the groups last used with a view, else those that it was saved with; a query that is no view has none."""
        settings = self._page.desk.settings
        kept = settings.get(f"tickets.group.{view.code}", view.group) if view is not None else ""
        self._use_group(kept if kept in GROUPINGS else "")

    def fold_all(self, folded: bool) -> None:
        """Fold all groups, or open them."""
        self._page.table.fold_all(folded)

    def _use_group(self, name: str) -> None:
        page = self._page
        self.group = name
        page.head.tell_group(GROUPINGS[name].label if name else "")
        found: list[object] = page.desk.settings.get(self._folded_key(), [])
        page.table.rows.folded = {value for value in found if isinstance(value, str)} if name else set()

    def _keep_folded(self) -> None:
        self._page.desk.settings.set(self._folded_key(), sorted(self._page.table.rows.folded))

    def _folded_key(self) -> str:
        view = self._page.view
        return f"tickets.folded.{view.code if view is not None else ''}.{self.group}"

    # -- columns and density -----------------------------------------------------------------------------
    def choose_columns(self) -> None:
        """Open the column chooser."""
        self._choose_columns(_below(self._page.head.columns))

    def _choose_columns(self, corner: QPoint) -> None:
        ColumnChooser(self._page.table.header, self._page).open(corner)

    def _keep_columns(self) -> None:
        page = self._page
        if page.view is not None:
            page.desk.settings.set(f"tickets.columns.{page.view.code}", page.table.header.arrangement.to_save())

    def _set_density(self) -> None:
        page = self._page
        page.shell.preferences.set("look.density", "dense" if page.head.dense.isChecked() else "normal")
        page.focus_list()

    # -- into a file -------------------------------------------------------------------------------------
    def export(self) -> None:
        """Write the marked tickets, else all of the list, to a file."""
        page = self._page
        header, table = page.table.header, page.table
        names = [TICKET_COLUMNS[header.logicalIndex(place)].name for place in range(header.count())]
        shown = [name for name in names if not table.isColumnHidden(table.rows.column_number(name))]
        panel = ExportPanel(
            page.desk, page.shell, page.query, shown, name=page.title, total=table.rows.total,
            marked=table.chosen_keys() if table.marked_count else table.rows.keys.slice(0, -1), parent=page,
        )  # fmt: skip
        panel.closed.connect(page.focus_list)
        panel.open(page.footer.mapToGlobal(QPoint(8, 0)))


def _below(widget: QWidget) -> QPoint:
    return widget.mapToGlobal(QPoint(widget.width(), widget.height()))
