"""The lines of the Returned box: what waits for a decision, and what was settled."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from opsdesk.services import times
from opsdesk.services.returned import Item
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.line import Line
from opsdesk.ui.widgets.pill import paint_pill, pill_size


class ItemLine(Line):
    """One thing that came back, to choose it."""

    HEIGHT = 34
    MARGIN = 8.0

    def __init__(self, item: Item) -> None:
        self.item = item
        super().__init__(f"{item.number} {item.title}: {item.words}. {item.sentence}".strip())
        self.setCheckable(True)

    def nextCheckState(self) -> None:
        """Which one is shown is said by the pane."""

    def draw_ground(self, painter: QPainter) -> None:
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection"))
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        else:
            super().draw_ground(painter)

    def draw(self, painter: QPainter) -> None:
        item = self.item
        paint_icon(painter, QRectF(8, 0, 16, self.height()), "arrow-u-down-left-bold", "warn.text", 13)
        width = pill_size(item.reason).width()
        right = self.width() - self.MARGIN - width
        paint_pill(painter, QRectF(right, 0, width, self.height()), item.reason, "warn")
        quiet = "selection_quiet" if self.isChecked() else "quiet"
        end = self.words(painter, 32, 7, right - 8, item.number, "quiet", quiet) if item.number else 24.0
        self.words(painter, end + 8, 7, right - 8, f"{item.title}: {item.words}", "body", "text")


class SettledLine(Line):
    """One thing that was settled, and how."""

    HEIGHT = 30
    MARGIN = 0.0

    def __init__(self, item: Item, now: int) -> None:
        self._item, self._now = item, now
        how = {"handed over": f"handed to {item.said}", "discarded": f"discarded: {item.said}"}.get(item.how, item.how)
        self._how = how
        settled = "" if item.settled_at is None else f", {times.dtg(item.settled_at)}"
        super().__init__(f"{item.number} {item.title}: {item.words}. {how}{settled}".strip())

    def draw(self, painter: QPainter) -> None:
        item = self._item
        paint_icon(painter, QRectF(0, 0, 16, self.height()), "check", "good.text", 14)
        how = self._how if len(self._how) <= 28 else self._how[:27] + "…"
        right = self.note(painter, how, 5, "quiet", "quiet") - 8
        end = self.words(painter, 24, 5, right, item.number, "quiet", "quiet") if item.number else 16.0
        self.words(
            painter, end + 8, 5, right, item.title if item.creation else f"{item.title}: {item.words}", "body", "text"
        )
