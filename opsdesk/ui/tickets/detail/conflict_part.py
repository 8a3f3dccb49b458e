"""The conflicts of the ticket that is open: a banner above its tabs, and the versions on top of its fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.services import conflicts, times
from opsdesk.services.conflicts import Record
from opsdesk.services.errors import NotFound
from opsdesk.ui.actions import Action
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.conflict_panel import ConflictPanel, SettleFoot, Settler
from opsdesk.ui.widgets.label import Label, rule

if TYPE_CHECKING:
    from opsdesk.ui.tickets.detail.detail import TicketDetail

_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


class ConflictBanner(QWidget):
    """Hidden while nothing is in conflict. Signals: `side_wanted` with `mine` or `theirs`, `next_wanted`."""

    side_wanted = Signal(str)
    next_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        box = QFrame()
        box.setProperty("surface", "error")
        self._title, self._words = Label("", "strong", wrap=True), Label("", "quiet", wrap=True)
        self.mine, self.theirs = Button("Keep all mine"), Button("Keep all theirs")
        self.mine.clicked.connect(lambda: self.side_wanted.emit("mine"))
        self.theirs.clicked.connect(lambda: self.side_wanted.emit("theirs"))
        following = Button("Next", key="J")
        following.clicked.connect(lambda: self.next_wanted.emit())
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._words)
        row = QHBoxLayout(box)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(8)
        row.addWidget(_Fork())
        row.addSpacing(4)
        row.addLayout(words, 1)
        for button in (self.mine, self.theirs, following):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 0, 24, 12)
        column.addWidget(box)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.hide()

    def show_records(self, records: tuple[Record, ...]) -> None:
        """Say how many fields were changed in two places, and where."""
        opened = [one for record in records for one in record.open]
        self.setVisible(bool(opened))
        if not opened:
            return
        count = len(opened)
        number = _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"
        self._title.setText(f"{number} {'field was' if count == 1 else 'fields were'} changed in two places")
        versions = [version for one in opened for version in one.versions if version.side != "base"]
        here = next((f"Here at {version.where}" for version in versions if version.here), "")
        others = dict.fromkeys(
            f"by {version.author.name if version.author else 'somebody'}" for version in versions if not version.here
        )
        who = " and ".join(part for part in (here, *others) if part)
        found = times.dtg(min(record.found_at for record in records), short=True)
        self._words.setText(f"{who[:1].upper()}{who[1:]}, found {found}. Every version is kept.")
        self.mine.setVisible(all(one.version("mine") for one in opened))
        self.theirs.setVisible(all(one.version("theirs") for one in opened))


class _Fork(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(34, 34)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("surface"))
        painter.drawEllipse(QRectF(self.rect()))
        paint_icon(painter, QRectF(self.rect()), "git-fork-bold", "danger.text", 17)


class ConflictPart:
    """What the detail has of conflicts. Panel and foot are made when the first ticket needs them."""

    def __init__(self, detail: TicketDetail) -> None:
        self._detail = detail
        self.banner = ConflictBanner()
        self.banner.side_wanted.connect(self._take_all)
        self.banner.next_wanted.connect(self.go)
        self.panel: ConflictPanel | None = None
        self._settler: Settler | None = None
        self._foot: SettleFoot | None = None
        self._ticket: bytes | None = None
        self._foot_box = QWidget()
        column = QVBoxLayout(self._foot_box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(rule())
        self._foot_box.hide()
        detail.shell.actions.add(
            Action(
                "ticket.conflicts", "Settle the conflicts", self.go, "git-fork", "J", group="Ticket",
                enabled=lambda: bool(self.records),
            ),
            owner=detail,
        )  # fmt: skip

    @property
    def records(self) -> tuple[Record, ...]:
        """The records of the ticket that have open conflicts."""
        loaded = self._detail.loaded
        return () if loaded is None else loaded.conflicts

    @property
    def foot(self) -> QWidget:
        """What stands below the fields."""
        return self._foot_box

    def show(self, ticket: bytes, records: tuple[Record, ...]) -> None:
        """Show the conflicts of a ticket; what was chosen for it stays."""
        self.banner.show_records(records)
        count = sum(len(record.open) for record in records)
        self._detail.header.show_conflicts(count)
        self._detail.tabs.set_count("fields", count, "danger")
        if records and self.panel is None:
            self._make()
        if self.panel is None:
            return
        missing = set(self.panel.unsettled) - {record.id for record in records} if ticket == self._ticket else set()
        self._ticket = ticket
        if not missing:
            self._show(records)
            return
        # What was settled elsewhere stays in view while something was chosen for it here.
        self._detail.shell.bridge.then(
            self._detail.desk.ask(_records, sorted(missing), channel="ticket-conflicts"),
            lambda found: self._show((*records, *found)) if ticket == self._ticket else None,
            owner=self._detail,
        )

    def _show(self, records: tuple[Record, ...]) -> None:
        if self.panel is not None and self._settler is not None and self._ticket is not None:
            self._settler.show(self._ticket, records)
            self.panel.setVisible(bool(self.panel.fields))
            self._foot_box.setVisible(bool(self.panel.fields))
            self._show_progress()

    def go(self) -> None:
        """Go to the next field that waits for a choice."""
        if not self.records:
            return
        detail = self._detail
        if detail.tabs.current != "fields":
            detail.tabs.open("fields")
        elif self.panel is not None and self.panel.hasFocus():
            self.panel.act("J")
        if self.panel is not None:
            self.panel.setFocus(Qt.FocusReason.OtherFocusReason)
            self.panel.show_current()

    def keep(self) -> None:
        """Write what was chosen to the disk now."""
        if self._settler is not None:
            self._settler.keep()

    def _make(self) -> None:
        detail = self._detail
        self.panel = ConflictPanel(detail.directory, in_place=True)
        self._settler = Settler(detail.desk, detail.shell, self.panel, detail.directory, "ticket.conflict", detail)
        self._foot = SettleFoot(in_place=True)
        layout = self._foot_box.layout()
        assert layout is not None
        layout.addWidget(self._foot)
        self._foot.save_wanted.connect(self._settler.save)
        self._foot.give_wanted.connect(self._settler.give)
        self.panel.changed.connect(self._show_progress)
        self.panel.next_wanted.connect(self.go)
        self.panel.moved.connect(lambda field: detail.fields.ensureWidgetVisible(field, 0, 24))
        detail.fields.put_above(self.panel)

    def _take_all(self, side: str) -> None:
        if self._settler is not None:
            self._settler.take_all(side)

    def _show_progress(self) -> None:
        if self.panel is not None and self._foot is not None and self._settler is not None:
            words = f"{self._settler.fate()}. The others are kept too"
            self._foot.show_progress(self.panel.chosen_count, len(self.panel.fields), words)


def _records(reader: Any, wanted: Sequence[bytes]) -> tuple[Record, ...]:
    """Records with their conflicts, settled or not, as far as they are still here."""
    found = []
    for record in wanted:
        try:
            found.append(conflicts.record(reader, record))
        except NotFound:
            continue
    return tuple(found)
