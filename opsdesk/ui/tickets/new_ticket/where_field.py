"""Where something is, in one field with three ways to say it: a known place, a grid or degrees, or free words. The
location picker says all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from opsdesk.services import positions
from opsdesk.services.forms import FormField
from opsdesk.services.positions import Position
from opsdesk.services.tickets import position_columns
from opsdesk.ui.widgets.button import IconButton, Segmented
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.dynamic_form import FieldRow
from opsdesk.ui.widgets.dynamic_form.editors import editor_for, position_value
from opsdesk.ui.widgets.location_picker import Located
from opsdesk.ui.widgets.picker import Picker
from opsdesk.ui.widgets.position_field import MAP_KEY, PositionField

PLACE, GRID, WORDS = "place", "grid", "words"


class WhereField(FieldRow):
    """Signals: `changed` after a person changed anything. What was said in one way stays while another is shown.

    A coordinate that is pasted where a place is looked for moves to the grid by itself, and a place that is chosen
    brings its position along, where none is said otherwise.
    """

    changed = Signal()

    def __init__(self, sources: Directory, parent: QWidget | None = None) -> None:
        self._place = editor_for(
            FormField("place", "Place", "place", placeholder="Type a place, or paste a grid"), sources, self._edited
        )
        self._grid = editor_for(FormField("position", "Position", "position"), sources, self._edited)
        self._in_words = editor_for(
            FormField("location", "In words", "text", placeholder="East approach of the bridge", max_length=300),
            sources,
            self._edited,
        )
        self._sources = sources
        self._ways = {PLACE: self._place, GRID: self._grid, WORDS: self._in_words}
        self._pages = QStackedWidget()
        for editor in self._ways.values():
            self._pages.addWidget(editor.widget)
        self._mode = Segmented([(PLACE, "Place"), (GRID, "Grid"), (WORDS, "Words")], PLACE, "Say where by")
        self._mode.setFixedHeight(28)
        on_map = IconButton("map-trifold", "Choose the place on the map", key=MAP_KEY, size=28)
        on_map.clicked.connect(self.locate)
        beside = QWidget()
        row = QHBoxLayout(beside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._mode)
        row.addWidget(on_map)
        super().__init__("Where", self._pages, beside=beside, parent=parent)
        self._mode.chosen.connect(self._show_way)
        self.left.connect(self.judge)
        place, grid = self._place.widget, self._grid.widget
        assert isinstance(place, Picker)
        assert isinstance(grid, PositionField)
        place.textEdited.connect(self._recognise)
        place.picked.connect(self._follow_place)
        grid.map_wanted.disconnect()
        grid.map_wanted.connect(self.locate)
        grid.judged.connect(self.judge)
        self._pages.setFocusProxy(place)

    @property
    def way(self) -> str:
        """How it is said now: `place`, `grid` or `words`."""
        return str(self._mode.value)

    @property
    def values(self) -> dict[str, Any]:
        """The columns of a ticket that this fills; only those that are known."""
        found: dict[str, Any] = {}
        place, at, words = self._place.get(), self._grid.get(), self._in_words.get()
        if isinstance(place, str):
            found["place"] = bytes.fromhex(place)
        if isinstance(at, dict):
            found |= {name: value for name, value in position_columns(at).items() if value is not None}
        if words:
            found["location"] = words
        return found

    @property
    def wrong(self) -> str:
        """What is wrong with what is said, in whichever way; empty when nothing is."""
        return next((problem for editor in self._ways.values() if (problem := editor.problem())), "")

    @property
    def content(self) -> dict[str, Any]:
        """Everything said, right or wrong, for a draft."""
        return {
            "way": self.way,
            "said": {way: editor.get() for way, editor in self._ways.items()},
            "typed": {way: editor.typed() for way, editor in self._ways.items() if editor.problem()},
        }

    def set_content(self, content: Mapping[str, Any]) -> None:
        """Put back what `content` gave."""
        for way, editor in self._ways.items():
            editor.put(content.get("said", {}).get(way))
            if text := content.get("typed", {}).get(way):
                editor.type_in(text)
        self._mode.set_value(content.get("way", PLACE))
        self._show_way(self.way, focus=False)
        self.judge()

    def settle(self) -> None:
        """Make what is typed final."""
        for editor in self._ways.values():
            editor.settle()

    def judge(self) -> None:
        """Show what is wrong in the way that is shown, or the position in its other writing."""
        editor = self._ways[self.way]
        self.show_problem(editor.problem())
        grid = self._grid.widget
        assert isinstance(grid, PositionField)
        of_place = self.way == PLACE and grid.value is not None and grid.value.source == PLACE
        self.show_help(grid.understood if self.way == GRID or of_place else "")

    def locate(self) -> None:
        """Open the location picker with what is said now."""
        place, grid = self._place.widget, self._grid.widget
        assert isinstance(place, Picker)
        assert isinstance(grid, PositionField)
        known = place.value if isinstance(place.value, bytes) else None
        now = Located(grid.value, known, place.text() if known else "")
        self._sources.locate(self, now, self._located, words="Where", places=True)

    def _located(self, found: Located) -> None:
        place = self._place.widget
        assert isinstance(place, Picker)
        place.set_value(found.place, found.name)
        self._grid.put(None if found.at is None else position_value(found.at))
        of_place = found.place is not None and (found.at is None or found.at.source == PLACE)
        self._mode.set_value(PLACE if of_place or not found.known else GRID)
        self._show_way(self.way)
        self.changed.emit()

    def _follow_place(self, place: object) -> None:
        """A position that came from the place before, or none, gives way to that of the place chosen now."""
        grid = self._grid.widget
        assert isinstance(grid, PositionField)
        if grid.text().strip() and (grid.value is None or grid.value.source != PLACE):
            return
        if not isinstance(place, bytes):
            self._put_of_place(place, None)
            return
        self._sources.place_position(place, lambda at: self._put_of_place(place, at))

    def _put_of_place(self, place: object, at: Position | None) -> None:
        picker = self._place.widget
        assert isinstance(picker, Picker)
        if picker.value != place:
            return
        self._grid.put(None if at is None else position_value(at))
        self.judge()
        self.changed.emit()

    def _show_way(self, way: object, *, focus: bool = True) -> None:
        editor = self._ways[str(way)]
        self._pages.setCurrentWidget(editor.widget)
        self._pages.setFocusProxy(editor.widget)
        self.judge()
        if focus:
            self.focus()

    def _recognise(self, text: str) -> None:
        if positions.recognise(text) is None:
            return
        self._place.put(None)
        self._mode.set_value(GRID)
        self._show_way(GRID)
        self._grid.type_in(text)
        self.judge()
        self._edited()

    def _edited(self) -> None:
        if self.problem:
            self.judge()
        self.changed.emit()
