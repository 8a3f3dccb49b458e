"""The card that says what became of a file's rows: the counts, the reasons, and where to go from there."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services.importing.run import Report
from opsdesk.ui.importing.parts import card
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.layouts import clear_layout

_REASONS = 6
UNDO_LIMIT = 20_000
"""Tickets that one undo takes back without holding the desk for long."""


class ResultCard(QFrame):
    """Shows a Report. Signals: `show_asked`, `undo_asked`, `import_asked` (after a dry run), `other_asked`."""

    show_asked = Signal()
    undo_asked = Signal()
    import_asked = Signal()
    other_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)

    def show_report(self, report: Report, *, dry: bool, name: str) -> None:
        """Show what became of the rows of the file called `name`."""
        clear_layout(self._outer)
        detail = (
            "Nothing was written."
            if dry
            else "It can go on: what is here is not imported twice."
            if report.cancelled
            else ""
        )
        frame, body, _ = card(_heading(report, dry, name), detail)
        figures = QHBoxLayout()
        figures.setSpacing(40)
        word = "would be imported" if dry else "imported"
        for count, text, tone in (
            (report.imported, word, "good" if report.imported else "quiet"),
            (report.duplicates, "here already", "quiet"),
            (report.rejected, "rejected", "danger" if report.rejected else "quiet"),
            (report.read, "rows read", "quiet"),
        ):
            figures.addWidget(_Figure(count, text, tone))
        figures.addStretch(1)
        body.addLayout(figures)
        if report.reasons:
            body.addWidget(rule())
            body.addWidget(Label("Why rows were rejected", "medium"))
            for reason in report.reasons[:_REASONS]:
                body.addWidget(_reason(f"{reason.count:,}", f"{reason.text}, first in row {reason.first_row}"))
            if len(report.reasons) > _REASONS:
                body.addWidget(Label(f"and {len(report.reasons) - _REASONS} other reasons", "quiet", "quiet"))
        if report.rejects is not None:
            where = ElidedLabel(
                f"The rejected rows are in {report.rejects}, to be mended and imported.", "quiet", "quiet"
            )
            where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            body.addWidget(where)
        body.addLayout(self._buttons(report, dry))
        self._outer.addWidget(frame)

    def _buttons(self, report: Report, dry: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        if dry and report.imported:
            self._button(row, f"Import {report.imported:,} rows", "download-simple", self.import_asked, kind="primary")
        elif report.imported:
            self._button(row, "Show the tickets", "ticket", self.show_asked, kind="primary")
        if report.rejects is not None:
            folder = Button("Open the rejected rows", "file-x")
            rejects = report.rejects
            folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(rejects))))
            row.addWidget(folder)
        if report.act is not None and report.imported <= UNDO_LIMIT:
            self._button(row, "Undo the import", "arrow-counter-clockwise", self.undo_asked)
        self._button(row, "Another file…", "file-plus", self.other_asked)
        row.addStretch(1)
        return row

    @staticmethod
    def _button(row: QHBoxLayout, text: str, icon: str, asked: object, *, kind: str = "plain") -> None:
        button = Button(text, icon, kind=kind)
        button.clicked.connect(asked)
        row.addWidget(button)


def _heading(report: Report, dry: bool, name: str) -> str:
    if dry:
        return f"Dry run of {name}"
    return f"The import of {name} was stopped" if report.cancelled else f"{name} is imported"


def _reason(count: str, text: str) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(12)
    number = Label(count, "medium", "danger")
    number.setMinimumWidth(48)
    number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(number)
    row.addWidget(ElidedLabel(text), 1)
    return holder


class _Figure(QWidget):
    def __init__(self, count: int, text: str, tone: str) -> None:
        super().__init__()
        self.setAccessibleName(f"{count:,} {text}")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Label(f"{count:,}", "figure#", tone))
        column.addWidget(Label(text, "quiet", "quiet"))

    def sizeHint(self) -> QSize:
        return super().sizeHint().expandedTo(QSize(96, 0))
