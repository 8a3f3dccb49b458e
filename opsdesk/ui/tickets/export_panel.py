"""The panel that exports the list: which tickets, as what, into which file; then how far it is."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from opsdesk.services import exporting, times
from opsdesk.services.tickets import lists
from opsdesk.ui.folders import documents
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Segmented
from opsdesk.ui.widgets.file_panel import FilePanel, Progress
from opsdesk.ui.widgets.label import Label

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_FOLDER = "tickets.export.folder"
_FORMAT = "tickets.export.format"
_ANSWERS = "tickets.export.answers"


class ExportPanel(FilePanel):
    """Floats over the window, at the lower edge of the list."""

    quiet_errors = (exporting.ExportCancelled,)

    def __init__(
        self,
        desk: Desk,
        shell: Shell,
        query: lists.ListQuery,
        columns: list[str],
        *,
        name: str,
        total: int,
        marked: lists.Keys,
        parent: QWidget,
    ) -> None:
        super().__init__(shell.bridge, shell.operations.show_error, "Export", "Export", parent=parent)
        self._desk, self._shell, self._query, self._columns = desk, shell, query, columns
        self._marked = marked
        self.which = Segmented(
            [("marked", f"{len(marked):,} marked"), ("all", f"All {total:,}")],
            "marked" if len(marked) else "all",
            "Tickets",
        )
        self.which.setVisible(bool(len(marked)))
        endings = [(ending, ending[1:].upper()) for ending in exporting.FORMATS]
        self.format = Segmented(endings, desk.settings.get(_FORMAT, ".csv"), "Format")
        self.hint = Label("", "quiet", "quiet")
        self.answers = QCheckBox("With a column for each question of the forms")
        self.answers.setChecked(desk.settings.get(_ANSWERS, False))
        self.answers.setToolTip("Only answers that the tickets show; what a form does not ask is left out")
        choices = QHBoxLayout()
        choices.setSpacing(8)
        choices.addWidget(self.which)
        choices.addWidget(self.format)
        choices.addStretch(1)
        count = len(marked) or total
        title = f"Export {count:,} ticket{'' if count == 1 else 's'}"
        self._lay_out(title, choices, self.hint, self.answers, width=420)
        self.format.chosen.connect(self._format_chosen)
        self.path.textEdited.connect(lambda _text: self._tell())
        folder = desk.settings.get(_FOLDER, "") or documents()
        stem = f"{_file_name(name)} {times.dtg(wall.now())}"
        self.path.setText(str(Path(folder) / f"{stem}{self.format.value}"))
        self._tell()

    def open(self, corner: QPoint) -> None:
        """Show the panel with its bottom left corner at a global point, within the window."""
        window = self.window()
        self._fit_height()
        at = window.mapFromGlobal(corner)
        x = min(max(8, at.x()), window.width() - self.width() - 8)
        self.move(x, max(8, min(at.y(), window.height() - 40) - self.height()))
        self.show()
        self.raise_()
        self.go.setFocus(Qt.FocusReason.PopupFocusReason)

    def _start(self, path: Path, progress: Progress, cancelled: Callable[[], bool]) -> Future[int]:
        only = self._marked if self.which.value == "marked" and len(self._marked) else None
        return exporting.export(
            self._desk, self._query, self._columns, path, progress, cancelled, only=only,
            answers=self.answers.isChecked(),
        )  # fmt: skip

    def _finished(self, path: Path, result: int) -> None:
        self._desk.settings.set(_FOLDER, str(path.parent))
        self._desk.settings.set(_FORMAT, path.suffix.lower())
        self._desk.settings.set(_ANSWERS, self.answers.isChecked())
        self._shell.toasts.show_toast(f"Exported {result:,} ticket{'' if result == 1 else 's'} to {path.name}")
        self.leave()

    def _kinds(self) -> str:
        return ";;".join(f"{words} (*{ending})" for ending, words in exporting.FORMATS.items())

    def _format_chosen(self, ending: object) -> None:
        self.path.setText(str(Path(self.path.text()).with_suffix(str(ending))))
        self._tell()

    def _tell(self) -> None:
        path = self._path()
        self.hint.setText(exporting.FORMATS.get(path.suffix.lower(), "Choose CSV, XLSX, JSON or GeoJSON"))
        self.answers.setVisible(path.suffix.lower() in exporting.ANSWERED)
        self._say("", "warn")
        if not path.name:
            return

        def answered(there: bool) -> None:
            if there and not self._running and path == self._path():
                self._say("A file of this name is there; it will be replaced.", "warn")

        # A path may lead to a share that does not answer.
        future = self._desk.ask(lambda _reader: path.is_file(), channel="tickets.export.there")
        self._shell.bridge.then(future, answered, owner=self)

    def _path(self) -> Path:
        return Path(self.path.text().strip()).expanduser()

    def _settle(self) -> None:
        bottom = self.geometry().bottom()
        self._fit_height()
        if self.isVisible():
            self.move(self.x(), bottom - self.height() + 1)


def _file_name(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in " -_" else " " for sign in name).strip() or "tickets"
