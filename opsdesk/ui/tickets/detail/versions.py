"""The edits of a comment below it: who, when, and what went and came, struck through and underlined."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.tickets import VersionRow
from opsdesk.ui.theme import follow, theme
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.markdown_view import PlainView


class Versions(QFrame):
    """Shows what was edited, newest first."""

    def __init__(self, rows: Sequence[VersionRow], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "sunken")
        self.setAccessibleName("Edits")
        self._texts: list[tuple[VersionRow, PlainView]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(4)
        if not rows:
            column.addWidget(Label("What it said before is not on this station.", "quiet", "quiet"))
        for row in rows:
            column.addWidget(Label(f"{row.actor} changed it, {times.dtg(row.at)}", "quiet-strong", "quiet"))
            view = PlainView()
            view.setAccessibleName("; ".join(f"{span.kind}: {span.text.strip()}" for span in row.spans))
            self._texts.append((row, view))
            column.addWidget(view)
        follow(self, self._write)

    def _write(self) -> None:
        for row, view in self._texts:
            view.show_html("".join(_span(span.kind, span.text) for span in row.spans))


def _span(kind: str, text: str) -> str:
    said = escape(text).replace("\n", "<br>")
    if kind == "same":
        return said
    tone = theme.tone("danger" if kind == "removed" else "good")
    mark = "line-through" if kind == "removed" else "underline"
    return f'<span style="text-decoration: {mark}; color: {tone.on_soft}; background-color: {tone.soft}">{said}</span>'
