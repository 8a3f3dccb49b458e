"""The bar at the bottom: the link in words, what is kept here, the station, and the marking."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSpacerItem, QWidget

from opsdesk.services.station import Station
from opsdesk.ui.shell.link_words import LinkWords
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
    """What a person should always know of this station. Signals: `asked` when the words on the link are pressed."""

    asked = Signal()

    def __init__(self, tag: str, marking: str = "OFFICIAL", note: str = "") -> None:
        super().__init__()
        self._note = note
        self.setFixedHeight(STATUSBAR_HEIGHT)
        self._tag = tag
        self._dot = _Dot()
        self._link = Label("", "quiet-medium", "text")
        self._need = Label("", "quiet-strong", "warn")
        self._kept = ElidedLabel("", "quiet", "quiet")
        self._station = Label("", "quiet", "quiet")
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(12, 1, 8, 0)
        row.setSpacing(0)
        row.addWidget(self._dot)
        row.addSpacing(6)
        row.addWidget(self._link)
        row.addSpacing(12)
        row.addWidget(self._need)
        self._need_gap = QSpacerItem(0, 0)
        row.addItem(self._need_gap)
        row.addWidget(self._kept, 1)
        row.addSpacing(16)
        row.addWidget(self._station)
        row.addSpacing(16)
        row.addWidget(MarkingBadge(marking))
        for part in (self._dot, self._link, self._need, self._kept):
            part.setCursor(Qt.CursorShape.PointingHandCursor)
        self.show_station(None)

    def show_link(self, said: LinkWords) -> None:
        """Say how the link stands, and what waits for a person."""
        self._dot.tone, self._dot.ring = said.tone, said.ring
        self._dot.update()
        self._link.setText(said.bar)
        self._need.setText(said.need)
        self._need.setVisible(bool(said.need))
        self._need_gap.changeSize(12 if said.need else 0, 0)
        self._kept.setText(" · ".join(part for part in (said.rest, self._note) if part))
        for part in (self._link, self._kept):
            part.setToolTip(said.hint)
        self._row.invalidate()

    def show_station(self, station: Station | None, tag: str = "") -> None:
        """Say what this station is and keeps; None while that is not known yet. `tag` is what it is called now."""
        self._tag = tag or self._tag
        kept_here = "" if station is None else f" · local store {size(station.store_bytes)}"
        self._station.setText(f"Station {self._tag}{kept_here}")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.position().x() < self._station.x():
            self.asked.emit()
        super().mouseReleaseEvent(event)

    def words(self) -> str:
        """Return all that the bar says, as one line."""
        return " · ".join(part for part in self._said() if part)

    def _said(self) -> tuple[str, ...]:
        return self._link.text(), self._need.text(), self._kept.text(), self._station.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("surface"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.color("line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)


def size(amount: int) -> str:
    """Return a size in bytes as people read it: `640 kB`, `1.2 GB`."""
    value = float(amount)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit != "MB" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"
