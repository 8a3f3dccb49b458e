"""The status timeline: how a record went through its states, where it is now and when it is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from opsdesk.services import times
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets import wall

_MARGIN = 8.0
_LINE_Y = 30.0
_HEIGHT = 58
_LEAST = 16.0
"""Least distance between two marks in pixels."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One point on the line, and how the stretch after it is drawn.

    `stretch` is `done`, `first`, `waiting`, `late`, `ahead` or empty for none; `kind` is `step`, `now`, `due`, `late`.
    """

    at: int
    word: str
    detail: str = ""
    stretch: str = "done"
    kind: str = "step"


class Timeline(QWidget):
    """The bar. It holds no state of its own: `show_marks` is all there is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: tuple[Mark, ...] = ()
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What is shown, by time."""
        return self._marks

    def show_marks(self, marks: Sequence[Mark]) -> None:
        """Show these points, which must be in the order of time."""
        self._marks = tuple(marks)
        self.setAccessibleName(
            "Timeline: "
            + ", ".join(f"{mark.word} {mark.detail} {times.dtg(mark.at)}".replace("  ", " ") for mark in marks)
        )
        self.update()

    def positions(self) -> list[float]:
        """Where the marks stand, in pixels from the left: by time, but never closer than can be told apart."""
        marks = self._marks
        if not marks:
            return []
        room = self.width() - 2 * _MARGIN
        if len(marks) == 1:
            return [_MARGIN]
        first, last = marks[0].at, marks[-1].at
        span = max(1, last - first)
        wishes = [room * (mark.at - first) / span for mark in marks]
        gaps = [max(self._gap(a), _LEAST) for a in range(len(marks) - 1)]
        if sum(gaps) > room:
            gaps = [_LEAST] * len(gaps)
        if sum(gaps) > room:
            gaps = [room / len(gaps)] * len(gaps)
        # From the left push each mark away from the one before, then from the right pull back what fell off.
        for index in range(1, len(marks)):
            wishes[index] = max(wishes[index], wishes[index - 1] + gaps[index - 1])
        wishes[-1] = min(wishes[-1], room)
        for index in range(len(marks) - 2, -1, -1):
            wishes[index] = min(wishes[index], wishes[index + 1] - gaps[index])
        return [_MARGIN + wish for wish in wishes]

    def _gap(self, index: int) -> float:
        """Room that the words of a mark need before the next one's."""
        here, there = self._marks[index], self._marks[index + 1]
        last = index + 1 == len(self._marks) - 1
        width = self._width(here) / (2 if here.kind == "now" else 1)
        before = self._width(there) * (1 if last else 0.5 if there.kind == "now" else 0)
        return width + before + 10

    def _width(self, mark: Mark) -> float:
        strong, quiet = QFontMetricsF(theme.font("quiet-strong")), QFontMetricsF(theme.font("quiet"))
        below = strong.horizontalAdvance(mark.word)
        below += quiet.horizontalAdvance("  " + mark.detail) if mark.detail else 0
        return max(below, quiet.horizontalAdvance(self._time(mark)))

    def _time(self, mark: Mark) -> str:
        """As short as it can be told apart from another day, month or year."""
        first, last, now = self._marks[0].at, self._marks[-1].at, wall.now()
        if last - first > 25 * times.DAY:
            day, _, month, year = times.dtg(mark.at).split()
            return f"{day} {month} {year}"
        if abs(now - first) < 20 * times.HOUR and abs(now - last) < 20 * times.HOUR:
            return times.dtg(mark.at, short=True)[3:]
        near = abs(now - first) < 25 * times.DAY and abs(now - last) < 25 * times.DAY
        return times.dtg(mark.at, short=True) if near else times.dtg(mark.at)[:-3]

    # -- Qt ------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        places = self.positions()
        for index in range(len(places) - 1):
            self._paint_stretch(painter, places[index], places[index + 1], self._marks[index].stretch)
        for mark, x in zip(self._marks, places, strict=True):
            self._paint_mark(painter, mark, x)
        self._paint_words(painter, places)

    def _paint_stretch(self, painter: QPainter, left: float, right: float, stretch: str) -> None:
        colour = _STRETCHES.get(stretch)
        if colour is None:
            return
        pen = QPen(theme.color(colour), 4)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if stretch == "waiting":
            pen.setDashPattern([0.9, 0.75])
        painter.setPen(pen)
        painter.drawLine(QPointF(left, _LINE_Y), QPointF(right, _LINE_Y))

    def _paint_mark(self, painter: QPainter, mark: Mark, x: float) -> None:
        at = QPointF(x, _LINE_Y)
        painter.setPen(QPen(theme.color("surface"), 2))
        if mark.kind == "now":
            halo = QColor(theme.color("accent"))
            halo.setAlphaF(0.25)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(halo)
            painter.drawEllipse(at, 9, 9)
            painter.setPen(QPen(theme.color("accent"), 3))
            painter.setBrush(theme.color("surface"))
            painter.drawEllipse(at, 5, 5)
        elif mark.kind in ("due", "late"):
            painter.setPen(QPen(theme.color("danger.mark" if mark.kind == "late" else "line_strong"), 2))
            painter.setBrush(theme.color("surface"))
            painter.drawEllipse(at, 5, 5)
        else:
            painter.setBrush(theme.color("warn.mark" if mark.stretch == "waiting" else "accent.mark"))
            painter.drawEllipse(at, 6, 6)

    def _paint_words(self, painter: QPainter, places: list[float]) -> None:
        strong, quiet = theme.font("quiet-strong"), theme.font("quiet")
        # The ends and the present are always named, the steps between where there is room for their words.
        taken: list[tuple[float, float]] = []
        count = len(self._marks)
        order = sorted(range(count), key=lambda n: (n not in (0, count - 1), self._marks[n].kind == "step", -n))
        for index in order:
            mark, x = self._marks[index], places[index]
            width = self._width(mark)
            left = x - 6
            if index == count - 1 and count > 1:
                left = x + 6 - width
            elif mark.kind == "now":
                left = x - width / 2
            left = min(max(0.0, left), self.width() - width)
            if any(left < end + 6 and start < left + width + 6 for start, end in taken):
                continue
            taken.append((left, left + width))
            align = Qt.AlignmentFlag.AlignLeft
            if index == count - 1 and count > 1:
                align = Qt.AlignmentFlag.AlignRight
            elif mark.kind == "now":
                align = Qt.AlignmentFlag.AlignHCenter
            present = mark.kind == "now"
            painter.setFont(strong if present else quiet)
            painter.setPen(theme.color("link" if present else "danger.text" if mark.kind == "late" else "quiet"))
            painter.drawText(QRectF(left, 2, width + 1, 18), align | Qt.AlignmentFlag.AlignVCenter, self._time(mark))
            self._paint_name(painter, mark, QRectF(left, 40, width + 1, 18), align)

    def _paint_name(self, painter: QPainter, mark: Mark, box: QRectF, align: Qt.AlignmentFlag) -> None:
        strong, quiet = theme.font("quiet-strong"), theme.font("quiet")
        word = QFontMetricsF(strong).horizontalAdvance(mark.word)
        whole = word + (QFontMetricsF(quiet).horizontalAdvance("  " + mark.detail) if mark.detail else 0)
        left = box.left()
        if align == Qt.AlignmentFlag.AlignRight:
            left = box.right() - whole
        elif align == Qt.AlignmentFlag.AlignHCenter:
            left = box.center().x() - whole / 2
        painter.setFont(strong)
        painter.setPen(theme.color("danger.text" if mark.kind == "late" else "quiet" if mark.kind == "due" else "text"))
        painter.drawText(QRectF(left, box.top(), word + 2, box.height()), Qt.AlignmentFlag.AlignVCenter, mark.word)
        if mark.detail:
            painter.setFont(quiet)
            painter.setPen(theme.color("quiet"))
            painter.drawText(
                QRectF(left + word, box.top(), whole - word + 2, box.height()),
                Qt.AlignmentFlag.AlignVCenter,
                "  " + mark.detail,
            )

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            x = event.pos().x()
            near = [(abs(place - x), mark) for place, mark in zip(self.positions(), self._marks, strict=True)]
            found = min(near, key=lambda pair: pair[0], default=None)
            if found is not None and found[0] < 24:
                mark = found[1]
                words = f"{mark.word} {mark.detail}".strip()
                QToolTip.showText(
                    event.globalPos(), f"{words}\n{times.dtg(mark.at)}\n{times.local(mark.at)} here", self
                )
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        return QSize(480, _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, _HEIGHT)


_STRETCHES = {
    "first": "normal.mark",
    "done": "accent.mark",
    "waiting": "warn.mark",
    "late": "danger.mark",
    "ahead": "line",
}
