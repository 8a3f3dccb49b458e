"""The card that says which column becomes which field of a ticket, and how the title is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services.importing import (
    ANSWER,
    DEFAULT_TYPE,
    DOUBT,
    FIELDS,
    JOINED,
    NO_QUESTIONS,
    NOTE,
    WRONG,
    Plan,
    Questions,
    Remark,
    Survey,
)
from opsdesk.ui.importing.parts import Combo, card
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.invalid import mark_invalid
from opsdesk.ui.widgets.label import ElidedLabel, Label
from opsdesk.ui.widgets.layouts import clear_layout

KEPT = "kept as it is"
GUESSED = "Guessed"
REMEMBERED = "As last time"
_TONES = {WRONG: "danger", DOUBT: "warn", NOTE: "quiet"}
MOST_SHOWN = 120
"""Columns that can be mapped here; a wider table needs a mapping file."""
_TITLE_HINT = "{column} stands for its value; what is in [ ] is left out when the value is empty"
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
        self._questions = NO_QUESTIONS
        self._found: Survey | None = None
        self._origin: dict[str, str] = {}
        self._grounds = ""
        self._given_up: dict[str, str] = {}
        self._combos: dict[str, Combo] = {}
        self._remarks: dict[str, Label] = {}
        self._list = QWidget()
        self._grid = QGridLayout(self._list)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 3)
        self._grid.setColumnStretch(1, 5)
        self._grid.setColumnMinimumWidth(2, 220)
        self._grid.setColumnStretch(3, 4)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._list)
        body.addWidget(self._scroll)
        self._missing = Label("", "quiet", "warn", wrap=True)
        body.addWidget(self._missing)
        body.addWidget(self._type_row())
        body.addWidget(self._title_row())

    def show_plan(self, found: Survey, plan: Plan, questions: Questions = NO_QUESTIONS, grounds: str = "") -> None:
        """Show the columns of a file and what the plan makes of them; `grounds` says where the plan comes from."""
        self._plan, self._found, self._questions = plan, found, questions
        self._origin, self._grounds, self._given_up = dict(plan.columns), grounds, {}
        clear_layout(self._grid)
        self._combos.clear()
        self._remarks.clear()
        for place, text in enumerate(("Column", "First values", "Becomes", "")):
            self._grid.addWidget(Label(text, "quiet", "quiet"), 0, place)
        choices = self._choices()
        for row, column in enumerate(found.columns[:MOST_SHOWN], 1):
            name = ElidedLabel(column.name, "medium")
            values = ElidedLabel("  ·  ".join(found.samples(column.name)) or "empty", "quiet", "quiet")
            combo = Combo(choices, f"{column.name} becomes")
            target = plan.columns.get(column.name, "")
            combo.set_value(target, f"Answer: {target.removeprefix(ANSWER)}")
            combo.activated.connect(lambda _index, column=column.name, combo=combo: self._map(column, combo))
            self._combos[column.name] = combo
            self._remarks[column.name] = remark = Label("", "quiet", "quiet", wrap=True)
            for place, widget in enumerate((name, values, combo, remark)):
                self._grid.addWidget(widget, row, place)
        rows = min(len(found.columns), MOST_SHOWN)
        if len(found.columns) > MOST_SHOWN:
            rest = Label(f"{len(found.columns) - MOST_SHOWN} further columns are kept as they are.", "quiet", "quiet")
            self._grid.addWidget(rest, rows + 1, 0, 1, 4)
        self._grid.setRowStretch(rows + 2, 1)
        self._scroll.setFixedHeight(min(rows, 9) * _ROW + 30)
        self._show_title()
        self._show_type()

    def tell(self, remarks: Mapping[str, Remark], missing: Sequence[str]) -> None:
        """Say beside each column what is to be said of it, and below what no column gives."""
        for column, label in self._remarks.items():
            remark = remarks.get(column) or self._own_remark(column)
            label.setText(remark.text)
            label.set_tone(_TONES[remark.kind])
            mark_invalid(self._combos[column], remark.kind == WRONG)
            self._combos[column].setAccessibleDescription(remark.text)
        self._missing.setText("\n".join(missing))
        self._missing.setVisible(bool(missing))

    def remark(self, column: str) -> str:
        """Return what is said beside a column."""
        return self._remarks[column].text()

    def _own_remark(self, column: str) -> Remark:
        target = self._plan.columns.get(column, "")
        if column in self._given_up and not target:
            return Remark(f"Given up for “{self._given_up[column]}”: one column fills a field", DOUBT)
        if target and self._grounds and self._origin.get(column) == target:
            return Remark(self._grounds)
        return Remark("")

    def _choices(self) -> list[tuple[object, str]]:
        """Fields first, then the questions of the form of the chosen type, then those of other forms."""
        choices: list[tuple[object, str]] = [("", KEPT), *FIELDS.items()]
        form = self._questions.by_type.get(self._plan.constants.get("type", DEFAULT_TYPE))
        own = [field.code for field in form.fields] if form is not None else []
        asked = self._questions.fields
        for code in [*(code for code in own if code in asked), *(code for code in asked if code not in own)]:
            other = "" if code in own else " (another type)"
            choices.append((f"{ANSWER}{code}", f"Answer: {asked[code].label}{other}"))
        return choices

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
        self._title_hint = ElidedLabel(_TITLE_HINT, "small", "quiet")
        row.addWidget(self._title_hint)
        return holder

    def say_title(self, problem: str) -> None:
        """Say beside the template of the title what is wrong with it; empty for nothing."""
        mark_invalid(self._title, bool(problem))
        self._title_hint.setText(problem or _TITLE_HINT)
        self._title_hint.set_tone("danger" if problem else "quiet")
        self._title.setAccessibleDescription(problem)

    def _type_row(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(12)
        row.addWidget(Label("Type", "medium"))
        self._type = Combo((), "Type of all rows")
        self._type.activated.connect(lambda _index: self._set_type(str(self._type.currentData())))
        row.addWidget(self._type)
        self._type_hint = Label("", "small", "quiet")
        row.addWidget(self._type_hint, 1)
        return holder

    def _show_type(self) -> None:
        self._type.clear()
        for code, name in self._questions.type_names.items():
            self._type.addItem(name, code)
        self._type.set_value(self._plan.constants.get("type", DEFAULT_TYPE))
        by = self._plan.columns_for("type") or self._plan.columns_for("category")
        self._type_hint.setText(
            f"where {', '.join(by)} does not tell it" if by else "its form says which questions columns can answer"
        )

    def _set_type(self, code: str) -> None:
        constants = {**self._plan.constants, "type": code}
        plan = replace(self._plan, constants=constants)
        self._take(plan)
        # The questions of another form come first now; what columns become stays.
        choices = self._choices()
        for column, combo in self._combos.items():
            combo.clear()
            for value, text in choices:
                combo.addItem(text, value)
            combo.set_value(plan.columns.get(column, ""))

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
            # One column fills the field: the one that did before gives it up, and says so.
            self._given_up |= {name: column for name, field in columns.items() if field == target}
            columns = {name: field for name, field in columns.items() if field != target}
        if target:
            columns[column] = target
            self._given_up.pop(column, None)
        templates = dict(self._plan.templates)
        if target == "title":
            templates.pop("title", None)
        self._take(replace(self._plan, columns=columns, templates=templates))
        for name, other in self._combos.items():
            other.set_value(columns.get(name, ""))
        self._show_type()

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
