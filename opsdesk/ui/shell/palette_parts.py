"""The small parts of the palette: its filter chips and its foot with the keys."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button, paint_focus_ring
from opsdesk.ui.widgets.label import KeyCap, Label

KEYS = ((("↑", "↓"), "move"), (("Enter",), "open"), (("Ctrl", "Enter"), "open beside"), (("Tab",), "narrow"))


class SearchIcon(QWidget):
    """The magnifier before the field."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(20, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_icon(QPainter(self), self.rect(), "magnifying-glass", "quiet", 20)


class FilterChip(Button):
    """A filter with the sign that chooses it when typed first."""

    HEIGHT = 28

    def __init__(self, text: str, prefix: str) -> None:
        super().__init__(text)
        self._prefix = prefix
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes through the filters instead
        self.setFont(theme.font("quiet-strong"))
        self.setAccessibleName(f"{text}, typed as {prefix}" if prefix else text)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen if self.isChecked() else theme.color("line_strong"))
        ground = "selection" if self.isChecked() else "hover" if self.underMouse() else "surface"
        painter.setBrush(theme.color(ground))
        painter.drawRoundedRect(box, 14, 14)
        if self.hasFocus():
            paint_focus_ring(painter, box, radius=14)
        painter.setFont(self.font())
        painter.setPen(theme.color("link" if self.isChecked() else "text"))
        painter.drawText(box.adjusted(12, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.setPen(theme.color("selection_quiet" if self.isChecked() else "quiet"))
        painter.drawText(box.adjusted(0, 0, -12, 0), _RIGHT, self._prefix)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        width = metrics.horizontalAdvance(self.text()) + 24
        return QSize(width + (metrics.horizontalAdvance(self._prefix) + 8 if self._prefix else 0), self.HEIGHT)


_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


class Footer(QWidget):
    """The keys of the palette, and a link to what does not fit."""

    def __init__(self) -> None:
        super().__init__()
        self.kind = ""
        self.setFixedHeight(44)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 0, 20, 0)
        row.setSpacing(4)
        self._keys: list[QWidget] = []
        for caps, word in KEYS:
            for cap in caps:
                self._keys.append(KeyCap(cap))
                row.addWidget(self._keys[-1])
            row.addSpacing(2)
            self._keys.append(Label(word, "quiet", "quiet"))
            row.addWidget(self._keys[-1])
            row.addSpacing(14)
        row.addStretch(1)
        self._nothing = Label("", "quiet", "text")
        row.addWidget(self._nothing)
        self.more = Button("", kind="link")
        self.more.setFont(theme.font("quiet-strong"))
        self.more.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row.addWidget(self.more)

    def offer(self, text: str, kind: str) -> None:
        """Offer to show more of a kind; nothing if `text` is empty."""
        self.kind = kind
        self.more.setText(text)
        self.more.setVisible(bool(text))

    def nothing(self, text: str) -> None:
        """Say that nothing was found."""
        self._nothing.setText(text)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("zebra"))
        box = QRectF(self.rect())
        painter.drawRoundedRect(box, 8, 8)
        painter.fillRect(QRectF(0, 0, box.width(), 10), theme.color("zebra"))
        painter.fillRect(QRectF(0, 0, box.width(), 1), theme.color("line"))
