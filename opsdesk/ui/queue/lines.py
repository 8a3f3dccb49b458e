"""The lines of the Returned box: what waits for a decision, and what was settled."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.returned import Item
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.layouts import clear_layout
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


class ItemList(QScrollArea):
    """The things to choose from, few at a time: the reason and the buttons of the chosen one stand below, and are in
    sight however many came back.

    Signals: `chosen` with an Item.
    """

    chosen = Signal(object)
    SEEN = 4.5
    """Lines that are seen at once; the half one says that there are more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.note = Label()
        body = QFrame()
        body.setProperty("surface", "panel")
        self._body, self._column = body, QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_items(self, items: Sequence[Item], more: int = 0) -> None:
        """Show what there is to choose from; `more` counts what waits beyond it. One thing needs no list."""
        place = self.verticalScrollBar().value()
        clear_layout(self._column)
        self.setVisible(len(items) > 1)
        for item in items if len(items) > 1 else ():
            line = ItemLine(item)
            line.clicked.connect(lambda _checked=False, item=item: self.chosen.emit(item))
            self._column.addWidget(line)
        self.note = Label(f"{more:,} more come here as these are settled", "quiet", "quiet")
        self.note.setContentsMargins(8, 8, 8, 8)
        self.note.setVisible(more > 0)
        self._column.addWidget(self.note)
        self._column.addStretch(1)
        self.setFixedHeight(int(ItemLine.HEIGHT * min(len(items) + bool(more), self.SEEN)))
        self._body.adjustSize()
        self.verticalScrollBar().setValue(place)

    def mark(self, key: int | None) -> None:
        """Mark the thing that is shown below, and bring its line into view."""
        for line in self.lines():
            line.setChecked(line.item.key == key)
            if line.isChecked():
                # Lines that were just made have no place yet.
                self._column.activate()
                self.ensureWidgetVisible(line, 0, ItemLine.HEIGHT)

    def lines(self) -> list[ItemLine]:
        """The lines, from the top."""
        places = [self._column.itemAt(at) for at in range(self._column.count())]
        return [place.widget() for place in places if place is not None and isinstance(place.widget(), ItemLine)]  # type: ignore[misc]


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
