"""Buttons in the look of the program: with icon, word and key, or an icon alone; and a choice of several."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from opsdesk.ui.resources import has_icon, paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.label import key_cap_size, paint_key_cap
from opsdesk.ui.widgets.pressable import Pressable
from opsdesk.ui.widgets.tip import tip


class Button(Pressable):
    """A button of one of the kinds `plain`, `primary`, `quiet` (no outline), `link`, `danger`, `bar` (on the dark bar).

    `key` is shown in a key cap and not acted upon: the action's shortcut does that. `arrow` draws a caret for a menu.
    """

    HEIGHT = 32
    ICON = 16
    GAP = 8

    def __init__(
        self,
        text: str = "",
        icon: str = "",
        *,
        kind: str = "plain",
        key: str = "",
        arrow: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        if icon and not has_icon(icon):
            raise KeyError(icon)
        self.kind, self.icon_name, self.key, self.arrow = kind, icon, key, arrow
        self.setText(text)
        self.setFont(theme.font("medium" if kind != "primary" else "strong"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a press leaves the focus, and so the keys, to the list
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()

    def set_icon(self, icon: str) -> None:
        """Show another icon of Phosphor."""
        self.icon_name = icon
        self.update()

    def _colours(self) -> tuple[str | None, str | None, str]:
        """Return the tokens of ground, outline and words as they are now."""
        hovered, pressed = self.underMouse() and self.isEnabled(), self.isDown()
        if not self.isEnabled():
            quiet = self.kind in ("quiet", "link", "bar")
            return (None, None, "faint") if quiet else ("sunken", "line", "faint")
        ground: str | None
        if self.kind == "primary":
            ground = "accent_pressed" if pressed else "accent_hover" if hovered else "accent"
            return ground, None, "on_accent"
        if self.kind == "bar":
            return None, None, "bar_text"
        if self.isChecked():
            return "selection", None, "link"
        if self.kind == "link":
            return ("hover" if hovered else None), None, "link"
        words = "danger.text" if self.kind == "danger" else "text"
        ground = "line" if pressed else "hover" if hovered else None
        if self.kind == "quiet":
            return ground, None, words
        return ground or "surface", "line_strong", words

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground, edge, words = self._colours()
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.color(edge) if edge else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(ground) if ground else Qt.BrushStyle.NoBrush)
        if ground or edge:
            painter.drawRoundedRect(box, 6, 6)
        if self.hasFocus():
            paint_focus_ring(painter, box, inverted=self.kind == "primary")
        self._paint_content(painter, words)

    def _paint_content(self, painter: QPainter, words: str) -> None:
        metrics = QFontMetrics(self.font())
        left = float(self._padding())
        parts = self._content_width()
        if self._centred():
            left = (self.width() - parts) / 2
        if self.icon_name:
            colour = "quiet" if words == "text" else words
            paint_icon(painter, QRectF(left, 0, self.ICON, self.height()), self.icon_name, colour, self.ICON)
            left += self.ICON + self.GAP
        painter.setFont(self.font())
        painter.setPen(theme.color(words))
        width = metrics.horizontalAdvance(self.text())
        room = self.width() - left - self._padding() + 1
        text = self.text() if width <= room else metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(QRectF(left, 0, max(width, 1) + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        right = float(self.width() - self._padding() + 2)
        if self.arrow:
            paint_icon(painter, QRectF(right - 12, 0, 12, self.height()), "caret-down-bold", words, 12)
            right -= 18
        if self.key:
            size = key_cap_size(self.key)
            cap = QRectF(right - size.width(), (self.height() - size.height()) / 2, size.width(), size.height())
            if self.kind == "primary" and self.isEnabled():
                paint_key_cap(painter, cap, self.key, "accent_pressed", "accent_pressed", "on_accent")
            elif self.kind == "bar":
                painter.setPen(theme.color("bar_quiet"))
                painter.setFont(theme.font("quiet"))
                painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, self.key)
            else:
                paint_key_cap(painter, cap, self.key)

    def _padding(self) -> int:
        return 8 if self.kind in ("quiet", "bar") else 4 if self.kind == "link" else 12

    def _centred(self) -> bool:
        return not self.key and not self.arrow

    def _content_width(self) -> int:
        width = QFontMetrics(self.font()).horizontalAdvance(self.text())
        if self.icon_name:
            width += self.ICON + (self.GAP if self.text() else 0)
        if self.key:
            width += 10 + key_cap_size(self.key).width()
        return width + (18 if self.arrow else 0)

    def sizeHint(self) -> QSize:
        return QSize(self._content_width() + 2 * self._padding(), self.HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class IconButton(Button):
    """A square button with an icon alone; `name` is its tooltip and what a screen reader says."""

    def __init__(
        self, icon: str, name: str, *, size: int = 32, key: str = "", kind: str = "quiet", parent: QWidget | None = None
    ) -> None:
        self._size = size
        super().__init__("", icon, kind=kind, parent=parent)
        self.setAccessibleName(name)
        self.setToolTip(tip(f"{name}  ({key})" if key else name))

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size)

    def _paint_content(self, painter: QPainter, words: str) -> None:
        colour = "text" if words == "text" and self.underMouse() else "quiet" if words == "text" else words
        paint_icon(painter, QRectF(self.rect()), self.icon_name, colour, 18)


class Segmented(QWidget):
    """A choice of one among few, side by side. Signals: `chosen` with the value that a person chose."""

    chosen = Signal(object)

    def __init__(
        self, options: Sequence[tuple[object, str]], value: object, name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._values = [key for key, _ in options]
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(0)
        for number, (_, text) in enumerate(options):
            part = _Segment(text)
            part.setAccessibleName(f"{name}: {text}")
            self._group.addButton(part, number)
            row.addWidget(part)
        self.setFixedHeight(Button.HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_value(value)
        self._group.idClicked.connect(lambda number: self.chosen.emit(self._values[number]))

    @property
    def value(self) -> object:
        """The value that is chosen; None while none is."""
        at = self._group.checkedId()
        return self._values[at] if at >= 0 else None

    def set_value(self, value: object) -> None:
        """Choose `value` without a signal; a value that is no option chooses the first."""
        number = self._values.index(value) if value in self._values else 0
        self._group.button(number).setChecked(True)

    def set_known(self, value: object) -> None:
        """Choose `value` without a signal; a value that is no option leaves all unchosen."""
        if value in self._values:
            self.set_value(value)
            return
        self._group.setExclusive(False)
        for part in self._group.buttons():
            part.setChecked(False)
        self._group.setExclusive(True)

    def set_text(self, value: object, text: str) -> None:
        """Show another word for an option, such as one with a count."""
        part = self._group.button(self._values.index(value))
        part.setText(text)
        part.setAccessibleName(f"{self.accessibleName()}: {text}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("line"))
        painter.setBrush(theme.color("sunken"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


class _Segment(Button):
    HEIGHT = 26

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setCheckable(True)

    def _colours(self) -> tuple[str | None, str | None, str]:
        if self.isChecked():
            return "surface", "line_strong", "text"
        return ("hover" if self.underMouse() else None), None, "quiet"


def paint_focus_ring(painter: QPainter, box: QRectF, *, inverted: bool = False, radius: float = 6) -> None:
    """Draw the ring that shows where the keyboard is, inside `box`."""
    painter.save()
    pen = painter.pen()
    pen.setStyle(Qt.PenStyle.SolidLine)
    pen.setColor(theme.color("on_accent" if inverted else "focus"))
    pen.setWidthF(2)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inset = 2.5 if inverted else 0.5
    painter.drawRoundedRect(box.adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset)
    painter.restore()
