"""The line above the list: the name of the view, how many tickets it has, and how they are shown."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from opsdesk.ui.theme import follow, theme
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import ElidedLabel, Label
from opsdesk.ui.widgets.pill import Pill

_NAME_WIDTH = 420
_GROUP = "Group"


class ListHead(QWidget):
    """`keep` saves a changed view; `group`, `columns`, `dense` and `peek` are the buttons at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = ElidedLabel("", "heading")
        self.number = Label("", "body", "quiet")
        self.exercise = Pill("Exercise", "violet")
        self.changed = Label("changed", "body", "quiet")
        self.keep = Button("Save changes", kind="link")
        self.group = Button(_GROUP, "stack-simple", kind="quiet")
        self.columns = Button("Columns", "columns", kind="quiet")
        self.dense = Button("Dense", "rows", kind="quiet")
        self.peek = Button("Preview", "layout", kind="quiet")
        self.name.setMaximumWidth(_NAME_WIDTH)
        self.exercise.setToolTip("All tickets on view are of an exercise or samples, not the real thing")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 4, 0)
        row.setSpacing(8)
        for part in (self.name, self.number, self.exercise, self.changed, self.keep):
            row.addWidget(part)
        row.addStretch(1)
        for button in (self.group, self.columns, self.dense, self.peek):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        self.dense.setCheckable(True)
        self.peek.setCheckable(True)
        self.tell_group("")
        for part in (self.keep, self.changed, self.exercise):
            part.hide()
        follow(self, lambda: self.dense.setChecked(theme.density == "dense"))

    def tell(self, name: str, *, changed: bool, own: bool) -> None:
        """Show the name of the view; a changed one says so, or can be saved when it is the person's own."""
        if self.name.text() != name:
            self.name.setText(name)
        self.keep.setVisible(changed and own)
        self.changed.setVisible(changed and not own)

    def tell_group(self, name: str) -> None:
        """Show by what the rows stand in groups."""
        self.group.setText(f"{_GROUP}: {name.lower()}" if name else _GROUP)
        self.group.setToolTip(f"In groups by {name.lower()}" if name else "Let the rows stand in groups")
        self.group.setAccessibleName(f"Group by: {name or 'nothing'}")

    def tell_number(self, total: int) -> None:
        """Show how many tickets there are."""
        self.number.setText(f"{total:,} ticket{'' if total == 1 else 's'}")
