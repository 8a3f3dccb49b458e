"""Boxes in the colours of a chart, and the legend that tells what they are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.label import Label

_HATCH = 4.0


def paint_swatch(painter: QPainter, box: QRectF, tone: str, radius: float) -> None:
    """Fill a box with what stands for a tone. The red theme has one hue: there tones differ by fill and outline, and
    what is wrong is hatched.
    """
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(f"{tone}.mark"))
    if theme.tokens.name == "red" and tone != "accent":
        painter.setPen(QPen(theme.color(f"{tone}.edge" if theme.tone(tone).edge else f"{tone}.mark"), 1))
        painter.setBrush(theme.color(f"{tone}.soft"))
        box = box.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.drawRoundedRect(box, radius, radius)
    if theme.tokens.name == "red" and tone == "danger":
        painter.setClipRect(box)
        painter.drawLines(_hatching(box))
    painter.restore()


def _hatching(box: QRectF) -> list[QLineF]:
    """Lines that rise through a box, each `_HATCH` from the next."""
    steps = range(int((box.width() + box.height()) / _HATCH) + 1)
    starts = (box.left() - box.height() + _HATCH * step for step in steps)
    return [QLineF(at, box.bottom(), at + box.height(), box.top()) for at in starts]


class Swatch(QWidget):
    """The small square of a legend."""

    def __init__(self, tone: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = tone
        self.setFixedSize(10, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_swatch(painter, QRectF(self.rect()), self._tone, 3)


class Legend(QWidget):
    """What the kinds of bars are, side by side: pairs of a word and its tone."""

    def __init__(self, entries: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for word, tone in entries:
            row.addWidget(Swatch(tone))
            row.addWidget(Label(word, "quiet", "quiet"))
            row.addSpacing(8)
