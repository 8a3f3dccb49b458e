"""The pill: a word in a tone on an opaque rounded ground, as a widget and as a drawing for delegates."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from opsdesk.ui.theme import theme

HEIGHT = 20
_PADDING = 8


def pill_size(text: str) -> QSize:
    """Return the size of the pill for `text`."""
    return QSize(QFontMetrics(theme.font("small-strong")).horizontalAdvance(text) + 2 * _PADDING, HEIGHT)


def paint_pill(painter: QPainter, rect: QRectF, text: str, tone: str) -> float:
    """Draw a pill at the left of `rect`, in its middle by height; return its width in pixels.

    It never grows past `rect`: its text is elided instead.
    """
    colours = theme.tone(tone)
    width = min(float(pill_size(text).width()), rect.width())
    box = QRectF(rect.left(), rect.center().y() - HEIGHT / 2, width, HEIGHT)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(colours.edge) if colours.edge else Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.soft))
    box_drawn = box.adjusted(0.5, 0.5, -0.5, -0.5) if colours.edge else box
    painter.drawRoundedRect(box_drawn, HEIGHT / 2, HEIGHT / 2)
    font = theme.font("small-strong")
    painter.setFont(font)
    painter.setPen(QColor(colours.on_soft))
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, int(width - _PADDING))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)
    painter.restore()
    return width


class Pill(QWidget):
    """A word in a tone of the theme (`urgent`, `good`, `neutral`, …)."""

    def __init__(self, text: str = "", tone: str = "neutral", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set(text, tone)

    def set(self, text: str, tone: str) -> None:
        """Show another word in another tone."""
        self.text, self.tone = text, tone
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_pill(QPainter(self), QRectF(self.rect()), self.text, self.tone)

    def sizeHint(self) -> QSize:
        return pill_size(self.text)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()
