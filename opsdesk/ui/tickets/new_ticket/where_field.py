"""Where something is, in one field with three ways to say it: a known place, a grid or degrees, or free words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from opsdesk.services import positions
from opsdesk.services.forms import FormField
from opsdesk.ui.widgets.button import Segmented
from opsdesk.ui.widgets.dynamic_form import FieldRow, Sources
from opsdesk.ui.widgets.dynamic_form.editors import editor_for
from opsdesk.ui.widgets.picker import Picker
from opsdesk.ui.widgets.position_field import PositionField

PLACE, GRID, WORDS = "place", "grid", "words"


class WhereField(FieldRow):
    """Signals: `changed` after a person changed anything. What was said in one way stays while another is shown.

    A coordinate that is pasted where a place is looked for moves to the grid by itself.
    """

    changed = Signal()

    def __init__(self, sources: Sources, parent: QWidget | None = None) -> None:
        self._place = editor_for(
            FormField("place", "Place", "place", placeholder="Type a place, or paste a grid"), sources, self._edited
        )
        self._grid = editor_for(FormField("position", "Position", "position"), sources, self._edited)
        self._in_words = editor_for(
            FormField("location", "In words", "text", placeholder="East approach of the bridge", max_length=300),
            sources,
            self._edited,
        )
        self._ways = {PLACE: self._place, GRID: self._grid, WORDS: self._in_words}
        self._pages = QStackedWidget()
        for editor in self._ways.values():
            self._pages.addWidget(editor.widget)
        self._mode = Segmented([(PLACE, "Place"), (GRID, "Grid"), (WORDS, "Words")], PLACE, "Say where by")
        self._mode.setFixedHeight(28)
        super().__init__("Where", self._pages, beside=self._mode, parent=parent)
        self._mode.chosen.connect(self._show_way)
        self.left.connect(self.judge)
        place, grid = self._place.widget, self._grid.widget
        assert isinstance(place, Picker)
        assert isinstance(grid, PositionField)
        place.textEdited.connect(self._recognise)
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
            found |= {name: value for name, value in at.items() if value is not None}
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
        self.show_help(grid.understood if self.way == GRID else "")

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
