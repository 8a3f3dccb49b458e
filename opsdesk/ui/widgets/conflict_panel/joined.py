"""What came together without help, in the columns of the versions or as small notes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services.conflicts import JoinedField
from opsdesk.ui.widgets.conflict_panel.field import COLUMNS, LABEL_WIDTH
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.mark import IconMark


class JoinedFields(QWidget):
    """One row or note for each field that came together."""

    def __init__(self, joined: Sequence[JoinedField], *, in_place: bool) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0 if in_place else 12, 4, 0 if in_place else 12, 0)
        column.setSpacing(8)
        count = len(joined)
        words = (
            "Joined without help" if in_place else f"{count} {'field' if count == 1 else 'fields'} joined without help"
        )
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(Label(words, "quiet-strong", "quiet"))
        head.addWidget(rule(), 1)
        column.addLayout(head)
        grid = QGridLayout()
        grid.setSpacing(8)
        column.addLayout(grid)
        if in_place:
            self._notes(grid, joined)
        else:
            self._columns(grid, joined)

    def _notes(self, grid: QGridLayout, joined: Sequence[JoinedField]) -> None:
        for number, one in enumerate(joined):
            value = one.theirs if one.theirs_changed else one.mine
            words = f"{one.label}: {value or 'none'}, from {one.who or 'somebody'}"
            box = _box(value or "none", True, words, before=one.label, after=f"from {one.who}" if one.who else "")
            grid.addWidget(box, number // COLUMNS, number % COLUMNS)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)

    def _columns(self, grid: QGridLayout, joined: Sequence[JoinedField]) -> None:
        for row, one in enumerate(joined):
            name = Label(one.label, "strong", wrap=True)
            name.setFixedWidth(LABEL_WIDTH)
            grid.addWidget(name, row, 0)
            parts = ((one.base, False), (one.mine, one.mine_changed), (one.theirs, one.theirs_changed))
            for column, ((text, changed), side) in enumerate(zip(parts, ("base", "mine", "theirs"), strict=True)):
                said = f"{one.label}, {side}: {text or 'none'}{', changed' if changed else ''}"
                grid.addWidget(_box(text or "none", changed, said), row, column + 1)
        for column in range(COLUMNS):
            grid.setColumnStretch(column + 1, 1)


def _box(text: str, changed: bool, said: str, *, before: str = "", after: str = "") -> QFrame:
    box = QFrame()
    box.setProperty("surface", "card" if changed and not before else "sunken")
    box.setAccessibleName(said)
    row = QHBoxLayout(box)
    row.setContentsMargins(12, 5, 12, 5)
    row.setSpacing(8)
    if before:
        row.addWidget(IconMark("check-bold", "good.text", 12))
        row.addWidget(Label(before, "body", "quiet"))
    row.addWidget(ElidedLabel(text, "medium" if changed else "body", "text" if changed else "quiet"), 1)
    if after:
        row.addWidget(ElidedLabel(after, "quiet", "quiet"), 0, Qt.AlignmentFlag.AlignRight)
    if changed and not before:
        row.addWidget(IconMark("check-bold", "good.text", 12))
    return box
