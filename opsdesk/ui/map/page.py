"""The Map page: layers at the left, the map with its query and go-to in the middle, the chosen ticket at the right."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import maps, positions
from opsdesk.services.changes import Changes
from opsdesk.services.errors import QueryError
from opsdesk.services.maps import Box, Layer
from opsdesk.services.positions import Position
from opsdesk.services.tickets import TicketRow
from opsdesk.ui.actions import Action
from opsdesk.ui.map import here, nearest
from opsdesk.ui.map.card import Card
from opsdesk.ui.map.drawing import Drawings
from opsdesk.ui.map.go_to import GoTo
from opsdesk.ui.map.layers import LayersPane
from opsdesk.ui.map.map_files import MapFiles
from opsdesk.ui.map.times import Times
from opsdesk.ui.shell.page import Target
from opsdesk.ui.widgets.button import IconButton
from opsdesk.ui.widgets.label import ElidedLabel, rule
from opsdesk.ui.widgets.map_view import Bounds, MapView, fitted
from opsdesk.ui.widgets.query_bar import QueryBar
from opsdesk.ui.widgets.query_words import FIELDS, QueryWords

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell

_SETTLE_MS = 200
"""A burst of changes, or a map that is still moved, is asked about once."""
_MARGIN = 0.15
"""Beyond the view on each side so much of it is read too, so that a short move shows no empty edge."""
_STEP = 120
"""Pixels that an arrow key moves the map."""
_NEAR_ZOOM = 12.0
"""The scale at which one ticket is shown."""


def _holds(box: Box, bounds: Bounds) -> bool:
    return (
        box.south <= bounds.south and box.west <= bounds.west and box.north >= bounds.north and box.east >= bounds.east
    )


class MapPage(QWidget):
    """The page. What it shows (layers, query, view) is remembered with the data folder."""

    def __init__(self, desk: Desk, shell: Shell) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self._seen: Box | None = None
        self._ahead: Box | None = None
        """What was read for a map that is still being made."""
        self._found = Layer((), 0, None)
        self._fitted = False
        self.query = str(desk.settings.get("map.query", "is:open"))
        self.layers = LayersPane()
        self.map = MapView()
        self.times = Times(desk, shell, self.map, lambda: self.query)
        self.files = MapFiles(desk, shell, self.map)
        self.layers.add_section(self.files)
        self.drawings = Drawings(desk, shell, self.map, self.layers, lambda: self.query, self)
        self.card = Card()
        self.edge = rule(vertical=True)
        self.edge.hide()
        self.card.hide()
        self.words = QueryWords(desk, shell.bridge, "map", self)
        self.bar = QueryBar(self.words.chips, self.words.complete, FIELDS, saves=False)
        self.bar.set_text(self.query)
        self.go_to = GoTo(desk, shell, self.map)
        self.where, self.note = ElidedLabel("", "quiet#", "quiet"), ElidedLabel("", "quiet", "quiet")
        self._build()
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self.reload)
        self._connect()
        self._add_actions()
        kept = desk.settings.get("map.layers", None)
        if isinstance(kept, list):
            self.layers.set_shown([str(key) for key in kept])
        legend = desk.settings.get("map.legend", None)
        self.map.show_legend(legend if isinstance(legend, bool) else None)
        self._show_base()

    def _build(self) -> None:
        over = QHBoxLayout()
        over.setContentsMargins(8, 8, 8, 8)
        over.setSpacing(8)
        over.addWidget(self.bar, 1)
        over.addWidget(self.go_to)
        self._buttons = {}
        for name, text, key, run in (
            ("plus", "Nearer", "+", partial(self.map.zoom, 1)),
            ("minus", "Farther", "−", partial(self.map.zoom, -1)),
            ("frame-corners", "All tickets of the query", "Home", self.fit),
        ):
            made = self._buttons[name] = IconButton(name, text, key=key, size=32)
            made.clicked.connect(lambda _checked=False, run=run: run())
            over.addWidget(made)
        over.insertWidget(2, self.drawings.button)
        under = QHBoxLayout()
        under.setContentsMargins(12, 4, 12, 4)
        under.setSpacing(16)
        under.addWidget(self.where, 5)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        under.addWidget(self.note, 4)
        middle = QVBoxLayout()
        middle.setSpacing(0)
        middle.addLayout(over)
        middle.addWidget(rule())
        middle.addWidget(self.drawings.bar)
        middle.addWidget(self.map, 1)
        middle.addWidget(rule())
        middle.addLayout(under)
        middle.addWidget(self.times.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.layers)
        row.addWidget(rule(vertical=True))
        row.addLayout(middle, 1)
        row.addWidget(self.edge)
        row.addWidget(self.card)
        row.addWidget(self.drawings.card)

    def _connect(self) -> None:
        self.layers.changed.connect(self._layers_changed)
        self.bar.changed.connect(self._ask_for)
        self.bar.left.connect(self.map.setFocus)
        self.map.moved.connect(self._moved)
        self.map.chosen.connect(self._chosen)
        self.map.opened.connect(lambda record: self._open(bytes.fromhex(record)))
        self.map.asked_here.connect(self._show_menu)
        self.map.hovered.connect(self._hovered)
        self.map.legend_turned.connect(partial(self._desk.settings.set, "map.legend"))
        self.times.moved.connect(self._say_drawn)
        self.times.wanting.connect(self.reload)
        self.card.closed.connect(lambda: self._chosen(""))
        self.card.open_wanted.connect(lambda row: self._open(row.id))
        self.card.list_wanted.connect(self._list_near)
        self.drawings.chosen.connect(self._drawing_chosen)
        self.drawings.closed.connect(self.edge.hide)
        self.drawings.wanting.connect(self.reload)
        self._shell.bridge.changed.connect(self._changed)

    def _add_actions(self) -> None:
        add = partial(Action, group="Map")
        self.map.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._shell.actions.add(
            add("map.go_to", "Go to a grid, degrees or a place", self.go_to.begin, "map-pin", "Ctrl+L"),
            add("map.query", "Filter the map", self.bar.line.setFocus, "funnel-simple", "/"),
            add("map.in", "Nearer", partial(self.map.zoom, 1), "plus", "+ =", listed=False),
            add("map.out", "Farther", partial(self.map.zoom, -1), "minus", "-", listed=False),
            add("map.fit", "Show all tickets of the map's query", self.fit, "frame-corners", "Home"),
            add("map.left", "Left", partial(self.map.pan, -_STEP, 0), shortcut="Left", listed=False),
            add("map.right", "Right", partial(self.map.pan, _STEP, 0), shortcut="Right", listed=False),
            add("map.up", "Up", partial(self.map.pan, 0, -_STEP), shortcut="Up", listed=False),
            add("map.down", "Down", partial(self.map.pan, 0, _STEP), shortcut="Down", listed=False),
            add("map.legend", "Fold or open the legend", self.map.turn_legend, "list-dashes", "Shift+L", words="key"),
            add("map.heat", "Show the heat of tickets", partial(self.layers.turn, "heat"), "thermometer", "H"),
            add("map.leave", "Give up the drawing, close the card, or take the pin away", self._leave, shortcut="Esc",
                listed=False),
            add("map.copy", "Copy where the chosen ticket, or else the middle, is",
                lambda: here.copy_where(self._shell, self.map, self.card.row), "copy", "Ctrl+C"),
            add("map.new", "New ticket in the middle of the map", self._new_in_the_middle, "plus", "N",
                enabled=lambda: self.map.bounds is not None),
            add("map.nearest", "Tickets nearest to the middle of the map", self._show_nearest, "crosshair", "K"),
            add("map.open", "Open the chosen ticket", self._open_chosen,
                "arrow-square-out", "Return", enabled=lambda: self.card.row is not None or self.drawings.sketching),
            owner=self.map,
        )  # fmt: skip

    # -- what the window asks of a page ------------------------------------------------------------------------

    def activated(self) -> None:
        """The page came to the front."""
        self.map.setFocus()
        self.files.look_again()
        ticket = self._shell.chosen.ticket
        if ticket is not None and (self.card.row is None or self.card.row.id != ticket):
            self._choose(ticket.hex())  # what was chosen in the list meanwhile
        if not self._fitted:
            self.fit()
        else:
            self._settle.start()

    def show_target(self, target: Target) -> None:
        """Show the tickets of a query, or one ticket where it is."""
        self._fitted = True
        if target.id is not None:
            self._choose(target.id.hex(), go=True)
            return
        self.bar.set_text(target.query)
        self._ask_for(target.query)
        self.fit()

    def leaving(self) -> None:
        """The window closes, or makes its pages anew."""
        self.files.finish()
        self.map.give_back()

    # -- what is shown -------------------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show all tickets of the query, as large as they can be."""
        self._fitted = True
        future = self._desk.ask(maps.extent, self.query, channel="map.extent")
        self._shell.bridge.then(future, self._show_extent, self._failed, owner=self)

    def _show_extent(self, found: Box | None) -> None:
        if found is None:
            self._note("No ticket of this query has a position.")
            self.reload()
            return
        self.map.fit(*found)
        if self.map.bounds is None and not self.map.why_not:
            # What it will show is read while the engine starts: the machine has two processors or more.
            self._read(fitted((found.south, found.west, found.north, found.east), self.map.width(), self.map.height()))
            self._ahead = self._seen

    def reload(self) -> None:
        """Read anew what is in view."""
        if self.map.bounds is not None:
            self._read(self.map.bounds)

    def _read(self, bounds: Bounds) -> None:
        tall, wide = (bounds.north - bounds.south) * _MARGIN, (bounds.east - bounds.west) * _MARGIN
        box = self._seen = Box(bounds.south - tall, bounds.west - wide, bounds.north + tall, bounds.east + wide)
        shown = self.layers.shown
        self.drawings.reload(box)
        if "tickets" in shown or "heat" in shown:
            future = self._desk.ask(maps.tickets, self.query, box, since=self.times.since, channel="map.tickets")
            self._shell.bridge.then(future, self._show_tickets, self._failed, owner=self)
        else:
            self._drop("tickets", "heat")
        if "own" in shown:
            places = self._desk.ask(maps.places, box, channel="map.places")
            self._shell.bridge.then(places, self._show_places, owner=self)
        else:
            self._drop("own")

    def _drop(self, *layers: str) -> None:
        for layer in layers:
            self.map.drop_layer(layer)
            self.layers.tell(layer, "")

    def _show_tickets(self, found: Layer) -> None:
        self.bar.clear_error()
        if not self.times.asked:
            self.times.ask()
        self.times.take(found)
        for layer, kind in (("heat", "heat"), ("tickets", "marks")):
            if layer not in self.layers.shown:
                self._drop(layer)
                continue
            self.map.set_layer(layer, kind, found.points)
        self._found = found
        self._say_drawn()

    def _say_drawn(self) -> None:
        """Say how many are drawn: those in view, within the window of time."""
        found, drawn = self._found, self.times.drawn()
        for layer in ("heat", "tickets"):
            if layer in self.layers.shown:
                self.layers.tell(layer, f"{drawn:,}", found.newest_at)
        self._note(here.drawn_words(found, windowed=self.times.bar.reach is not None))

    def _note(self, words: str) -> None:
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def _show_places(self, found: Layer) -> None:
        self.map.set_layer("own", "marks", found.points)
        self.layers.tell("own", f"{found.total:,}")

    def _failed(self, error: Exception) -> None:
        if isinstance(error, QueryError):
            self.bar.show_error(error.text, error.start, error.end)
        else:
            self._shell.bridge.unhandled.emit(error)

    def _show_base(self) -> None:
        self.map.show_base(self.layers.shown)

    def _layers_changed(self) -> None:
        self._desk.settings.set("map.layers", list(self.layers.shown))
        self._show_base()
        self.reload()

    def _ask_for(self, query: str) -> None:
        self.query = query
        self._desk.settings.set("map.query", query)
        self.reload()
        self.times.ask()

    def _changed(self, changes: Changes) -> None:
        if changes.everything or changes.people or changes.units or changes.places or changes.drawings:
            self.words.forget()
        if (changes.tickets or changes.places or changes.everything) and self.isVisible():
            self._settle.start()
            self.times.ask_again()
        if (changes.drawings or changes.everything) and self.isVisible():
            self._settle.start()
            self.drawings.refresh()

    # -- the map tells -------------------------------------------------------------------------------------------

    def _moved(self, bounds: Bounds) -> None:
        self._say_where(bounds.lat, bounds.lon, "middle")
        ahead, self._ahead = self._ahead, None
        if self._seen is None or (ahead is not None and not _holds(ahead, bounds)):
            self.reload()  # the first map waits for nothing
        elif ahead is None:
            self._settle.start()

    def _hovered(self, lat: float, lon: float) -> None:
        self._say_where(lat, lon, "pointer")

    def _say_where(self, lat: float, lon: float, what: str) -> None:
        grid = positions.mgrs(lat, lon, 3)
        self.where.setText("    ".join(part for part in (grid, positions.latlon(lat, lon), what) if part))

    def _chosen(self, record: str) -> None:
        """A person chose a ticket on the map, or none."""
        self._shell.chosen.ticket = bytes.fromhex(record) if record else None
        self._choose(record)

    def _choose(self, record: str, *, go: bool = False) -> None:
        """Mark a ticket and show its card; `go` brings it to the middle."""
        if self.drawings.asking:
            return  # what is being typed there is not given up by a click
        self.map.choose(record)
        if self.drawings.card.isVisible():
            self.drawings.leave()
        if not record:
            self._put_away()
            self.edge.hide()
            self.map.setFocus()
            return
        future = self._desk.ask(maps.card, bytes.fromhex(record), channel="map.card")
        self._shell.bridge.then(future, partial(self._show_card, go), owner=self)

    def _show_card(self, go: bool, row: TicketRow | None) -> None:
        if row is not None:
            if go and (at := row.position) is not None:
                self.map.go(at.lat, at.lon, _NEAR_ZOOM)
            self.card.show_row(row)
            self.card.show()
            self.edge.show()

    def _leave(self) -> None:
        """Leave the one thing that a person came to last."""
        if self.drawings.at_work:
            self.drawings.leave()
        elif self.card.isVisible():
            self._chosen("")
        else:
            self.go_to.clear_pin()

    def _put_away(self) -> None:
        self.card.row = None
        self.card.hide()

    def _drawing_chosen(self) -> None:
        self.map.choose("")
        self._put_away()
        self.edge.show()

    def _open(self, ticket: bytes) -> None:
        self._shell.open(Target("ticket", ticket))

    def _open_chosen(self) -> None:
        if not self.drawings.finish() and self.card.row is not None:
            self._open(self.card.row.id)

    def _list_near(self, row: TicketRow) -> None:
        if (at := row.position) is not None:
            here.list_near(self._shell, at.lat, at.lon)

    def _show_menu(self, at: Position, where: tuple[float, float]) -> None:
        here.offer(self._desk, self._shell, self.map, self.query, at, where, self._new_at)

    def _show_nearest(self) -> None:
        nearest.offer(self._desk, self._shell, self.map, self.query)

    def _new_at(self, at: Position) -> None:
        # A point that was chosen by the eye is as exact as the pixels of the map.
        exact = at.accuracy_m or (self.map.bounds.exact_m(at.lat) if self.map.bounds is not None else None)
        said = {"lat": at.lat, "lon": at.lon, "accuracy_m": exact, "grid": at.grid, "source": "map"}
        self._shell.begin_new("ticket", {"where": {"way": "grid", "said": {"grid": said}}})

    def _new_in_the_middle(self) -> None:
        if self.map.bounds is not None:
            self._new_at(Position(self.map.bounds.lat, self.map.bounds.lon))
