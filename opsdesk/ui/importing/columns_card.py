"""The card that says which column becomes which field of a ticket, and how the title is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services.importing import FIELDS, JOINED, Plan, Survey
from opsdesk.ui.importing.parts import Combo, card
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import ElidedLabel, Label
from opsdesk.ui.widgets.layouts import clear_layout

KEPT = "kept as it is"
MOST_SHOWN = 120
"""Columns that can be mapped here; a wider table needs a mapping file."""
_ROW = 36


class ColumnsCard(QFrame):
    """Edits a plan. Signals: `changed` with the new Plan; `load_asked`, `save_asked` for mapping files."""

    changed = Signal(object)
    load_asked = Signal()
    save_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        frame, body, head = card(
            "What the columns become", "Columns that are kept stand on the ticket in their own words."
        )
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)
        load = Button("Load mapping…", "folder-open", kind="quiet")
        load.clicked.connect(self.load_asked)
        save = Button("Save mapping…", "floppy-disk", kind="quiet")
        save.clicked.connect(self.save_asked)
        head.addWidget(load)
        head.addWidget(save)
        self._plan = Plan()
        self._combos: dict[str, Combo] = {}
        self._list = QWidget()
        self._grid = QGridLayout(self._list)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 3)
        self._grid.setColumnStretch(1, 5)
        self._grid.setColumnMinimumWidth(2, 200)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._list)
        body.addWidget(self._scroll)
        body.addWidget(self._title_row())

    def show_plan(self, found: Survey, plan: Plan) -> None:
        """Show the columns of a file and what the plan makes of them."""
        self._plan = plan
        clear_layout(self._grid)
        self._combos.clear()
        for place, text in enumerate(("Column", "First values", "Becomes")):
            self._grid.addWidget(Label(text, "quiet", "quiet"), 0, place)
        choices = [("", KEPT), *FIELDS.items()]
        for row, column in enumerate(found.columns[:MOST_SHOWN], 1):
            name = ElidedLabel(column.name, "medium")
            values = ElidedLabel("  ·  ".join(found.samples(column.name)) or "empty", "quiet", "quiet")
            combo = Combo(choices, f"{column.name} becomes")
            combo.set_value(plan.columns.get(column.name, ""))
            combo.activated.connect(lambda _index, column=column.name, combo=combo: self._map(column, combo))
            self._combos[column.name] = combo
            for place, widget in enumerate((name, values, combo)):
                self._grid.addWidget(widget, row, place)
        rows = min(len(found.columns), MOST_SHOWN)
        if len(found.columns) > MOST_SHOWN:
            rest = Label(f"{len(found.columns) - MOST_SHOWN} further columns are kept as they are.", "quiet", "quiet")
            self._grid.addWidget(rest, rows + 1, 0, 1, 3)
        self._grid.setRowStretch(rows + 2, 1)
        self._scroll.setFixedHeight(min(rows, 9) * _ROW + 30)
        self._show_title()

    @property
    def title_field(self) -> QLineEdit:
        """The field with the template of the title, to mark when it is wrong."""
        return self._title

    def _title_row(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(12)
        row.addWidget(Label("Title", "medium"))
        self._title = QLineEdit()
        self._title.setAccessibleName("Template of the title")
        self._title.textEdited.connect(self._set_title)
        row.addWidget(self._title, 1)
        hint = Label(
            "{column} stands for its value; what is in [ ] is left out when the value is empty", "small", "quiet"
        )
        row.addWidget(hint)
        return holder

    def _show_title(self) -> None:
        template = self._plan.templates.get("title", "")
        if self._title.text() != template:
            self._title.setText(template)
        columns = ", ".join(self._plan.columns_for("title"))
        self._title.setPlaceholderText(f"from {columns}" if columns else "made of category and place")

    def _map(self, column: str, combo: Combo) -> None:
        target = str(combo.currentData())
        columns = {name: field for name, field in self._plan.columns.items() if name != column}
        if target and target not in JOINED:
            # One column fills the field: the one that did before gives it up.
            columns = {name: field for name, field in columns.items() if field != target}
        if target:
            columns[column] = target
        templates = dict(self._plan.templates)
        if target == "title":
            templates.pop("title", None)
        self._take(replace(self._plan, columns=columns, templates=templates))
        for name, other in self._combos.items():
            other.set_value(columns.get(name, ""))

    def _set_title(self, text: str) -> None:
        templates: Mapping[str, str] = {
            **{name: told for name, told in self._plan.templates.items() if name != "title"},
            **({"title": text} if text.strip() else {}),
        }
        self._take(replace(self._plan, templates=templates))

    def _take(self, plan: Plan) -> None:
        self._plan = plan
        self._show_title()
        self.changed.emit(plan)
