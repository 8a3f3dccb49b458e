"""The right side: what the server sent back, one thing at a time, what can be done about it, and what was settled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from opsdesk.services import returned
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.forms import FormField
from opsdesk.services.returned import Item
from opsdesk.ui.queue.item_view import ItemView
from opsdesk.ui.queue.lines import ItemList, SettledLine
from opsdesk.ui.shell.page import Target
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.panel import Question
from opsdesk.ui.widgets.pill import Pill

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_SETTLE_MS = 200
_FEW = 4
"""Settled things that are listed before all are asked for."""


@dataclass(frozen=True, slots=True)
class Box:
    """What lies in the box, as of one moment. `count` is all that is open, `items` as much as is listed."""

    items: tuple[Item, ...]
    count: int
    done: tuple[Item, ...]


def read(reader: Any) -> Box:
    """What is open and what was settled; runs on a reader thread."""
    items = returned.items(reader)
    return Box(items, max(len(items), returned.heads(reader)), returned.settled(reader))


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
        self.view = ItemView(self.directory)
        self.panel = self.view.panel
        self.panel.closed.connect(lambda: self.setFocus(Qt.FocusReason.OtherFocusReason))
        self.buttons = self.view.buttons
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
        self.lines = ItemList()
        self.lines.chosen.connect(self.show_item)
        self._below_lines = rule()
        listed = QVBoxLayout()
        listed.setContentsMargins(16, 8, 16, 0)
        listed.addWidget(self.lines)
        body = QFrame()
        body.setProperty("surface", "panel")
        column = QVBoxLayout(body)
        column.setContentsMargins(24, 14, 24, 18)
        column.setSpacing(0)
        column.addWidget(self.view)
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
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(listed)
        column.addWidget(self._below_lines)
        column.addWidget(self._area, 1)
        low = QWidget()
        self._pages = QStackedLayout(low)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(full)
        self._full = full
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(top)
        whole.addWidget(rule())
        whole.addWidget(low, 1)

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

    def _arrived(self, found: Box) -> None:
        self.items, self.done = found.items, found.done
        shown = self.item.key if self.item is not None else 0
        self.lines.show_items(self.items, found.count - len(self.items))
        self._below_lines.setVisible(len(self.items) > 1)
        self._show_settled()
        self._count.set(f"{found.count:,}", "warn")
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
            self._pages.setCurrentWidget(self._full)

    def _failed(self, error: Exception) -> None:
        self._stale = True
        self.empty.show_error(str(error), "What came back is kept on this station.", run=self.reload)
        self._pages.setCurrentWidget(self.empty)

    # -- showing -------------------------------------------------------------------------------------------

    def show_item(self, item: Item | None) -> None:
        """Show one thing of the box; None shows that there is none."""
        other = item is None or self.item is None or item.key != self.item.key
        self.item = item
        self.view.setVisible(item is not None)
        if other and self.panel.isVisible():
            self.panel.close_panel()
        self.lines.mark(item.key if item is not None else None)
        if item is None:
            return
        if other:
            self._area.verticalScrollBar().setValue(0)
        self.view.show_item(item, self._desk.link.state)

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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # The keyboard rests on the pane, so that one letter acts; what stands further down is read by pages.
        pages = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}.get(Qt.Key(event.key()), 0)
        if not pages:
            super().keyPressEvent(event)
            return
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.value() + pages * bar.pageStep())

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
