"""A ticket named inside another: a bar in the colour of its priority, its title, its number and why it is here."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from opsdesk.services.tickets import Priority
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import paint_focus_ring
from opsdesk.ui.widgets.pressable import Pressable
from opsdesk.ui.widgets.tip import tip

_HEIGHT = 42


class TicketLine(Pressable):
    """A line that opens the ticket it names."""

    def __init__(
        self, title: str, number: str, reason: str, priority: Priority, *, inset: int = 0, parent: QWidget | None = None
    ) -> None:
        """`inset` keeps room at the right for another control, in pixels."""
        super().__init__(parent)
        self._title, self._number, self._reason, self._priority, self._inset = title, number, reason, priority, inset
        self.setAccessibleName(f"{title}, {number}, {priority.label}, {reason}")
        self.setToolTip(tip(f"{title}\n{number} · {priority.label}\n{reason}"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.underMouse():
            painter.setBrush(theme.color("hover"))
            painter.drawRoundedRect(QRectF(self.rect()), 5, 5)
        painter.setBrush(theme.color(f"{self._priority.name.lower()}.mark"))
        painter.drawRoundedRect(QRectF(0, 3, 3, self.height() - 6), 1.5, 1.5)
        room = self.width() - 14 - self._inset
        painter.setFont(theme.font("medium"))
        painter.setPen(theme.color("text"))
        title = QFontMetrics(painter.font()).elidedText(self._title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(12, 2, room, 20), Qt.AlignmentFlag.AlignVCenter, title)
        quiet = theme.font("quiet")
        painter.setFont(quiet)
        painter.setPen(theme.color("quiet"))
        painter.drawText(QRectF(12, 22, room, 17), Qt.AlignmentFlag.AlignVCenter, self._number)
        left = QFontMetrics(quiet).horizontalAdvance(self._number) + 8
        reason = QFontMetrics(quiet).elidedText(self._reason, Qt.TextElideMode.ElideRight, max(0, room - left))
        painter.setPen(theme.color("link"))
        painter.drawText(QRectF(12 + left, 22, room, 17), Qt.AlignmentFlag.AlignVCenter, reason)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius=5)

    def sizeHint(self) -> QSize:
        return QSize(220, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, _HEIGHT)
