"""The choice of a theme by small pictures of what it looks like."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFocusEvent, QKeyEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from opsdesk.ui.theme import DARK, LIGHT, RED, Tokens, mix, theme
from opsdesk.ui.widgets.button import paint_focus_ring

CHOICES: tuple[tuple[str, str, Tokens], ...] = (
    ("light", "Light", LIGHT),
    ("dark", "Dark", DARK),
    ("red", "Red night", RED),
    ("system", "As the system", LIGHT),
)
_PICTURE = 76


class ThemeCard(QAbstractButton):
    """One theme as a picture with its name below."""

    def __init__(self, name: str, text: str, tokens: Tokens) -> None:
        super().__init__()
        self.name, self._tokens = name, tokens
        self.setText(text)
        self.setAccessibleName(f"Theme: {text}")
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_PICTURE + 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(1, 1, self.width() - 2, _PICTURE - 2)
        painter.save()
        path = QPainterPath()
        path.addRoundedRect(box, 6, 6)
        painter.setClipPath(path)
        _paint_picture(painter, box, self._tokens)
        if self.name == "system":
            painter.setClipRect(QRectF(box.center().x(), 0, box.width(), _PICTURE), Qt.ClipOperation.IntersectClip)
            _paint_picture(painter, box, DARK)
        painter.restore()
        pen = painter.pen()
        pen.setColor(theme.color("accent" if self.isChecked() else "line_strong"))
        pen.setWidthF(2 if self.isChecked() else 1)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 6, 6)
        if self.hasFocus():
            paint_focus_ring(painter, QRectF(self.rect()).adjusted(0, _PICTURE + 3, 0, 0), radius=5)
        _paint_radio(painter, QRectF(4, _PICTURE + 9, 16, 16), checked=self.isChecked())
        painter.setFont(theme.font("medium"))
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(28, _PICTURE + 5, self.width() - 28, 24), Qt.AlignmentFlag.AlignVCenter, self.text())

    def sizeHint(self) -> QSize:
        return QSize(150, _PICTURE + 32)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)


class ThemeChoice(QWidget):
    """All themes side by side. Signals: `chosen` with the name of the theme a person chose."""

    chosen = Signal(str)

    def __init__(self, value: str) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self.cards = tuple(ThemeCard(*choice) for choice in CHOICES)
        for card in self.cards:
            self._group.addButton(card)
            row.addWidget(card)
            card.clicked.connect(lambda _checked=False, name=card.name: self.chosen.emit(name))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_value(value)

    def set_value(self, value: str) -> None:
        """Mark a theme as chosen, without a signal."""
        next((card for card in self.cards if card.name == value), self.cards[0]).setChecked(True)

    def focusInEvent(self, event: QFocusEvent) -> None:
        (self._group.checkedButton() or self.cards[0]).setFocus(event.reason())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # An exclusive group moves its mark with the arrows but tells nobody.
        event.ignore()


def _paint_radio(painter: QPainter, rect: QRectF, *, checked: bool) -> None:
    painter.save()
    painter.setPen(theme.color("accent" if checked else "line_strong"))
    painter.setBrush(theme.color("accent" if checked else "surface"))
    painter.drawEllipse(rect.adjusted(0.5, 0.5, -0.5, -0.5))
    if checked:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("on_accent"))
        painter.drawEllipse(rect.center(), 3, 3)
    painter.restore()


def _paint_picture(painter: QPainter, box: QRectF, tokens: Tokens) -> None:
    """Draw a small window in the colours of a theme: rail, logo and four rows with their priorities."""

    def seen(colour: str) -> QColor:
        # At night nothing but red may shine, not even a picture of the day.
        if theme.tokens is not RED or tokens is RED:
            return QColor(colour)
        return QColor(mix(RED.text, RED.window, QColor(colour).lightnessF() * 0.7))

    painter.fillRect(box, seen(tokens.surface))
    painter.fillRect(QRectF(box.left(), box.top(), 18, box.height()), seen(tokens.rail))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(seen(tokens.accent))
    painter.drawRoundedRect(QRectF(box.left() + 4, box.top() + 6, 10, 10), 3, 3)
    left, right = box.left() + 27, box.right() - 9
    widths = (0.62, 0.44, 0.7, 0.52)
    for number, tone in enumerate(("urgent", "high", "normal", "low")):
        y = box.top() + 18 + number * 13
        if number == 1:
            painter.setBrush(seen(tokens.selection))
            painter.drawRect(QRectF(left - 4, y - 5, right - left + 8, 13))
        painter.setBrush(seen(tokens.tones[tone].mark))
        painter.drawRoundedRect(QRectF(left, y, 16, 3), 1.5, 1.5)
        painter.setBrush(seen(tokens.quiet))
        painter.drawRoundedRect(QRectF(left + 24, y, (right - left - 30) * widths[number], 3), 1.5, 1.5)
