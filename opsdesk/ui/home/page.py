"""Home: what is mine, what waits, what is late and what changed; each figure opens the rows behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services import home, times
from opsdesk.services.changes import Changes
from opsdesk.services.home import HomeSummary
from opsdesk.services.tickets import Priority
from opsdesk.ui.home.charts import HourBars, PriorityBar
from opsdesk.ui.home.lines import ChangeLine, DueLine, WaitingLine
from opsdesk.ui.shell.page import Target
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.chart import Legend
from opsdesk.ui.widgets.label import Label, rule
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.line import Line
from opsdesk.ui.widgets.tile import Tile

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_SETTLE_MS = 400
"""A burst of changes is shown once."""
_ROWS = 5
_DUE_ROWS = 3


class HomePage(QScrollArea):
    """The page. Signals: `open_query` with the query of the rows behind a figure."""

    open_query = Signal(str)

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self.summary: HomeSummary | None = None
        self._stale = True
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self.reload)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._build()
        self.open_query.connect(lambda query: shell.open(Target("tickets", query=query)))
        shell.bridge.changed.connect(self._changed)
        ticker.minute.connect(self._tick)

    # -- building ------------------------------------------------------------------------------------------

    def _build(self) -> None:
        body = QFrame()
        body.setProperty("surface", "window")
        self._title = Label("", "section")
        self._as_of = Label("", "body", "quiet")
        new = Button("New ticket", "plus", key="Ctrl+N")
        new.clicked.connect(lambda: self._shell.begin_new("ticket"))
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._title)
        head.addWidget(self._as_of)
        head.addStretch(1)
        head.addWidget(new)

        self.tiles = {
            "my_open": Tile("My open", "ticket", "accent"),
            "waiting": Tile("Waiting for me", "hand-palm", "warn"),
            "overdue": Tile("Overdue", "warning-circle", "danger"),
            "changed": Tile("Changed since yesterday", "clock-counter-clockwise", "violet"),
        }
        tiles = QHBoxLayout()
        tiles.setSpacing(16)
        for name, tile in self.tiles.items():
            tile.clicked.connect(lambda _checked=False, name=name: self.open_query.emit(home.QUERIES[name]))
            tiles.addWidget(tile)

        self._waiting = Card("Waiting for me", "See all")
        self._waiting.linked.connect(lambda: self.open_query.emit(home.QUERIES["waiting"]))
        self._changes = Card("Changed since yesterday", "See all")
        self._changes.linked.connect(lambda: self.open_query.emit(home.QUERIES["changed"]))
        self._due = Card("Overdue and soon due", "Open view")
        self._due.linked.connect(lambda: self.open_query.emit(home.QUERIES["due"]))
        self._priorities = Card("Open by priority", "")
        self.bar = PriorityBar()
        self.bar.chosen.connect(self._open_priority)
        self._priorities.body.addWidget(self.bar)
        self._hours = Card("Opened and closed, last 24 hours", "")
        self._hours.head.addWidget(Legend((("Opened", "accent"), ("Closed", "good"))))
        self.chart = HourBars()
        self._hours.body.addWidget(self.chart, 1)

        grid = QGridLayout()
        grid.setSpacing(16)
        right = QVBoxLayout()
        right.setSpacing(16)
        right.addWidget(self._due)
        right.addWidget(self._priorities, 1)
        grid.addWidget(self._waiting, 0, 0)
        grid.addWidget(self._changes, 0, 1)
        grid.addLayout(right, 0, 2)
        grid.addWidget(self._hours, 1, 0, 1, 3)
        for card in (self._waiting, self._changes, self._due, self._priorities):
            card.body.addStretch(1)
        for column, stretch in enumerate((13, 14, 12)):
            grid.setColumnStretch(column, stretch)
        grid.setRowStretch(1, 1)
        column_box = QVBoxLayout(body)
        column_box.setContentsMargins(24, 16, 24, 20)
        column_box.setSpacing(16)
        column_box.addLayout(head)
        column_box.addLayout(tiles)
        column_box.addLayout(grid, 1)
        self.setWidget(body)

    # -- loading -------------------------------------------------------------------------------------------

    def activated(self) -> None:
        """The page came to the front."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if self._stale:
            self.reload()

    def reload(self) -> None:
        """Count again."""
        self._stale = False
        self._shell.bridge.then(self._desk.ask(_read, channel="home"), self._arrived, self._failed, owner=self)

    def _changed(self, changes: Changes) -> None:
        if not (changes.tickets or changes.everything or changes.people or changes.units):
            return
        self._stale = True
        if self.isVisible() and not self._settle.isActive():
            self._settle.start()

    def _tick(self) -> None:
        if self.isVisible():
            self.reload()
        else:
            self._stale = True

    def _failed(self, error: Exception) -> None:
        self._stale = True
        self._as_of.setText(f"Not counted: {error}")
        self._as_of.set_tone("danger")

    def _arrived(self, found: tuple[HomeSummary, str]) -> None:
        self.summary, unit = found
        summary = self.summary
        as_of = times.dtg(summary.as_of_ms, short=True)
        self._title.setText(f"{unit}, station {self._desk.tag}")
        self._as_of.setText(f"as of {as_of}")
        self._as_of.set_tone("quiet")
        self._show_tiles(summary, as_of)
        self._show_cards(summary)

    # -- showing -------------------------------------------------------------------------------------------

    def _show_tiles(self, summary: HomeSummary, as_of: str) -> None:
        oldest = summary.oldest_waiting_ms
        self.tiles["my_open"].set(
            f"{summary.my_open:,}", f"{summary.my_open_new_today:,} new today", summary.my_open_trend, as_of=as_of
        )
        self.tiles["waiting"].set(
            f"{summary.waiting_for_me:,}",
            f"oldest {times.span(oldest)}" if oldest is not None else "nothing waits",
            as_of=as_of,
        )
        self.tiles["overdue"].set(
            f"{summary.overdue:,}",
            "past due time or target" if summary.overdue else "none is late",
            alarm=summary.overdue > 0,
            as_of=as_of,
        )
        self.tiles["changed"].set(
            f"{summary.changed_since:,}", f"since {times.dtg(summary.since_ms, short=True)}", as_of=as_of
        )

    def _show_cards(self, summary: HomeSummary) -> None:
        now = summary.as_of_ms
        waiting = [(row.id, WaitingLine(row, now)) for row in summary.waiting_rows[:_ROWS]]
        self._fill(self._waiting, waiting, "Nothing waits for you")
        self._waiting.link.setText(f"See all {summary.waiting_for_me:,}")
        self._waiting.link.setVisible(summary.waiting_for_me > 0)
        changes = [(row.ticket, ChangeLine(row, now)) for row in summary.changed_rows[:_ROWS]]
        self._fill(self._changes, changes, "Nothing changed since yesterday")
        self._changes.note.setText(f"since {times.dtg(summary.since_ms, short=True)}")
        self._changes.link.setVisible(summary.changed_since > 0)
        due = [(row.id, DueLine(row, now)) for row in summary.due_rows[:_DUE_ROWS]]
        self._fill(self._due, due, "No open ticket has a due time", ruled=False)
        self._due.link.setVisible(bool(due))
        self.bar.show_counts(summary.by_priority)
        total = sum(count for _, count in summary.by_priority)
        self._priorities.note.setText(f"{total:,} open")
        self.chart.show_hours(summary.opened_by_hour, summary.closed_by_hour, now)

    def _fill(self, card: Card, lines: Sequence[tuple[bytes, Line]], nothing: str, *, ruled: bool = True) -> None:
        had_focus = card.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        clear_layout(card.lines)
        for number, (ticket, line) in enumerate(lines):
            line.clicked.connect(lambda _checked=False, ticket=ticket: self._shell.open(Target("ticket", ticket)))
            if ruled:
                card.lines.addWidget(rule())
            card.lines.addWidget(line)
            if number == 0 and had_focus:
                line.setFocus(Qt.FocusReason.OtherFocusReason)
        if not lines:
            words = Label(nothing, "body", "quiet")
            words.setContentsMargins(0, 12, 0, 12)
            card.lines.addWidget(words)

    def _open_priority(self, priority: Priority) -> None:
        self.open_query.emit(f"is:open prio:{priority.name.lower()}")


class Card(QFrame):
    """A part of the page with its title, a quieter note and a link at the right. Signals: `linked`."""

    linked = Signal()

    def __init__(self, title: str, link: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.note = Label("", "quiet", "quiet")
        self.link = Button(link, kind="link")
        self.link.setFont(theme.font("quiet-strong"))
        self.link.setFixedHeight(24)
        if not link:
            self.link.hide()
        self.link.clicked.connect(lambda: self.linked.emit())
        self.head = QHBoxLayout()
        self.head.setSpacing(8)
        self.head.addWidget(Label(title, "strong"))
        self.head.addWidget(self.note)
        self.head.addStretch(1)
        self.head.addWidget(self.link)
        self.lines = QVBoxLayout()
        self.lines.setSpacing(0)
        self.body = QVBoxLayout()
        self.body.addLayout(self.lines)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 12)
        column.setSpacing(8)
        column.addLayout(self.head)
        column.addLayout(self.body, 1)


def _read(reader: Any) -> tuple[HomeSummary, str]:
    """The summary and the name of the unit of this desk."""
    unit = reader.value("SELECT name FROM unit WHERE id = ?", (reader.unit,))
    return home.summary(reader), str(unit or "This unit")
