"""The preview beside the list: what the ticket under the keyboard says, without leaving the list.

What the list knows of the ticket is shown at once; the rest follows from a reader thread after a short pause, so that
running through the list with J asks only for the ticket where one stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QShowEvent, QTextDocument
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.services import tickets, times
from opsdesk.services.tickets import CommentRow, TicketCard, TicketRow
from opsdesk.ui.tickets.table import (
    STATE_TONES,
    paint_due_bar,
    priority_tone,
    priority_word,
)
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.avatar import Avatar
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.due import ANSWER, PERSON, due_lines, due_of
from opsdesk.ui.widgets.facts import Facts
from opsdesk.ui.widgets.flow_layout import FlowLayout
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.pill import Pill
from opsdesk.ui.widgets.sync_mark import SyncMark, mark_of

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_PAUSE_MS = 30
_LATE_MS = 80
"""After so long without an answer the description of the ticket before is taken away; sooner it would only flicker."""
_HASTE_MS = 120
"""Steps that follow each other within this are running through the list."""
_COMMENTS = 3
_WORDS = 600
_LINES = 240
_PILL_WIDTH = 24
_TAG = 20
"""Letters of a tag that are shown; the whole is in the tooltip."""


def peek(reader: Any, ticket: bytes) -> tuple[TicketCard, tuple[CommentRow, ...]]:
    """Return a ticket and its comments, one snapshot of both; runs on a reader thread."""
    return tickets.card(reader, ticket), tickets.conversation(reader, ticket)


def plain(markdown: str) -> str:
    """Return what a text says, without its marks."""
    document = QTextDocument()
    document.setMarkdown(markdown, QTextDocument.MarkdownFeature.MarkdownNoHTML)
    return document.toPlainText().strip()


class Preview(QWidget):
    """Signals: `open_asked` and `reply_asked` with the ticket's row, `take_asked`, `closed`, `left` by Esc."""

    open_asked = Signal(object)
    reply_asked = Signal(object)
    take_asked = Signal()
    left = Signal()
    closed = Signal()

    def __init__(self, desk: Desk, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._shell = desk, shell
        self.row: TicketRow | None = None
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Preview")
        self.setMinimumWidth(236)
        self.number = ElidedLabel("", "quiet-medium", "quiet")
        self.sync = SyncMark()
        self.title = Label("", "heading", wrap=True)
        self._pills = [Pill() for _ in range(3)]
        self._due = _Due()
        self._due_box = QWidget()
        self._facts = Facts()
        self.description = Label("", "body", wrap=True)
        self._said = QWidget()
        self._talk = QWidget()
        self._comments_head = Label("", "quiet-strong", "quiet")
        self._comments = [_Comment() for _ in range(_COMMENTS)]
        self._nothing = Label("No ticket is chosen", "body", "quiet")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._content = QWidget()
        self._scroll = QScrollArea()
        self._foot = QWidget()
        self._build()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._ask)
        self._stepped = QElapsedTimer()
        self._late = QTimer(self, singleShot=True, interval=_LATE_MS)
        self._late.timeout.connect(lambda: self._show_rest("", (), 0))
        self.show_row(None)

    def _build(self) -> None:
        head = QWidget()
        head.setFixedHeight(55)
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(2)
        row.addWidget(self.number)
        row.addSpacing(8)
        row.addWidget(self.sync)
        row.addStretch(1)
        out = self._out = IconButton("arrow-square-out", "Open", key="Enter", size=28)
        close = IconButton("x", "Close the preview", key="Space", size=28)
        out.clicked.connect(self._open)
        close.clicked.connect(self.closed)
        for button in (out, close):
            row.addWidget(button)
        self._fill()
        self._scroll.setWidget(self._content)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._content.setProperty("surface", "panel")
        # As wide as the pane, whatever stands in it.
        self._content.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (head, rule(), self._scroll, self._nothing):
            column.addWidget(part, 1 if part in (self._scroll, self._nothing) else 0)
        column.addWidget(rule())
        column.addWidget(self._foot)

    def _fill(self) -> None:
        column = QVBoxLayout(self._content)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(0)
        pills = QWidget()
        flow = FlowLayout(pills, gap=6)
        for pill in self._pills:
            pill.setMinimumWidth(_PILL_WIDTH)
            flow.addWidget(pill)
        # What may be hidden brings its own distance from what stands above.
        due = QVBoxLayout(self._due_box)
        due.setContentsMargins(0, 16, 0, 0)
        due.addWidget(self._due)
        column.addWidget(self.title)
        column.addSpacing(8)
        column.addWidget(pills)
        column.addWidget(self._due_box)
        column.addSpacing(16)
        column.addWidget(self._facts)
        said = QVBoxLayout(self._said)
        said.setContentsMargins(0, 16, 0, 0)
        said.setSpacing(6)
        said.addWidget(Label("Description", "quiet-strong", "quiet"))
        said.addWidget(self.description)
        talk = QVBoxLayout(self._talk)
        talk.setContentsMargins(0, 14, 0, 0)
        talk.setSpacing(12)
        talk.addWidget(rule())
        talk.addWidget(self._comments_head)
        for comment in self._comments:
            talk.addWidget(comment)
        column.addWidget(self._said)
        column.addWidget(self._talk)
        column.addStretch(1)
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(16, 9, 16, 9)
        foot.setSpacing(8)
        opening, reply, self.take = Button("Open", kind="primary"), Button("Reply"), Button("Take")
        for button in (opening, reply, self.take):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            foot.addWidget(button)
        opening.clicked.connect(self._open)
        reply.clicked.connect(self._reply)
        self.take.clicked.connect(self.take_asked)

    # -- showing -----------------------------------------------------------------------------------------
    def show_row(self, row: TicketRow | None) -> None:
        """Follow the list to a ticket, or to none."""
        other = row is None or self.row is None or row.id != self.row.id
        self.row = row
        for part in (self._scroll, self._foot, self._out):
            part.setVisible(row is not None)
        self._nothing.setVisible(row is None)
        if row is None:
            self.number.setText("")
            self.sync.show_mark(None)
            self._pause.stop()
            return
        self._show_known(row)
        if other:
            self._late.start()
            self._scroll.verticalScrollBar().setValue(0)
        if self.isVisible():
            self._ask_in_time()

    def _ask_in_time(self) -> None:
        """Ask for the rest at once; while somebody runs through the list, where they come to rest."""
        if self._stepped.isValid() and self._stepped.elapsed() < _HASTE_MS:
            self._pause.start()
        else:
            self._ask()
        self._stepped.start()

    def _show_known(self, row: TicketRow) -> None:
        self.number.setText(row.number)
        self.sync.show_mark(mark_of(row, joined=self._desk.link.joined))
        self.title.setText(row.title)
        self._pills[0].set(priority_word(row), priority_tone(row))
        state = f"{row.state.label}: {row.waiting_reason}" if row.waiting_reason else row.state.label
        self._pills[1].setToolTip(state if row.waiting_reason else "")
        self._pills[1].set(state, STATE_TONES.get(row.state.name, "neutral"))
        self._pills[2].set(row.type, "neutral")
        self._pills[2].setVisible(bool(row.type))
        self._due.show_row(row, wall.now())
        self._due_box.setVisible(row.state.is_open and bool(due_of(row, wall.now()).kind))
        by = f" by {row.requester.name}" if row.requester else ""
        position = tickets.position_text(row, str(self._shell.preferences.get("position.style")))
        self._facts.show_facts(
            [
                ("Assignee", row.assignee.name if row.assignee else "Unassigned"),
                ("Unit", row.unit.name if row.unit else ""),
                ("Reported", times.dtg(row.created_at, short=True) + by),
                ("Happened", times.dtg(row.occurred_at) if abs(row.created_at - row.occurred_at) > times.HOUR else ""),
                ("Place", row.place if row.place != position else ""),
                ("Position", position),
                ("Category", row.category),
                ("Tags", ", ".join(_short(tag) for tag in row.tags)),
            ],
            {"Tags": "\n".join(row.tags)} if any(_short(tag) != tag for tag in row.tags) else {},
        )
        self.take.setEnabled(row.assignee is None or row.assignee.id != self._desk.person)

    def _show_rest(self, description: str, comments: tuple[CommentRow, ...], total: int) -> None:
        said = plain(description)
        self.description.setText(said if len(said) <= _WORDS else said[:_WORDS].rstrip() + " …")
        self._said.setVisible(bool(said))
        self._talk.setVisible(bool(total))
        self._comments_head.setText("1 comment" if total == 1 else f"Latest of {total} comments")
        for number, widget in enumerate(self._comments):
            widget.setVisible(number < len(comments))
            if number < len(comments):
                widget.show_comment(comments[number], wall.now())

    def _ask(self) -> None:
        row = self.row
        if row is None:
            return

        def answered(found: tuple[TicketCard, tuple[CommentRow, ...]]) -> None:
            if self.row is None or self.row.id != row.id:
                return
            self._late.stop()
            card, comments = found
            everything = [comment for thread in comments for comment in (thread, *thread.replies)]
            everything.sort(key=lambda comment: comment.written_at, reverse=True)
            self._show_known(card.row)
            self._show_rest(card.description, tuple(everything[:_COMMENTS]), len(everything))

        def failed(error: Exception) -> None:
            if self.row is not None and self.row.id == row.id:
                self._late.stop()
                self._show_rest(str(error), (), 0)

        future = self._desk.ask(peek, row.id, channel="tickets.preview")
        self._shell.bridge.then(future, answered, failed, owner=self)

    def _open(self) -> None:
        if self.row is not None:
            self.open_asked.emit(self.row)

    def _reply(self) -> None:
        if self.row is not None:
            self.reply_asked.emit(self.row)

    # -- Qt ----------------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._pause.start()


