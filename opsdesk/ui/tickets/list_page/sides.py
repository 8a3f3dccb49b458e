"""The panes beside the rows: the views at the left, the preview at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget

if TYPE_CHECKING:
    from opsdesk.ui.tickets.list_page.page import ListPage

_VIEWS_WIDTH, _PREVIEW_WIDTH = 180, 248
_LEAST_WITH_VIEWS = 760


class Sides(QSplitter):
    """Views, rows and preview. How wide each is, and whether the preview is shown, is remembered."""

    def __init__(self, page: ListPage, middle: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._page = page
        self._views_wanted = True
        for number, part in enumerate((page.left, middle, page.preview)):
            self.addWidget(part)
            self.setCollapsible(number, False)
            self.setStretchFactor(number, 1 if part is middle else 0)
        self.setHandleWidth(1)
        settings = page.desk.settings
        self.setSizes(settings.get("tickets.panes", [_VIEWS_WIDTH, 2000, _PREVIEW_WIDTH]))
        self.splitterMoved.connect(lambda _at, _handle: settings.set("tickets.panes", self.sizes()))

    def show_preview(self, shown: bool, *, remember: bool = True) -> None:
        """Show or hide the preview."""
        page = self._page
        page.head.peek.setChecked(shown)
        page.preview.setVisible(shown)
        if shown:
            page.preview.show_row(page.table.current_row)
        if remember:
            page.desk.settings.set("tickets.preview", shown)
            page.focus_list()

    def show_as_remembered(self) -> None:
        """Show the preview, unless the person has put it away."""
        self.show_preview(self._page.desk.settings.get("tickets.preview", True), remember=False)

    def toggle_preview(self) -> None:
        """Show the preview, or hide it."""
        self.show_preview(not self._page.preview.isVisible())

    def toggle(self) -> None:
        """Hide the views and the preview, or bring them back (F11)."""
        self._views_wanted = not self._views_wanted
        self.fit()
        if self._views_wanted:
            self.show_as_remembered()
        else:
            self.show_preview(False, remember=False)
        self._page.focus_list()

    def fit(self) -> None:
        """The views give way where the rows would have no room, as beside the pane for a new ticket."""
        self._page.left.setVisible(self._views_wanted and self._page.width() >= _LEAST_WITH_VIEWS)
