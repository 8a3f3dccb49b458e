"""The conditions of a query as chips: as many as fit, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import paint_focus_ring
from opsdesk.ui.widgets.tip import tip

Key = Qt.Key
_GAP = 8
_LEAST = 90


class ChipRow(QWidget):
    """The chips that fit, and how many more there are. Signals: `removed` and `edited` with the number of a chip."""

    removed = Signal(int)
    edited = Signal(int)

    def __init__(self, bar: QWidget) -> None:
        super().__init__(bar)
        self._chips: list[_Chip] = []
        self._more = _Chip("", "", closable=False)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(_GAP)
        self._row.addWidget(self._more)
        self._more.clicked.connect(lambda: self.edited.emit(len(self._chips) - 1))
        self.hide()

    def show_chips(self, chips: Sequence[tuple[str, str]]) -> None:
        for chip in self._chips:
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._chips = []
        for number, (label, value) in enumerate(chips):
            chip = _Chip(label, value)
            chip.hide()  # until `fit` has found room for it
            chip.clicked.connect(lambda _checked=False, number=number: self.edited.emit(number))
            chip.closed.connect(lambda number=number: self.removed.emit(number))
            self._row.insertWidget(number, chip)
            self._chips.append(chip)
        self.setVisible(bool(chips))

    @property
    def least(self) -> int:
        """The pixels without which not even the first chip stands beside the one that counts the rest."""
        if not self._chips:
            return 0
        first = min(self._chips[0].sizeHint().width(), _LEAST)
        return first + (_GAP + self._more.sizeHint().width() if len(self._chips) > 1 else 0)

    def fit(self, room: int) -> None:
        """Show as many chips as `room` pixels hold beside the one that counts the rest, the first one in any case."""
        hints = [chip.sizeHint().width() for chip in self._chips]
        self._more.set_words("", f"+{max(1, len(hints) - 1)}")
        rest = self._more.sizeHint().width() + _GAP
        if sum(hints) + _GAP * (len(hints) - 1) <= room or len(hints) < 2:
            rest = 0
        widths = [min(hint, max(_LEAST, room - rest)) for hint in hints]
        used, shown = 0, 0
        for width in widths:
            if used + width > room - rest and shown:
                break
            used += width + _GAP
            shown += 1
        left = len(self._chips) - shown
        self._more.set_words("", f"+{left}")
        self._more.setToolTip(tip("\n".join(f"{chip.label}: {chip.value}" for chip in self._chips[shown:])))
        self._more.setVisible(left > 0)
        for number, chip in enumerate(self._chips):
            chip.setFixedWidth(widths[number])
            chip.setVisible(number < shown)
        self.setFixedWidth(max(0, used - _GAP) + (self._more.sizeHint().width() + _GAP if left else 0))


class _Chip(QAbstractButton):
    """One condition: a click edits it, its cross takes it out. Signals: `closed`."""

    closed = Signal()

    def __init__(self, label: str, value: str, *, closable: bool = True) -> None:
        super().__init__()
        self._closable = closable
        self.setFixedHeight(28)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_words(label, value)

    def set_words(self, label: str, value: str) -> None:
        self.label, self.value = label, value
        self.setAccessibleName(f"{label}: {value}" if label else value)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        label = QFontMetrics(theme.font("quiet")).horizontalAdvance(self.label)
        value = QFontMetrics(theme.font("quiet-strong")).horizontalAdvance(self.value)
        return QSize(8 + label + (6 if label else 0) + value + (26 if self._closable else 8), 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(min(60, self.sizeHint().width()), 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("selection" if self.underMouse() else "chip"))
        painter.drawRoundedRect(box, 5, 5)
        if self.hasFocus():
            paint_focus_ring(painter, box.adjusted(0.5, 0.5, -0.5, -0.5), radius=5)
        quiet, strong = theme.font("quiet"), theme.font("quiet-strong")
        metrics = QFontMetrics(quiet)
        baseline = (self.height() + metrics.ascent() - metrics.descent()) // 2
        painter.setFont(quiet)
        painter.setPen(theme.color("selection_quiet"))
        painter.drawText(8, baseline, self.label)
        left = 8 + (metrics.horizontalAdvance(self.label) + 6 if self.label else 0)
        room = self.width() - left - (26 if self._closable else 8)
        painter.setFont(strong)
        painter.setPen(theme.color("text"))
        painter.drawText(
            left, baseline, QFontMetrics(strong).elidedText(self.value, Qt.TextElideMode.ElideRight, room + 1)
        )
        if self._closable:
            paint_icon(painter, QRectF(self.width() - 22, 0, 16, self.height()), "x", "selection_quiet", 12)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if (
            self._closable
            and event.position().x() >= self.width() - 24
            and self.rect().contains(event.position().toPoint())
        ):
            self.setDown(False)
            self.closed.emit()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._closable and event.key() in (Key.Key_Delete, Key.Key_Backspace):
            self.closed.emit()
        elif event.key() in (Key.Key_Return, Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class AddButton(QAbstractButton):
    """The dashed square with a plus."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(28, 28)
        self.setAccessibleName("Add a filter")
        self.setToolTip("Add a filter")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        pen = QPen(theme.color("line_strong"), 1)
        pen.setDashPattern([3, 2])
        painter.setPen(pen)
        painter.setBrush(theme.color("hover" if self.underMouse() else "surface"))
        painter.drawRoundedRect(box, 5, 5)
        if self.hasFocus():
            paint_focus_ring(painter, box, radius=5)
        paint_icon(painter, box, "plus", "quiet", 14)
