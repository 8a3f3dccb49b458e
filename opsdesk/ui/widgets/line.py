"""A line of a list that is drawn and pressed as a whole."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import paint_focus_ring
from opsdesk.ui.widgets.pressable import Pressable
from opsdesk.ui.widgets.tip import tip


class Line(Pressable):
    """A line that opens what it names; subclasses draw it between `left` and `right`."""

    HEIGHT = 52
    MARGIN = 2.0
    """Between the words at the right and the edge."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(words)
        self.setToolTip(tip(words))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.HEIGHT)

    def draw(self, painter: QPainter) -> None:
        """Draw the content."""
        raise NotImplementedError

    def draw_ground(self, painter: QPainter) -> None:
        """Draw what lies below the content: a ground under the mouse."""
        if self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("hover"))
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)

    def words(
        self, painter: QPainter, left: float, top: float, right: float, text: str, role: str, colour: str
    ) -> float:
        """Draw one line of words, cut at `right`; return where they end."""
        font = theme.font(role)
        painter.setFont(font)
        painter.setPen(theme.color(colour))
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, int(right - left)))
        painter.drawText(QRectF(left, top, right - left, 20), Qt.AlignmentFlag.AlignVCenter, shown)
        return left + metrics.horizontalAdvance(shown)

    def note(self, painter: QPainter, text: str, top: float, role: str, colour: str) -> float:
        """Draw words at the right end; return where they begin."""
        width = QFontMetrics(theme.font(role)).horizontalAdvance(text)
        left = self.width() - self.MARGIN - width
        self.words(painter, left, top, left + width + 4.0, text, role, colour)
        return left

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.draw_ground(painter)
        self.draw(painter)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def sizeHint(self) -> QSize:
        return QSize(240, self.HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, self.HEIGHT)
