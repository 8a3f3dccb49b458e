"""The bar at the bottom: the link in words, what is kept here, the station, and the marking."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from opsdesk.services.station import Station
from opsdesk.ui.shell.topbar import paint_mark
from opsdesk.ui.theme import theme
from opsdesk.ui.theme.current import STATUSBAR_HEIGHT
from opsdesk.ui.widgets.label import ElidedLabel, Label


class MarkingBadge(QWidget):
    """The marking of what is on the screen."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.setAccessibleName(f"Marking: {text}")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("marking"))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setFont(theme.font("small-strong"))
        painter.setPen(theme.color("marking_text"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text)

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(theme.font("small-strong")).horizontalAdvance(self.text) + 20, 20)


class _Dot(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(12, 12)
        self.tone, self.ring = "neutral", True

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_mark(QPainter(self), 6, 6, self.tone, ring=self.ring)


class StatusBar(QWidget):
    """What a person should always know of this station."""

    def __init__(self, tag: str, marking: str = "OFFICIAL", note: str = "") -> None:
        super().__init__()
        self._note = note
        self.setFixedHeight(STATUSBAR_HEIGHT)
        self._tag = tag
        self._dot = _Dot()
        self._link = Label("", "quiet-medium", "text")
        self._kept = ElidedLabel("", "quiet", "quiet")
        self._station = Label("", "quiet", "quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 1, 8, 0)
        row.setSpacing(0)
        row.addWidget(self._dot)
        row.addSpacing(6)
        row.addWidget(self._link)
        row.addSpacing(12)
        row.addWidget(self._kept, 1)
        row.addSpacing(16)
        row.addWidget(self._station)
        row.addSpacing(16)
        row.addWidget(MarkingBadge(marking))
        self.show_station(None)

    def show_station(self, station: Station | None) -> None:
        """Say how this station stands; None while that is not known yet."""
        self._link.setText("Working alone on this machine")
        if station is None:
            self._kept.setText("")
            self._station.setText(f"Station {self._tag}")
            return
        self._kept.setText(" · ".join(part for part in (kept(station.changes), self._note) if part))
        self._station.setText(f"Station {self._tag} · local store {size(station.store_bytes)}")

    def words(self) -> str:
        """Return all that the bar says, as one line."""
        return " · ".join(part for part in (self._link.text(), self._kept.text(), self._station.text()) if part)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("surface"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.color("line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)


def kept(changes: int) -> str:
    """Return how many own changes are kept here: `14 changes kept here`."""
    if not changes:
        return "Nothing changed here yet"
    return f"{changes:,} change{'s' if changes != 1 else ''} kept here"


def size(amount: int) -> str:
    """Return a size in bytes as people read it: `640 kB`, `1.2 GB`."""
    value = float(amount)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit != "MB" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
