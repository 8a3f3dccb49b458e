"""Keeps the drawings of the map page: shows them, lets a person draw and redraw, and asks what a drawing is."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from opsdesk.services import drawings
from opsdesk.services.changes import Outcome
from opsdesk.services.drawings import DrawingKind, DrawingRow, Measured, Shown, Traced
from opsdesk.services.maps import Box
from opsdesk.ui.actions import Action
from opsdesk.ui.map.drawing import asking
from opsdesk.ui.map.drawing.card import DrawingCard
from opsdesk.ui.map.drawing.files import DrawingsFilePanel
from opsdesk.ui.map.drawing.sketch_bar import SketchBar
from opsdesk.ui.shell.page import Target
from opsdesk.ui.widgets.age import now_ms
from opsdesk.ui.widgets.button import IconButton
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.panel import Question

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.map.layers import LayersPane
    from opsdesk.ui.shell.page import Shell
    from opsdesk.ui.widgets.map_view import MapView

LAYERS = {"threats": DrawingKind.THREAT, "areas": DrawingKind.AREA, "drawings": DrawingKind.DRAWING}
"""The layers of drawings, by their keys."""
_LONGEST_MS = 24 * 3_600_000


class Drawings(QObject):
    """Signals: `chosen` when a drawing was chosen (the page then shows no ticket), `closed` when none is any more,
    `wanting` when what is shown should be read anew."""

    chosen = Signal()
    closed = Signal()
    wanting = Signal()

    def __init__(
        self, desk: Desk, shell: Shell, page_map: MapView, layers: LayersPane, query: Callable[[], str], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._desk, self._shell, self._map, self._layers, self._query = desk, shell, page_map, layers, query
        self._page = parent
        self._draft: Traced | None = None
        self._redrawn: DrawingRow | None = None
        self._files: DrawingsFilePanel | None = None
        self.sketching = False
        self.bar = SketchBar()
        self.button = IconButton("polygon", "Draw on the map", key="A, C, L, P, D")
        self.button.clicked.connect(self._offer)
        self.card = DrawingCard(Directory(desk, shell.bridge, self))
        self._expiry = QTimer(self, singleShot=True)
        self._expiry.timeout.connect(self._changed_by_time)
        self._connect()
        self._add_actions()

    def _connect(self) -> None:
        self._map.said.connect(self._said)
        self.bar.done.connect(self.finish)
        self.bar.back.connect(lambda: self._map.tell("sketch_back"))
        self.bar.here.connect(lambda: self._map.tell("sketch_here"))
        self.bar.left.connect(self.leave)
        self.card.closed.connect(self.leave)
        self.card.edit_wanted.connect(self.edit)
        self.card.redraw_wanted.connect(self.redraw)
        self.card.typed_wanted.connect(self.retype)
        self.card.list_wanted.connect(self.list_inside)
        self.card.remove_wanted.connect(self.remove)

    def _add_actions(self) -> None:
        add = partial(Action, group="Drawing on the map")

        def any_chosen() -> bool:
            return self.card.row is not None and not self.sketching

        self._shell.actions.add(
            *(
                add(f"map.draw.{shape}", f"Draw {'an' if word[0] in 'AEIOU' else 'a'} {word.lower()} on the map",
                    partial(self.begin, shape), icon, key, words="threat polygon")
                for shape, word, icon, key in (
                    ("area", "Area", "polygon", "A"), ("circle", "Circle", "circle", "C"),
                    ("line", "Line", "line-segments", "L"), ("point", "Point", "dot-outline", "P"),
                )
            ),
            add("map.draw.typed", "Draw by typed positions", self.type, "textbox", "D", words="coordinates grid mgrs"),
            add("map.draw.here", "Put a point in the middle of the map", lambda: self._map.tell("sketch_here"),
                shortcut="X", enabled=lambda: self.sketching, listed=False),
            add("map.draw.back", "Take the last point back", lambda: self._map.tell("sketch_back"),
                shortcut="Backspace", enabled=lambda: self.sketching, listed=False),
            add("map.draw.edit", "Edit the chosen drawing", self.edit, "pencil-simple", "E", enabled=any_chosen),
            add("map.draw.redraw", "Redraw the chosen drawing", self.redraw, "polygon", "V", enabled=any_chosen),
            add("map.draw.retype", "Change the positions of the chosen drawing", self.retype, "textbox", "B",
                enabled=any_chosen),
            add("map.draw.inside", "List tickets inside the chosen drawing", self.list_inside, "list-bullets", "I",
                enabled=any_chosen),
            add("map.draw.remove", "Remove the chosen drawing", self.remove, "trash", "Del", enabled=any_chosen),
            add("map.draw.import", "Import drawings from GeoJSON", partial(self.open_files, "import"),
                "download-simple", "Ctrl+Shift+I"),
            add("map.draw.export", "Export drawings to GeoJSON", partial(self.open_files, "export"), "export",
                "Ctrl+Shift+E"),
            owner=self._map,
        )  # fmt: skip

    # -- what is shown ---------------------------------------------------------------------------------------------

    def reload(self, box: Box) -> None:
        """Read anew what lies in a rectangle."""
        future = self._desk.ask(drawings.shown, tuple(LAYERS.values()), box, channel="map.drawings")
        self._shell.bridge.then(future, self._show, owner=self)

    def _show(self, found: tuple[Shown, ...]) -> None:
        told: list[dict[str, Any]] = []
        soonest = None
        for key, one in zip(LAYERS, found, strict=True):
            words = [f"{one.total:,}"] if one.total else []
            words += [f"{one.expired:,} expired"] if one.expired else []
            words += [f"{one.unreadable:,} unreadable"] if one.unreadable else []
            self._layers.tell(key, " · ".join(words), one.newest_at)
            if key in self._layers.shown:
                told += [row.told() for row in one.rows]
                ahead = [at for row in one.rows for at in (row.valid_from, row.valid_until) if at and at > row.now]
                soonest = min([*ahead, *([soonest] if soonest else [])], default=None)
        self._map.keep("drawings", told[::-1])
        if soonest is not None:
            self._expiry.start(max(1_000, min(soonest - now_ms() + 500, _LONGEST_MS)))
        else:
            self._expiry.stop()

    def _changed_by_time(self) -> None:
        """Something has expired or begun. A map that is out of sight is read anew when it is shown."""
        if self._map.isVisible():
            self.wanting.emit()

    def _offer(self) -> None:
        shapes = [f"map.draw.{shape}" for shape in ("area", "circle", "line", "point", "typed")]
        menu = self._shell.actions.menu([*shapes, None, "map.draw.import", "map.draw.export"], self.button)
        menu.popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))

    # -- drawing ---------------------------------------------------------------------------------------------------

    @property
    def asking(self) -> bool:
        """Whether something is being typed about a drawing."""
        return self.card.panel.isVisible()

    def begin(self, shape: str) -> None:
        """Let a person draw a shape of `drawings.SHAPES`."""
        if self._map.why_not:
            self.type(shape)
            return
        self._sketch(True)
        self._map.tell("sketch", shape)
        self._map.setFocus()

    def finish(self) -> bool:
        """End the shape that is being drawn; False when none is."""
        if self.sketching:
            self._map.tell("sketch_end")
        return self.sketching

    @property
    def at_work(self) -> bool:
        """Whether there is something of drawings to leave: what is being drawn, or a card."""
        return self.sketching or self.card.isVisible()

    def leave(self) -> None:
        """Give up what is being drawn; else close the card."""
        was = self.sketching
        self._sketch(False)
        self._map.tell("sketch_clear")
        self._draft = None
        self._map.keep("draft", None, None)
        if was and self._redrawn is not None:
            self._redrawn = None
            return
        self._redrawn = None
        self.close()

    def close(self) -> None:
        """Close the card; nothing is chosen any more."""
        self.card.row = None
        self.card.hide()
        self._map.keep("choose_drawing", "")
        self.closed.emit()
        self._map.setFocus()

    def _sketch(self, on: bool) -> None:
        self.sketching = on
        self.bar.setVisible(on)

    def _said(self, kind: str, text: str) -> None:
        if kind == "drawing" and not self.asking:
            self.choose(bytes.fromhex(text))
        elif kind == "sketching" and self.sketching:
            self.bar.tell(json.loads(text))
        elif kind == "sketch" and text == "cancel":
            self.leave()
        elif kind == "sketched" and self.sketching:
            self._sketch(False)
            said = json.loads(text)
            self._drawn(Traced(json.dumps(said["geometry"]), said["radius"]))

    def _drawn(self, traced: Traced) -> None:
        row = self._redrawn
        if row is None:
            self._name(traced)
            return
        self._redrawn = None
        self._run(drawings.edit, row.id, {"geometry": traced.geometry, "radius_m": traced.radius_m}, seen=row.base)

    def _name(self, traced: Traced) -> None:
        """Ask what the new shape is; it stays on the map meanwhile."""
        self._draft = traced
        self._map.keep("draft", traced.geometry, traced.radius_m)
        self.card.row = None
        self._map.keep("choose_drawing", "")
        self.card.ask_for("New drawing")
        area = traced.radius_m is not None or "Polygon" in traced.geometry
        kind = DrawingKind.AREA if area else DrawingKind.DRAWING
        self.card.panel.ask(
            Question("drawing", drawings.shape_words(traced.geometry, traced.radius_m), "Save",
                     asking.fields(area=area), self._save, {"kind": str(int(kind))}, rules=asking.RULES)
        )  # fmt: skip
        self.chosen.emit()

    def _save(self, said: dict[str, Any]) -> None:
        if self._draft is None:
            return
        told = asking.values(said) | {"geometry": self._draft.geometry, "radius_m": self._draft.radius_m}

        def ok(outcome: Outcome) -> None:
            self._draft = None
            self._map.keep("draft", None, None)
            self.choose(outcome.value)
            self._map.setFocus()

        self._shell.operations.run(drawings.create, told, ok=ok, failed=self.card.panel.refused, owner=self)

    # -- by typed positions ------------------------------------------------------------------------------------------

    def type(self, shape: str = "area") -> None:
        """Ask for positions, one a line."""
        self._ask_positions("Draw by positions", {"shape": shape}, None)

    def retype(self) -> None:
        """Show the positions of the chosen drawing to be changed."""
        row = self.card.row
        if row is None:
            return
        told = asking.positions_of(row)
        if told is None:
            self._shell.toasts.show_toast("An area of several rings is redrawn on the map: press V", tone="neutral")
        else:
            self._ask_positions(f"Positions of “{row.name}”", told, row)

    def _ask_positions(self, title: str, told: dict[str, Any], row: DrawingRow | None) -> None:
        self._redrawn = row
        self._sketch(False)
        self._map.tell("sketch_clear")
        if row is None:
            self.card.row = None
        self.card.ask_for(title)
        button = "Next" if row is None else "Save"
        question = Question("typed", "One position a line", button, asking.TYPED, self._trace, told,
                            rules=asking.TYPED_RULES)  # fmt: skip
        self.card.panel.ask(question)
        self.chosen.emit()

    def _trace(self, said: dict[str, Any]) -> None:
        def traced(found: tuple[Traced, Box]) -> None:
            shape, box = found
            if self._redrawn is None:
                self._map.fit(*box)
            self._drawn(shape)

        future = self._desk.ask(
            drawings.traced, str(said.get("shape") or ""), str(said.get("points") or ""), str(said.get("radius") or ""),
            channel="map.trace",
        )  # fmt: skip
        self._shell.bridge.then(future, traced, self.card.panel.refused, owner=self)

    # -- the chosen one ------------------------------------------------------------------------------------------------

    def choose(self, record: bytes, *, fit: bool = False) -> None:
        """Show a drawing in the card; `fit` brings it into view."""

        def show(found: Measured | None) -> None:
            if found is None:
                self.close()
                return
            self._map.keep("choose_drawing", found.row.id.hex())
            self.card.show_drawing(found)
            self.chosen.emit()
            if fit and found.extent is not None:
                self._map.fit(*found.extent)

        self._shell.bridge.then(self._desk.ask(drawings.measured, record, channel="map.drawing"), show, owner=self)

    def refresh(self) -> None:
        """Show the chosen one as it is now, unless something is being asked about it."""
        if self.card.row is not None and not self.asking and not self.sketching:
            self.choose(self.card.row.id)

    def edit(self) -> None:
        """Ask for the name, kind and so on of the chosen drawing."""
        row = self.card.row
        if row is None:
            return
        self.card.ask_for(f"Edit “{row.name}”")

        def save(said: dict[str, Any]) -> None:
            self._run(drawings.edit, row.id, asking.values(said), seen=row.base)

        questions = asking.fields(area=self.card.is_area)
        answers = asking.answers(row)
        self.card.panel.ask(Question("drawing", self.card.shape, "Save", questions, save, answers, rules=asking.RULES))

    def _run(self, call: Callable[..., Any], record: bytes, *args: Any, **kw: Any) -> None:
        def ok(_outcome: Outcome) -> None:
            self.choose(record)
            self._map.setFocus()

        failed = self.card.panel.refused if self.asking else None
        self._shell.operations.run(call, record, *args, ok=ok, failed=failed, owner=self, **kw)

    def redraw(self) -> None:
        """Let the chosen drawing be changed on the map."""
        row = self.card.row
        if row is None or self._map.why_not:
            return
        if not self.card.is_readable:
            self._shell.toasts.show_toast("What cannot be read cannot be redrawn", tone="neutral")
            return
        self._redrawn = row
        self._sketch(True)
        self._map.tell("sketch_edit", row.id.hex(), row.geometry, row.radius_m)
        self._map.setFocus()

    def remove(self) -> None:
        """Take the chosen drawing off the map."""
        if self.card.row is not None:
            self._shell.operations.run(drawings.remove, self.card.row.id, ok=lambda _outcome: self.close(), owner=self)

    def list_inside(self) -> None:
        """Open the list of tickets inside the chosen drawing."""
        if self.card.row is not None:
            self._shell.open(Target("tickets", query='in:"{}"'.format(self.card.row.name.replace('"', '""'))))

    # -- files -----------------------------------------------------------------------------------------------------

    def open_files(self, way: str) -> None:
        """Open the panel that brings drawings in or takes them, or the tickets of the query, out."""
        if self._files is not None:
            self._files.leave()
        made = self._files = DrawingsFilePanel(self._desk, self._shell, way, self._query(), parent=self._page)
        made.closed.connect(self._files_gone)
        made.open()

    def _files_gone(self) -> None:
        self._files = None
        self._map.setFocus()
