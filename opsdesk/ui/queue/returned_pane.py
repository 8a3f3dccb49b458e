"""The right side: what the server sent back, one thing at a time, what can be done about it, and what was settled."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from opsdesk.services import returned, times
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.forms import FormField
from opsdesk.services.link import LinkKind
from opsdesk.services.returned import Item
from opsdesk.ui.queue.difference import DifferenceCard
from opsdesk.ui.queue.journey import Journey, stops
from opsdesk.ui.queue.lines import ItemLine, SettledLine
from opsdesk.ui.shell.page import Target
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.age import Age
from opsdesk.ui.widgets.avatar import Avatar
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.mark import IconMark
from opsdesk.ui.widgets.panel import Panel, Question
from opsdesk.ui.widgets.pill import Pill

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_SETTLE_MS = 200
_FEW = 4
"""Settled things that are listed before all are asked for."""


def read(reader: Any) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """What is open and what was settled, as of one moment; runs on a reader thread."""
    return returned.items(reader), returned.settled(reader)


class ReturnedPane(QFrame):
    """The pane. It keeps the thing that is shown while others come and go."""

    def __init__(self, desk: Desk, shell: Shell, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._shell = desk, shell
        self.setProperty("surface", "panel")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Returned")
        self.items: tuple[Item, ...] = ()
        self.done: tuple[Item, ...] = ()
        self.item: Item | None = None
        self._stale, self._all = True, False
        self.directory = Directory(desk, shell.bridge, self)
        self.panel = Panel(self.directory)
        self.panel.closed.connect(lambda: self.setFocus(Qt.FocusReason.OtherFocusReason))
        self.buttons = {
            "send": Button("Edit and send again", "pencil-simple", kind="primary", key="E"),
            "hand": Button("Send to a person", "user-plus", key="H"),
            "export": Button("Export", "export", key="X"),
            "discard": Button("Discard", "trash", key="D"),
        }
        self._build()
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self.reload)
        for name, call in (
            ("send", self.send), ("hand", self.hand_over), ("export", self.export), ("discard", self.discard)
        ):  # fmt: skip
            self.buttons[name].clicked.connect(call)
        shell.bridge.changed.connect(self._changed)

    # -- building ------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self._count = Pill("", "warn")
        head = QHBoxLayout()
        head.setContentsMargins(24, 0, 24, 0)
        head.setSpacing(10)
        head.addWidget(Label("Returned", "section"))
        head.addWidget(self._count)
        head.addStretch(1)
        head.addWidget(ElidedLabel("Sent back by the server, with a reason", "quiet", "quiet"))
        top = QWidget()
        top.setFixedHeight(55)
        top.setLayout(head)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        body = QFrame()
        body.setProperty("surface", "panel")
        column = QVBoxLayout(body)
        column.setContentsMargins(24, 14, 24, 18)
        column.setSpacing(0)
        column.addLayout(self._lines)
        self._detail = self._make_detail()
        column.addWidget(self._detail)
        self._settled = QVBoxLayout()
        self._settled.setSpacing(0)
        self._settled_head = self._make_settled_head()
        column.addWidget(self._settled_head)
        column.addLayout(self._settled)
        column.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidget(body)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.empty = EmptyState("Reading the box", icon="arrow-u-down-left")
        low = QWidget()
        self._pages = QStackedLayout(low)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self._area)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(top)
        whole.addWidget(rule())
        whole.addWidget(low, 1)

    def _make_detail(self) -> QWidget:
        self._number = Label("", "quiet-medium", "quiet")
        self._when = Label("", "quiet", "quiet")
        self._title = Label("", "heading", wrap=True)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(IconMark("ticket", "quiet", 15))
        line.addWidget(self._number)
        line.addWidget(IconMark("arrow-u-down-left-bold", "warn.text", 13))
        line.addStretch(1)
        line.addWidget(self._when)
        self._age = Age(None)
        line.addWidget(self._age)
        self.reason = _Reason()
        self.journey = Journey()
        self.difference = DifferenceCard()
        self._compared = Label("Your change against their record now", "quiet-strong", "quiet")
        self._parts_head = Label("Came back with it", "quiet-strong", "quiet")
        self._parts = Label("", "body", wrap=True)
        buttons = QGridLayout()
        buttons.setSpacing(8)
        for at, button in enumerate(self.buttons.values()):
            button.setSizePolicy(button.sizePolicy().Policy.Expanding, button.sizePolicy().Policy.Fixed)
            buttons.addWidget(button, at // 2, at % 2)
        self._note = _Note()
        detail = QWidget()
        column = QVBoxLayout(detail)
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
        return detail

    def _make_settled_head(self) -> QWidget:
        self._more = Button("", kind="link")
        self._more.setFixedHeight(24)
        self._more.clicked.connect(self._show_all)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 4, 0, 4)
        row.addWidget(Label("Settled", "quiet-strong", "quiet"))
        row.addStretch(1)
        row.addWidget(self._more)
        return box

    # -- reading -------------------------------------------------------------------------------------------

    def activated(self) -> None:
        """The page came to the front."""
        self.directory.load()
        if self._stale:
            self.reload()

    def reload(self) -> None:
        """Read the box again."""
        self._stale = False
        self._shell.bridge.then(self._desk.ask(read, channel="returned"), self._arrived, self._failed, owner=self)

    def _changed(self, changes: Changes) -> None:
        if not (changes.queue or changes.tickets or changes.everything or changes.people):
            return
        self._stale = True
        if self.isVisible() and not self._settle.isActive():
            self._settle.start()

    def _arrived(self, found: tuple[tuple[Item, ...], tuple[Item, ...]]) -> None:
        self.items, self.done = found
        shown = self.item.key if self.item is not None else 0
        self._show_lines()
        self._show_settled()
        self._count.set(f"{len(self.items):,}", "warn")
        self._count.setVisible(bool(self.items))
        current = next((item for item in self.items if item.key == shown), None)
        self.show_item(current or (self.items[0] if self.items else None))
        if not self.items and not self.done:
            self.empty.show_words(
                "Nothing came back",
                icon="check-circle",
                tone="good",
                detail="What the server cannot take comes here with the reason, and nothing of it is lost.",
            )
            self._pages.setCurrentWidget(self.empty)
        else:
            self._pages.setCurrentWidget(self._area)

    def _failed(self, error: Exception) -> None:
        self._stale = True
        self.empty.show_error(str(error), "What came back is kept on this station.", run=self.reload)
        self._pages.setCurrentWidget(self.empty)

    # -- showing -------------------------------------------------------------------------------------------

    def _show_lines(self) -> None:
        clear_layout(self._lines)
        if len(self.items) < 2:
            return
        for item in self.items:
            line = ItemLine(item)
            line.clicked.connect(partial(self.show_item, item))
            self._lines.addWidget(line)
        self._lines.addWidget(_Gap(12))

    def show_item(self, item: Item | None) -> None:
        """Show one thing of the box; None shows that there is none."""
        other = item is None or self.item is None or item.key != self.item.key
        self.item = item
        self._detail.setVisible(item is not None)
        if other and self.panel.isVisible():
            self.panel.close_panel()
        for at in range(self._lines.count()):
            place = self._lines.itemAt(at)
            line = place.widget() if place is not None else None
            if isinstance(line, ItemLine):
                line.setChecked(item is not None and line.item.key == item.key)
        if item is None:
            return
        post = self._desk.link.state.post or "The server"
        self._number.setText(item.number or "Record")
        self._when.setText(f"{times.dtg(item.returned_at, short=True)},")
        self._age.set_time(item.returned_at)
        self._title.setText(item.title if item.creation else f"{item.title}: {item.words}")
        self.reason.show_reason(post, item)
        self.journey.show_stops(stops(item, post))
        self._compared.setText("What you sent" if item.creation else "Your change against their record now")
        self._compared.setVisible(bool(item.differences))
        self.difference.setVisible(bool(item.differences))
        self.difference.show_item(item)
        self._parts_head.setVisible(bool(item.parts))
        self._parts.setVisible(bool(item.parts))
        self._parts.setText("\n".join(item.parts))
        send = self.buttons["send"]
        send.setText("Make again in my unit" if item.creation else "Edit and send again")
        send.setEnabled(item.can_send)
        send.setToolTip("" if item.can_send else "What it changes is not here any more, or does not take this step now")
        self._note.show_words(*self._fate())

    def _fate(self) -> tuple[str, str]:
        kind = self._desk.link.state.kind
        first = {
            LinkKind.ONLINE: "An answer goes out at once.",
            LinkKind.PAUSED: "The exchange is paused, so an answer joins the queue.",
            LinkKind.SHUT_OUT: "This station is shut out, so an answer waits in the queue.",
        }.get(kind, "You are disconnected, so an answer joins the queue.")
        return first, "Nothing you wrote is thrown away. It stays in History."

    def _show_settled(self) -> None:
        clear_layout(self._settled)
        self._settled_head.setVisible(bool(self.done))
        shown = self.done if self._all else self.done[:_FEW]
        for item in shown:
            line = SettledLine(item, wall.now())
            line.clicked.connect(partial(self._open_settled, item))
            self._settled.addWidget(line)
        self._more.setText(f"All {len(self.done):,}")
        self._more.setVisible(len(self.done) > len(shown))

    def _show_all(self) -> None:
        self._all = True
        self._show_settled()

    def _open_settled(self, item: Item) -> None:
        if item.ticket is not None:
            self._shell.open(Target("ticket", item.ticket))

    # -- doing ---------------------------------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Show the next thing, or the one before."""
        if not self.items:
            return
        keys = [item.key for item in self.items]
        at = keys.index(self.item.key) if self.item is not None and self.item.key in keys else 0
        self.show_item(self.items[(at + by) % len(self.items)])

    def open_record(self) -> None:
        """Open the ticket that it is about."""
        if self.item is not None:
            self._open_settled(self.item)

    def send(self) -> None:
        """Ask for the values once more, with what was sent typed in; sending them settles it."""
        item = self.item
        if item is None or not item.can_send:
            return
        fields = tuple(one.editor for one in item.differences if one.editor is not None)
        answers = {one.editor.code: one.answer for one in item.differences if one.editor is not None}
        if not fields:
            self._run(returned.send_again, item.key, said=f"Sent again: {item.number or item.title}")
            return
        title = f"Make {item.number} again" if item.creation else "Edit and send again"
        self.panel.ask(
            Question(
                f"send/{item.key}", title, "Send", fields,
                lambda said: self._run(
                    returned.send_again, item.key, said, said=f"Sent again: {item.number or item.title}"
                ),
                answers=answers,
            )
        )  # fmt: skip
        self._see_panel()

    def hand_over(self) -> None:
        """Ask for a person, who gets a ticket that says it all."""
        item = self.item
        if item is None:
            return
        person = FormField("person", "Person", "person", required=True, placeholder="Type a name or unit")
        note = FormField("note", "Note", "longtext", placeholder="What they should do")
        self.panel.ask(
            Question(
                f"hand/{item.key}", "Send to a person", "Send", (person, note),
                lambda said: self._run(
                    returned.hand_over, item.key, bytes.fromhex(said["person"]), said.get("note") or "",
                    said=lambda outcome: outcome.label,
                ),
            )
        )  # fmt: skip
        self._see_panel()

    def discard(self) -> None:
        """Ask why it should not be sent."""
        item = self.item
        if item is None:
            return
        reason = FormField("reason", "Reason", "text", required=True, max_length=300)
        self.panel.ask(
            Question(
                f"discard/{item.key}", "Discard what came back", "Discard", (reason,),
                lambda said: self._run(returned.discard, item.key, said["reason"], ok=self._discarded),
            )
        )  # fmt: skip
        self._see_panel()

    def _discarded(self, outcome: Outcome) -> None:
        key = outcome.value
        self._shell.toasts.show_toast(
            outcome.label,
            button="Take back",
            run=lambda: self._shell.operations.run(returned.reopen, key, said="Back in the box"),
        )

    def export(self) -> None:
        """Write it to a file in the data folder."""
        item = self.item
        if item is None:
            return
        folder = self._desk.folder / "exports"

        def written(path: Any) -> None:
            self._shell.toasts.show_toast(f"Written to {path}", seconds=12)

        future = self._desk.ask(returned.export, item.key, folder, self._desk.tag)
        self._shell.bridge.then(future, written, self._shell.operations.show_error, owner=self)

    def _run(self, call: Any, *args: Any, ok: Any = None, said: Any = "", **options: Any) -> None:
        def done(outcome: Outcome) -> None:
            if self.panel.isVisible():
                self.panel.close_panel()
            if ok is not None:
                ok(outcome)

        shown = self.panel.isVisible()
        said = said or (lambda _outcome: "")
        self._shell.operations.run(
            call, *args, said=said, ok=done, failed=self.panel.refused if shown else None, owner=self, **options
        )

    def _see_panel(self) -> None:
        QTimer.singleShot(0, self.panel, lambda: self._area.ensureWidgetVisible(self.panel, 0, 24))


class _Gap(QWidget):
    def __init__(self, height: int) -> None:
        super().__init__()
        self.setFixedHeight(height)


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
        painter.setBrush(QColor(theme.color("warn.soft")))
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
