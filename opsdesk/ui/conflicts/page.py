"""The Conflicts page: the inbox at the left, the versions of one record side by side at the right, one key each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from opsdesk.services import conflicts
from opsdesk.services.changes import Changes
from opsdesk.services.conflicts import Line, Lists, Record
from opsdesk.services.errors import NotFound
from opsdesk.services.link import LinkState
from opsdesk.ui.actions import Action
from opsdesk.ui.conflicts.head import RecordHead
from opsdesk.ui.conflicts.inbox import MINE, SETTLED, UNIT, Inbox
from opsdesk.ui.shell.page import Target
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.conflict_panel import ConflictPanel, SettleFoot, Settler
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.label import rule

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_SETTLE_MS = 150
"""A burst of what comes in is shown once."""


class ConflictsPage(QWidget):
    """The page. It opens on the first conflict that is this person's."""

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self._wanted: bytes | None = None
        self._stale = True
        self._moving_on = False
        self.record: Record | None = None
        self.directory = Directory(desk, shell.bridge, self)
        self.inbox = Inbox()
        self.head = RecordHead()
        self.panel = ConflictPanel(self.directory)
        self.foot = SettleFoot()
        self._build()
        self.settler = Settler(desk, shell, self.panel, self.directory, "conflicts", self)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self.reload)
        self._connect()
        self._add_actions()

    def _build(self) -> None:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 12, 12, 16)
        column.addWidget(self.panel)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        ground = QFrame()
        ground.setProperty("surface", "window")
        ground_column = QVBoxLayout(ground)
        ground_column.setContentsMargins(0, 0, 0, 0)
        ground_column.addWidget(self._scroll)
        whole = QWidget()
        right = QVBoxLayout(whole)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.head)
        right.addWidget(rule())
        right.addWidget(ground, 1)
        right.addWidget(rule())
        right.addWidget(self.foot)
        self.empty = EmptyState("Reading the conflicts", icon="git-fork")
        self.empty.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._right = QStackedWidget()
        self._right.addWidget(self.empty)
        self._right.addWidget(whole)
        self._whole = whole
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.inbox)
        row.addWidget(rule(vertical=True))
        row.addWidget(self._right, 1)

    def _connect(self) -> None:
        self.inbox.opened.connect(self._open)
        self.inbox.listed.connect(lambda _key: self._after_list())
        self.head.give_wanted.connect(self.settler.give)
        self.head.due_wanted.connect(self.settler.due)
        self.head.open_wanted.connect(self.open_ticket)
        self.foot.save_wanted.connect(self.settler.save)
        self.panel.changed.connect(self._show_progress)
        self.panel.moved.connect(self._moved)
        self.panel.next_wanted.connect(self.next)
        self.panel.open_wanted.connect(self.open_ticket)
        self.settler.saved.connect(self._go_on)
        self.settler.given.connect(self._go_on)
        self._shell.bridge.changed.connect(self._announced)
        stop = self._desk.link.watch(lambda state: self._shell.bridge.later(lambda: self._show_link(state)))
        self.destroyed.connect(lambda: stop())
        self._show_link(self._desk.link.state)
        ticker.minute.connect(self._tick)

    def _add_actions(self) -> None:
        self._shell.actions.add(
            Action("conflicts.next", "Next conflict", self.next, "caret-down", "N", group="Conflicts",
                   enabled=lambda: bool(self.inbox.lines())),
            Action("conflicts.open", "Open the ticket", self.open_ticket, "arrow-square-out", "O", group="Conflicts",
                   enabled=lambda: self.record is not None and self.record.ticket is not None),
            owner=self.panel,
        )  # fmt: skip
        self._shell.actions.add(
            *(
                Action(
                    f"conflicts.list.{key}", f"Show {text}", partial(self.inbox.open_list, key), "git-fork",
                    group="Conflicts",
                )
                for key, text in (
                    (MINE, "my conflicts"), (UNIT, "all open conflicts"), (SETTLED, "settled conflicts")
                )
            ),
            owner=self,
        )  # fmt: skip

    # -- what the window asks of a page --------------------------------------------------------------------

    def activated(self) -> None:
        """The page came to the front."""
        self.directory.load()
        self._focus()
        if self._stale:
            self.reload()

    def show_target(self, target: Target) -> None:
        """Show the conflicts of one record."""
        self._wanted = target.id
        self.reload()

    def leaving(self) -> None:
        """Keep what was chosen, before the window closes."""
        self.settler.keep()

    # -- reading -------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read the lists again."""
        self._stale = False
        self._shell.bridge.then(
            self._desk.ask(conflicts.lists, channel="conflicts"), self._arrived, self._failed, owner=self
        )

    def _announced(self, changes: Changes) -> None:
        if not (changes.conflicts or changes.everything or changes.tickets or changes.people):
            return
        self._stale = True
        if self.isVisible():
            self._settle.start()

    def _arrived(self, lists: Lists) -> None:
        self.inbox.show_lists(lists)
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self._show_wanted(wanted, lists)
            return
        current = self.inbox.current
        if self._moving_on or current is None:
            self._moving_on = False
            self._after_list()
            return
        # The record may have changed, or be settled elsewhere: then it says so where it is shown.
        self._read(next((line for line in self.inbox.lines() if line.record == current.record), current))

    def _show_wanted(self, record: bytes, lists: Lists) -> None:
        for key, lines in ((MINE, lists.mine), (UNIT, lists.unit), (SETTLED, lists.settled)):
            found = next((line for line in lines if record in (line.record, line.ticket)), None)
            if found is not None:
                self.inbox.tabs.set_value(key)
                self.inbox.show_lists(lists)
                self._open(found)
                return
        self._after_list()

    def _after_list(self) -> None:
        """Show the first of the list, or that there is none."""
        lines = self.inbox.lines()
        if lines:
            self._open(lines[0])
        else:
            self._show_nothing()

    def _open(self, line: Line) -> None:
        self._read(line)
        self._focus()

    def _read(self, line: Line) -> None:
        self.inbox.select(line)
        self._shell.bridge.then(
            self._desk.ask(conflicts.record, line.record, channel="conflict"),
            lambda record: self._show(line, record),
            self._failed,
            owner=self,
        )

    def _show(self, line: Line, record: Record) -> None:
        if self.inbox.current is None or self.inbox.current.record != line.record:
            return
        self.record = record
        lines = self.inbox.lines()
        place = next((number for number, one in enumerate(lines, start=1) if one == line), 0)
        self.head.show_record(record, place, len(lines))
        only = set(line.conflicts) if line.settled is not None else None
        self.settler.show(record.id, [record], only)
        self._show_progress()
        had = self._right.currentWidget() is self._whole
        self._right.setCurrentWidget(self._whole)
        if not had and self.isVisible():
            self._focus()

    def _failed(self, error: Exception) -> None:
        self._stale = True
        if isinstance(error, NotFound):
            # It has left what this desk reads, between the list and the look.
            self.inbox.select(None)
            self._show_nothing()
            return
        self.empty.show_error(str(error), "Nothing that was chosen is lost.", run=self.reload)
        self._right.setCurrentWidget(self.empty)

    def _show_nothing(self) -> None:
        self.record = None
        self.inbox.select(None)
        lists = self.inbox.lists
        if self.inbox.which == SETTLED:
            self.empty.show_words("Nothing was settled yet", icon="check-circle")
        elif self.inbox.which == MINE and lists is not None and lists.others:
            self.empty.show_words(
                "Nothing waits for you", icon="check-circle", tone="good",
                detail=f"{len(lists.others):,} wait for others.", button="Show all that is open",
                run=lambda: self.inbox.open_list(UNIT),
            )  # fmt: skip
        else:
            self.empty.show_words(
                "Nothing is in conflict", icon="check-circle", tone="good",
                detail="When two desks change one field while they are apart, both versions come here.",
                button="Go to tickets", key="G T", run=lambda: self._shell.go("tickets"),
            )  # fmt: skip
        self._right.setCurrentWidget(self.empty)
        self._focus()

    # -- doing ---------------------------------------------------------------------------------------------

    def next(self) -> None:
        """Go to the next conflict of the list; after the last to the first."""
        lines = self.inbox.lines()
        if not lines:
            return
        current = self.inbox.current
        at = next((n for n, line in enumerate(lines) if current is not None and line == current), -1)
        self._open(lines[(at + 1) % len(lines)])

    def open_ticket(self) -> None:
        """Open the ticket that the record is, or hangs on."""
        if self.record is not None and self.record.ticket is not None:
            self._shell.open(Target("ticket", self.record.ticket))

    def _go_on(self) -> None:
        self._moving_on = True
        self.reload()

    def _moved(self, part: QWidget) -> None:
        self._scroll.ensureWidgetVisible(part, 0, 24)
        self.foot.show_field(self.panel.field)

    def _show_progress(self) -> None:
        self.foot.show_field(self.panel.field)
        self.foot.show_progress(self.panel.chosen_count, len(self.panel.fields), self.settler.fate())

    def _show_link(self, state: LinkState) -> None:
        self.inbox.show_link(state)
        self._show_progress()

    def _tick(self) -> None:
        if self.isVisible() and self.inbox.lists is not None:
            self.inbox.show_lists(self.inbox.lists)
            self.head.tick()

    def _focus(self) -> None:
        if not self.isVisible():
            return
        place: Any = self.panel if self._right.currentWidget() is self._whole else self.empty
        if not (self.panel.isAncestorOf(self.focusWidget()) if self.focusWidget() else False):
            place.setFocus(Qt.FocusReason.OtherFocusReason)
