"""An icon that is not pressed, drawn in the theme in force."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from opsdesk.ui.resources import has_icon, paint_icon


class IconMark(QWidget):
    """Raises KeyError for an icon that is not there."""

    def __init__(self, name: str, colour: str = "quiet", size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = size
        self.set(name, colour)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set(self, name: str, colour: str = "quiet") -> None:
        """Draw another icon, in a colour token."""
        if not has_icon(name):
            raise KeyError(name)
        self._name, self._colour = name, colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_icon(QPainter(self), QRectF(self.rect()), self._name, self._colour, self._size)

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()
