"""The sync mark: how a ticket stands with the other stations, as a drawing for lists and as a widget with its word."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from opsdesk.services.tickets import Mark, Stage, TicketRow
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.mark import IconMark

SIZE = 13

ICONS: dict[Mark, tuple[str, str]] = {
    Mark.CONFLICT: ("git-fork-bold", "danger.text"),
    Mark.RETURNED: ("arrow-u-down-left-bold", "warn.text"),
    Mark.DRAFT: ("pencil-simple-bold", "quiet"),
    Mark.QUEUED: ("arrow-up-bold", "link"),
    Mark.NEW: ("arrow-down-bold", "good.text"),
    Mark.IN_STEP: ("check", "faint"),
}
"""The icon of each mark and its colour."""


def mark_of(row: TicketRow, *, joined: bool) -> Mark | None:
    """What to say of a ticket beside its number. At a desk that works alone nothing waits for a link."""
    return row.mark if joined or row.mark not in (Mark.QUEUED, Mark.IN_STEP) else None


class SyncMark(QWidget):
    """The mark and its word; what stands with all stations alike is shown quietly, or not at all."""

    def __init__(self, *, quiet_too: bool = False, parent: QWidget | None = None) -> None:
        """`quiet_too` shows also that a ticket is in step."""
        super().__init__(parent)
        self._mark: Mark | None = None
        self._quiet_too = quiet_too
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.hide()

    @property
    def mark(self) -> Mark | None:
        """What is shown."""
        return self._mark

    def show_mark(self, mark: Mark | None) -> None:
        """Show a mark; None for none."""
        if mark is Mark.IN_STEP and not self._quiet_too:
            mark = None
        self._mark = mark
        self.setVisible(mark is not None)
        words = mark.words if mark is not None else ""
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._mark is None:
            return
        painter = QPainter(self)
        name, colour = ICONS[self._mark]
        paint_icon(painter, QRectF(0, 0, 16, self.height()), name, colour, SIZE)
        painter.setFont(theme.font("quiet-strong"))
        painter.setPen(theme.color("quiet" if colour == "faint" else colour))
        painter.drawText(QRectF(20, 0, self.width() - 20, self.height()), Qt.AlignmentFlag.AlignVCenter, self._word())

    def _word(self) -> str:
        return "" if self._mark is None else self._mark.words.partition(":")[0]

    def sizeHint(self) -> QSize:
        return QSize(22 + QFontMetrics(theme.font("quiet-strong")).horizontalAdvance(self._word()), 20)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


TICKS: dict[Stage, tuple[str, str]] = {
    Stage.HERE: ("check", "quiet"),
    Stage.POST: ("check-circle", "quiet"),
    Stage.CENTRE: ("checks", "good.text"),
    Stage.CONFLICT: ICONS[Mark.CONFLICT],
    Stage.RETURNED: ICONS[Mark.RETURNED],
    Stage.ALONE: ("check", "quiet"),
}
"""The tick of each stage: one stroke for saved here, two for at the centre."""


class Tick(IconMark):
    """How far an own change has come, told on hover and to screen readers."""

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(*TICKS[stage], 14, parent)
        self.setToolTip(stage.words)
        self.setAccessibleName(stage.words)
