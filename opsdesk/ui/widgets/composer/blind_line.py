"""The line that says who is mentioned and cannot read the ticket, with the way to give access."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from opsdesk.services import mentions
from opsdesk.services.mentions import Blind
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import ElidedLabel
from opsdesk.ui.widgets.mark import IconMark


class BlindLine(QWidget):
    """Hidden while everybody mentioned can read it. Signals: `wanted` with the person who is to be given access,
    `asked` with a text in which others are mentioned than before."""

    wanted = Signal(object)
    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._found: tuple[Blind, ...] = ()
        self._targets: frozenset[str] = frozenset()
        self._words = ElidedLabel("", "quiet-medium", "warn.text")
        self._give = Button("Add as watcher", "eye")
        self._give.clicked.connect(self._asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(IconMark("warning", "warn.mark", 16))
        row.addWidget(self._words, 1)
        row.addWidget(self._give)
        self.hide()

    @property
    def words(self) -> str:
        """What is said; empty while it is hidden."""
        return self._words.text() if not self.isHidden() else ""

    def look(self, text: str, *, again: bool = False) -> None:
        """See whom a text mentions, and ask who of them cannot read it if they are others, or `again`."""
        targets = frozenset(one.target for one in mentions.mentions(text))
        if targets == self._targets and not (again and targets):
            return
        self._targets = targets
        if targets:
            self.asked.emit(text)
        else:
            self.show_blind(())

    def show_blind(self, found: Sequence[Blind]) -> None:
        """Say it of the first of these, and how many more there are."""
        self._found = tuple(found)
        if found:
            more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
            self._words.setText(f"{found[0].why}.{more}")
            self._words.setToolTip("\n".join(one.why for one in found))
            self._give.setVisible(found[0].person is not None)
        self.setVisible(bool(found))

    def _asked(self) -> None:
        if self._found and self._found[0].person is not None:
            self.wanted.emit(self._found[0].person)
