"""The left side: what waits to be shared, since when, how much it is, and what may be done about the link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from opsdesk.services import times, waiting
from opsdesk.services.changes import Changes
from opsdesk.services.errors import OpsDeskError
from opsdesk.services.link import LinkKind
from opsdesk.services.waiting import WaitingLine, Waits
from opsdesk.ui.queue.columns import SOURCE, change_text
from opsdesk.ui.shell.link_words import LinkWords, lasted, link_words
from opsdesk.ui.shell.statusbar import size
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.mark import IconMark
from opsdesk.ui.widgets.pill import Pill
from opsdesk.ui.widgets.row_table import RowTable

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_SETTLE_MS = 250
"""A burst of changes is counted once."""
COPIED = 5_000
"""Lines that are copied as text at most."""


class WaitingPane(QWidget):
    """Signals: `opened` with the ticket of a line, `try_asked`, `pause_asked`, `copied` with how many lines."""

    opened = Signal(object)
    try_asked = Signal()
    pause_asked = Signal()
    copied = Signal(int)

    def __init__(self, desk: Desk, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._shell = desk, shell
        self.total: Waits | None = None
        self._stale = True
        self.table = RowTable(SOURCE, desk, shell.bridge)
        self.table.setAccessibleName("Waiting to be shared")
        self.try_button = Button("Try the link now", "arrows-clockwise", key="T")
        self.pause_button = Button("Pause", "pause", key="P")
        self.copy_button = Button("Copy as text", "copy")
        self.empty = EmptyState("Counting what waits", icon="tray")
        self._build()
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self.reload)
        self._connect()

    def _build(self) -> None:
        self._figures = ElidedLabel("", "body", "quiet")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label("Waiting to be shared", "section"))
        head.addWidget(self._figures, 1)
        for button in (self.try_button, self.pause_button, self.copy_button):
            head.addWidget(button)
        self._link_mark = IconMark("broadcast", "quiet", 20)
        self._link = Label("", "strong")
        self._rest = Label("", "quiet", "quiet", wrap=True)
        self._state = Pill()
        self._oldest, self._speed = Label("", "quiet", "quiet"), Label("", "quiet-medium")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._link)
        words.addWidget(self._rest)
        upper = QHBoxLayout()
        upper.setSpacing(12)
        upper.addWidget(self._link_mark, 0, Qt.AlignmentFlag.AlignTop)
        upper.addLayout(words, 1)
        upper.addWidget(self._state, 0, Qt.AlignmentFlag.AlignTop)
        lower = QHBoxLayout()
        lower.addWidget(self._oldest)
        lower.addStretch(1)
        lower.addWidget(self._speed)
        card = QFrame()
        card.setProperty("surface", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 10)
        column.setSpacing(8)
        column.addLayout(upper)
        self._low = QWidget()
        low = QVBoxLayout(self._low)
        low.setContentsMargins(0, 0, 0, 0)
        low.setSpacing(8)
        low.addWidget(rule())
        low.addLayout(lower)
        column.addWidget(self._low)
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 9, 16, 9)
        foot.setSpacing(8)
        foot.addWidget(IconMark("info", "quiet", 15))
        foot.addWidget(
            ElidedLabel("The oldest goes first. A broken transfer goes on where it stopped.", "quiet", "quiet"), 1
        )
        rows = QWidget()
        listed = QVBoxLayout(rows)
        listed.setContentsMargins(1, 1, 1, 1)
        listed.setSpacing(0)
        listed.addWidget(self.table, 1)
        listed.addWidget(rule())
        listed.addLayout(foot)
        frame = QFrame()
        frame.setProperty("surface", "card")
        self._pages = QStackedLayout(frame)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(rows)
        self._rows = rows
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 12, 24, 20)
        whole.setSpacing(16)
        whole.addLayout(head)
        whole.addWidget(card)
        whole.addWidget(frame, 1)

    def _connect(self) -> None:
        self.table.opened.connect(self._open)
        # What waits goes and comes by itself: the list follows without being asked.
        self.table.news.connect(lambda news: self.table.take_news() if news is not None else None)
        self.table.copy_asked.connect(self.copy)
        self.table.rows.failed.connect(self._failed)
        self.try_button.clicked.connect(lambda: self.try_asked.emit())
        self.pause_button.clicked.connect(lambda: self.pause_asked.emit())
        self.copy_button.clicked.connect(self.copy)
        self._shell.bridge.changed.connect(self._changed)
        stop = self._desk.link.watch(lambda _state: self._shell.bridge.later(self._link_changed))
        self.destroyed.connect(lambda: stop())
        ticker.minute.connect(self._show_words)

    # -- reading -------------------------------------------------------------------------------------------

    def activated(self) -> None:
        """The page came to the front."""
        if self._stale:
            self.reload()
        self._show_words()

    def reload(self) -> None:
        """Count and list again."""
        self._stale = False
        if not self._desk.link.joined:
            self.total = None
            self._show_words()
            return
        self._shell.bridge.then(
            self._desk.ask(waiting.total, channel="queue.total"), self._counted, self._failed, owner=self
        )
        if self.table.rows.query is None:
            self.table.show_query("waiting")
        else:
            self.table.rows.changed((), everything=True)

    def _changed(self, changes: Changes) -> None:
        if not changes:
            return
        self._stale = True
        if self.isVisible() and not self._settle.isActive():
            self._settle.start()

    def _link_changed(self) -> None:
        if self.isVisible() and self._stale:
            self.reload()
        self._show_words()

    def _counted(self, total: Waits) -> None:
        self.total = total
        self._show_words()

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, OpsDeskError):
            raise error
        self._stale = True
        self.empty.show_error(str(error), "What waits is safe on this station.", run=self.reload)
        self._pages.setCurrentWidget(self.empty)

    # -- telling -------------------------------------------------------------------------------------------

    def words(self) -> LinkWords:
        """How the link stands, in words."""
        return link_words(self._desk.link.state, None, wall.now())

    def _show_words(self) -> None:
        state, total, now = self._desk.link.state, self.total, wall.now()
        said = self.words()
        joined = self._desk.link.joined
        paused = state.kind is LinkKind.PAUSED
        for button in (self.try_button, self.pause_button):
            button.setVisible(joined)
        self.try_button.setEnabled(not paused and not state.busy)
        self.pause_button.set_icon("play" if paused else "pause")
        self.pause_button.setText("Resume" if paused else "Pause")
        waits = total is not None and total.changes > 0
        self.copy_button.setVisible(waits)
        self._link.setText(said.bar)
        self._state.set(_kind_word(state.kind, busy=state.busy), said.tone)
        heard = "" if state.last_exchange is None else f"Last exchange {times.dtg(state.last_exchange, short=True)}"
        tries = "" if state.next_try is None else f"tries again at {times.dtg(state.next_try, short=True)[3:]}"
        self._rest.setText(" · ".join(filter(None, (state.problem, heard, tries))) or said.rest)
        self._low.setVisible(waits)
        if total is None or not waits:
            self._figures.setText("")
            self._show_nothing(joined=joined, counted=total is not None)
            return
        plural = "" if total.changes == 1 else "s"
        self._figures.setText(f"{total.changes:,} change{plural}")
        oldest = 0 if total.oldest is None else max(0, now - total.oldest)
        self._oldest.setText("Oldest just now" if oldest < times.MINUTE else f"Oldest {lasted(oldest)}")
        takes = _takes(total.size, state.bytes_per_second)
        self._speed.setText(f"About {size(total.size)}, {takes}" if takes else f"About {size(total.size)}")
        self._speed.setToolTip("At the speed that was measured last" if takes else "")
        self._pages.setCurrentWidget(self._rows)

    def _show_nothing(self, *, joined: bool, counted: bool) -> None:
        if not joined:
            self.empty.show_words(
                "This station works alone",
                icon="desktop",
                detail="What is written here stays here, and goes out after joining a server.",
            )
        elif counted:
            self.empty.show_words(
                "Nothing waits",
                icon="check-circle",
                tone="good",
                detail="Everything that was written on this station is at the server.",
                button="Go to tickets",
                key="G T",
                run=lambda: self._shell.go("tickets"),
            )
        else:
            self.empty.show_words("Counting what waits", icon="tray")
        self._pages.setCurrentWidget(self.empty)

    # -- doing ---------------------------------------------------------------------------------------------

    def _open(self, line: WaitingLine) -> None:
        if line.ticket is not None:
            self.opened.emit(line.ticket)

    def copy(self) -> None:
        """Put all lines on the clipboard as text, one under the other."""

        def answered(lines: list[str]) -> None:
            QGuiApplication.clipboard().setText("\n".join(lines))
            self.copied.emit(len(lines))

        future = self._desk.ask(as_text, channel="queue.copy")
        self._shell.bridge.then(future, answered, self._shell.operations.show_error, owner=self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # The words of the buttons give way before the figures do.
        wide = self.width() > 760
        self.copy_button.setText("Copy as text" if wide else "Copy")
        self.try_button.setText("Try the link now" if wide else "Try now")


def as_text(reader: Any) -> list[str]:
    """The lines of the queue as text; runs on a reader thread."""
    page = waiting.first_page(reader, None, COPIED)
    return [
        "\t".join((line.number, change_text(line), line.by, times.dtg(line.since), line.note)).rstrip()
        for line in page.rows
    ]


def _kind_word(kind: LinkKind, *, busy: bool) -> str:
    if busy and kind in (LinkKind.ONLINE, LinkKind.CONNECTING):
        return "Exchanging"
    return {
        LinkKind.ALONE: "Alone",
        LinkKind.CONNECTING: "Connecting",
        LinkKind.ONLINE: "Online",
        LinkKind.DISCONNECTED: "Disconnected",
        LinkKind.PAUSED: "Paused",
        LinkKind.SHUT_OUT: "Shut out",
    }[kind]


def _takes(amount: int, bytes_per_second: float) -> str:
    """How long an amount takes at a measured speed; empty while none was measured."""
    if bytes_per_second <= 0:
        return ""
    seconds = max(1, round(amount / bytes_per_second))
    if seconds < 60:
        return f"about {seconds} s on this link"
    return f"about {times.span(seconds * times.SECOND)} on this link"
