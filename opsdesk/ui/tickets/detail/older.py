"""Where a history begins that is not whole: says that the older part is at the post, and fetches it by a key."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from opsdesk.services import tickets, times
from opsdesk.services.errors import OpsDeskError
from opsdesk.services.link import LinkKind, LinkState
from opsdesk.ui.actions import Action
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.mark import IconMark
from opsdesk.ui.widgets.row_table.busy import BusyLine

if TYPE_CHECKING:
    from opsdesk.ui.tickets.detail.detail import TicketDetail

KEY = "O"
_STOP_KEY = "Esc"


@dataclass(frozen=True, slots=True)
class Said:
    """What the line says: words in a tone, and its button (empty for none) with a key (empty while it cannot help)."""

    words: str
    tone: str = "quiet"
    icon: str = "clock-counter-clockwise"
    button: str = ""
    key: str = ""
    busy: bool = False


def said(state: LinkState, now: int, *, busy: bool, problem: str, all_told: bool) -> Said:
    """Put into words how one comes to the older history, at a moment (UTC milliseconds). `problem` is why it did not
    come when it was tried last; `all_told` that the post has nothing more to tell."""
    post = state.post or "the server"
    if busy:
        return Said(f"Fetching older history from {post}…", button="Stop", key=_STOP_KEY, busy=True)
    if all_told:
        return Said(f"{post[0].upper()}{post[1:]} tells you no more of the time before")
    here = f"Older history is at {post}"
    if state.kind is not LinkKind.ONLINE:
        return Said(f"{here}. {_NO_LINK[state.kind].format(_since(state, now))} Nothing is lost.", "warn", "link-break",
                    "Show older history")  # fmt: skip
    if problem:
        return Said(f"{problem}. Nothing is lost.", "danger", "warning-circle", "Try again", KEY)
    return Said(here, button="Show older history", key=KEY)


_NO_LINK = {
    LinkKind.ALONE: "It needs the link.",
    LinkKind.CONNECTING: "It needs the link, which is being made.",
    LinkKind.DISCONNECTED: "It needs the link, and there has been none since {0}.",
    LinkKind.PAUSED: "It needs the link, which has been paused since {0}.",
    LinkKind.SHUT_OUT: "It needs the link, and this station has been shut out since {0}.",
}


def _since(state: LinkState, now: int) -> str:
    told = times.dtg(state.since, short=True)
    return told[3:] if 0 <= now - state.since < 20 * times.HOUR else told


class OlderLine(QWidget):
    """The line itself; hidden until `say`. Signals: `pressed` when its button was."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = IconMark("clock-counter-clockwise", "quiet", size=16)
        self._words = Label("", "quiet", "quiet", wrap=True)
        self._words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.button = Button("Show older history", key=KEY)
        self.button.clicked.connect(lambda: self.pressed.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 10, 0, 10)
        row.setSpacing(12)
        row.addWidget(self._mark)
        row.addWidget(self._words, 1)
        row.addWidget(self.button)
        self._busy = BusyLine(self)
        self._said: Said | None = None
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._words.text()

    def say(self, said: Said) -> None:
        """Show these words."""
        if said == self._said:
            return
        self._said = said
        self._mark.set(said.icon, "quiet" if said.tone == "quiet" else f"{said.tone}.text")
        self._words.setText(said.words)
        self._words.set_tone(said.tone)
        self._busy.set_busy(said.busy)
        button = self.button
        button.key = said.key
        button.setText(said.button)
        button.setVisible(bool(said.button))
        button.setEnabled(bool(said.key))
        # Whoever only hears the button hears what it is about, and why it cannot help.
        button.setAccessibleDescription(said.words)
        self.setAccessibleName(said.words)


class Older:
    """Fetches the older history of the ticket that a detail shows, and tells of it where its histories begin."""

    def __init__(self, detail: TicketDetail) -> None:
        self._detail = detail
        self._task: asyncio.Task[None] | None = None
        self._problem = ""
        self._all_told: set[bytes] = set()
        """Tickets of which the post had no more to tell when it was asked."""
        self._lines = (detail.history.older, detail.conversation.older)
        for line in self._lines:
            line.pressed.connect(lambda: self.stop() if self.fetching else self.fetch())
        for owner, listed in ((detail, True), (detail.history, False)):
            detail.shell.actions.add(
                Action("ticket.older" if listed else "history.older", "Show older history", self.fetch,
                       "clock-counter-clockwise", KEY, self._offers, "Ticket", "earlier past", listed=listed),
                owner=owner,
            )  # fmt: skip
        unwatch = detail.desk.link.watch(lambda _state: detail.shell.bridge.later(self._link_changed))
        detail.destroyed.connect(lambda: unwatch())

    @property
    def fetching(self) -> bool:
        """Whether it is on its way."""
        return self._task is not None

    def start(self) -> None:
        """Begin with another ticket."""
        self.stop()
        self._problem = ""
        self.tell()

    def fetch(self) -> None:
        """Fetch it, unless that is being done or cannot be done now."""
        ticket = self._detail.ticket
        if ticket is not None and self._offers():
            self._task = asyncio.get_running_loop().create_task(self._fetch(ticket), name="opsdesk-older-history")
            self.tell()
            # Whoever asked by the key is to see that it is on its way.
            history, conversation = self._detail.history, self._detail.conversation
            area = history if self._line is history.older else conversation.area
            area.ensureWidgetVisible(self._line)

    def stop(self) -> None:
        """Fetch no more; what has come stays."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            self.tell()

    def tell(self) -> None:
        """Say how it stands, or nothing where the history is whole."""
        detail, loaded = self._detail, self._detail.loaded
        missing = loaded is not None and not loaded.whole and detail.desk.link.joined
        if missing:
            now = said(
                detail.desk.link.state, wall.now(), busy=self.fetching, problem=self._problem,
                all_told=detail.ticket in self._all_told,
            )  # fmt: skip
            for line in self._lines:
                line.say(now)
        detail.history.show_older(missing)
        detail.conversation.show_older(missing)

    def _offers(self) -> bool:
        line = self._line
        return line.isVisible() and line.button.isEnabled() and not self.fetching

    @property
    def _line(self) -> OlderLine:
        """The one in the tab that is open; another tab shows neither."""
        return self._lines[0 if self._detail.tabs.current == "history" else 1]

    def _link_changed(self) -> None:
        if shiboken6.isValid(self._detail):
            if not self.fetching and self._detail.desk.link.state.kind is not LinkKind.ONLINE:
                self._problem = ""  # which the missing link tells better
            self.tell()

    async def _fetch(self, ticket: bytes) -> None:
        mine, whole = asyncio.current_task(), False
        self._problem = ""
        try:
            whole = await tickets.fetch_older(self._detail.desk, ticket)
        except OpsDeskError as error:
            if self._task is mine:
                self._problem = str(error)
        else:
            if not whole:
                self._all_told.add(ticket)
        finally:
            if self._task is mine:
                self._task = None
                if shiboken6.isValid(self._detail):
                    self._detail.reload()
                    if not whole:  # else the line goes when the rows are there
                        self.tell()
