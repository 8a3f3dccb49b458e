"""The form: sections of rows made from a definition, needed fields first, answers kept when the definition changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import forms
from opsdesk.services.errors import Problem
from opsdesk.services.forms import Form, FormField, Section
from opsdesk.ui.widgets.dynamic_form.editors import Editor, Sources, editor_for
from opsdesk.ui.widgets.dynamic_form.row import FieldRow
from opsdesk.ui.widgets.label import Label

_GAP = 12


class DynamicForm(QWidget):
    """The fields of a form. Signals: `changed` after a person changed an answer.

    Answers of fields that a new definition does not ask stay in a side buffer (`kept`) and come back with the field;
    `answers` holds only what is asked now.
    """

    changed = Signal()

    def __init__(self, sources: Sources, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sources = sources
        self._form: Form | None = None
        self._fields: dict[str, FormField] = {}
        self._editors: dict[str, Editor] = {}
        self._rows: dict[str, FieldRow] = {}
        self._kept: dict[str, object] = {}
        self._typed: dict[str, str] = {}
        self._judged: set[str] = set()
        self._body: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    # -- definition ----------------------------------------------------------------------------------------

    @property
    def form(self) -> Form | None:
        """The definition in force."""
        return self._form

    def set_form(self, form: Form | None) -> tuple[str, ...]:
        """Ask what `form` asks; return the labels of answered fields that are no longer asked (their answers stay)."""
        self._remember()
        before = dict(self._fields)
        self._form = form
        self._fields, self._editors, self._rows, self._judged = {}, {}, {}, set()
        if self._body is not None:
            self._column.removeWidget(self._body)
            self._body.hide()
            self._body.deleteLater()
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(_GAP)
        sections = form.sections if form else ()
        for number, section in enumerate(sections):
            self._add_section(body, section, headed=number > 0)
        self._column.addWidget(self._body)
        self._restore()
        return tuple(
            field.label
            for code, field in before.items()
            if code not in self._fields and self._kept.get(code) not in (None, "", [])
        )

    def _add_section(self, body: QVBoxLayout, section: Section, *, headed: bool) -> None:
        if headed and section.title:
            body.addSpacing(4)
            body.addWidget(Label(section.title, "strong"))
        if section.note:
            body.addWidget(Label(section.note, "quiet", "quiet", wrap=True))
        for line in lines_of(section.fields):
            row = QHBoxLayout()
            row.setSpacing(_GAP)
            for field in line:
                row.addWidget(self._add_field(field), 1)
            if len(line) == 1 and line[0].half_width:
                row.addStretch(1)
            body.addLayout(row)

    def _add_field(self, field: FormField) -> FieldRow:
        code = field.code
        editor = editor_for(field, self._sources, lambda: self._edited(code))
        row = FieldRow(field.label, editor.widget, required=field.required, help_text=field.help or "")
        row.left.connect(lambda: self._left(code))
        self._fields[code], self._editors[code], self._rows[code] = field, editor, row
        return row

    # -- answers -------------------------------------------------------------------------------------------

    @property
    def answers(self) -> dict[str, object]:
        """The answers to what is asked now; fields left empty are not in it."""
        found = {code: editor.get() for code, editor in self._editors.items()}
        return {code: value for code, value in found.items() if value is not None}

    @property
    def content(self) -> dict[str, object]:
        """Everything typed, asked now or not, right or wrong, as JSON-ready data for a draft."""
        self._remember()
        return {
            "answers": {code: value for code, value in self._kept.items() if value is not None},
            "typed": {code: text for code, text in self._typed.items() if text},
        }

    def set_content(self, content: Mapping[str, Any]) -> None:
        """Put back what `content` gave."""
        self._kept = dict(content.get("answers", {}))
        self._typed = dict(content.get("typed", {}))
        self._restore()

    def set_answers(self, answers: Mapping[str, object]) -> None:
        """Show these answers, without a signal; fields not in it are emptied."""
        self._kept, self._typed = dict(answers), {}
        self._restore()

    def clear(self) -> None:
        """Empty every field and forget what was kept."""
        self.set_answers({})
        self.show_problems(())

    def _remember(self) -> None:
        for code, editor in self._editors.items():
            self._kept[code] = editor.get()
            self._typed[code] = editor.typed() if editor.problem() else ""

    def _restore(self) -> None:
        for code, editor in self._editors.items():
            editor.put(self._kept.get(code))
            if text := self._typed.get(code):
                editor.type_in(text)

    # -- what is wrong -------------------------------------------------------------------------------------

    @property
    def missing(self) -> tuple[FormField, ...]:
        """The needed fields that are still empty, in their order on the screen."""
        answers = self.answers
        return tuple(
            field
            for code, field in self._fields.items()
            if field.required and code not in answers and not self._editors[code].problem()
        )

    def settle(self) -> None:
        """Make what is typed final, also in the field that has the keyboard; before it is judged and sent."""
        for editor in self._editors.values():
            editor.settle()

    def problems(self) -> tuple[Problem, ...]:
        """Everything that would be refused now, in the order of the form."""
        found = {code: editor.problem() for code, editor in self._editors.items() if editor.problem()}
        if self._form is not None:
            for problem in forms.validate(self._form, self.answers):
                found.setdefault(problem.field, problem.text)
        return tuple(Problem(code, found[code]) for code in self._fields if code in found)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Show these problems at their fields and take away all others."""
        texts = {problem.field: problem.text for problem in problems}
        self._judged = set(texts)
        for code, row in self._rows.items():
            row.show_problem(texts.get(code, ""))

    def label(self, code: str) -> str:
        """The label of a field that is asked now."""
        return self._fields[code].label

    def focus_field(self, code: str) -> bool:
        """Put the keyboard into a field; False when it is not asked now."""
        row = self._rows.get(code)
        if row is not None:
            row.focus()
        return row is not None

    def row(self, code: str) -> FieldRow:
        """The row of a field that is asked now. Raises KeyError."""
        return self._rows[code]

    def _edited(self, code: str) -> None:
        # What was complained about is judged again at each change, everything else only when its field is left.
        if code in self._judged:
            self._judge(code)
        self.changed.emit()

    def _left(self, code: str) -> None:
        if code in self._editors and (self._editors[code].typed() or self._editors[code].get() is not None):
            self._judge(code)

    def _judge(self, code: str) -> None:
        text = next((problem.text for problem in self.problems() if problem.field == code), "")
        if text:
            self._judged.add(code)
        if self._rows[code].problem != text:
            self._rows[code].show_problem(text)


def lines_of(fields: Sequence[FormField]) -> list[list[FormField]]:
    """Fields in lines of one, or two of half width; needed fields first, else in their own order.

    A half that would stand alone takes the next half beside it, needed or not.
    """
    left = sorted(fields, key=lambda field: not field.required)
    lines: list[list[FormField]] = []
    while left:
        line = [left.pop(0)]
        if line[0].half_width:
            other = next((field for field in left if field.half_width), None)
            if other is not None:
                left.remove(other)
                line.append(other)
        lines.append(line)
    return lines
