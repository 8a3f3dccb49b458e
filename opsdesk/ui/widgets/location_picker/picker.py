"""The location picker: one line for whatever is typed or pasted, the places at the left, the map, how sure it is.

It lies over its window and is not modal to the work: Esc leaves, and the form below is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import maps, positions
from opsdesk.services.maps import Box, Found, Near, PlaceNode
from opsdesk.services.positions import Position
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.label import Label, rule
from opsdesk.ui.widgets.location_picker.backdrop import Backdrop
from opsdesk.ui.widgets.location_picker.foot import RADII, Foot
from opsdesk.ui.widgets.location_picker.located import Located
from opsdesk.ui.widgets.location_picker.nudging import ARROWS, in_view, middle, nudged
from opsdesk.ui.widgets.location_picker.place_list import FOUND, NEAR, RECENT, Entry, PlaceList
from opsdesk.ui.widgets.location_picker.rows import found_rows, keep, near_rows, reading_rows, recent_rows
from opsdesk.ui.widgets.location_picker.writings import Writings, other_writing
from opsdesk.ui.widgets.map_view import MapView
from opsdesk.ui.widgets.overlay import Overlay, turn_focus
from opsdesk.ui.widgets.pill import Pill
from opsdesk.ui.widgets.position_field import PositionField
from opsdesk.ui.widgets.shortcuts import on_keys

if TYPE_CHECKING:
    from opsdesk.ui.bridge import Bridge

_WIDTH, _HEIGHT, _TOP = 1240, 760, 44
_LIST_WIDTH = 244
_ROUND: Final = frozenset(float(radius) for radius, _ in RADII if radius)


class LocationPicker(Overlay):
    """One for a window. `ask` opens it, and what is said is handed to whoever asked."""

    def __init__(self, host: QWidget, desk: Any, bridge: Bridge) -> None:
        super().__init__(host, width=_WIDTH, top=_TOP, height=_HEIGHT)
        self._desk, self._bridge = desk, bridge
        self._take: Callable[[Located], object] = lambda located: None
        self._asked = self._now = Located()
        self._own: float | None = None
        """The radius that the person chose; None for what the writing says."""
        self._told: str | None = None
        """From whom a position that is typed is known."""
        self._found_for = ""
        self.line = PositionField("Grid, degrees or name", placeholder="Type or paste a grid, degrees, or a name")
        self.line.setFixedHeight(42)
        self.line.setFont(theme.font("section"))
        self.line.take_names()
        self.kind = Pill("", "good")
        self.understood = Label("", "body#", "quiet")
        self.problem = Label("", "quiet-strong", "danger", wrap=True)
        self.title = Label("Where", "heading")
        self.hint = Label("", "quiet", "quiet")
        self.place = Button("", "x", kind="quiet")
        self.place.clicked.connect(self._drop_place)
        self.writings = Writings()
        self.list = PlaceList()
        self.list.setFixedWidth(_LIST_WIDTH)
        self.map = MapView()
        self.map.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.map.setAccessibleName("Map: arrow keys move the pin")
        self.map.pick(True)
        self.map.legend_open = False
        self._backdrop = Backdrop(desk, bridge, self.map)
        self.foot = Foot()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 16, 0)
        head.addWidget(self.title)
        head.addSpacing(8)
        head.addWidget(self.place)
        head.addStretch(1)
        head.addWidget(self.hint)
        inside = QHBoxLayout(self.line)
        inside.setContentsMargins(0, 0, 10, 0)
        inside.setSpacing(10)
        inside.addStretch(1)
        inside.addWidget(self.understood)
        inside.addWidget(self.kind)
        top = QVBoxLayout()
        top.setContentsMargins(16, 10, 16, 8)
        top.setSpacing(6)
        for widget in (self.line, self.problem):
            top.addWidget(widget)
        beside = QHBoxLayout()
        beside.setSpacing(2)
        beside.addWidget(self.writings, 1)
        beside.addStretch()
        for name, text, key, by in (("plus", "Nearer", "+", 1), ("minus", "Farther", "−", -1)):
            button = IconButton(name, text, key=key, size=28)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(partial(self.map.zoom, by))
            beside.addWidget(button)
        top.addLayout(beside)
        body = QHBoxLayout()
        body.setContentsMargins(12, 0, 16, 12)
        body.setSpacing(12)
        body.addWidget(self.list)
        body.addWidget(self.map, 1)
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(top)
        column.addLayout(body, 1)
        column.addWidget(rule())
        column.addWidget(self.foot)

    def _connect(self) -> None:
        self.line.changed.connect(self._typed)
        self.line.judged.connect(self._judge)
        self.list.taken.connect(self._take_entry)
        self.list.left_upwards.connect(self.take_focus)
        self.list.typed.connect(self._type_on)
        self.map.picked.connect(lambda at: self._pick(replace(at, source="map")))
        self.map.chosen.connect(self._press_mark)
        self.foot.radius_chosen.connect(self._set_radius)
        self.foot.source_chosen.connect(self._set_source)
        self.foot.cleared.connect(self._clear)
        self.foot.used.connect(self.use)
        self.writings.copied.connect(lambda text: self.hint.setText(f"Copied {text}"))
        on_keys(self, ("Ctrl+Shift+C",), self.writings.copy_first)

    # -- asking ------------------------------------------------------------------------------------------------

    def ask(
        self, now: Located, take: Callable[[Located], object], *, words: str = "Where", places: bool = True
    ) -> None:
        """Open with what is known now. `take` gets what a person says; `places` False leaves the record of a place
        out of it, for a question that wants a position alone."""
        self._asked, self._take, self._places = now, take, places
        self._own = None
        self._told = now.at.source if now.at is not None and now.at.source not in ("map", "place") else None
        self.title.setText(words)
        self.hint.setText("Esc goes back, nothing is lost")
        self._found_for = ""
        self.list.show_rows(FOUND, ())
        self.list.show_rows(RECENT, recent_rows(self._desk.settings, wall.now(), self._written))
        self._bridge.then(self._desk.ask(maps.place_tree, channel="picker.tree"), self._show_tree, owner=self)
        self.open()
        self._set(now, go=True)
        self.take_focus()
        if now.at is None:
            self._look_around()

    _places = True

    def take_focus(self) -> None:
        self.line.setFocus()
        self.line.selectAll()

    def use(self) -> None:
        """Hand on what is said, and close."""
        if self._pending:
            entry = self.list.best() if self._found_for == self.line.text().strip() else None
            if entry is not None:
                self._take_entry(entry)
            else:
                self._judge()
            return
        if self.foot.problem:
            self.problem.setText(self.foot.problem)
            self.problem.show()
            return
        if not self._now.known and not self._asked.known:
            self._judge()
            return
        said = self._said
        if said.known:
            keep(self._desk.settings, said, wall.now())
        self.close_panel()
        self._take(said if self._places else replace(said, place=None))

    @property
    def _said(self) -> Located:
        """What is said, with the radius that the person chose."""
        at = self._now.at
        return (
            self._now if at is None or self._own is None else replace(self._now, at=replace(at, accuracy_m=self._own))
        )

    @property
    def _pending(self) -> bool:
        """Whether the line holds words that are no position (yet)."""
        return bool(self.line.text().strip()) and self.line.value is None

    # -- what is shown -----------------------------------------------------------------------------------------

    def _set(self, located: Located, *, go: bool, keep_text: bool = False) -> None:
        self._now = located
        at = located.at
        if not keep_text:
            self.line.set_value(at, self._written(at) if at is not None else "")
        if go and at is not None:
            self.map.go(at.lat, at.lon, maps.scale_for(self._own or at.accuracy_m))
        self._show()
        if at is None:
            self.list.show_rows(NEAR, ())
        else:
            future = self._desk.ask(maps.near, at.lat, at.lon, channel="picker.near")
            self._bridge.then(future, self._show_near, owner=self)
        self.list.mark(located.place)

    def _show(self) -> None:
        said = self._said
        at = said.at
        self.map.put_point(at)
        self.writings.show_position(at)
        text = self.line.text().strip()
        known = at is not None and self.line.value is not None
        self.kind.setVisible(known)
        self.understood.setVisible(known)
        if at is not None and known:
            self.kind.set(positions.kind_of(text), "good")
            exact = f"   ±{at.accuracy_m:,.0f} m" if at.accuracy_m else ""
            self.understood.setText(f"{other_writing(at, text)}{exact}")
        self.place.setVisible(bool(said.name) and self._places)
        self.place.setText(f"At {said.name}" if said.name else "")
        self.place.setAccessibleName(f"{said.name}, leave the place out")
        best = self._pending and self._found_for == text and self.list.best() is not None
        empty = self._asked.known and not text
        use = "Use this place" if best or (said.known and not self._pending) else "Leave it empty" if empty else ""
        self.foot.show_state(
            self._own if self._own is not None else (at.accuracy_m if at and at.accuracy_m in _ROUND else None),
            at.source if at else None,
            use,
        )
        self._judge(quietly=True)

    def _written(self, at: Position) -> str:
        if at.grid:
            return at.grid
        style = self._desk.settings.get("position.style", "mgrs")
        found = positions.notations(at.lat, at.lon, self._own or at.accuracy_m)
        return next(one.text for one in found if one.key == style)

    def _judge(self, *, quietly: bool = False) -> None:
        """Show what is wrong with the line; words that find places are not wrong."""
        wrong = "" if quietly or (self.list.entries(FOUND) and not self.line.readings) else self.line.problem
        if not quietly and not self.line.text().strip() and not self._now.known and not self._asked.known:
            wrong = "Type a position or a name, or press a place on the map"
        self.problem.setText(wrong)
        self.problem.setVisible(bool(wrong))

    # -- what a person does ------------------------------------------------------------------------------------

    def _typed(self) -> None:
        text = self.line.text().strip()
        at = self.line.value
        self.list.filter("" if at is not None or self.line.readings else text)
        self.list.show_rows(FOUND, ())
        if at is not None:
            self._set(replace(self._now, at=replace(at, source=self._told)), go=True, keep_text=True)
            return
        # What stands in the line is no position (yet), so there is none; the place stays while a coordinate is typed.
        coordinate = any(sign.isdigit() for sign in text)
        self._set(replace(self._now, at=None) if coordinate else Located(), go=False, keep_text=True)
        if self.line.readings:
            self._found_for = text
            self.list.show_rows(FOUND, reading_rows(self.line.readings), "Which is meant?")
            self._show()
        elif text:
            future = self._desk.ask(maps.find, text, channel="picker.find")
            self._bridge.then(future, lambda found: self._show_found(text, found), owner=self)

    def _take_entry(self, entry: Entry) -> None:
        located = entry.located
        if located.at is None and located.place is not None:
            # A place without a position of its own leaves the one that is set.
            located = replace(located, at=self._now.at)
        self._own = None
        self.list.filter("")
        self.list.show_rows(FOUND, ())
        self._set(located, go=True)
        self.take_focus()

    def _pick(self, at: Position) -> None:
        self._set(replace(self._now, at=at), go=False)
        self.map.setFocus()

    def _press_mark(self, record: str) -> None:
        found = self._backdrop.point(record)
        if found is None:
            return
        layer, point = found
        if layer == "own":
            located = Located(Position(point.lat, point.lon, source="place"), bytes.fromhex(record), point.t)
        else:
            located = replace(self._now, at=Position(point.lat, point.lon, source="map"))
        self._set(located, go=False)
        self.map.choose("")

    def _set_radius(self, radius: float | None) -> None:
        self._own = radius
        self._show()

    def _set_source(self, source: str | None) -> None:
        self._told = source if source not in ("map", "place") else None
        if self._now.at is not None:
            self._set(replace(self._now, at=replace(self._now.at, source=source)), go=False, keep_text=True)

    def _drop_place(self) -> None:
        self._set(replace(self._now, place=None, name=""), go=False, keep_text=True)
        self.take_focus()

    def _clear(self) -> None:
        self._own = None
        self._set(Located(), go=False)
        self.take_focus()

    def _type_on(self, text: str) -> None:
        self.line.setFocus()
        self.line.setText(text)
        self.line.textEdited.emit(text)

    def _nudge(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        """Move the pin; where there is none it stands in the middle of the map first."""
        bounds, at = self.map.bounds, self._now.at
        if at is None:
            if bounds is not None:
                self._pick(middle(bounds))
            return
        moved = nudged(at, bounds, key, modifiers)
        self._pick(moved)
        if bounds is not None and not in_view(moved, bounds):
            self.map.go(moved.lat, moved.lon)

    # -- answers -----------------------------------------------------------------------------------------------

    def _show_tree(self, nodes: Sequence[PlaceNode]) -> None:
        self.list.show_tree(nodes)
        if self._pending and not self.line.readings:
            self.list.filter(self.line.text().strip())
        self.list.mark(self._now.place)
        self._bridge.then(
            self._desk.ask(maps.open_at_places, channel="picker.counts"), self.list.show_counts, owner=self
        )

    def _show_found(self, text: str, found: Sequence[Found]) -> None:
        if text != self.line.text().strip() or self.line.value is not None:
            return
        self._found_for = text
        self.list.show_rows(FOUND, found_rows(found))
        self._show()
        if not found:
            self._judge(quietly=self.list.filter(text) > 0 or not any(sign.isdigit() for sign in text))

    def _show_near(self, found: Sequence[Near]) -> None:
        self.list.show_rows(NEAR, near_rows(found) if self._now.at is not None else ())

    def _look_around(self) -> None:
        """Show what the work is about, where nothing is known of this one."""
        future = self._desk.ask(maps.extent, "is:open", channel="picker.extent")
        self._bridge.then(future, self._show_extent, owner=self)

    def _show_extent(self, found: Box | None) -> None:
        if found is not None and self._now.at is None:
            self.map.fit(*found)

    # -- Qt ----------------------------------------------------------------------------------------------------

    def close_panel(self) -> None:
        super().close_panel()
        self.map.give_back()

    def _on_map(self) -> bool:
        focus = QApplication.focusWidget()
        return focus is not None and (focus is self.map or self.map.isAncestorOf(focus))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.use()
        elif key == Qt.Key.Key_F4:
            (self.line if self._on_map() else self.map).setFocus()
        elif key == Qt.Key.Key_Down and self.line.hasFocus():
            self.list.enter()
        elif key in ARROWS and self._on_map():
            self._nudge(key, event.modifiers())
        elif self._on_map() and event.text() in ("+", "=", "-"):
            self.map.zoom(-1 if event.text() == "-" else 1)
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        # By hand: what draws the map has children of its own that would take the keyboard and keep it.
        stops: list[QWidget] = [
            self.line, self.place, *self.writings.buttons, self.list, self.map,
            *self.foot.radii.findChildren(QWidget), self.foot.other, self.foot.source, self.foot.clear, self.foot.use,
        ]  # fmt: skip
        return turn_focus(stops, forward)
