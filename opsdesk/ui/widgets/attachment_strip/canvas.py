"""A picture to look at: fitted into its room, or enlarged and moved about by keys, wheel and mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from opsdesk.ui.theme import theme

_STEP: Final = 1.25
_MOST: Final = 8.0
_PAN: Final = 60.0


class Canvas(QWidget):
    """The picture. `+` and `-` enlarge and shrink, `0` fits it, `1` shows each pixel, arrows move what is enlarged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._halves: tuple[QImage, ...] = ()
        self._wide = self._moved = False
        self._zoom = 0.0
        self._middle = QPointF(0.5, 0.5)
        self._from: QPointF | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def scale(self) -> float:
        """Screen pixels for each pixel of the picture."""
        if self._image is None:
            return 1.0
        across, down = self.width() / self._image.width(), self.height() / self._image.height()
        fit = min(across, 1.0) if self._wide else min(across, down, 1.0)
        return self._zoom or fit

    def show_images(self, halves: Sequence[QImage], *, page: bool = False, keep: bool = False) -> None:
        """Show a picture that comes with smaller ones of it, fitted; a `page` from its top and as wide as the room.
        With `keep` it is as large as the one before (the next page)."""
        self._image, self._halves, self._wide = (halves[0] if halves else None), tuple(halves), page
        if not keep:
            self._zoom = 0.0
        self._moved = False
        self._hold()

    def zoom(self, factor: float) -> None:
        """Enlarge (above 1) or shrink; 0 fits the picture into its room."""
        self._zoom = min(_MOST, max(0.02, self.scale * factor)) if factor else 0.0
        self._hold()

    def actual(self) -> None:
        """Show each pixel of the picture as one of the screen."""
        self._zoom = 1.0
        self._hold()

    def handle_key(self, event: QKeyEvent) -> bool:
        """Act on a key; False when it means nothing here."""
        key, pan = event.key(), _PAN
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _STEP)
        elif key == Qt.Key.Key_0:
            self.zoom(0)
        elif key == Qt.Key.Key_1:
            self.actual()
        elif key == Qt.Key.Key_Up:
            self._pan(0, pan)
        elif key == Qt.Key.Key_Down:
            self._pan(0, -pan)
        elif self._zoom and key == Qt.Key.Key_Left:
            self._pan(pan, 0)
        elif self._zoom and key == Qt.Key.Key_Right:
            self._pan(-pan, 0)
        else:
            return False
        return True

    def _pan(self, x: float, y: float) -> None:
        if self._image is not None:
            self._moved = True
            whole = self._image.size() * self.scale
            self._middle -= QPointF(x / max(1, whole.width()), y / max(1, whole.height()))
            self._hold()

    def _hold(self) -> None:
        """Keep the picture in its room."""
        if not self._moved:
            # A page is read from its top, once its room is known.
            self._middle = QPointF(0.5, 0.0 if self._wide else 0.5)
        if self._image is not None:
            whole = self._image.size() * self.scale
            x = min(0.5, self.width() / 2 / max(1, whole.width()))
            y = min(0.5, self.height() / 2 / max(1, whole.height()))
            self._middle = QPointF(min(1 - x, max(x, self._middle.x())), min(1 - y, max(y, self._middle.y())))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("sunken"))
        if self._image is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale < 3)
        scale = self.scale
        wide, high = self._image.width() * scale, self._image.height() * scale
        place = QRectF(
            self.width() / 2 - self._middle.x() * wide, self.height() / 2 - self._middle.y() * high, wide, high
        )
        painter.drawImage(place, next((one for one in reversed(self._halves) if one.width() >= wide), self._image))
        if theme.tokens.name == "red":
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
            painter.fillRect(place, theme.color("text"))

    def sizeHint(self) -> QSize:
        return QSize(400, 300)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._hold()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(_STEP if event.angleDelta().y() > 0 else 1 / _STEP)
        else:
            self._pan(event.angleDelta().x() / 2, event.angleDelta().y() / 2)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._from = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is not None:
            moved = event.position() - self._from
            self._from = event.position()
            self._pan(moved.x(), moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._from = None
