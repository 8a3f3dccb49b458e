"""The row of buttons that put Markdown marks into the text."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from opsdesk.ui.widgets.button import IconButton

_MARKS = (
    ("text-bolder", "Bold", "**", "**"),
    ("text-italic", "Italic", "*", "*"),
    ("list-bullets", "List", "\n- ", ""),
    ("code", "Code", "`", "`"),
)


class Marks(QWidget):
    """Signals: `wanted` with what goes before and behind the selected words."""

    wanted = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for name, title, before, after in _MARKS:
            mark = IconButton(name, title, size=30)
            mark.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            mark.clicked.connect(lambda _checked=False, pair=(before, after): self.wanted.emit(*pair))
            row.addWidget(mark)
