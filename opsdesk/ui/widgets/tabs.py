"""Tabs with counts: a word, a number in a small pill, a line under the one that is open."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button, paint_focus_ring

_HEIGHT = 38


class CountTabs(QWidget):
    """A row of tabs. Signals: `chosen` with the key of the tab that a person opened. Arrow keys go along."""

    chosen = Signal(str)

    def __init__(self, tabs: Sequence[tuple[str, str]], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._keys = [key for key, _ in tabs]
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(28)
        for number, (_, label) in enumerate(tabs):
            tab = _Tab(label)
            self._group.addButton(tab, number)
            row.addWidget(tab)
        row.addStretch(1)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._group.button(0).setChecked(True)
        self._group.idToggled.connect(lambda number, on: self.chosen.emit(self._keys[number]) if on else None)

    @property
    def current(self) -> str:
        """The key of the open tab."""
        return self._keys[self._group.checkedId()]

    def open(self, key: str) -> None:
        """Open a tab; `chosen` tells it as if a person did."""
        self._group.button(self._keys.index(key)).setChecked(True)

    def set_count(self, key: str, count: int | None, tone: str = "") -> None:
        """Show a number beside a tab, in a tone where it asks for something; None or 0 shows none."""
        tab = self._group.button(self._keys.index(key))
        assert isinstance(tab, _Tab)
        tab.set_count(count or 0, tone)


class _Tab(Button):
    HEIGHT = _HEIGHT

    def __init__(self, label: str) -> None:
        self._count, self._tone = 0, ""
        super().__init__(label)
        self.setFont(theme.font("strong"))
        self.setCheckable(True)

    def set_count(self, count: int, tone: str) -> None:
        self._count, self._tone = count, tone
        self.setAccessibleName(f"{self.text()}, {count}" if count else self.text())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = QFontMetrics(self.font()).horizontalAdvance(self.text())
        return QSize(width + (8 + self._pill_width() if self._count else 0) + 2, _HEIGHT)

    def _pill_width(self) -> int:
        return max(20, QFontMetrics(theme.font("small-strong")).horizontalAdvance(f"{self._count:,}") + 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        painter.setFont(self.font())
        painter.setPen(theme.color("link" if on else "text" if self.underMouse() else "quiet"))
        width = QFontMetrics(self.font()).horizontalAdvance(self.text())
        painter.drawText(QRectF(0, 0, width + 2, _HEIGHT - 3), Qt.AlignmentFlag.AlignVCenter, self.text())
        if self._count:
            pill = QRectF(width + 8, (_HEIGHT - 3 - 18) / 2, self._pill_width(), 18)
            painter.setPen(Qt.PenStyle.NoPen)
            tone = self._tone
            painter.setBrush(theme.color(f"{tone}.soft" if tone else "chip" if on else "hover"))
            painter.drawRoundedRect(pill, 9, 9)
            painter.setFont(theme.font("small-strong"))
            painter.setPen(theme.color(f"{tone}.on_soft" if tone else "link" if on else "quiet"))
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, f"{self._count:,}")
        if on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(0, _HEIGHT - 3, self.width(), 3), 1.5, 1.5)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()).adjusted(-3, 4, 3, -5), radius=4)
