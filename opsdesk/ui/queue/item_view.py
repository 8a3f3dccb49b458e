"""One thing that came back: who sent it back and why, its way, what it differs in, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.link import LinkKind, LinkState
from opsdesk.services.returned import Item
from opsdesk.ui.queue.difference import DifferenceCard
from opsdesk.ui.queue.journey import Journey, stops
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.age import Age
from opsdesk.ui.widgets.avatar import Avatar
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.dynamic_form import Sources
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.mark import IconMark
from opsdesk.ui.widgets.panel import Panel
from opsdesk.ui.widgets.pill import Pill

_FATES = {
    LinkKind.ONLINE: "An answer goes out at once.",
    LinkKind.PAUSED: "The exchange is paused, so an answer joins the queue.",
    LinkKind.SHUT_OUT: "This station is shut out, so an answer waits in the queue.",
}

_TITLE_LINES = 3
"""Longer ones would push the reason and the buttons out of sight; the difference tells the values in full."""


class ItemView(QWidget):
    """The thing and its buttons; `panel` asks below them what an action needs."""

    def __init__(self, sources: Sources, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel = Panel(sources)
        self.buttons = {
            "send": Button("Edit and send again", "pencil-simple", kind="primary", key="E"),
            "hand": Button("Send to a person", "user-plus", key="H"),
            "export": Button("Export", "export", key="X"),
            "discard": Button("Discard", "trash", key="D"),
        }
        self.reason = _Reason()
        self.journey = Journey()
        self.difference = DifferenceCard()
        self._number = Label("", "quiet-medium", "quiet")
        self._when, self._age = Label("", "quiet", "quiet"), Age(None)
        self._title = Label("", "heading", wrap=True, most_lines=_TITLE_LINES)
        self._compared = Label("", "quiet-strong", "quiet")
        self._parts_head = Label("Came back with it", "quiet-strong", "quiet")
        self._parts = Label("", "body", wrap=True)
        self._note = _Note()
        self._build()

    def _build(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(IconMark("ticket", "quiet", 15))
        line.addWidget(self._number)
        line.addWidget(IconMark("arrow-u-down-left-bold", "warn.text", 13))
        line.addStretch(1)
        line.addWidget(self._when)
        line.addWidget(self._age)
        buttons = QGridLayout()
        buttons.setSpacing(8)
        for at, button in enumerate(self.buttons.values()):
            button.setSizePolicy(button.sizePolicy().Policy.Expanding, button.sizePolicy().Policy.Fixed)
            buttons.addWidget(button, at // 2, at % 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 16)
        column.setSpacing(0)
        column.addLayout(line)
        column.addSpacing(6)
        column.addWidget(self._title)
        column.addSpacing(12)
        column.addWidget(self.reason)
        column.addSpacing(14)
        column.addWidget(Label("What happened", "quiet-strong", "quiet"))
        column.addSpacing(8)
        column.addWidget(self.journey)
        column.addSpacing(10)
        column.addWidget(self._compared)
        column.addSpacing(8)
        column.addWidget(self.difference)
        column.addSpacing(6)
        column.addWidget(self._parts_head)
        column.addWidget(self._parts)
        column.addSpacing(12)
        column.addLayout(buttons)
        column.addSpacing(8)
        column.addWidget(self.panel)
        column.addSpacing(8)
        column.addWidget(self._note)

    def show_item(self, item: Item, link: LinkState) -> None:
        """Show another thing, as the link stands now."""
        post = link.post or "The server"
        self._number.setText(item.number or "Record")
        self._when.setText(f"{times.dtg(item.returned_at, short=True)},")
        self._age.set_time(item.returned_at)
        self._title.setText(item.title if item.creation else f"{item.title}: {item.words}")
        self.reason.show_reason(post, item)
        self.journey.show_stops(stops(item, post))
        self._compared.setText("What you sent" if item.creation else "Your change against their record now")
        for part in (self._compared, self.difference):
            part.setVisible(bool(item.differences))
        self.difference.show_item(item)
        for part in (self._parts_head, self._parts):
            part.setVisible(bool(item.parts))
        self._parts.setText("\n".join(item.parts))
        send = self.buttons["send"]
        send.setText("Make again in my unit" if item.creation else "Edit and send again")
        send.setEnabled(item.can_send)
        send.setToolTip("" if item.can_send else "What it changes is not here any more, or does not take this step now")
        self._note.show_words(
            _FATES.get(link.kind, "You are disconnected, so an answer joins the queue."),
            "Nothing you wrote is thrown away. It stays in History.",
        )


class _Reason(QFrame):
    """Who sent it back and why, on amber with an edge."""

    def __init__(self) -> None:
        super().__init__()
        self._avatar = Avatar("", 28)
        self._post = Label("", "strong")
        self._pill = Pill("", "warn")
        self._words = Label("", "body", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._avatar)
        head.addWidget(self._post, 1)
        head.addWidget(self._pill)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 14, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._words)

    def show_reason(self, post: str, item: Item) -> None:
        """Show another reason."""
        self._avatar.set_name(post)
        self._post.setText(post)
        self._pill.set(item.reason, "warn")
        self._words.setText(item.sentence)
        self.setAccessibleName(f"{post}: {item.sentence}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("warn.soft"))
        painter.drawRoundedRect(self.rect(), 6, 6)
        painter.setBrush(theme.color("warn.mark"))
        painter.drawRect(0, 0, 3, self.height())


class _Note(QFrame):
    """What becomes of an answer, and of what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "sunken")
        self._first, self._second = Label("", "quiet-strong", wrap=True), Label("", "quiet", "quiet", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._first)
        words.addWidget(self._second)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(10)
        row.addWidget(IconMark("info", "quiet", 16), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def show_words(self, first: str, second: str) -> None:
        """Say something else."""
        self._first.setText(first)
        self._second.setText(second)
