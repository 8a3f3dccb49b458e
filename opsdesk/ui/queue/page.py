"""The page "Queue and returned": what waits at the left, what came back at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from opsdesk.ui.actions import Action
from opsdesk.ui.queue.returned_pane import ReturnedPane
from opsdesk.ui.queue.waiting_pane import WaitingPane
from opsdesk.ui.shell.link_actions import pause_or_resume
from opsdesk.ui.shell.page import Target
from opsdesk.ui.widgets.label import rule

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_WIDE, _NARROW = 496, 452
"""Width of the right side, in a wide window and in a narrow one."""


class QueuePage(QFrame):
    """The page. It opens on the side where there is something to decide."""

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self.setProperty("surface", "window")
        self._desk, self._shell = desk, shell
        self.waiting = WaitingPane(desk, shell)
        self.returned = ReturnedPane(desk, shell)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.waiting, 1)
        row.addWidget(rule(vertical=True))
        row.addWidget(self.returned)
        self.waiting.opened.connect(lambda ticket: shell.open(Target("ticket", ticket)))
        self.waiting.try_asked.connect(self.try_now)
        self.waiting.pause_asked.connect(self.pause_or_resume)
        self.waiting.copied.connect(self._tell_copied)
        self._add_actions()

    def _add_actions(self) -> None:
        returned, table = self.returned, self.waiting.table

        def some() -> bool:
            return returned.item is not None

        self._shell.actions.add(
            Action("queue.try", "Try the link now", self.try_now, "arrows-clockwise", "T", group="Queue",
                   listed=False,
                   enabled=lambda: self._desk.link.joined),
            Action("queue.pause", "Pause or resume the exchange", self.pause_or_resume, "pause", "P", group="Queue",
                   listed=False,
                   enabled=lambda: self._desk.link.joined),
            Action("queue.returned", "Go to what came back", self._to_returned, "arrow-u-down-left", "R",
                   group="Queue"),
            owner=table,
        )  # fmt: skip
        self._shell.actions.add(
            Action("returned.send", "Edit and send again", returned.send, "pencil-simple", "E", some, "Returned"),
            Action("returned.hand", "Send to a person", returned.hand_over, "user-plus", "H", some, "Returned"),
            Action("returned.export", "Export what came back", returned.export, "export", "X", some, "Returned"),
            Action("returned.discard", "Discard what came back", returned.discard, "trash", "D", some, "Returned"),
            Action("returned.next", "Next that came back", lambda: returned.step(1), "caret-down", "J Down", some,
                   "Returned"),
            Action("returned.previous", "Previous that came back", lambda: returned.step(-1), "caret-up", "K Up", some,
                   "Returned"),
            Action("returned.open", "Open its ticket", returned.open_record, "arrow-square-out", "O", some, "Returned"),
            Action("returned.queue", "Go to what waits", self._to_queue, "queue", "Q", group="Returned"),
            owner=returned,
        )  # fmt: skip

    # -- what the window asks of a page --------------------------------------------------------------------

    def activated(self) -> None:
        """The page came to the front."""
        self.waiting.activated()
        self.returned.activated()
        station = getattr(self._shell, "station", None)
        if station is not None and station.returned:
            self._to_returned()
        else:
            self._to_queue()

    def _to_returned(self) -> None:
        self.returned.setFocus(Qt.FocusReason.OtherFocusReason)

    def _to_queue(self) -> None:
        shown: QWidget = self.waiting.table if self.waiting.table.isVisible() else self.returned
        shown.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- doing ---------------------------------------------------------------------------------------------

    def try_now(self) -> None:
        """Try the link at once, whatever the timer says."""
        self._desk.link.retry_now()
        self._shell.toasts.show_toast("Trying the link", tone="neutral", seconds=3)

    def pause_or_resume(self) -> None:
        """Send and fetch nothing, or go on."""
        pause_or_resume(self._desk)

    def _tell_copied(self, lines: int) -> None:
        self._shell.toasts.show_toast(f"Copied {lines:,} line{'' if lines == 1 else 's'}", tone="neutral", seconds=3)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.returned.setFixedWidth(_WIDE if self.width() > 1240 else _NARROW)
