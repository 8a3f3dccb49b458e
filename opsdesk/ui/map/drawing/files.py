"""The panel that brings drawings in from a GeoJSON file, or takes drawings or the map's tickets out to one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from opsdesk.services import times
from opsdesk.services.drawings import files
from opsdesk.ui.folders import documents
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Segmented
from opsdesk.ui.widgets.file_panel import FilePanel, Progress
from opsdesk.ui.widgets.label import Label

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell


class DrawingsFilePanel(FilePanel):
    """Floats over the map. `way` is `import` or `export`."""

    def __init__(self, desk: Desk, shell: Shell, way: str, query: str, *, parent: QWidget) -> None:
        self._incoming = way == "import"
        name = "Import drawings" if self._incoming else "Export from the map"
        super().__init__(
            shell.bridge, shell.operations.show_error, name, "Import" if self._incoming else "Export", parent=parent
        )
        self._desk, self._shell, self._query, self._host = desk, shell, query, parent
        self.which = Segmented([("drawings", "All drawings"), ("tickets", "Tickets of the query")], "drawings", "What")
        self.which.setVisible(not self._incoming)
        self.path.setPlaceholderText("areas.geojson")
        words = "Points, lines and areas of a GeoJSON file become drawings; what is here already is not made twice."
        told = Label(words if self._incoming else "GeoJSON, in WGS 84.", "quiet", "quiet", wrap=True)
        self._lay_out(name, told, self.which, width=440)
        if not self._incoming:
            folder = desk.settings.get("map.folder", "") or documents()
            self.path.setText(str(Path(folder) / f"drawings {times.dtg(wall.now())}.geojson"))

    def open(self) -> None:
        """Show the panel over the middle of the page."""
        self._settle()
        self.show()
        self.raise_()
        self.path.setFocus(Qt.FocusReason.PopupFocusReason)

    def _start(self, path: Path, progress: Progress, cancelled: Callable[[], bool]) -> Future[files.Done]:
        what = "import" if self._incoming else str(self.which.value)
        return files.run(self._desk, what, path, self._query, progress, cancelled)

    def _finished(self, path: Path, result: files.Done) -> None:
        self._desk.settings.set("map.folder", str(path.parent))
        if result.outcome is not None:
            self._shell.operations.tell_done(result.outcome)
        if result.left:
            self._say(result.words, "warn")
            self.stop.setText("Close")
            return
        if result.outcome is None:
            self._shell.toasts.show_toast(result.words)
        self.leave()

    def _ask_path(self) -> str:
        if not self._incoming:
            return super()._ask_path()
        folder = self.path.text() or documents()
        return QFileDialog.getOpenFileName(self, self.accessibleName(), folder, self._kinds())[0]

    def _kinds(self) -> str:
        return "GeoJSON (*.geojson *.json)"

    def _settle(self) -> None:
        self._fit_height()
        corner = self._host.mapTo(self.window(), self._host.rect().topLeft())
        x = corner.x() + max(8, (self._host.width() - self.width()) // 2)
        self.move(x, corner.y() + max(8, (self._host.height() - self.height()) // 3))
