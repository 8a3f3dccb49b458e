"""Draws the contents of cells: one pen for the whole table, so that painting a screen stays a few milliseconds."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QStaticText, QTransform

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme

PADDING = 6


@lru_cache(maxsize=32)
def font_of(role: str) -> QFont:
    """Return the font of a role; kept, because a paint asks for it hundreds of times."""
    return theme.font(role)


@lru_cache(maxsize=32)
def metrics_of(role: str) -> QFontMetrics:
    """Return the measures of a role's font."""
    return QFontMetrics(font_of(role))


@lru_cache(maxsize=16384)
def elided(role: str, text: str, width: int) -> tuple[str, int]:
    """Return `text` cut to `width` pixels with an ellipsis, and the pixels that it then takes."""
    metrics = metrics_of(role)
    advance = metrics.horizontalAdvance(text)
    if advance <= width:
        return text, advance
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
    return shown, metrics.horizontalAdvance(shown)


@lru_cache(maxsize=4096)
def laid_out(role: str, text: str) -> QStaticText:
    """Return `text` ready to be drawn; laying it out anew with each paint would take three times as long."""
    result = QStaticText(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.prepare(QTransform(), font_of(role))
    return result


class Cell:
    """The cell that is being painted: its place, its state, and a few strokes that all cells share.

    `rect` is the cell without its padding. `lit` is True on a marked or current row, where quiet text is lifted;
    `cut` becomes True when text did not fit, so that the whole is told in a tooltip. `now` is the moment of the paint
    in UTC milliseconds, so that all ages on a screen agree.
    """

    def __init__(self, painter: QPainter, now: int, seen: Any = None) -> None:
        """`seen` is what the table's `survey` made of the rows on view."""
        self.painter = painter
        self.now = now
        self.seen = seen
        self.rect = QRect()
        self.lit = False
        self.hovered = False
        self.right = False
        self.cut = False
        self.baseline = 0
        self._role = ""
        self._colour = ""

    def colour(self, name: str) -> QColor:
        """Return a colour token; on a lit row quiet words are lifted."""
        if self.lit and name in ("quiet", "faint"):
            name = "selection_quiet"
        return theme.color(name)

    def text(
        self,
        text: str,
        role: str = "body",
        colour: str = "text",
        *,
        rect: QRect | None = None,
        right: bool | None = None,
    ) -> int:
        """Write one line on the row's baseline, cut to fit; return the width it took in pixels."""
        place = rect or self.rect
        at_right = self.right if right is None else right
        if at_right:
            role += "#"  # numbers below each other
        shown, advance = elided(role, text, place.width())
        if shown != text:
            self.cut = True
        x = place.right() + 1 - advance if at_right else place.left()
        self.write(x, self.baseline, shown, role, colour)
        return advance

    def write(self, x: float, y: float, text: str, role: str, colour: str) -> None:
        """Write `text` from the point (x, y) on."""
        if role != self._role:
            self.painter.setFont(font_of(role))
            self._role = role
        if colour != self._colour:
            self.painter.setPen(self.colour(colour))
            self._colour = colour
        self.painter.drawStaticText(QPointF(x, y - metrics_of(role).ascent()), laid_out(role, text))

    def icon(self, rect: QRectF, name: str, colour: str, size: int) -> None:
        """Draw an icon in the middle of `rect`."""
        if self.lit and colour in ("quiet", "faint"):
            colour = "selection_quiet"
        paint_icon(self.painter, rect, name, colour, size)

    def begin(self, rect: QRect, *, lit: bool, hovered: bool, right: bool) -> None:
        """Go on to another cell."""
        if lit != self.lit:
            self._colour = ""
        self.rect, self.lit, self.hovered, self.right = rect, lit, hovered, right
        metrics = metrics_of("body")
        # Where the text of the row stands, the same for all sizes of text.
        self.baseline = rect.top() + (rect.height() + metrics.ascent() - metrics.descent()) // 2

    def forget_pen(self) -> None:
        """Something else has set font or pen; called by strokes that paint by themselves."""
        self._role = self._colour = ""


def paint_text(cell: Cell, text: str) -> None:
    """Paint a cell that is just words."""
    cell.text(text)


def forget_measures() -> None:
    """The fonts have changed: measure anew."""
    for kept in (font_of, metrics_of, elided, laid_out):
        kept.cache_clear()
