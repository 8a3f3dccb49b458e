"""Analytics: what comes and goes, how old what is open is, where and when the load is; each bar opens its rows."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services import analytics, saving, times
from opsdesk.services.analytics import Dashboard, Table
from opsdesk.services.changes import Changes
from opsdesk.services.errors import OpsDeskError, QueryError
from opsdesk.ui.actions import Action
from opsdesk.ui.analytics.head import Head
from opsdesk.ui.folders import pictures
from opsdesk.ui.shell.page import Target
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.chart import ChartData, Kind, Slot
from opsdesk.ui.widgets.chart.card import ChartCard
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.row_table.busy import BusyLine
from opsdesk.ui.widgets.tile import Tile

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_SETTLE_MS = 1500
"""A burst of changes is counted once."""
_FOLDER = "analytics.picture.folder"
_WINDOW = "analytics.window"

_TILES = {
    "open": ("Open", "circle-dashed", "accent"),
    "overdue": ("Overdue", "warning-circle", "danger"),
    "opened": ("Opened", "tray", "accent"),
    "closed": ("Closed", "check-circle", "good"),
    "in_time": ("Met", "timer", "good"),
}
_CARDS: dict[str, tuple[str, Kind, tuple[str, ...]]] = {
    "flow": ("Opened and closed", Kind.PAIRS, ("accent", "good")),
    "due": ("Due and targets met", Kind.STACKED, ("good", "danger")),
    "response": ("First answers", Kind.STACKED, ("good", "danger")),
    "age": ("Age of open tickets", Kind.STACKED, ("accent", "danger")),
    "units": ("Open by unit", Kind.LYING, ("accent", "danger")),
    "hours": ("When it happens", Kind.HEAT, ("accent",)),
}
_LEGENDS = {
    "flow": ("Opened", "Closed"),
    "due": ("In time", "Late"),
    "response": ("In time", "Late"),
    "age": ("In time", "Overdue"),
    "units": ("In time", "Overdue"),
    "hours": (),
}


class AnalyticsPage(QScrollArea):
    """The page. What it shows is counted by SQL on a reading thread; a newer question interrupts the older one."""

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self.found: Dashboard | None = None
        self._stale = True
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self.reload)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.head = Head(desk, shell)
        self.head.window_choice.set_value(desk.settings.get(_WINDOW, "30"))
        self._build()
        self.busy = BusyLine(self)
        self.head.changed.connect(self._asked)
        shell.actions.add(*self._actions(), owner=self)
        shell.bridge.changed.connect(self._changed)
        ticker.minute.connect(self._tick)

    def _build(self) -> None:
        body = QFrame()
        body.setProperty("surface", "window")
        self.tiles = {name: Tile(*made) for name, made in _TILES.items()}
        tiles = QHBoxLayout()
        tiles.setSpacing(16)
        for name, tile in self.tiles.items():
            tile.clicked.connect(partial(self._open_tile, name))
            tiles.addWidget(tile)
        self.cards = {
            name: ChartCard(title, legend=list(zip(_LEGENDS[name], tones, strict=False)))
            for name, (title, _, tones) in _CARDS.items()
        }
        for card in self.cards.values():
            card.opened.connect(self.open_query)
            card.copied.connect(partial(self._shell.toasts.show_toast, "The table is on the clipboard", seconds=3))
            card.save_asked.connect(partial(self._save_as, card))
        self.cards["flow"].link.clicked.connect(partial(self._open_tile, "closed_unknown"))
        self._charts = QWidget()
        grid = QGridLayout(self._charts)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(16)
        grid.addWidget(self.cards["flow"], 0, 0, 1, 6)
        for place, name in enumerate(("due", "response", "age")):
            grid.addWidget(self.cards[name], 1, 2 * place, 1, 2)
        for place, name in enumerate(("units", "hours")):
            grid.addWidget(self.cards[name], 2, 3 * place, 1, 3)
        for column in range(6):
            grid.setColumnStretch(column, 1)
            grid.setColumnMinimumWidth(column, 60)
        for row, share in enumerate((4, 4, 5)):
            grid.setRowStretch(row, share)
            grid.setRowMinimumHeight(row, 45 * share)
        self.empty = EmptyState("")
        self.empty.hide()
        column_box = QVBoxLayout(body)
        column_box.setContentsMargins(24, 16, 24, 20)
        column_box.setSpacing(16)
        column_box.addWidget(self.head)
        column_box.addLayout(tiles)
        column_box.addWidget(self._charts, 1)
        column_box.addWidget(self.empty, 1)
        self.setWidget(body)

    def _actions(self) -> tuple[Action, ...]:
        def add(code: str, text: str, run: object, icon: str, keys: str, **more: object) -> Action:
            return Action(f"analytics.{code}", text, run, icon, keys, group="Analytics", **more)  # type: ignore[arg-type]

        return (
            add("filter", "Filter what is counted", self.head.bar.setFocus, "funnel-simple", "/"),
            add("reload", "Count again", self.reload, "arrow-clockwise", "F5"),
            add("copy", "Copy the chart as a table", self._copy, "copy", "Ctrl+C", enabled=self._in_hand),
            add("save", "Save the chart as a picture", self._save, "image", "Ctrl+S", enabled=self._in_hand),
            *(
                add(f"window{days}", f"Count {words}", partial(self._set_window, days), "calendar", str(key))
                for key, (days, words) in enumerate(analytics.WINDOWS.items(), 1)
            ),
        )

    # -- loading -------------------------------------------------------------------------------------------

    def activated(self) -> None:
        """The page came to the front."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.cards["flow"].chart is None:
            # After the page has been painted: the library of the charts takes a moment to import.
            QTimer.singleShot(0, self, self.load_charts)
            self.head.load()
        if self._stale:
            self.reload()

    def load_charts(self) -> None:
        """Make the charts, one at a time so that nothing waits for all of them."""
        missing = next((card for card in self.cards.values() if card.chart is None), None)
        if missing is not None:
            missing.load()
            QTimer.singleShot(0, self, self.load_charts)

    def reload(self) -> None:
        """Count again."""
        self._stale = False
        try:
            query = self.head.query
        except QueryError as error:
            self._failed(error)
            return
        self.busy.set_busy(True)
        future = self._desk.ask(analytics.dashboard, query, self.head.days, channel="analytics")
        self._shell.bridge.then(future, self._arrived, self._failed, owner=self)

    def _asked(self) -> None:
        self._desk.settings.set(_WINDOW, str(self.head.days))
        self.reload()

    def _set_window(self, days: str) -> None:
        self.head.window_choice.set_value(days)
        self._asked()

    def _changed(self, changes: Changes) -> None:
        if not (changes.tickets or changes.everything or changes.units):
            return
        self._stale = True
        if changes.units or changes.everything:
            self.head.load()
        if self.isVisible() and not self._settle.isActive():
            self._settle.start()

    def _tick(self) -> None:
        if self.isVisible():
            self.reload()
        else:
            self._stale = True

    def _failed(self, error: Exception) -> None:
        self._stale = True
        self.busy.set_busy(False)
        if isinstance(error, QueryError):
            # What was counted last stays, as its line says.
            self.head.bar.show_error(str(error), error.start, error.end)
            return
        if not isinstance(error, OpsDeskError):
            self._shell.operations.show_error(error)
        self.head.as_of.setText("Not counted")
        self.head.as_of.set_tone("danger")
        self._show_empty(True)
        self.empty.show_error(f"The tickets could not be counted: {error}", "They are safe.", run=self.reload)

    # -- showing -------------------------------------------------------------------------------------------

    def _arrived(self, found: Dashboard) -> None:
        self.found = found
        self.busy.set_busy(False)
        self.head.bar.clear_error()
        as_of = times.dtg(found.as_of_ms, short=True)
        self.head.as_of.setText(f"as of {as_of}")
        self.head.as_of.set_tone("quiet")
        self._show_empty(found.empty)
        if found.empty:
            self._tell_empty()
        self._show_tiles(found, as_of)
        for name, (_, kind, tones) in _CARDS.items():
            table: Table = getattr(found, name)
            self.cards[name].show_data(chart_data(table, kind, tones), self._note(found, name))

    def _show_tiles(self, found: Dashboard, as_of: str) -> None:
        flow = found.flow.lines
        late = found.late.count
        done = found.in_time.count + late
        unknown = found.closed_unknown.count
        self.tiles["open"].set(f"{found.open.count:,}", "work may still be needed", as_of=as_of)
        self.tiles["overdue"].set(
            f"{found.overdue.count:,}", "past their due time", alarm=found.overdue.count > 0, as_of=as_of
        )
        self.tiles["opened"].set(f"{found.opened.count:,}", "", [line.values[0] for line in flow], as_of=as_of)
        self.tiles["closed"].set(f"{found.closed.count:,}", "", [line.values[1] for line in flow], as_of=as_of)
        link = self.cards["flow"].link
        link.setText(f"{unknown:,} closed at times not known here")
        link.setVisible(unknown > 0)
        share = f"{100 * found.in_time.count / done:.0f} %" if done else "–"
        self.tiles["in_time"].set(
            share, f"{late:,} of {done:,} done late" if done else "none had a due time or target", as_of=as_of
        )

    def _note(self, found: Dashboard, name: str) -> str:
        if name in ("flow", "due", "response"):
            span = f"by {found.flow.head.lower()}"
            return f"{span}, {found.window}" if name == "flow" else span
        if name == "hours":
            return f"local time, {found.window}"
        return f"{found.open.count:,} open"

    def _show_empty(self, empty: bool) -> None:
        self.empty.setVisible(empty)
        self._charts.setVisible(not empty)

    def _tell_empty(self) -> None:
        filters = self.head.filters
        if filters:
            words = f"No tickets match. {filters} filter{' is' if filters == 1 else 's are'} on"
            self.empty.show_words(words, icon="funnel-simple", button="Clear", run=self.head.clear)
        else:
            self.empty.show_words(
                "There is nothing to count yet",
                icon="chart-line-up",
                detail="What comes and goes is counted here as soon as there are tickets.",
                button="New ticket",
                key="Ctrl+N",
                run=partial(self._shell.begin_new, "ticket"),
            )

    # -- acting --------------------------------------------------------------------------------------------

    def open_query(self, query: str) -> None:
        """Show the rows of a query in the list."""
        self._shell.open(Target("tickets", query=query))

    def _open_tile(self, name: str) -> None:
        if self.found is not None:
            self.open_query(getattr(self.found, name).query)

    def _in_hand(self) -> bool:
        return self._card_in_hand() is not None

    def _card_in_hand(self) -> ChartCard | None:
        return next((card for card in self.cards.values() if card.chart is not None and card.chart.hasFocus()), None)

    def _copy(self) -> None:
        card = self._card_in_hand()
        if card is not None:
            card.copy()

    def _save(self) -> None:
        card = self._card_in_hand()
        if card is not None:
            self._save_as(card, "png")

    def _save_as(self, card: ChartCard, kind: str) -> None:
        folder = self._desk.settings.get(_FOLDER, "") or pictures()
        stem = f"{card.title} {times.dtg(self.found.as_of_ms) if self.found else ''}".strip()
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Save the chart", str(Path(folder) / f"{stem}.{kind}"), f"{kind.upper()} (*.{kind})"
        )
        if chosen:
            path = Path(chosen)
            self.save_picture(card, path if path.suffix else path.with_suffix(f".{kind}"))

    def save_picture(self, card: ChartCard, path: Path) -> None:
        """Save a chart as a picture; the file's ending, .svg or another, says of which kind."""
        note = f"as of {times.dtg(self.found.as_of_ms)}" if self.found else ""
        content = card.load().picture("svg" if path.suffix.lower() == ".svg" else "png", note)

        def saved(done: Path) -> None:
            self._desk.settings.set(_FOLDER, str(done.parent))
            self._shell.toasts.show_toast(f"Saved {done.name}")

        future = self._desk.ask(lambda _reader: saving.save(path, content))
        self._shell.bridge.then(future, saved, self._shell.operations.show_error, owner=self)


def chart_data(table: Table, kind: Kind, tones: tuple[str, ...]) -> ChartData:
    """What a chart shows of a table of counts."""
    slots = tuple(Slot(line.name, line.short, line.values, line.queries) for line in table.lines)
    return ChartData(kind, table.head, table.series, tones, slots)
