"""The navigation rail: icon over word, a bar at the page in front, badges; icons alone where the window is narrow."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.ui.resources import has_icon, paint_icon
from opsdesk.ui.shell.page import Page
from opsdesk.ui.theme import theme
from opsdesk.ui.theme.current import RAIL_WIDTH, RAIL_WIDTH_COLLAPSED
from opsdesk.ui.widgets.button import paint_focus_ring


class RailItem(QAbstractButton):
    """One page on the rail."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self._count, self._tone = 0, "danger"
        self._collapsed = False
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name()

    def set_collapsed(self, collapsed: bool) -> None:
        """Show the icon alone, or the word below it too."""
        self._collapsed = collapsed
        self._name()
        self.updateGeometry()

    def set_badge(self, count: int, tone: str) -> None:
        """Show a number at the icon; 0 takes it away."""
        self._count, self._tone = count, tone
        self._name()
        self.update()

    def _name(self) -> None:
        waiting = f", {self._count} waiting" if self._count else ""
        self.setAccessibleName(self.page.title + waiting)
        hint = f"  (G then {self.page.letter})" if self.page.letter else ""
        self.setToolTip(self.page.title + waiting + hint)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        active = self.isChecked()
        box = QRectF(6, 2, self.width() - 12, self.height() - 4)
        if active or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            ground = theme.color("rail_active")
            if not active:
                ground = ground.lighter(100)
                ground.setAlphaF(0.5)
            painter.setBrush(ground)
            painter.drawRoundedRect(box, 6, 6)
        if active:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("rail_mark"))
            painter.drawRoundedRect(QRectF(-2, box.center().y() - 15, 5, 30), 2, 2)
        if self.hasFocus():
            paint_focus_ring(painter, box.adjusted(0.5, 0.5, -0.5, -0.5))
        words = "rail_active_text" if active else "rail_text"
        filled = f"{self.page.icon}-fill"
        icon = filled if active and has_icon(filled) else self.page.icon
        place = QRectF(0, 10, self.width(), 20) if not self._collapsed else QRectF(self.rect())
        paint_icon(painter, place, icon, words, 20)
        if not self._collapsed:
            painter.setFont(theme.font("rail-strong" if active else "rail"))
            painter.setPen(theme.color(words))
            painter.drawText(
                QRectF(0, 35, self.width(), 14), Qt.AlignmentFlag.AlignCenter, self.page.word or self.page.title
            )
        if self._count:
            paint_badge(painter, place.center().x() + 12, place.center().y() - 9, self._count, self._tone)

    def sizeHint(self) -> QSize:
        return QSize(RAIL_WIDTH_COLLAPSED, 48) if self._collapsed else QSize(RAIL_WIDTH, 56)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)


class Rail(QWidget):
    """The pages side by side from top to bottom. Signals: `chosen` with the key of the page a person pressed."""

    chosen = Signal(str)

    def __init__(self, pages: Sequence[Page], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Pages")
        self._items: dict[str, RailItem] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 58, 0, 12)
        column.setSpacing(0)
        for page in pages:
            if page.foot and all(not item.page.foot for item in self._items.values()):
                column.addStretch(1)
            item = RailItem(page)
            item.clicked.connect(lambda _checked=False, key=page.key: self.chosen.emit(key))
            self._items[page.key] = item
            column.addWidget(item)
        if not any(page.foot for page in pages):
            column.addStretch(1)
        self.set_collapsed(False)

    def set_current(self, key: str) -> None:
        """Mark the page in front."""
        self._items[key].setChecked(True)

    def set_badge(self, key: str, count: int, tone: str) -> None:
        """Show a number on a page's item; 0 takes it away."""
        self._items[key].set_badge(count, tone)

    def set_collapsed(self, collapsed: bool) -> None:
        """Show icons alone, or words too."""
        self.setFixedWidth(RAIL_WIDTH_COLLAPSED if collapsed else RAIL_WIDTH)
        for item in self._items.values():
            item.set_collapsed(collapsed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("rail"))
        paint_logo(painter, QRectF((self.width() - 32) / 2, 12, 32, 32))
        foot = [item for item in self._items.values() if item.page.foot]
        if foot:
            y = foot[0].y() - 8
            painter.fillRect(QRectF(16, y, self.width() - 32, 1), theme.color("rail_active"))


def paint_logo(painter: QPainter, rect: QRectF) -> None:
    """Draw the mark of the program."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("accent"))
    painter.drawRoundedRect(rect, rect.width() / 4, rect.width() / 4)
    paint_icon(painter, rect, "broadcast", "on_accent", round(rect.width() * 0.66))
    painter.restore()


def logo_icon() -> QIcon:
    """Return the mark of the program for title bars and task lists, in the sizes that they use."""
    result = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        picture = QPixmap(size, size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        paint_logo(painter, QRectF(0, 0, size, size))
        painter.end()
        result.addPixmap(picture)
    return result


def paint_badge(painter: QPainter, x: float, y: float, count: int, tone: str = "danger") -> None:
    """Draw a count in a disc whose middle is at `x`, `y`; more than 99 reads 99+."""
    text = str(count) if count < 100 else "99+"
    font = theme.font("badge")
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font)
    width = max(16.0, painter.fontMetrics().horizontalAdvance(text) + 8.0)
    rect = QRectF(x - width / 2, y - 8, width, 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("badge" if tone == "danger" else "badge_warn"))
    painter.drawRoundedRect(rect, 8, 8)
    painter.setPen(theme.color("badge_text" if tone == "danger" else "badge_warn_text"))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