class _Due(QFrame):
    """When the ticket is due, how long that is, and how much of the time has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "sunken")
        self.setFixedHeight(52)
        self._share, self._tone, self._paused = 0.0, "good", False
        self._at = Label("", "quiet-medium")
        self._left = Label("", "quiet-strong", "good")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 22)
        row.addWidget(self._at)
        row.addStretch(1)
        row.addWidget(self._left)

    def show_row(self, row: TicketRow, now: int) -> None:
        """Show what is nearest of a ticket that is due some time."""
        due = due_of(row, now)
        if not due.kind:
            return
        self._share, self._tone, self._paused = due.share, due.tone, due.paused
        name = {PERSON: "Due", ANSWER: "Answer"}.get(due.kind, "Target")
        self._at.setText(name if due.at is None else f"{name} {times.dtg(due.at, short=True)}")
        self.setToolTip("\n".join(due_lines(row, now)))
        self._left.setText(due.words.removeprefix("answer ") if due.kind == ANSWER else due.words)
        self._left.set_tone("quiet" if due.paused else due.tone)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        box = QRectF(12, self.height() - 17, self.width() - 24, 5)
        paint_due_bar(QPainter(self), box, self._share, self._tone, paused=self._paused)


def _short(tag: str) -> str:
    return tag if len(tag) <= _TAG else tag[: _TAG - 1] + "…"


class _Comment(QWidget):
    """One comment, shortened."""

    def __init__(self) -> None:
        super().__init__()
        self._avatar = Avatar("", 24)
        self._who, self._age = ElidedLabel("", "quiet-strong"), Label("", "quiet", "quiet")
        self._body = Label("", "quiet", wrap=True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(2, 1)
        grid.addWidget(self._avatar, 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._who, 0, 1)
        grid.addWidget(self._age, 0, 2)
        grid.addWidget(self._body, 1, 1, 1, 2)

    def show_comment(self, comment: CommentRow, now: int) -> None:
        """Show another comment."""
        who = comment.author.name if comment.author else "Somebody"
        self._avatar.set_name(who)
        self._who.setText(who)
        self._age.setText(times.ago(max(0, now - comment.written_at)))
        self._age.setToolTip(f"{times.dtg(comment.written_at)}\n{times.local(comment.written_at)} here")
        body = " ".join(plain(comment.body).split())
        self._body.setText(body if len(body) <= _LINES else body[:_LINES].rstrip() + " …")
