"""Labels: text in a font role and a colour tone, one that elides, and a key cap."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from opsdesk.ui.theme import theme


class Label(QLabel):
    """Plain text in a font role (`body`, `title`, …) and a tone (`text`, `quiet`, `link`, or a tone of the theme)."""

    def __init__(
        self,
        text: str = "",
        role: str = "body",
        tone: str = "text",
        parent: QWidget | None = None,
        *,
        wrap: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.font(role))
        self.setProperty("tone", tone)
        self.setWordWrap(wrap)
        self.setText(text)

    def set_tone(self, tone: str) -> None:
        """Change the colour of the words."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().unpolish(self)
            self.style().polish(self)


class ElidedLabel(Label):
    """One line that is cut with … where it does not fit, and then tells the whole in its tooltip."""

    def __init__(self, text: str = "", role: str = "body", tone: str = "text", parent: QWidget | None = None) -> None:
        self._whole = ""
        super().__init__("", role, tone, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def text(self) -> str:
        """Return the whole text."""
        return self._whole

    def setText(self, text: str) -> None:
        self._whole = text
        self.setAccessibleName(text)
        self._fit()
        self.updateGeometry()

    def _fit(self) -> None:
        line = self._whole.replace("\n", " ")
        shown = QFontMetrics(self.font()).elidedText(line, Qt.TextElideMode.ElideRight, max(0, self.width()))
        super().setText(shown)
        self.setToolTip("" if shown == line else self._whole)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._whole) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self.sizeHint().height())


class KeyCap(QWidget):
    """A key as it stands on a keyboard: `Ctrl+K` in a small box."""

    def __init__(self, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(keys)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_key_cap(painter, QRectF(self.rect()), self._keys)

    def sizeHint(self) -> QSize:
        return key_cap_size(self._keys)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def key_cap_size(key: str) -> QSize:
    """Return the size of the box for one key."""
    metrics = QFontMetrics(theme.font("small"))
    return QSize(max(18, metrics.horizontalAdvance(key) + 11), 18)


def paint_key_cap(
    painter: QPainter, rect: QRectF, key: str, ground: str = "surface", edge: str = "line_strong", words: str = "quiet"
) -> None:
    """Draw one key cap into `rect` in the colour tokens given."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.color(edge))
    painter.setBrush(theme.color(ground))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setFont(theme.font("small"))
    painter.setPen(theme.color(words))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, key)
    painter.restore()


def rule(vertical: bool = False, parent: QWidget | None = None) -> QFrame:
    """Return a thin line that parts two areas."""
    line = QFrame(parent)
    line.setProperty("rule", "v" if vertical else "h")
    return line


def surface(kind: str, parent: QWidget | None = None) -> QFrame:
    """Return a frame with the ground of `kind`: card, panel, sunken, window, note, error."""
    frame = QFrame(parent)
    frame.setProperty("surface", kind)
    return frame
