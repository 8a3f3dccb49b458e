"""Below the conflicts: the keys or how far one is, what becomes of the choice, and saving."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import ElidedLabel, KeyCap, Label

_WIDE = 860
_KEYS = (
    (("↑", "↓"), "field", False), (("1", "2", "3"), "take", False), (("4",), "both", False), (("U",), "undo", False),
    (("N",), "next conflict", True), (("?",), "all keys", True),
)  # fmt: skip


class SettleFoot(QFrame):
    """Signals: `save_wanted`, `give_wanted`."""

    save_wanted = Signal()
    give_wanted = Signal()

    def __init__(self, *, in_place: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self._wide_only: list[QWidget] = []
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
        for keys, words, wide in _KEYS:
            parts: list[QWidget] = [*(KeyCap(key) for key in keys), Label(words, "quiet", "quiet")]
            for part in parts:
                row.addWidget(part)
            gap = QWidget()
            gap.setFixedWidth(8)
            row.addWidget(gap)
            if wide:
                self._wide_only += [*parts, gap]

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
