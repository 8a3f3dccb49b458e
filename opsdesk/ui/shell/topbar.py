"""The bar at the top: title, search box, New, bell, link in words, clock and the person's menu."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from opsdesk.services import times
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.shell.rail import paint_badge
from opsdesk.ui.theme import theme
from opsdesk.ui.theme.current import TOPBAR_HEIGHT
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.avatar import paint_avatar
from opsdesk.ui.widgets.button import Button, IconButton, paint_focus_ring
from opsdesk.ui.widgets.label import ElidedLabel, Label, key_cap_size, paint_key_cap
from opsdesk.ui.widgets.tip import tip


class SearchBox(QAbstractButton):
    """Looks like a field and opens the palette. Signals: `asked` with the text typed on it, if any."""

    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setText("Search or command…")
        self.setAccessibleName("Search or command")
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaximumWidth(760)
        self.clicked.connect(lambda: self.asked.emit(""))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.color("faint" if self.underMouse() else "line_strong"))
        painter.setBrush(theme.color("sunken"))
        painter.drawRoundedRect(box, 6, 6)
        if self.hasFocus():
            paint_focus_ring(painter, box)
        paint_icon(painter, QRectF(10, 0, 18, self.height()), "magnifying-glass", "quiet", 16)
        size = key_cap_size("Ctrl+K")
        cap = QRectF(self.width() - size.width() - 7, (self.height() - size.height()) / 2, size.width(), size.height())
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("quiet"))
        room = int(cap.left() - 34 - 8)
        text = QFontMetrics(theme.font("body")).elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(34, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        if room > 60:
            paint_key_cap(painter, cap, "Ctrl+K")

    def sizeHint(self) -> QSize:
        return QSize(480, 32)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 32)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        if text.strip() and text.isprintable():
            self.asked.emit(text)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.asked.emit("")
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)


class _Half(Button):
    """One half of a split button: round at one side only."""

    ICON = 14
    GAP = 6

    def __init__(self, text: str, icon: str, *, left: bool) -> None:
        super().__init__(text, icon, kind="primary")
        self._left = left

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, _, words = self._colours()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(ground or "accent"))
        over = QRectF(self.rect()).adjusted(0, 0, 8, 0) if self._left else QRectF(self.rect()).adjusted(-8, 0, 0, 0)
        painter.drawRoundedRect(over, 6, 6)
        if not self._left:
            line = theme.color("on_accent")
            painter.setOpacity(0.35)
            painter.fillRect(QRectF(0, 7, 1, self.height() - 14), line)
            painter.setOpacity(1)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()), inverted=True)
        self._paint_content(painter, words)

    def _padding(self) -> int:
        return 11 if self._left else 7


class SplitButton(QWidget):
    """A primary button with a menu beside it. Signals: `pressed_main`, `pressed_menu` with the menu's place."""

    pressed_main = Signal()
    pressed_menu = Signal(QPoint)

    def __init__(self, text: str, icon: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.main = _Half(text, icon, left=True)
        self.more = _Half("", "caret-down-bold", left=False)
        self.more.setAccessibleName(f"{text}: choose what")
        row.addWidget(self.main)
        row.addWidget(self.more)
        self.main.clicked.connect(self.pressed_main)
        self.more.clicked.connect(lambda: self.pressed_menu.emit(self.mapToGlobal(QPoint(0, self.height() + 4))))


class Bell(IconButton):
    """The bell with the number of what a person should look at."""

    def __init__(self) -> None:
        super().__init__("bell", "Notifications", size=36)
        self.count = 0

    def set_count(self, count: int) -> None:
        """Show how many wait; 0 shows the bell alone."""
        self.count = count
        self.setAccessibleName(f"Notifications, {count} new" if count else "Notifications")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.count:
            painter = QPainter(self)
            paint_badge(painter, self.width() / 2 + 8, 10, self.count)


class LinkPill(QAbstractButton):
    """The state of the link in words with a mark: a full dot for a link, a ring for none."""

    def __init__(self) -> None:
        super().__init__()
        self._tone, self._ring = "neutral", True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set(self, text: str, tone: str, *, ring: bool, hint: str = "") -> None:
        """Show a state in a tone of the theme; `hint` says more on hover."""
        self._tone, self._ring = tone, ring
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(hint)
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(f"{self._tone}.soft"))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        if self.hasFocus():
            paint_focus_ring(painter, box.adjusted(0.5, 0.5, -0.5, -0.5), radius=box.height() / 2)
        paint_mark(painter, 16, box.center().y(), self._tone, ring=self._ring)
        painter.setFont(theme.font("quiet-strong"))
        painter.setPen(theme.color(f"{self._tone}.on_soft"))
        painter.drawText(box.adjusted(26, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(theme.font("quiet-strong")).horizontalAdvance(self.text()) + 38, 28)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def paint_mark(painter: QPainter, x: float, y: float, tone: str, *, ring: bool) -> None:
    """Draw the mark of the link with its middle at `x`, `y`: a dot, or a ring where there is no link.

    The ring is broken where there should be one.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if ring:
        pen = painter.pen()
        pen.setStyle(Qt.PenStyle.SolidLine)
        pen.setColor(theme.color(f"{tone}.mark"))
        pen.setWidthF(1.8)
        if tone in ("warn", "danger"):
            pen.setDashPattern([1.25, 0.84])  # six strokes around
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(QRectF(x - 3.6, y - 3.6, 7.2, 7.2))
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(f"{tone}.mark"))
        painter.drawEllipse(QRectF(x - 4, y - 4, 8, 8))
    painter.restore()


class Clock(Label):
    """Now as a date-time group, the local time on hover."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__("", "medium")
        self._now = now
        ticker.minute.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the minute that it is."""
        ms = times.to_ms(self._now())
        self.setText(times.dtg(ms))
        self.setToolTip(f"{times.local(ms)} here")


class PersonButton(QAbstractButton):
    """The mark of the person at the desk, which opens the menu of personal things."""

    def __init__(self) -> None:
        super().__init__()
        self._name = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("You")

    def set_name(self, name: str) -> None:
        """Show whose desk it is."""
        self._name = name
        self.setAccessibleName(f"You: {name}")
        self.setToolTip(tip(name))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_avatar(painter, QRectF(2, 2, 32, 32), self._name)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius=18)

    def sizeHint(self) -> QSize:
        return QSize(36, 36)


class TopBar(QWidget):
    """The bar itself; the window connects its parts."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__()
        self.setFixedHeight(TOPBAR_HEIGHT)
        self._narrow = False
        self.title = ElidedLabel("", "title")
        self.search = SearchBox()
        self.new = SplitButton("New", "plus-bold")
        self.bell = Bell()
        self.link = LinkPill()
        self.clock = Clock(now)
        self.person = PersonButton()
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 14, 0)
        row.setSpacing(0)
        self.title.setFixedWidth(200)
        row.addWidget(self.title)
        row.addSpacing(16)
        row.addWidget(self.search, 100)
        row.addStretch(1)
        row.addSpacing(16)
        row.addWidget(self.new)
        row.addSpacing(10)
        row.addWidget(self.bell)
        row.addSpacing(10)
        row.addWidget(self.link)
        row.addSpacing(16)
        row.addWidget(self.clock)
        row.addSpacing(14)
        row.addWidget(self.person)
        controls = (self.search, self.new.main, self.new.more, self.bell, self.link, self.person)
        for first, second in pairwise(controls):
            QWidget.setTabOrder(first, second)

    def set_title(self, text: str) -> None:
        """Show what page is in front."""
        self.title.setText(text)
        self._fit_title()

    def set_narrow(self, narrow: bool) -> None:
        """Give the search box the room of the title where the window is narrow."""
        self._narrow = narrow
        self._fit_title()

    def _fit_title(self) -> None:
        needed = QFontMetrics(theme.font("title")).horizontalAdvance(self.title.text()) + 4
        self.title.setFixedWidth(min(200, max(120, needed)) if self._narrow else 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("surface"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.color("line"))
