"""The first look at a new station: what it is, how it should look, and one key to begin."""

from __future__ import annotations

from math import cos, pi, sin
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.shell.rail import paint_logo
from opsdesk.ui.shell.theme_choice import ThemeChoice
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button, Segmented
from opsdesk.ui.widgets.label import Label, surface

SEEN_SETTING = "shell.first_look_seen"

# Hills of the drawn map: middle (shares of width and height), how many rings, how lively their outline.
_HILLS = ((0.55, 0.18, 9, 0.34), (0.78, 0.34, 8, 0.28), (0.16, 0.72, 10, 0.30), (0.9, 0.86, 7, 0.22))


class FirstLook(QWidget):
    """Covers the window until the person begins. Signals: `begun`."""

    begun = Signal()

    def __init__(self, host: QWidget, desk: Any, shell: Any) -> None:
        super().__init__(host)
        self._desk, self._shell = desk, shell
        self.setAccessibleName("Welcome to OpsDesk")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(_Map(desk.tag), 36)
        row.addWidget(self._form(), 64)
        host.installEventFilter(self)
        self.setGeometry(host.rect())

    def _form(self) -> QWidget:
        side = surface("panel")
        sides = QHBoxLayout(side)
        sides.setContentsMargins(32, 12, 32, 12)
        inner = QWidget()
        inner.setMaximumWidth(580)
        sides.addStretch(1)
        sides.addWidget(inner, 1000)
        sides.addStretch(1)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addStretch(2)
        column.addWidget(Label("Your station is ready", "title"))
        column.addWidget(Label("You can change all of this later in Settings.", "body", "quiet"))
        column.addSpacing(10)
        column.addWidget(_Fact("laptop", "You work alone", "Everything is kept on this machine. Nothing is sent."))
        column.addWidget(
            _Fact("ticket", f"This is station {self._desk.tag}", f"Your tickets are T-{self._desk.tag}-00001 and on.")
        )
        column.addSpacing(10)
        column.addWidget(Label("Theme", "medium"))
        self.themes = ThemeChoice(str(self._shell.preferences.get("look.theme")))
        self.themes.chosen.connect(lambda name: self._shell.preferences.set("look.theme", name))
        column.addWidget(self.themes)
        column.addSpacing(8)
        column.addWidget(Label("Rows", "medium"))
        size = Segmented(
            [("normal", "Normal"), ("dense", "Dense")],
            self._shell.preferences.get("look.density"),
            "Rows of lists",
        )
        size.chosen.connect(lambda value: self._shell.preferences.set("look.density", value))
        column.addWidget(size)
        column.addSpacing(12)
        foot = QHBoxLayout()
        foot.addWidget(Label("Ctrl+K finds everything, ? shows every key.", "quiet", "quiet"), 1)
        self.start = Button("Start", kind="primary", key="Enter")
        self.start.clicked.connect(self.begin)
        foot.addWidget(self.start)
        column.addLayout(foot)
        column.addStretch(3)
        return side

    def open(self) -> None:
        """Come to the front and take the keyboard."""
        self.show()
        self.raise_()
        self.start.setFocus()

    def begin(self) -> None:
        """Give the window free and remember that this was seen."""
        self._desk.settings.set(SEEN_SETTING, True)
        self.hide()
        self.begun.emit()

    def event(self, event: QEvent) -> bool:
        # No shortcut acts on what cannot be seen yet.
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.begin()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # nothing behind it may be pressed

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize:
            host = self.parentWidget()
            assert host is not None
            self.setGeometry(host.rect())
        return False


class _Fact(QWidget):
    """A sentence with an icon, and a quieter one below."""

    def __init__(self, icon: str, text: str, detail: str) -> None:
        super().__init__()
        self._icon = icon
        column = QVBoxLayout(self)
        column.setContentsMargins(56, 10, 16, 10)
        column.setSpacing(2)
        column.addWidget(Label(text, "strong"))
        column.addWidget(Label(detail, "body", "quiet", wrap=True))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("line_strong"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        paint_icon(painter, QRectF(16, 0, 24, self.height()), self._icon, "link", 22)


class _Map(QWidget):
    """The dark side: the program's name over a map of nowhere with this station on it."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self._tag = tag
        self.setMinimumWidth(280)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, height = float(self.width()), float(self.height())
        painter.fillRect(self.rect(), theme.color("rail"))
        painter.setOpacity(0.6)
        painter.setPen(QPen(theme.color("rail_active"), 1))
        for step in range(1, 5):
            painter.drawLine(QPointF(width * step / 4.6, 0), QPointF(width * step / 4.6, height))
        for step in range(1, 8):
            painter.drawLine(QPointF(0, height * step / 7.6), QPointF(width, height * step / 7.6))
        painter.setPen(QPen(theme.color("rail_active"), 1.3))
        for number, (x, y, rings, lively) in enumerate(_HILLS):
            for ring in range(1, rings + 1):
                painter.drawPolygon(_ring(width * x, height * y, 20.0 + ring * 24, lively, number + ring * 0.09))
        painter.setOpacity(1)
        self._paint_station(painter, QPointF(width * 0.55, height * 0.3))
        paint_logo(painter, QRectF(48, 48, 40, 40))
        painter.setPen(theme.color("rail_active_text"))
        painter.setFont(theme.font("title"))
        painter.drawText(QPointF(104, 76), "OpsDesk")
        left, room = 48.0, width - 96
        painter.drawText(
            QRectF(left, height - 190, room, 60),
            Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap,
            "Your desk works with or without a link.",
        )
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("rail_text"))
        painter.drawText(
            QRectF(left, height - 118, room, 60),
            Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap,
            "What you write is safe on this machine when you see it on the screen.",
        )

    def _paint_station(self, painter: QPainter, at: QPointF) -> None:
        halo = theme.color("accent")
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setOpacity(0.35)
        painter.setBrush(halo)
        painter.drawEllipse(at, 16, 16)
        painter.setOpacity(1)
        painter.setBrush(halo)
        painter.setPen(QPen(theme.color("rail_active_text"), 2))
        painter.drawEllipse(at, 6, 6)
        painter.setFont(theme.font("quiet-strong"))
        painter.drawText(QRectF(at.x() - 60, at.y() - 40, 120, 18), Qt.AlignmentFlag.AlignCenter, self._tag)
        painter.restore()


def _ring(x: float, y: float, radius: float, lively: float, turn: float) -> QPolygonF:
    """Return a closed contour line around a point."""
    points = []
    for step in range(72):
        angle = 2 * pi * step / 72
        wave = sin(3 * angle + turn * 2) * 0.5 + sin(5 * angle - turn) * 0.3 + sin(2 * angle + turn * 3) * 0.4
        distance = radius * (1 + lively * wave * 0.5)
        points.append(QPointF(x + distance * cos(angle), y + distance * sin(angle)))
    return QPolygonF(points)
