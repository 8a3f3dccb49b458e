"""Below the conflicts: the keys or how far one is, what becomes of the choice, and saving."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import ElidedLabel, KeyCap, Label
from opsdesk.ui.widgets.layouts import clear_layout

if TYPE_CHECKING:
    from opsdesk.ui.widgets.conflict_panel.field import FieldPanel

_WIDE = 880
_DIGITS = 5
"""Keys of versions that are shown at most; the boxes show each its own."""


class SettleFoot(QFrame):
    """Signals: `save_wanted`, `give_wanted`."""

    save_wanted = Signal()
    give_wanted = Signal()

    def __init__(self, *, in_place: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self._wide_only: list[QWidget] = []
        self._take: QWidget | None = None
        self._result: QWidget | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 12, 24, 12)
        row.setSpacing(6)
        self._bar, self._count = _Progress(), Label("", "strong")
        self.words = ElidedLabel("", "body", "quiet")
        self.words.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
        self.save = Button("Save and share" if in_place else "Save", kind="primary", key="Ctrl+S")
        self.save.clicked.connect(lambda: self.save_wanted.emit())
        if in_place:
            row.addWidget(self._bar)
            row.addSpacing(6)
            row.addWidget(self._count)
            row.addSpacing(10)
            self.words.setAlignment(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
            row.addWidget(self.words, 1)
            give = Button("Give to someone", key="G")
            give.clicked.connect(lambda: self.give_wanted.emit())
            row.addWidget(give)
        else:
            for widget in (self._bar, self._count):
                widget.hide()
            self._add_keys(row)
            row.addWidget(self.words, 1)
            row.addSpacing(8)
        row.addWidget(self.save)

    def _add_keys(self, row: QHBoxLayout) -> None:
        self._take, self._result = QWidget(), QWidget()
        for box in (self._take, self._result):
            inner = QHBoxLayout(box)
            inner.setContentsMargins(0, 0, 0, 0)
            inner.setSpacing(6)
        row.addWidget(_hint(("↑", "↓"), "field"))
        row.addWidget(self._take)
        row.addWidget(self._result)
        row.addWidget(_hint(("U",), "undo"))
        row.addWidget(_hint(("N",), "next"))
        self._wide_only.append(_hint(("?",), "all keys"))
        row.addWidget(self._wide_only[-1])

    def show_field(self, field: FieldPanel | None) -> None:
        """Show the keys of the field that they act on now: its versions, and what the key after them stands for."""
        if self._take is None or self._result is None:
            return
        count = len(field.cells) if field is not None else 0
        digits = tuple(str(number) for number in range(1, min(count, _DIGITS) + 1))
        result = field.result if field is not None else None
        for box, keys, words in (
            (self._take, digits, "take"), (self._result, (str(count + 1),), result.word if result is not None else "")
        ):  # fmt: skip
            layout = box.layout()
            assert layout is not None
            if box.accessibleName() == f"{keys} {words}":
                continue
            clear_layout(layout)
            layout.addWidget(_hint(keys, words))
            box.setAccessibleName(f"{keys} {words}")
            box.setVisible(bool(keys and words))

    def show_progress(self, chosen: int, total: int, words: str) -> None:
        """Show how many fields have a choice, and what becomes of it."""
        self._bar.set(chosen / total if total else 0.0)
        self._count.setText(f"{chosen} of {total} chosen")
        self.words.setText(words)
        self.save.setEnabled(chosen > 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for part in self._wide_only:
            part.setVisible(self.width() >= _WIDE)


def _hint(keys: Sequence[str], words: str) -> QWidget:
    """Keys and what they do."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 8, 0)
    row.setSpacing(6)
    for key in keys:
        row.addWidget(KeyCap(key))
    row.addWidget(Label(words, "quiet", "quiet"))
    return box


class _Progress(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self.setFixedSize(96, 6)

    def set(self, share: float) -> None:
        self._share = share
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("line"))
        painter.drawRoundedRect(QRectF(self.rect()), 3, 3)
        if self._share:
            painter.setBrush(theme.color("good.mark"))
            painter.drawRoundedRect(QRectF(0, 0, self.width() * self._share, self.height()), 3, 3)
