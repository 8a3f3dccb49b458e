"""Tickets that were begun and not finished, offered at the top of a new one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.forms import DraftRow
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.label import ElidedLabel, Label
from opsdesk.ui.widgets.layouts import clear_layout

_SHOWN = 3


class DraftsStrip(QFrame):
    """Signals: `continue_wanted` and `discard_wanted` with a DraftRow."""

    continue_wanted = Signal(object)
    discard_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "sunken")
        self._all = False
        self._drafts: tuple[DraftRow, ...] = ()
        self._title = Label("", "quiet-strong", "quiet")
        self._more = Button("", kind="link")
        self._more.clicked.connect(self._show_all)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._more)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 8, 6)
        column.setSpacing(2)
        column.addLayout(head)
        column.addLayout(self._lines)
        self.hide()

    @property
    def drafts(self) -> tuple[DraftRow, ...]:
        """What is offered."""
        return self._drafts

    def show_drafts(self, drafts: Sequence[DraftRow]) -> None:
        """Offer these, the newest first."""
        self._drafts = tuple(drafts)
        self._rebuild()

    def _show_all(self) -> None:
        self._all = True
        self._rebuild()

    def _rebuild(self) -> None:
        count = len(self._drafts)
        shown = count if self._all else min(count, _SHOWN)
        self._title.setText(f"{count} draft{'s' if count != 1 else ''} not finished")
        self._more.setText(f"Show all {count}")
        self._more.setVisible(shown < count)
        clear_layout(self._lines)
        for draft in self._drafts[:shown]:
            self._lines.addWidget(self._line(draft))
        self.setVisible(count > 0)

    def _line(self, draft: DraftRow) -> QWidget:
        title = str(draft.content.get("title") or draft.content.get("type_name") or "Without a title")
        take = Button("Continue")
        take.setFixedHeight(26)
        take.setAccessibleName(f"Continue {title}")
        take.clicked.connect(lambda: self.continue_wanted.emit(draft))
        drop = IconButton("trash", f"Discard the draft “{title}”", size=26)
        drop.clicked.connect(lambda: self.discard_wanted.emit(draft))
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(ElidedLabel(title, "medium"), 1)
        row.addWidget(Label(times.ago(wall.now() - draft.saved_at), "quiet", "quiet"))
        row.addWidget(take)
        row.addWidget(drop)
        return holder
