"""The round mark of a person: initials on a colour that stays the same for the same name."""

from __future__ import annotations

import zlib

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.tip import tip


def initials(name: str) -> str:
    """Return up to two letters for a name: `Eva Harrow` is EH, `Hagen, R.` is RH, `lee` is L."""
    if "," in name:
        family, _, given = name.partition(",")
        name = f"{given} {family}"
    words = [word for word in name.replace(".", " ").replace("_", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def avatar_colour(name: str) -> QColor:
    """Return the ground for a name in the theme in force."""
    colours = theme.tokens.avatars
    return QColor(colours[zlib.crc32(name.encode()) % len(colours)])


def paint_avatar(painter: QPainter, rect: QRectF, name: str) -> None:
    """Draw the mark of `name` as a disc that fills `rect`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(avatar_colour(name))
    painter.drawEllipse(rect)
    font = theme.font("small-strong")
    font.setPixelSize(max(8, round(rect.height() * 0.36)))
    painter.setFont(font)
    painter.setPen(QColor(theme.tokens.avatar_text))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, initials(name))
    painter.restore()


class Avatar(QWidget):
    """The mark of a person, `size` pixels wide; the name on hover."""

    def __init__(self, name: str = "", size: int = 32, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_name(name)

    def set_name(self, name: str) -> None:
        """Show another person."""
        self.name = name
        self.setToolTip(tip(name))
        self.setAccessibleName(name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_avatar(QPainter(self), QRectF(0, 0, self._size, self._size), self.name)

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()
