"""Parts of the form that sets up a station: a card for a way to work, a line that says how it went, a marked field."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import paint_focus_ring
from opsdesk.ui.widgets.label import Label


class WayCard(QAbstractButton):
    """One of the ways to work: icon, name, two lines on what it means, and a mark when it is chosen."""

    def __init__(self, icon: str, title: str, lines: tuple[str, str]) -> None:
        super().__init__()
        self._icon, self._lines = icon, lines
        self.setText(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(" ".join(lines))
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(250, 104)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(theme.color("accent" if chosen else "line_strong"), 2 if chosen else 1))
        painter.setBrush(theme.color("chip" if chosen else "hover" if self.underMouse() else "surface"))
        painter.drawRoundedRect(box, 8, 8)
        if self.hasFocus():
            paint_focus_ring(painter, box.adjusted(3, 3, -3, -3), radius=5)
        paint_icon(painter, QRectF(16, 14, 24, 28), self._icon, "link" if chosen else "quiet", 22)
        painter.setFont(theme.font("section"))
        painter.setPen(theme.color("text"))
        painter.drawText(QRectF(50, 14, self.width() - 90, 28), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("selection_quiet" if chosen else "quiet"))
        for number, line in enumerate(self._lines):
            place = QRectF(16, 48 + number * 20, self.width() - 32, 20)
            shown = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, int(place.width()))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
        mark = QRectF(self.width() - 34, 19, 18, 18)
        if chosen:
            paint_icon(painter, mark, "check-circle-fill", "accent", 20)
        else:
            painter.setPen(QPen(theme.color("line_strong"), 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(mark.adjusted(1, 1, -1, -1))

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)


class _Sign(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(18, 18)
        self.icon, self.tone = "", "quiet"

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.icon:
            paint_icon(QPainter(self), QRectF(self.rect()), self.icon, self.tone, 16)


_SIGNS = {
    "good": ("check-circle-fill", "good.text"),
    "danger": ("warning-circle-fill", "danger.text"),
    "warn": ("warning-fill", "warn.text"),
    "quiet": ("circle-dashed", "quiet"),
}


class Note(QWidget):
    """A line that says how something went: a sign, a strong beginning and the rest. Nothing to say takes no room.

    With `retain` it keeps that of one line, so that nothing moves when it speaks.
    """

    def __init__(self, *, retain: bool = False) -> None:
        super().__init__()
        if retain:
            policy = self.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            self.setSizePolicy(policy)
            self.setMinimumHeight(18)
        self._sign = _Sign()
        self._strong = Label("", "quiet-strong", "text")
        self._rest = Label("", "quiet", "quiet", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._strong, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._rest, 1, Qt.AlignmentFlag.AlignTop)
        self.say("", "")

    def say(self, tone: str, strong: str, rest: str = "") -> None:
        """Say it in a tone: `good`, `danger`, `warn` or `quiet`."""
        self._sign.icon, self._sign.tone = _SIGNS.get(tone, ("", "quiet"))
        self._strong.setText(strong)
        self._strong.set_tone(tone if tone != "quiet" else "text")
        self._strong.setVisible(bool(strong))
        self._rest.setText(rest)
        self._rest.set_tone(tone if tone == "danger" else "quiet")
        self._sign.setToolTip(strong)
        self.setAccessibleName(f"{strong} {rest}".strip())
        self.setVisible(bool(strong or rest))
        self._sign.update()

    @property
    def words(self) -> str:
        """All that it says; empty when it says nothing."""
        return self.accessibleName()


class MarkedField(QLineEdit):
    """A line with a mark at its end: good, or wrong."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._mark = ""

    def set_mark(self, mark: str) -> None:
        """Show the mark `good` or `danger`, or none."""
        self._mark = mark
        self.setProperty("invalid", mark == "danger")
        self.style().unpolish(self)
        self.style().polish(self)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._mark in _SIGNS:
            icon, tone = _SIGNS[self._mark]
            paint_icon(QPainter(self), QRectF(self.width() - 30, 0, 24, self.height()), icon, tone, 16)
