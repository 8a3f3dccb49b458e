"""A panel over the whole window, with the rest dimmed: for the palette, the sheet of shortcuts and the first look."""

from __future__ import annotations

from collections.abc import Sequence

import shiboken6
from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from opsdesk.ui.theme import theme

_SHADOW = 26


class Overlay(QWidget):
    """Covers `host` and holds one `panel`. Signals: `closed`.

    Esc and a press beside the panel close it; then the widget that had the focus has it again.
    """

    closed = Signal()

    def __init__(self, host: QWidget, *, width: int, top: int, height: int, right: int | None = None) -> None:
        """The panel stands in the middle with the rest dimmed, or `right` pixels from the right edge undimmed."""
        super().__init__(host)
        self._wanted = (width, top, height)
        self._right = right
        self._before: QWidget | None = None
        self.panel = QFrame(self)
        self.panel.setProperty("surface", "popup")
        host.installEventFilter(self)
        self.hide()

    def set_height(self, height: int) -> None:
        """Wish for another height of the panel in pixels; it never grows past the window."""
        width, top, _ = self._wanted
        self._wanted = (width, top, height)

    def open(self) -> None:
        """Show the panel and take the focus."""
        if not self.isVisible():
            self._before = QApplication.focusWidget()
        self._place()
        self.show()
        self.raise_()
        self.take_focus()

    def take_focus(self) -> None:
        """Put the focus where typing should go."""
        self.panel.setFocus()

    def close_panel(self) -> None:
        """Hide the panel and give the focus back."""
        if not self.isVisible():
            return
        self.hide()
        before, self._before = self._before, None
        if before is not None and shiboken6.isValid(before) and before.isVisible():
            before.setFocus()
        self.closed.emit()

    def _place(self) -> None:
        host = self.parentWidget()
        if host is None:
            return
        self.setGeometry(host.rect())
        width, top, height = self._wanted
        width = min(width, self.width() - 48)
        if self._right is None:
            top = min(top, max(16, (self.height() - height) // 2))
        height = min(height, self.height() - top - 24)
        left = (self.width() - width) // 2 if self._right is None else self.width() - self._right - width
        self.panel.setGeometry(QRect(left, top, width, height))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._right is None:
            scrim = QColor(theme.color("scrim"))
            scrim.setAlphaF(0.45)
            painter.fillRect(self.rect(), scrim)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        # Rings that grow thinner outwards add up to a soft shadow; a blur effect would redraw the panel at each key.
        box = QRectF(self.panel.geometry())
        for grow in range(_SHADOW, 0, -1):
            painter.setBrush(QColor(0, 0, 0, 1 + 5 * (_SHADOW - grow) // _SHADOW))
            painter.drawRoundedRect(box.adjusted(-grow, -grow + 6, grow, grow + 6), 8 + grow, 8 + grow)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.close_panel()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
        # Whatever else was typed stays here: nothing below the panel may act.

    def event(self, event: QEvent) -> bool:
        # Plain keys belong to the panel: no letter may act on the page below it.
        if isinstance(event, QKeyEvent) and _is_plain(event) and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        inside = self.panel.findChildren(QWidget)
        return turn_focus([widget for widget in inside if widget.focusPolicy() & Qt.FocusPolicy.TabFocus], forward)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False


def turn_focus(stops: Sequence[QWidget], forward: bool) -> bool:
    """Give the focus to the next or previous of `stops` that can take it; Tab never leaves them."""
    inside = [widget for widget in stops if widget.isVisible() and widget.isEnabled()]
    if not inside:
        return True
    current = QApplication.focusWidget()
    at = next(
        (n for n, widget in enumerate(inside) if current and (widget is current or widget.isAncestorOf(current))), -1
    )
    inside[(at + (1 if forward else -1)) % len(inside)].setFocus(
        Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
    )
    return True


def _is_plain(event: QKeyEvent) -> bool:
    modifier = Qt.KeyboardModifier
    return not event.modifiers() & (modifier.ControlModifier | modifier.AltModifier | modifier.MetaModifier)
